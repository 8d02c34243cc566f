import { autoMtlsAt } from '../../src/facts/mtlsSettings.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { compareText, describe, valueOf } from '../../src/model/index.ts';
import { tlsOf } from '../../src/rule/clientTls.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { DestinationRule } from '../../src/rule/destinationRules.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { isWithin, serviceHost } from '../../src/rule/hosts.ts';
import type { EffectiveMtls } from '../../src/rule/mtls.ts';
import { meshWideMtls, namespacePolicies } from '../../src/rule/mtls.ts';
import { clusterDomainOf, inWords, realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';
import { serviceTable } from '../../src/rule/services.ts';

export default defineRule({
  id: 'mtls/mesh-wide-client-rule',
  severity: 'error',
  istio: '1.1-1.5 without auto mTLS',
  summary:
    'Without auto mTLS, a policy that demands mTLS of all servers has a DestinationRule that makes all clients use it.',
  why: 'Up to Istio 1.5 clients send plaintext unless a DestinationRule says ISTIO_MUTUAL, and servers answer mTLS only where a policy says so. One without the other breaks every call.',
  fix: 'Add a DestinationRule with host *.local and tls ISTIO_MUTUAL to the root namespace of the config cluster, beside MeshPolicy default.',
  reads: ['MeshPolicy', 'Policy', 'PeerAuthentication', 'DestinationRule', 'autoMtls', 'meshMtlsEnabled'],
  aliases: ['KIA0401', 'KIA0501'],
  messages: {
    noRule: '{cluster}: {policy} demands mTLS, and no DestinationRule *.local says ISTIO_MUTUAL{peers}',
    noPolicy: '{cluster}: {rule} makes clients use mTLS for {host}, and no policy makes servers take it{peers}',
    noNamespaceRule: '{cluster}: {policy} demands mTLS, and no DestinationRule for {host} says ISTIO_MUTUAL',
  },
  check(mesh, report) {
    const realms = realmsOf(mesh)
      .map(({ config }) => ({ config, policy: meshWideMtls(mesh, config), rule: meshRule(mesh, config) }))
      .filter(({ config }) => isWithoutAuto(mesh, config));
    for (const { config, policy, rule } of realms) {
      const { name } = config;
      const others = realms.filter((realm) => realm.config !== config);
      if (policy?.mode === 'STRICT' && rule === undefined && tracksRules(mesh, config)) {
        const peers = others.flatMap((other) =>
          other.rule === undefined ? [] : [{ member: other.config, rule: other.rule }],
        );
        const words =
          peers.length === 0
            ? ''
            : `; ${inWords(peers.map((peer) => peer.member.name))} ${peers.length === 1 ? 'has' : 'have'} one`;
        const also = peers.map((peer): Related => ({
          place: peer.rule.resource.place,
          cluster: peer.member.name,
          message: describe(peer.rule.resource),
        }));
        const at = policy.place ?? policy.policy?.place;
        if (at !== undefined && !everyServiceHasRule(mesh, config, undefined))
          report(
            'noRule',
            { at, cluster: name, resource: policy.policy, also },
            { cluster: name, policy: policy.source, peers: words },
          );
      }
      for (const [namespace, own] of [...namespacePolicies(mesh, config)].toSorted(([a], [b]) => compareText(a, b)))
        if (
          own.mode === 'STRICT' &&
          own.policy !== undefined &&
          rule === undefined &&
          !hasNamespaceRule(mesh, config, namespace)
        )
          report(
            'noNamespaceRule',
            { at: own.place ?? own.policy.place, cluster: name, resource: own.policy },
            { cluster: name, policy: own.source, host: `*.${namespace}.svc.${clusterDomainOf(config)}` },
          );
      const { minors } = mesh.versionOf(config);
      if (
        rule !== undefined &&
        policy === undefined &&
        minors.high <= 4 &&
        !hidesKind(config.cluster, ['MeshPolicy'])
      ) {
        if (namespacePolicies(mesh, config).size > 0) continue;
        const peers = others.filter((other) => other.policy?.mode === 'STRICT');
        const words =
          peers.length === 0
            ? ''
            : `; ${inWords(peers.map((peer) => peer.config.name))} ${peers.length === 1 ? 'has' : 'have'} one`;
        const also = peers.flatMap((peer): readonly Related[] => relatedPolicy(peer.config, peer.policy));
        report(
          'noPolicy',
          {
            at: rule.place,
            cluster: name,
            resource: rule.resource,
            also,
            fix: 'Add MeshPolicy default with peers [mtls], as in the other clusters, or take the DestinationRule away.',
          },
          { cluster: name, rule: describe(rule.resource), host: rule.host, peers: words },
        );
      }
    }
  },
});

const relatedPolicy = (member: Member, policy: EffectiveMtls | undefined): readonly Related[] =>
  policy?.place === undefined
    ? []
    : [{ place: policy.place, cluster: member.name, message: `${policy.source}: ${policy.mode}` }];

const isWithoutAuto = (mesh: Mesh, config: Member): boolean => {
  const { minors } = mesh.versionOf(config);
  if (minors.low > 5) return false;
  return minors.high <= 3 || valueOf(autoMtlsAt(config.cluster, minors)) === false;
};

/** A rule of the root namespace for all services of the cluster, with ISTIO_MUTUAL and for all namespaces. */
const meshRule = (mesh: Mesh, config: Member): (DestinationRule & { readonly place: Place }) | undefined => {
  const { minors } = mesh.versionOf(config);
  for (const rule of destinationRulesOf(mesh, config).all) {
    const isForAll = rule.exportedTo === undefined && isWithin(`*.${clusterDomainOf(config)}`, rule.host);
    if (!isForAll || rule.namespace !== rootNamespaceOf(config)) continue;
    const tls = tlsOf([rule], undefined, undefined, minors);
    if (tls.mode === 'ISTIO_MUTUAL' && tls.place !== undefined) return { ...rule, place: tls.place };
  }
  return undefined;
};

/** Whether the files hold DestinationRules at all, so that a missing one is missing. */
const tracksRules = (mesh: Mesh, config: Member): boolean =>
  mesh.tracks('config:DestinationRule') && !hidesKind(config.cluster, ['DestinationRule']);

const isMutual = (mesh: Mesh, config: Member, host: string): boolean => {
  const rules = destinationRulesOf(mesh, config).covering(host);
  return rules.some(
    (rule) => tlsOf([rule], undefined, undefined, mesh.versionOf(config).minors).mode === 'ISTIO_MUTUAL',
  );
};

const everyServiceHasRule = (mesh: Mesh, config: Member, namespace: string | undefined): boolean => {
  const table = serviceTable(mesh);
  const services = (namespace === undefined ? table.all : table.inNamespace(namespace)).filter(
    (service) => !['kube-system', 'default', rootNamespaceOf(config)].includes(service.namespace),
  );
  return (
    services.length > 0 &&
    services.every((service) =>
      isMutual(mesh, config, serviceHost(service.name, service.namespace, clusterDomainOf(config))),
    )
  );
};

const hasNamespaceRule = (mesh: Mesh, config: Member, namespace: string): boolean => {
  if (!tracksRules(mesh, config)) return true;
  const wanted = `*.${namespace}.svc.${clusterDomainOf(config)}`;
  const covering = destinationRulesOf(mesh, config).covering(wanted);
  const { minors } = mesh.versionOf(config);
  return (
    covering.some((rule) => tlsOf([rule], undefined, undefined, minors).mode === 'ISTIO_MUTUAL') ||
    everyServiceHasRule(mesh, config, namespace)
  );
};
