import { describe, placeIn } from '../../src/model/index.ts';
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
  },
  check(mesh, report) {
    for (const { config, members } of realmsOf(mesh))
      for (const member of members)
        for (const crd of member.resources.ofKind('CustomResourceDefinition', 'apiextensions.k8s.io')) {
          const installed = crd.annotations[VERSION];
          const need = NEEDS.get(crd.name);
          if (installed === undefined || need === undefined || mesh.versionOf(config).minors.low < need.since) continue;
          if (!isOlder(installed, need.minimum)) continue;
          report(
            'old',
            { at: placeIn(crd, 'metadata', 'annotations', VERSION), cluster: member.name, resource: crd },
            {
              crd: describe(crd),
              cluster: member.name,
              installed,
              since: `1.${need.since}`,
              minimum: `v${need.minimum.join('.')}`,
            },
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

const isOlder = (installed: string, minimum: readonly number[]): boolean => {
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(installed);
  if (found === null) return false;
  for (const [index, wanted] of minimum.entries()) {
    const held = Number(found[index + 1]);
    if (held !== wanted) return held < wanted;
  }
  return false;
};
