import { autoMtlsAt } from '../../src/facts/mtlsSettings.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { describe, get, isRecord, list, placeIn, valueOf } from '../../src/model/index.ts';
import { tlsOf } from '../../src/rule/clientTls.ts';
import { defineRule } from '../../src/rule/define.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { isWildcard, isWithin } from '../../src/rule/hosts.ts';
import { betaMode } from '../../src/rule/mtls.ts';
import { clusterDomainOf, realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'mtls/wide-rule-leaves-plaintext',
  severity: 'info',
  preset: 'strict',
  istio: '1.5+',
  summary:
    'mTLS that a DestinationRule sets for a whole namespace or mesh is demanded by a policy, and not undone by another rule.',
  why: 'A DestinationRule speaks for clients only: without a PeerAuthentication servers still take plaintext of others. And of several rules the most specific one counts as a whole, so that one without tls leaves the choice to auto mTLS.',
  fix: 'Add a PeerAuthentication for the namespace or the mesh; write tls into the more specific rule as well, or drop both and rely on auto mTLS.',
  reads: ['DestinationRule', 'PeerAuthentication', 'autoMtls'],
  aliases: ['KIA0204', 'KIA0205', 'KIA0206'],
  messages: {
    policy:
      '{rule} makes clients in {cluster} use mTLS for {host}, and no PeerAuthentication there says that servers take it',
    specific: '{rule} in {cluster} has no tls, so that ISTIO_MUTUAL of {wider} ({wideHost}) does not count for {host}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const { minors } = mesh.versionOf(config);
      if (minors.low < 5 || hidesKind(config.cluster, ['PeerAuthentication'])) continue;
      const rules = destinationRulesOf(mesh, config);
      const mutual = rules.all.filter(
        (rule) => rule.selector === undefined && tlsOf([rule], undefined, undefined, minors).mode === 'ISTIO_MUTUAL',
      );
      const domain = clusterDomainOf(config);
      const isOff = valueOf(autoMtlsAt(config.cluster, minors)) === false;
      for (const rule of isOff ? mutual : []) {
        const isMesh = isWithin(`*.svc.${domain}`, rule.host);
        const isOfNamespace = rule.host === `*.${rule.namespace}.svc.${domain}`;
        const modes = [betaMode(mesh, config, undefined), isMesh ? undefined : betaMode(mesh, config, rule.namespace)];
        if ((!isMesh && !isOfNamespace) || modes.some((mode) => mode !== undefined)) continue;
        report(
          'policy',
          {
            at: placeIn(rule.resource, 'spec', 'trafficPolicy', 'tls', 'mode'),
            cluster: config.name,
            resource: rule.resource,
            aliases: [isMesh ? 'KIA0205' : 'KIA0206'],
          },
          { rule: describe(rule.resource), cluster: config.name, host: rule.host },
        );
      }
      for (const rule of mutual.length === 0 ? [] : rules.all) {
        const policy = get(rule.resource.value, 'spec', 'trafficPolicy');
        const saysTls =
          isRecord(get(policy, 'tls')) ||
          list(get(policy, 'portLevelSettings')).some((entry) => isRecord(get(entry, 'tls')));
        if (saysTls || rule.namespace === rootNamespaceOf(config)) continue;
        const wider = mutual.find(
          (other) =>
            other !== rule && isWildcard(other.host) && other.host !== rule.host && isWithin(rule.host, other.host),
        );
        if (wider === undefined) continue;
        report(
          'specific',
          {
            at: placeIn(rule.resource, 'spec', 'trafficPolicy'),
            cluster: config.name,
            resource: rule.resource,
            aliases: ['KIA0204'],
            also: [{ place: wider.resource.place, cluster: config.name, message: describe(wider.resource) }],
          },
          {
            rule: describe(rule.resource),
            cluster: config.name,
            host: rule.host,
            wider: describe(wider.resource),
            wideHost: wider.host,
          },
        );
      }
    }
  },
});
