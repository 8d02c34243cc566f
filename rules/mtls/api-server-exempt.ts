import type { Mesh } from '../../src/facts/mesh.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { compareText, describe } from '../../src/model/index.ts';
import type { ClientTls } from '../../src/rule/clientTls.ts';
import { clientTls, tlsOf } from '../../src/rule/clientTls.ts';
import { defineRule } from '../../src/rule/define.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { isWildcard, serviceHost } from '../../src/rule/hosts.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, inWords, realmsOf, rootNamespaceOf, someInWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'mtls/api-server-exempt',
  severity: 'error',
  istio: 'all',
  summary: 'A wildcard DestinationRule with ISTIO_MUTUAL leaves out the Kubernetes API server.',
  why: 'The API server has no sidecar. Clients that call kubernetes.default with mTLS of Istio are refused, so controllers and agents in the mesh lose their API.',
  fix: 'Add a DestinationRule for kubernetes.default.svc.<cluster domain> with tls DISABLE beside the wildcard rule.',
  reads: ['DestinationRule', 'workloads', 'clusterDomain'],
  messages: {
    covered: '{rule} {host} ISTIO_MUTUAL also covers {api} in {cluster}{clients}{peers}',
    hidden: '{rule} {host} ISTIO_MUTUAL hides {exempt} of {cluster}, so that {clients} call {api} with mTLS{peers}',
  },
  check(mesh, report) {
    const realms = realmsOf(mesh).map((realm) => ({ realm, ...judge(mesh, realm) }));
    for (const { realm, covered, exempt } of realms) {
      const { config } = realm;
      const peers = realms.filter(
        (other) => other.realm !== realm && other.covered.length === 0 && other.exempt !== undefined,
      );
      const peerWords =
        peers.length === 0
          ? ''
          : `; ${inWords(peers.map((peer) => peer.realm.config.name))} ${peers.length === 1 ? 'disables' : 'disable'} it`;
      for (const { tls, namespaces, forAll } of covered) {
        const { rule } = tls;
        const hides =
          exempt !== undefined &&
          exempt.rule.namespace === rootNamespaceOf(config) &&
          rule.namespace !== exempt.rule.namespace;
        const also: Related[] = [
          ...(exempt === undefined
            ? []
            : [{ place: exempt.place, cluster: config.name, message: `${describe(exempt.rule.resource)}: DISABLE` }]),
          ...peers.map((peer) => ({
            place: peer.exempt!.place,
            cluster: peer.realm.config.name,
            message: `${describe(peer.exempt!.rule.resource)}: DISABLE`,
          })),
        ];
        const where = { at: tls.place, cluster: config.name, resource: rule.resource, also };
        const common = {
          rule: describe(rule.resource),
          host: rule.host,
          api: hostOf(realm),
          cluster: config.name,
          peers: peerWords,
        };
        if (hides)
          report('hidden', where, {
            ...common,
            exempt: describe(exempt.rule.resource),
            clients: forAll ? 'clients of every namespace' : `clients in ${someInWords(namespaces)}`,
          });
        else
          report('covered', where, { ...common, clients: forAll ? '' : ` for clients in ${someInWords(namespaces)}` });
      }
    }
  },
});

type Said = ClientTls & { readonly rule: NonNullable<ClientTls['rule']>; readonly place: Place };

interface Covered {
  readonly tls: Said;
  readonly namespaces: readonly string[];
  /** Counts in namespaces without rules of their own as well. */
  readonly forAll: boolean;
}

const hostOf = ({ config }: Realm): string => serviceHost('kubernetes', 'default', clusterDomainOf(config));

/** A namespace of clients without DestinationRules of its own. */
const ANY = '\0any';

const judge = (
  mesh: Mesh,
  realm: Realm,
): { readonly covered: readonly Covered[]; readonly exempt: Said | undefined } => {
  const { config } = realm;
  const host = hostOf(realm);
  const candidates = destinationRulesOf(mesh, config).covering(host);
  const called = new Set(
    realm.members.flatMap((member) =>
      member.workloads.filter((workload) => workload.injected !== 'no').map((workload) => workload.namespace),
    ),
  );
  const own = [...new Set(candidates.map((rule) => rule.namespace))]
    .filter((namespace) => called.has(namespace))
    .toSorted(compareText);
  const groups = new Map<string, { tls: Said; namespaces: string[]; forAll: boolean }>();
  let exempt: Said | undefined;
  for (const namespace of [ANY, ...own]) {
    const tls = said(
      clientTls(mesh, config, { namespace }, { host, namespace: 'default' }, { number: 443, name: 'https' }),
    );
    if (tls === undefined || tls.mode !== 'ISTIO_MUTUAL' || !isWildcard(tls.rule.host)) continue;
    const key = `${tls.rule.namespace}/${tls.rule.resource.name}`;
    const held = groups.get(key);
    if (held === undefined)
      groups.set(key, { tls, namespaces: namespace === ANY ? [] : [namespace], forAll: namespace === ANY });
    else if (namespace !== ANY) held.namespaces.push(namespace);
  }
  for (const rule of candidates) {
    if (isWildcard(rule.host) || ![rootNamespaceOf(config), 'default', ...own].includes(rule.namespace)) continue;
    const tls = said(tlsOf([rule], { number: 443 }, undefined, mesh.versionOf(config).minors));
    if (tls?.mode === 'DISABLE') exempt ??= tls;
  }
  return { covered: [...groups.values()], exempt };
};

const said = (tls: ClientTls): Said | undefined =>
  tls.rule === undefined || tls.place === undefined ? undefined : { ...tls, rule: tls.rule, place: tls.place };
