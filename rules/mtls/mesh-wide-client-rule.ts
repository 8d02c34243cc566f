import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Related } from '../../src/model/index.ts';
import { compareText, describe } from '../../src/model/index.ts';
import { tlsOf } from '../../src/rule/clientTls.ts';
import { defineRule } from '../../src/rule/define.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { everyServiceHasRule, meshRule, ruleWithoutPolicy, withoutAutoMtls } from '../../src/rule/meshClientRule.ts';
import type { EffectiveMtls } from '../../src/rule/mtls.ts';
import { meshWideMtls, namespacePolicies } from '../../src/rule/mtls.ts';
import { clusterDomainOf, inWords, realmsOf } from '../../src/rule/scope.ts';

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
    noRule: '{cluster}: {policy} demands mTLS, and no DestinationRule *.local says ISTIO_MUTUAL{peers}{suffix}',
    noPolicy: '{cluster}: {rule} makes clients use mTLS for {host}, and no policy makes servers take it{peers}{suffix}',
    noNamespaceRule: '{cluster}: {policy} demands mTLS, and no DestinationRule for {host} says ISTIO_MUTUAL{suffix}',
  },
  check(mesh, report) {
    const realms = realmsOf(mesh)
      .flatMap(({ config }) => {
        const said = mesh.versionOf(config).minors.low > 5 ? undefined : withoutAutoMtls(mesh, config, 'error');
        return said === undefined ? [] : [{ config, ...said }];
      })
      .map((realm) => ({
        ...realm,
        policy: meshWideMtls(mesh, realm.config),
        rule: meshRule(mesh, realm.config),
      }));
    for (const { config, policy, rule, severity, suffix } of realms) {
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
            { at, cluster: name, resource: policy.policy, also, severity },
            { cluster: name, policy: policy.source, peers: words, suffix },
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
            { at: own.place ?? own.policy.place, cluster: name, resource: own.policy, severity },
            { cluster: name, policy: own.source, host: `*.${namespace}.svc.${clusterDomainOf(config)}`, suffix },
          );
      const plain = ruleWithoutPolicy(mesh, config);
      if (plain !== undefined) {
        const peers = others.filter((other) => other.policy?.mode === 'STRICT');
        const words =
          peers.length === 0
            ? ''
            : `; ${inWords(peers.map((peer) => peer.config.name))} ${peers.length === 1 ? 'has' : 'have'} one`;
        const also = peers.flatMap((peer): readonly Related[] => relatedPolicy(peer.config, peer.policy));
        report(
          'noPolicy',
          {
            at: plain.rule.place,
            cluster: name,
            resource: plain.rule.resource,
            also,
            severity: plain.severity,
            fix: 'Add MeshPolicy default with peers [mtls], as in the other clusters, or take the DestinationRule away.',
          },
          {
            cluster: name,
            rule: describe(plain.rule.resource),
            host: plain.rule.host,
            peers: words,
            suffix: plain.suffix,
          },
        );
      }
    }
  },
});

const relatedPolicy = (member: Member, policy: EffectiveMtls | undefined): readonly Related[] =>
  policy?.place === undefined
    ? []
    : [{ place: policy.place, cluster: member.name, message: `${policy.source}: ${policy.mode}` }];

/** Whether the files hold DestinationRules at all, so that a missing one is missing. */
const tracksRules = (mesh: Mesh, config: Member): boolean =>
  mesh.tracks('config:DestinationRule') && !hidesKind(config.cluster, ['DestinationRule']);

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
