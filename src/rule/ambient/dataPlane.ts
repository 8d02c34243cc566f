// Which clusters run an ambient data plane, and how it was installed.
import { envSightings, operatorSightings, valueSightings } from '../../facts/sources.ts';
import { containersOf } from '../../facts/sources/containers.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Workload } from '../../facts/workloads.ts';
import type { Cluster, Place, Sighting, Tri } from '../../model/index.ts';
import { filled, flag, get, isTemplate } from '../../model/index.ts';
import { oncePerMember, oncePerMesh } from '../scope.ts';

/** Workloads of a cluster whose calls go through ztunnel. */
export const ambientWorkloads = oncePerMember((_mesh, member): readonly Workload[] =>
  member.workloads.filter((workload) => workload.ambient === 'yes' && !workload.gateway),
);

/** Clusters that run ambient workloads, or a gateway for their tunnels. */
export const ambientMembers = oncePerMesh((mesh): readonly Member[] =>
  mesh.members.filter((member) => ambientWorkloads(mesh, member).length > 0 || eastWestGateways(member).length > 0),
);

/** Gateways of class istio-east-west (Istio 1.27+). */
export const eastWestGateways = (member: Member) =>
  member.resources
    .ofKind('Gateway', 'gateway.networking.k8s.io')
    .filter((gateway) => get(gateway.value, 'spec', 'gatewayClassName') === 'istio-east-west');

/** The profile that a control plane was installed with; undefined where no file names one. */
export const profileOf = (cluster: Cluster): Sighting<string> | undefined => {
  const found = [
    ...operatorSightings(cluster, ['profile']),
    ...cluster.resources.ofKind('Istio', 'sailoperator.io').flatMap((istio): readonly Sighting<unknown>[] => [
      {
        value: get(istio.value, 'spec', 'profile'),
        place: istio.place,
        source: 'spec.profile',
        shared: istio.shared,
      },
    ]),
    ...valueSightings(cluster, ['istiod'], ['profile']),
    ...valueSightings(cluster, ['istiod'], ['global', 'profile']),
  ];
  for (const sighting of found) {
    const value = filled(sighting.value);
    if (value !== undefined && !isTemplate(value)) return { ...sighting, value };
  }
  return undefined;
};

/** What istiod's env says of a switch: `absent` only where an install object that could hold it lacks it. */
export interface Switch {
  readonly state: Tri;
  /** Where it is said, or the install object that does not say it. */
  readonly place: Place | undefined;
}

export const istiodSwitch = (cluster: Cluster, name: string): Switch => {
  const said = envSightings(cluster, 'istiod', name)[0];
  if (said !== undefined) {
    const value = flag(said.value);
    return { state: value === undefined ? 'unknown' : value ? 'yes' : 'no', place: said.place };
  }
  const install = installPlace(cluster);
  return { state: install === undefined ? 'unknown' : 'no', place: install };
};

/** An istiod Deployment, else what installs one; charts of one's own with templates in them are not read. */
const installPlace = (cluster: Cluster): Place | undefined => {
  const [container] = containersOf(cluster, 'istiod');
  if (container !== undefined) return container.resource.place;
  const source = cluster.values.find(
    ({ chart, values, object }) =>
      (chart === 'istiod' && Object.keys(values).length > 0) ||
      (chart === 'operator' && get(object?.value, 'spec', 'profile') !== 'empty'),
  );
  return source?.object?.place ?? source?.place;
};

/** Whether istiod serves ambient at all: PILOT_ENABLE_AMBIENT, which profile ambient sets. */
export const enablesAmbient = (mesh: Mesh, primary: Member): Switch => {
  const own = istiodSwitch(primary.cluster, 'PILOT_ENABLE_AMBIENT');
  const profile = profileOf(primary.cluster);
  if (envSightings(primary.cluster, 'istiod', 'PILOT_ENABLE_AMBIENT').length > 0) return own;
  if (profile === undefined) return { state: 'unknown', place: own.place };
  if (/ambient/.test(profile.value)) return { state: 'yes', place: profile.place };
  return ambientWorkloads(mesh, primary).length > 0 ? { state: own.state, place: profile.place } : own;
};
