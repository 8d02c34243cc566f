import { describe, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { realmsOf } from '../../src/rule/scope.ts';

const VERSION = 'gateway.networking.k8s.io/bundle-version';

export default defineRule({
  id: 'gatewayapi/crd-version',
  severity: 'warning',
  istio: '1.22+',
  summary: 'The Gateway API CRDs of a cluster are those that its Istio reads.',
  why: 'istiod skips a kind whose CRD is older than the release needs: the routes are accepted by the cluster and never configured.',
  fix: 'Install the Gateway API CRDs of that version, or a later one.',
  reads: ['CustomResourceDefinition', 'istioVersion'],
  aliases: ['IST0176'],
  messages: {
    old: '{crd} in {cluster} is of Gateway API {installed}; Istio {since} and later read it from {minimum} on',
    unversioned:
      '{crd} in {cluster} {stated} annotation {annotation}; Istio {since} and later read it only where that is {minimum} or more',
  },
  check(mesh, report) {
    for (const { config, members } of realmsOf(mesh))
      for (const member of members)
        for (const crd of member.resources.ofKind('CustomResourceDefinition', 'apiextensions.k8s.io')) {
          const need = NEEDS.get(crd.name);
          if (need === undefined || mesh.versionOf(config).minors.low < need.since) continue;
          const installed = crd.annotations[VERSION];
          const age = installed === undefined || isTemplate(installed) ? undefined : ageOf(installed, need.minimum);
          // A patch of labels says nothing of versions.
          const isWhole = list(get(crd.value, 'spec', 'versions')).length > 0;
          if (age === 'enough' || (age === undefined && (installed !== undefined || !isWhole))) continue;
          const where = { cluster: member.name, resource: crd };
          const slots = {
            crd: describe(crd),
            cluster: member.name,
            since: `1.${need.since}`,
            minimum: `v${need.minimum.join('.')}`,
          };
          if (age === 'old')
            report(
              'old',
              { ...where, at: placeIn(crd, 'metadata', 'annotations', VERSION) },
              { ...slots, installed: installed ?? '' },
            );
          else
            report(
              'unversioned',
              {
                ...where,
                at: placeIn(crd, 'metadata', ...(installed === undefined ? ['name'] : ['annotations', VERSION])),
                aliases: [],
                fix: 'Install the CRD as the Gateway API publishes it, with its annotations.',
              },
              { ...slots, stated: installed === undefined ? 'has no' : `has ${installed} as`, annotation: VERSION },
            );
        }
  },
});

/** The oldest version of a CRD that istiod watches, and the minor of Istio that asks for it. As of 2026-11. */
const NEEDS: ReadonlyMap<string, { readonly minimum: readonly number[]; readonly since: number }> = new Map([
  ['grpcroutes.gateway.networking.k8s.io', { minimum: [1, 1, 0], since: 22 }],
  ['backendtlspolicies.gateway.networking.k8s.io', { minimum: [1, 4, 0], since: 28 }],
  ['tlsroutes.gateway.networking.k8s.io', { minimum: [1, 5, 0], since: 30 }],
]);

/** Pre-releases count as what they lead to. */
const ageOf = (installed: string, minimum: readonly number[]): 'old' | 'enough' | 'unreadable' => {
  const found = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?$/.exec(installed);
  if (found === null) return 'unreadable';
  for (const [index, wanted] of minimum.entries()) {
    const held = Number(found[index + 1] ?? 0);
    if (held !== wanted) return held < wanted ? 'old' : 'enough';
  }
  return 'enough';
};
