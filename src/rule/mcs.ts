// What istiod is told about multi-cluster Services (ServiceExport, ServiceImport): Istio 1.11+.
import type { Member, Mesh } from '../facts/mesh.ts';
import { concrete, envSightings, hidesKind, hidesValues } from '../facts/sources.ts';
import type { Minors } from '../facts/minors.ts';
import type { Place, Sighting, Tri } from '../model/index.ts';
import { flag } from '../model/index.ts';
import { controlPlanes } from './controlPlane/roles.ts';

export const MCS_FLAGS = [
  'ENABLE_MCS_SERVICE_DISCOVERY',
  'ENABLE_MCS_HOST',
  'ENABLE_MCS_CLUSTER_LOCAL',
  'ENABLE_MCS_AUTO_EXPORT',
] as const;

export type McsFlag = (typeof MCS_FLAGS)[number];

/** First minor that reads a flag. 1.11 called automatic export ENABLE_MCS_AUTOEXPORT. */
const SINCE: Readonly<Record<McsFlag, number>> = {
  ENABLE_MCS_SERVICE_DISCOVERY: 11,
  ENABLE_MCS_HOST: 11,
  ENABLE_MCS_CLUSTER_LOCAL: 12,
  ENABLE_MCS_AUTO_EXPORT: 12,
};

export interface McsSetting {
  readonly state: Tri;
  /** Where it is said; undefined where it is left out. */
  readonly said: Sighting<unknown> | undefined;
}

/** Whether an istiod has a flag on. Off where an install is loaded that says nothing. */
export const mcsSetting = (member: Member, name: McsFlag, minors: Minors): McsSetting => {
  if (minors.high < SINCE[name] && name !== 'ENABLE_MCS_AUTO_EXPORT') return { state: 'no', said: undefined };
  const written = name === 'ENABLE_MCS_AUTO_EXPORT' && minors.high === 11 ? 'ENABLE_MCS_AUTOEXPORT' : name;
  const said = envSightings(member.cluster, 'istiod', written)[0];
  if (said !== undefined)
    return concrete([said]).length === 0
      ? { state: 'unknown', said }
      : { state: flag(said.value) === true ? 'yes' : 'no', said };
  const isOpen =
    member.controlPlaneRole.sightings.length === 0 ||
    hidesValues(member.cluster) ||
    hidesKind(member.cluster, ['Deployment', 'IstioOperator', 'Istio']);
  return { state: isOpen ? 'unknown' : 'no', said: undefined };
};

/** The control plane whose istiod watches a cluster; the config cluster stands for it. */
export const planeOf = (mesh: Mesh, member: Member): Member | undefined => {
  const config = mesh.configCluster(member);
  const planes = controlPlanes(mesh);
  return planes.includes(member) ? member : planes.find((plane) => mesh.configCluster(plane) === config);
};

/** Where the env of an istiod stands, for a flag that is not there. */
export const planePlace = (member: Member): Place | undefined => member.controlPlaneRole.sightings[0]?.place;
