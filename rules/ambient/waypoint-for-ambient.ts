import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Related } from '../../src/model/index.ts';
import { describe } from '../../src/model/index.ts';
import type { WaypointLabel } from '../../src/rule/ambient/waypointLabels.ts';
import { waypointLabels } from '../../src/rule/ambient/waypointLabels.ts';
import { USE_WAYPOINT } from '../../src/rule/ambient/waypoints.ts';
import { defineRule } from '../../src/rule/define.ts';
import { workloadsIn } from '../../src/rule/workloadsIn.ts';

export default defineRule({
  id: 'ambient/waypoint-for-ambient',
  severity: 'info',
  istio: '1.22+',
  preset: 'strict',
  summary: 'Pods whose label or namespace names a waypoint are in ambient mode.',
  why: 'Callers in ambient mode go through the waypoint. Pods outside ambient mode have no ztunnel that tells a call through the waypoint from one past it, so that callers with sidecars, and calls to the pods themselves, escape its policies.',
  fix: 'Put the namespace into ambient mode (istio.io/dataplane-mode: ambient), or take istio.io/use-waypoint out.',
  reads: ['Namespace', 'workloads'],
  models: ['ambient-networks'],
  aliases: ['KIA1312'],
  messages: {
    outside: '{holder} in {cluster} names waypoint {waypoint}, and {pods}: calls can go past the waypoint',
  },
  check(mesh, report) {
    for (const member of mesh.members)
      for (const label of waypointLabels(mesh, member)) {
        const outside = outsideOf(mesh, member, label);
        const [first] = outside;
        if (first === undefined) continue;
        report(
          'outside',
          {
            at: label.place,
            cluster: member.name,
            resource: label.holder,
            also: outside
              .filter(({ resource }) => resource !== label.holder)
              .slice(0, 4)
              .map(({ resource }): Related => ({
                place: resource.place,
                cluster: member.name,
                message: describe(resource),
              })),
          },
          {
            holder: describe(label.holder),
            cluster: member.name,
            waypoint: label.name,
            pods: inWords(outside, first.resource === label.holder),
          },
        );
      }
  },
});

/** Workloads that a label of their namespace or of their own acts on, and that are surely not ambient. */
const outsideOf = (mesh: Mesh, member: Member, { holder, of }: WaypointLabel): readonly Workload[] =>
  ['Service', 'ServiceEntry'].includes(holder.kind)
    ? []
    : (of === undefined ? member.workloads : workloadsIn(mesh, member, of)).filter(
        ({ resource, ambient, gateway, labels }) =>
          ambient === 'no' &&
          !gateway &&
          (holder.kind === 'Namespace' ? labels[USE_WAYPOINT] === undefined : resource === holder),
      );

const inWords = (outside: readonly Workload[], isOwn: boolean): string => {
  const [are, run] = outside.length === 1 && !isOwn ? ['is', 'runs'] : ['are', 'run'];
  const mode = outside.every(({ injected }) => injected === 'yes') ? `${run} sidecars` : `${are} not in ambient mode`;
  return `${isOwn ? 'its pods' : `${outside.length} of its workloads`} ${mode}`;
};
