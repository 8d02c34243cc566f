// Who names a waypoint by the label istio.io/use-waypoint.
import type { Path, Place, Resource } from '../../model/index.ts';
import { isTemplate, placeIn } from '../../model/index.ts';
import { isComplete } from '../../facts/mesh/tracks.ts';
import { oncePerMember, oncePerMesh } from '../scope.ts';
import { USE_WAYPOINT, USE_WAYPOINT_NAMESPACE, waypointNamed, waypointsOf } from './waypoints.ts';

/** A label that names a waypoint; templates, `none` and empty ones are left out. */
export interface WaypointLabel {
  readonly holder: Resource;
  readonly name: string;
  /** Where the waypoint is to be; undefined where the holder states no namespace. */
  readonly namespace: string | undefined;
  /** The namespace that the label acts on. */
  readonly of: string | undefined;
  readonly place: Place;
}

/** Of Namespaces, Services and ServiceEntries, and of pods, in this order. */
export const waypointLabels = oncePerMember((_mesh, member): readonly WaypointLabel[] => {
  const { resources, workloads } = member;
  return [
    ...resources.ofKind('Namespace', '').flatMap((holder) => labelOf(holder, holder.labels, ['metadata'], holder.name)),
    ...[...resources.ofKind('Service', ''), ...resources.ofKind('ServiceEntry', 'networking.istio.io')].flatMap(
      (holder) => labelOf(holder, holder.labels, ['metadata'], holder.namespace),
    ),
    ...workloads.flatMap(({ resource, labels, namespace, specPlace }) =>
      labelOf(resource, labels, [...specPlace.path.slice(resource.place.path.length, -1), 'metadata'], namespace),
    ),
  ];
});

const labelOf = (
  holder: Resource,
  labels: Readonly<Record<string, string>>,
  path: Path,
  of: string | undefined,
): readonly WaypointLabel[] => {
  const name = waypointNamed(labels);
  const namespace = labels[USE_WAYPOINT_NAMESPACE] ?? of;
  if (name === undefined) return [];
  if (isTemplate(name) || (namespace !== undefined && isTemplate(namespace))) return [];
  return [{ holder, name, namespace, of, place: placeIn(holder, ...path, 'labels', USE_WAYPOINT) }];
};

/**
 * Whether the files of the mesh hold waypoints, or labels that name some. Where they do not, waypoints may be made by
 * hand (`istioctl waypoint apply`), labels included.
 */
export const tracksWaypoints = oncePerMesh(
  (mesh): boolean =>
    isComplete(mesh.settings.complete, 'config:Gateway') ||
    mesh.members.some(
      (member) =>
        waypointsOf(member).length > 0 ||
        waypointLabels(mesh, member).length > 0 ||
        [...member.resources.ofKind('Namespace', ''), ...member.resources.ofKind('Service', '')].some(
          ({ labels }) => labels[USE_WAYPOINT] !== undefined,
        ),
    ),
);
