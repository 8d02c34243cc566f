import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Related, Resource } from '../../src/model/index.ts';
import { describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';

/** What istiod reads in its config cluster only. Services, pods, WorkloadEntries and Gateways of the Gateway API are read everywhere. */
const KINDS: readonly (readonly [kind: string, group: string])[] = [
  ['VirtualService', 'networking.istio.io'],
  ['DestinationRule', 'networking.istio.io'],
  ['Gateway', 'networking.istio.io'],
  ['ServiceEntry', 'networking.istio.io'],
  ['Sidecar', 'networking.istio.io'],
  ['PeerAuthentication', 'security.istio.io'],
  ['RequestAuthentication', 'security.istio.io'],
  ['AuthorizationPolicy', 'security.istio.io'],
];

const DIFFERS_FIX = 'Make the change in the cluster that is read, and remove the copy here.';

export default defineRule({
  id: 'config/remote-config-is-read',
  severity: 'warning',
  istio: '1.1+',
  summary: 'Routing and policies of a remote cluster stand in the cluster whose API server its istiod reads.',
  why: 'istiod reads VirtualServices, DestinationRules, Gateways and policies from its config cluster alone. In a remote cluster they are stored and never take effect.',
  fix: 'Apply the object to the cluster that is read; in the remote it can go.',
  reads: ['controlPlaneRole', 'VirtualService', 'DestinationRule', 'Gateway', 'ServiceEntry', 'Sidecar', 'policies'],
  models: [
    'shared-control-plane',
    'primary-remote-one-network',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
  ],
  messages: {
    absent:
      '{cluster} is a remote whose configuration is read in {primary}, and its {object} is not in {primary}: it is never read',
    differs:
      '{cluster} is a remote whose configuration is read in {primary}, and its {object} is not the one of {primary}: it is never read',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const primary = readFor(mesh, member);
      if (primary === undefined) continue;
      for (const [kind, group] of KINDS)
        for (const { resource, ambiguous } of statementsOf(member.resources.ofKind(kind, group))) {
          // What several clusters share is applied everywhere, and read where it counts.
          if (resource.shared || ambiguous || resource.name === '') continue;
          const twins = primary.resources.find(kind, resource.namespace, resource.name, group);
          if (twins.length === 0 && !isAbsent(mesh, primary, kind)) continue;
          if (twins.some((twin) => sameSpec(twin, resource))) continue;
          const also = twins.slice(0, 1).map((twin): Related => ({
            place: placeIn(twin, 'metadata', 'name'),
            cluster: primary.name,
            message: describe(twin),
          }));
          const where = {
            at: placeIn(resource, 'metadata', 'name'),
            cluster: member.name,
            resource,
            also: also.length > 0 ? also : relatedRole(member),
            fix: also.length > 0 ? DIFFERS_FIX : undefined,
          };
          const slots = { cluster: member.name, primary: primary.name, object: describe(resource) };
          report(also.length > 0 ? 'differs' : 'absent', where, slots);
        }
    }
  },
});

/** The cluster that is read for a remote; undefined for clusters that are read themselves, and where it is not known. */
const readFor = (mesh: Mesh, member: Member): Member | undefined => {
  if (mesh.roleOf(member) !== 'remote') return undefined;
  const config = mesh.configCluster(member);
  return config === undefined || config === member ? undefined : config;
};

/** The files of the config cluster hold what is applied there, so that an object that is not among them is not there. */
const isAbsent = (mesh: Mesh, config: Member, kind: string): boolean =>
  !hidesKind(config.cluster, [kind]) &&
  (config.resources.ofKind(kind).length > 0 || mesh.absent(config, `config:${kind}`) === 'yes');

const sameSpec = (a: Resource, b: Resource): boolean =>
  JSON.stringify(a.value['spec']) === JSON.stringify(b.value['spec']);

const relatedRole = (member: Member): readonly Related[] =>
  member.controlPlaneRole.sightings
    .filter((sighting) => sighting.value === 'remote')
    .slice(0, 1)
    .map((sighting) => ({ place: sighting.place, cluster: member.name, message: `remote by ${sighting.source}` }));
