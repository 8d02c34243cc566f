import { envSightings } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Resource } from '../../src/model/index.ts';
import { comparePlaces, describe, filled, get, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { realmsOf, someInWords } from '../../src/rule/scope.ts';

const VARIABLE = 'BLOCKED_CIDRS_IN_JWKS_URIS';

export default defineRule({
  id: 'controlplane/jwks-fetch-bounded',
  severity: 'warning',
  preset: 'strict',
  istio: '1.28+',
  summary: 'An istiod that fetches keys for RequestAuthentications has addresses that it must not call.',
  why: 'istiod fetches every jwksUri itself. Whoever may write a RequestAuthentication can let it call addresses inside of the network that he cannot reach himself, the metadata of the cloud among them.',
  fix: 'Set BLOCKED_CIDRS_IN_JWKS_URIS on istiod to the ranges in which no provider of keys runs.',
  reads: ['RequestAuthentication', 'Deployment istiod', 'istioVersion'],
  aliases: ['IST0175'],
  messages: {
    open: '{cluster}: {istiod} has no BLOCKED_CIDRS_IN_JWKS_URIS and fetches the keys of {policies} from any address{suffix}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const speaks = speaksFor(mesh.versionOf(config).minors, '1.28+', 'warning');
      const [istiod] = config.resources
        .ofKind('Deployment', 'apps')
        .filter(isControlPlane)
        .toSorted((a, b) => comparePlaces(a.place, b.place));
      if (speaks === undefined || istiod === undefined) continue;
      // From a ConfigMap or anything else that has no value here.
      if (setsVariable(istiod)) continue;
      if (envSightings(config.cluster, 'istiod', VARIABLE).some(({ value }) => filled(value) !== undefined)) continue;
      const policies = config.resources
        .ofKind('RequestAuthentication', 'security.istio.io')
        .filter(fetchesKeys)
        .toSorted((a, b) => comparePlaces(a.place, b.place));
      if (policies.length === 0) continue;
      report(
        'open',
        {
          at: placeIn(istiod, 'metadata', 'name'),
          cluster: config.name,
          resource: istiod,
          severity: speaks.severity,
          also: policies
            .slice(0, 3)
            .map((policy) => ({ place: policy.place, cluster: config.name, message: describe(policy) })),
        },
        {
          cluster: config.name,
          istiod: describe(istiod),
          policies: someInWords(policies.map(describe)),
          suffix: speaks.suffix,
        },
      );
    }
  },
});

const containers = (resource: Resource): readonly unknown[] =>
  list(get(resource.value, 'spec', 'template', 'spec', 'containers'));

const isControlPlane = (resource: Resource): boolean =>
  (resource.labels['app'] === 'istiod' || /^istiod(-|$)/.test(resource.name)) && containers(resource).length > 0;

const setsVariable = (istiod: Resource): boolean =>
  containers(istiod).some(
    (container) =>
      list(get(container, 'envFrom')).length > 0 ||
      list(get(container, 'env')).some(
        (entry) =>
          get(entry, 'name') === VARIABLE &&
          (filled(get(entry, 'value')) !== undefined || get(entry, 'valueFrom') !== undefined),
      ),
  );

/** From jwksUri, or from where the issuer says that its keys are. */
const fetchesKeys = (policy: Resource): boolean =>
  list(get(policy.value, 'spec', 'jwtRules')).some(
    (rule) =>
      filled(get(rule, 'jwksUri')) !== undefined ||
      (filled(get(rule, 'jwks')) === undefined && /^https?:/.test(filled(get(rule, 'issuer')) ?? '')),
  );
