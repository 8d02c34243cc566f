// Where a control plane is installed: the place for findings about what it does not say.
import type { Member } from '../../facts/mesh.ts';
import { CONTROL_PLANE, controlPlaneWorkloads } from '../../facts/sources.ts';
import type { Place, Resource } from '../../model/index.ts';

/** What installs istiod: for a finding about something that it lacks. Undefined where no file installs it. */
export const installOf = (
  member: Member,
): { readonly at: Place; readonly resource: Resource | undefined } | undefined => {
  const object =
    member.resources.ofKind('IstioOperator')[0] ??
    member.resources.ofKind('Istio')[0] ??
    controlPlaneWorkloads(member.cluster, true)[0];
  if (object !== undefined) return { at: object.place, resource: object };
  const values = CONTROL_PLANE.flatMap((chart) => member.cluster.values.filter((source) => source.chart === chart))[0];
  if (values !== undefined) return { at: values.place, resource: values.object };
  const said = member.controlPlaneRole.sightings[0];
  return said === undefined ? undefined : { at: said.place, resource: undefined };
};

/** Where the role of a cluster is said, else what of Istio is installed there, else anything of the cluster: there always is one. */
export const installPlace = (member: Member): Place => {
  const { cluster, resources } = member;
  const { sightings } = member.controlPlaneRole;
  const inFiles = sightings.filter(({ source }) => source !== 'mesh-lint.yaml');
  const sighting = inFiles.find(({ value }) => value !== 'external') ?? inFiles[0];
  const said = sighting?.place ?? controlPlaneWorkloads(cluster)[0]?.place ?? cluster.values[0]?.place;
  const found = said ?? cluster.meshConfigs[0]?.place ?? resources.ofKind('Namespace', '')[0]?.place;
  const held = found ?? resources.all[0]?.place;
  if (held !== undefined) return held;
  return sightings[0]?.place ?? { file: cluster.files[0]!, document: 0, path: [] };
};
