import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { below, compareText, describe, get, isRecord, placeIn } from '../../src/model/index.ts';
import { clientGroups } from '../../src/rule/clients.ts';
import type { ClientTls } from '../../src/rule/clientTls.ts';
import { tlsOf } from '../../src/rule/clientTls.ts';
import { modesOf } from '../../src/rule/contradictions.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { DestinationRule } from '../../src/rule/destinationRules.ts';
import { destinationRulesOf, subsetsOf } from '../../src/rule/destinationRules.ts';
import { withoutAutoMtls } from '../../src/rule/meshClientRule.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { inWords, realmsOf, rootNamespaceOf, someInWords } from '../../src/rule/scope.ts';
import type { ServerMtls, Target } from '../../src/rule/servers.ts';
import { targetsOf } from '../../src/rule/servers.ts';

export default defineRule({
  id: 'mtls/destination-rule-declares-tls',
  severity: 'error',
  istio: '1.1-1.3, later without auto mTLS',
  summary: 'Without auto mTLS a DestinationRule for a service that demands mTLS says ISTIO_MUTUAL itself.',
  why: 'Only the most specific DestinationRule counts. One without tls hides the rule that gives the whole mesh mTLS, and the client sends plaintext to servers that refuse it.',
  fix: 'Add trafficPolicy.tls.mode ISTIO_MUTUAL to the DestinationRule.',
  reads: ['DestinationRule', 'MeshPolicy', 'Policy', 'PeerAuthentication', 'autoMtls', 'workloads'],
  messages: {
    hides: '{rule} has no tls{part} and hides ISTIO_MUTUAL of {hidden} in {cluster}; {servers}{suffix}',
    portEntry:
      '{rule} has no tls in its settings of port {port} below its ISTIO_MUTUAL in {cluster}; {servers}{suffix}',
  },
  check(mesh, report) {
    for (const realm of realmsOf(mesh)) {
      const said = withoutAutoMtls(mesh, realm.config, 'error');
      if (said === undefined) continue;
      const found = new Map<string, Lack>();
      for (const target of targetsOf(mesh)) checkTarget(mesh, realm, target, found);
      for (const [, lack] of [...found].toSorted(([a], [b]) => compareText(a, b))) {
        const { rule, hidden, tls } = lack;
        const also: Related[] = [
          ...(hidden === undefined
            ? []
            : [
                {
                  place: hidden.resource.place,
                  cluster: realm.config.name,
                  message: `${describe(hidden.resource)}: ISTIO_MUTUAL`,
                },
              ]),
          ...policiesOf(lack.modes),
        ];
        const severity = lack.modes.some((mode) => mode.mtls.mode === 'STRICT') ? said.severity : 'info';
        const where = { at: lack.place, cluster: realm.config.name, resource: rule.resource, also, severity };
        const common = {
          rule: describe(rule.resource),
          cluster: realm.config.name,
          servers: serversInWords(lack),
          suffix: said.suffix,
        };
        const part = tls.ofSubset ? ' for a subset' : '';
        if (hidden === undefined) report('portEntry', where, { ...common, port: lack.port });
        else report('hides', where, { ...common, part, hidden: `${describe(hidden.resource)} (${hidden.host})` });
      }
    }
  },
});

/** A policy without tls, with the servers that lose by it. */
interface Lack {
  readonly rule: DestinationRule;
  readonly tls: ClientTls;
  readonly place: Place;
  readonly port: number;
  readonly hidden: DestinationRule | undefined;
  readonly names: Set<string>;
  modes: readonly ServerMtls[];
}

const checkTarget = (mesh: Mesh, realm: Realm, target: Target, found: Map<string, Lack>): void => {
  const { config } = realm;
  if (target.config !== undefined && target.config !== config) return;
  const { minors } = mesh.versionOf(config);
  const host = target.hostIn(config);
  const here = target.servers.some((server) => server.speaksMtls !== 'no' && realm.members.includes(server.member));
  const groups = clientGroups(
    mesh,
    realm,
    { host, namespace: target.namespace, service: target.service },
    here ? [target.namespace] : [],
  );
  for (const { rules, namespaces } of groups)
    for (const port of target.ports) {
      const modes = modesOf(mesh, target, port).filter(
        (mode) => mode.meshed === 'yes' && ['STRICT', 'PERMISSIVE'].includes(mode.mtls.mode),
      );
      if (modes.length === 0) continue;
      for (const subset of [undefined, ...subsetsOf(rules)]) {
        const tls = tlsOf(rules, port, subset, minors);
        if (
          tls.mode !== 'none' ||
          tls.rule === undefined ||
          tls.path === undefined ||
          (subset !== undefined && !tls.ofSubset)
        )
          continue;
        const isPortEntry = tls.path.includes('portLevelSettings');
        const above = isPortEntry && tlsOf(rules, undefined, subset, minors).mode === 'ISTIO_MUTUAL';
        const hidden = above ? undefined : hiddenRule(mesh, config, host, target.namespace, namespaces, rules);
        if (!above && hidden === undefined) continue;
        const place = isPortEntry ? below(tls.rule.resource.place, ...tls.path) : policyPlace(tls.rule);
        const key = [tls.rule.namespace, tls.rule.resource.name, ...place.path].join('\0');
        const held = found.get(key);
        if (held === undefined)
          found.set(key, {
            rule: tls.rule,
            tls,
            place,
            port: port.number,
            hidden,
            names: new Set([target.name]),
            modes,
          });
        else {
          held.names.add(target.name);
          held.modes = [...held.modes, ...modes];
        }
      }
    }
};

const policyPlace = (rule: DestinationRule): Place =>
  isRecord(get(rule.resource.value, 'spec', 'trafficPolicy'))
    ? placeIn(rule.resource, 'spec', 'trafficPolicy')
    : placeIn(rule.resource, 'spec');

/** The next rule with ISTIO_MUTUAL that these clients would obey if the governing ones were not there. */
const hiddenRule = (
  mesh: Mesh,
  config: Member,
  host: string,
  serviceNamespace: string,
  clientNamespaces: readonly string[],
  governing: readonly DestinationRule[],
): DestinationRule | undefined => {
  const { minors } = mesh.versionOf(config);
  const visible = [serviceNamespace, rootNamespaceOf(config)];
  return destinationRulesOf(mesh, config)
    .covering(host)
    .find(
      (rule) =>
        !governing.includes(rule) &&
        (clientNamespaces.includes(rule.namespace) || (!rule.isPrivate && visible.includes(rule.namespace))) &&
        tlsOf([rule], undefined, undefined, minors).mode === 'ISTIO_MUTUAL',
    );
};

const policiesOf = (modes: readonly ServerMtls[]): readonly Related[] => {
  const found = new Map<string, Related>();
  for (const { config, mtls } of modes)
    if (mtls.place !== undefined)
      found.set(`${config.name}\0${mtls.source}`, {
        place: mtls.place,
        cluster: config.name,
        message: `${mtls.source}: ${mtls.mode}`,
      });
  return [...found].toSorted(([a], [b]) => compareText(a, b)).map(([, related]) => related);
};

/** `mall.base is STRICT in guangzhou and singapore (MeshPolicy default)`. */
const serversInWords = (lack: Lack): string => {
  const strict = lack.modes.filter((mode) => mode.mtls.mode === 'STRICT');
  const shown = strict.length > 0 ? strict : lack.modes;
  const clusters = [...new Set(shown.map((mode) => mode.server.member.name))].toSorted(compareText);
  const sources = [...new Set(shown.map((mode) => mode.mtls.source))].toSorted(compareText);
  const names = [...lack.names].toSorted(compareText);
  return `${someInWords(names)} ${names.length === 1 ? 'is' : 'are'} ${shown[0]!.mtls.mode} in ${inWords(clusters)} (${sources.join(', ')})`;
};
