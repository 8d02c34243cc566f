import type { Mesh } from '../../src/facts/mesh.ts';
import type { Place, Resource } from '../../src/model/index.ts';
import { describe, get, list, placeIn, record, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { SelectedGateway, SelectedPods } from '../../src/rule/gateway/selected.ts';
import { holdsAll, selectedGateways } from '../../src/rule/gateway/selected.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { routesOf } from '../../src/rule/routes.ts';
import { oncePerMember, realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';
import { selects } from '../../src/rule/selectors.ts';

export default defineRule({
  id: 'gateway/jwt-claims-authenticated',
  severity: 'error',
  istio: '1.12+',
  summary: 'Gateway pods whose routes match on claims of a JWT have a RequestAuthentication.',
  why: 'Claims are known only where a RequestAuthentication checks the token. Without one on the gateway pods no request has any claim: a match on a claim never fits, and one that excludes it always does.',
  fix: 'Apply a RequestAuthentication to the gateway pods, in their namespace or in the root namespace.',
  reads: ['VirtualService', 'Gateway', 'RequestAuthentication', 'workloads'],
  aliases: ['IST0149'],
  messages: {
    open: '{service} in {cluster} matches on {claim} at {gateway}; no RequestAuthentication covers its pods ({pods})',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const claiming = routesOf(mesh, config).flatMap((route) => {
        const claim = route.gateways.length === 0 ? undefined : claimOf(route.resource);
        return claim === undefined ? [] : [{ route, claim }];
      });
      if (claiming.length === 0) continue;
      const isTold = mesh.tracks('config:RequestAuthentication') || holdsAll(mesh, 'RequestAuthentication');
      for (const { route, claim } of claiming)
        for (const of of selectedGateways(mesh)) {
          const name = `${of.gateway.namespace ?? '?'}/${of.gateway.name}`;
          if (of.realm.config !== config || !route.gateways.includes(name)) continue;
          const open = of.pods.find((pod) => !isCovered(mesh, of, pod));
          if (open === undefined) continue;
          report(
            'open',
            {
              at: claim.place,
              cluster: open.member.name,
              resource: route.resource,
              severity: isTold ? 'error' : 'warning',
              also: [{ place: open.place, cluster: open.member.name, message: open.title }],
            },
            {
              service: describe(route.resource),
              cluster: config.name,
              claim: claim.key,
              gateway: describe(of.gateway),
              pods: open.title,
            },
          );
        }
    }
  },
});

/** The first match on a claim, as `@request.auth.claims.group` or `@request.auth.claims[group]`. */
const claimOf = (service: Resource): { readonly key: string; readonly place: Place } | undefined => {
  for (const [rule, route] of list(get(service.value, 'spec', 'http')).entries())
    for (const [match, value] of list(get(route, 'match')).entries())
      for (const field of ['headers', 'withoutHeaders'])
        for (const key of Object.keys(record(get(value, field))))
          if (/^@request\.auth\.claims[.[]/i.test(key))
            return { key, place: placeIn(service, 'spec', 'http', rule, 'match', match, field, key) };
  return undefined;
};

const authentications = oncePerMember((_mesh, config): readonly Resource[] =>
  statementsOf(config.resources.ofKind('RequestAuthentication', 'security.istio.io')).map(({ resource }) => resource),
);

const isCovered = (mesh: Mesh, of: SelectedGateway, pod: SelectedPods): boolean =>
  authentications(mesh, of.realm.config).some((policy) => {
    const isRoot = policy.namespace === rootNamespaceOf(of.realm.config);
    if (!isRoot && policy.namespace !== undefined && pod.namespace !== undefined && policy.namespace !== pod.namespace)
      return false;
    return selects(textMap(get(policy.value, 'spec', 'selector', 'matchLabels')), pod.labels) !== 'no';
  });
