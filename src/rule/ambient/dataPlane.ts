// Which clusters run an ambient data plane, and how it was installed.
import { gatewayClass } from '../../facts/gateways.ts';
import { NETWORK_LABEL } from '../../facts/network.ts';
import { CONTROL_PLANE, envSightings, operatorSightings, valueSightings } from '../../facts/sources.ts';
import { containersOf } from '../../facts/sources/containers.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Workload } from '../../facts/workloads.ts';
import type { Cluster, Place, Resource, Sighting, Tri } from '../../model/index.ts';
import { below, filled, flag, get, isRecord, isTemplate, list } from '../../model/index.ts';
import { oncePerMember, oncePerMesh } from '../scope.ts';
import { isMistyped } from '../slips.ts';

/** Workloads of a cluster whose calls go through ztunnel. */
export const ambientWorkloads = oncePerMember((_mesh, member): readonly Workload[] =>
  member.workloads.filter((workload) => workload.ambient === 'yes' && !workload.gateway),
);

/** Clusters that run ambient workloads, or a gateway for their tunnels. */
export const ambientMembers = oncePerMesh((mesh): readonly Member[] =>
  mesh.members.filter((member) => ambientWorkloads(mesh, member).length > 0 || eastWestGateways(member).length > 0),
);

/** Whether a cluster has an ambient data plane, or was installed for one. */
export const isAmbient = ({ cluster, workloads }: Member): boolean =>
  cluster.values.some(({ chart }) => chart === 'ztunnel') ||
  operatorSightings(cluster, ['profile']).some(({ value }) => value === 'ambient') ||
  valueSightings(cluster, ['operator', 'istiod'], ['profile']).some(({ value }) => value === 'ambient') ||
  envSightings(cluster, 'istiod', 'PILOT_ENABLE_AMBIENT').some(({ value }) => flag(value) === true) ||
  workloads.some(({ ambient }) => ambient === 'yes');

/** Gateways of class istio-east-west (Istio 1.27+). */
export const eastWestGateways = (member: Member) =>
  member.resources
    .ofKind('Gateway', 'gateway.networking.k8s.io')
    .filter((gateway) => gatewayClass(gateway) === 'istio-east-west');

const EAST_WEST = 'istio-east-west';

/**
 * A Gateway that is written like one between networks under the class of an ingress gateway or waypoint, or under a
 * mistyped one. istiod deploys for its class what ends no tunnels of other networks.
 */
export const isOfWrongClass = (gateway: Resource): boolean => {
  const name = gatewayClass(gateway);
  return (
    name !== undefined &&
    name !== EAST_WEST &&
    (name === 'istio' || name === 'istio-waypoint' || isMistyped(name, EAST_WEST)) &&
    (gateway.labels[NETWORK_LABEL] ?? '') !== '' &&
    list(get(gateway.value, 'spec', 'addresses')).length === 0 &&
    list(get(gateway.value, 'spec', 'listeners')).some(
      (listener) => get(listener, 'protocol') === 'HBONE' && get(listener, 'tls') !== undefined,
    )
  );
};

/** Gateways of class istio-east-west, and those that were meant to be of it. */
export const tunnelGateways = (member: Member): readonly Resource[] =>
  member.resources
    .ofKind('Gateway', 'gateway.networking.k8s.io')
    .filter((gateway) => gatewayClass(gateway) === EAST_WEST || isOfWrongClass(gateway));

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
  /** Where it is said, else the env that does not say it, else the install object. */
  readonly place: Place | undefined;
  /** A variable that was probably meant to be it. */
  readonly written?: string | undefined;
}

export const istiodSwitch = (cluster: Cluster, name: string): Switch => {
  const said = envSightings(cluster, 'istiod', name)[0];
  if (said !== undefined) {
    const value = flag(said.value);
    return { state: value === undefined ? 'unknown' : value ? 'yes' : 'no', place: said.place };
  }
  const install = installPlace(cluster);
  if (install === undefined) return { state: 'unknown', place: undefined };
  const entries = istiodEnv(cluster);
  const slip = entries.flatMap((env) => env.names).find((entry) => isSpelledAlike(entry.name, name));
  return {
    state: 'no',
    place: slip?.place ?? entries[0]?.place ?? profileOf(cluster)?.place ?? install,
    written: slip?.name,
  };
};

/** `AMBIENT_ENABLE_MULTINETWORK`, `ambient-enable-multi-network`, one letter off. */
const isSpelledAlike = (written: string, name: string): boolean => {
  const plain = (word: string): string => word.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
  return written !== name && isMistyped(plain(written), plain(name));
};

interface Env {
  readonly place: Place;
  readonly names: readonly { readonly name: string; readonly place: Place }[];
}

/** Each list (or map) of variables of istiod. */
const istiodEnv = (cluster: Cluster): readonly Env[] => {
  const lists = [
    ...containersOf(cluster, 'istiod').map(({ value, place }) => ({
      value: value['env'],
      place: below(place, 'env'),
    })),
    ...operatorSightings(cluster, ['components', 'pilot', 'k8s', 'env']),
  ].map(({ value, place }): Env & { readonly isThere: boolean } => ({
    place,
    isThere: Array.isArray(value),
    names: list(value).flatMap((entry, index) => {
      const name = filled(get(entry, 'name'));
      return name === undefined ? [] : [{ name, place: below(place, index, 'name') }];
    }),
  }));
  const maps = [
    ...valueSightings(cluster, CONTROL_PLANE, ['pilot', 'env']),
    ...valueSightings(cluster, ['istiod'], ['env']),
  ].map(({ value, place }) => ({
    place,
    isThere: isRecord(value),
    names: Object.keys(isRecord(value) ? value : {}).map((name) => ({ name, place: below(place, name) })),
  }));
  return [...lists, ...maps].filter(({ isThere }) => isThere);
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
