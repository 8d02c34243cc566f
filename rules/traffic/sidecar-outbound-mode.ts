import { meshConfigSightings } from '../../src/facts/sources.ts';
import { describe, filled, get, isRecord, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { realmsOf } from '../../src/rule/scope.ts';

const MODE = ['outboundTrafficPolicy', 'mode'] as const;

export default defineRule({
  id: 'traffic/sidecar-outbound-mode',
  severity: 'info',
  istio: '1.3+',
  preset: 'strict',
  summary: 'A Sidecar with outboundTrafficPolicy says its mode.',
  why: 'Without a mode the policy of a Sidecar is REGISTRY_ONLY, whatever the mesh config says: calls to hosts that no Service or ServiceEntry has are refused.',
  fix: 'Write mode: REGISTRY_ONLY or mode: ALLOW_ANY, or take outboundTrafficPolicy out to follow the mesh config.',
  reads: ['Sidecar', 'meshConfig.outboundTrafficPolicy'],
  aliases: ['KIA1007'],
  messages: {
    unsaid:
      '{sidecar} in {cluster} has outboundTrafficPolicy without a mode, which means REGISTRY_ONLY there{while}: calls to unknown hosts are refused',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const [ofMesh] = meshConfigSightings(config.cluster, MODE);
      for (const { resource, ambiguous } of statementsOf(config.resources.ofKind('Sidecar', 'networking.istio.io'))) {
        const policy = get(resource.value, 'spec', 'outboundTrafficPolicy');
        if (ambiguous || !isRecord(policy) || filled(policy['mode']) !== undefined) continue;
        const mode = ofMesh === undefined ? 'ALLOW_ANY' : filled(ofMesh.value);
        report(
          'unsaid',
          {
            at: placeIn(resource, 'spec', 'outboundTrafficPolicy'),
            cluster: config.name,
            resource,
            also:
              ofMesh === undefined
                ? []
                : [{ place: ofMesh.place, cluster: config.name, message: `the mesh has ${mode ?? 'no mode'}` }],
          },
          {
            sidecar: describe(resource),
            cluster: config.name,
            while: mode === 'ALLOW_ANY' ? ', while the mesh has ALLOW_ANY' : '',
          },
        );
      }
    }
  },
});
