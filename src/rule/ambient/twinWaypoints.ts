// Waypoints that the global Services of ambient clusters name (Istio 1.27+).
import type { Member } from '../../facts/mesh.ts';
import { hidesKind } from '../../facts/sources.ts';
import { speaksFor } from '../../facts/minors.ts';
import type { Resource, Severity } from '../../model/index.ts';
import { compareText, sameNamespace } from '../../model/index.ts';
import { oncePerMesh } from '../scope.ts';
import type { MeshService } from '../services.ts';
import { ambientMembers } from './dataPlane.ts';
import { globalTwins } from './globalServices.ts';
import type { UsedWaypoint } from './waypoints.ts';
import { usedWaypoint, waypointsOf } from './waypoints.ts';

/** What a Service uses in a cluster. */
export interface TwinUse {
  readonly member: Member;
  readonly waypoint: UsedWaypoint;
  readonly service: MeshService;
}

/** The uses of each Service that two clusters tell of; those without a waypoint first. */
export const twinUses = oncePerMesh((mesh): readonly (readonly TwinUse[])[] =>
  globalTwins(mesh).flatMap(({ service, statements }) => {
    const uses = statements.flatMap(({ member, resource }): readonly TwinUse[] => {
      const waypoint = usedWaypoint(member, resource);
      return waypoint === undefined ? [] : [{ member, waypoint, service }];
    });
    return uses.length < 2 ? [] : [uses.toSorted((a, b) => Number(isNone(b)) - Number(isNone(a)))];
  }),
);

const isNone = ({ waypoint }: TwinUse): boolean => waypoint.name === undefined;

/** A waypoint that global Services of a cluster name. */
export interface TwinWaypoint {
  readonly member: Member;
  readonly waypoint: UsedWaypoint;
  readonly services: readonly MeshService[];
  /** That of the cluster itself. */
  readonly own: Resource | undefined;
  /** Ambient clusters that have it. */
  readonly others: readonly Member[];
  /** As the version of the cluster has it. */
  readonly speaks: { readonly severity: Severity; readonly suffix: string };
}

/** In the order of clusters, namespaces and names; those of clusters whose version knows no global Services are left out. */
export const twinWaypoints = oncePerMesh((mesh): readonly TwinWaypoint[] => {
  const named = new Map<string, TwinUse[]>();
  for (const use of twinUses(mesh).flat()) {
    if (isNone(use)) continue;
    const key = `${use.member.name}\0${keyOfWaypoint(use.waypoint)}`;
    named.set(key, [...(named.get(key) ?? []), use]);
  }
  return [...named]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([, uses]): readonly TwinWaypoint[] => {
      const { member, waypoint } = uses[0]!;
      const speaks = speaksFor(mesh.versionOf(member).minors, '1.27+', 'error');
      if (speaks === undefined) return [];
      const own = waypointFor(member, waypoint);
      const others = ambientMembers(mesh).filter(
        (other) => other !== member && waypointFor(other, waypoint) !== undefined,
      );
      return [{ member, waypoint, services: uses.map(({ service }) => service), own, others, speaks }];
    });
});

/** Those that other clusters have, and that of the own one is provably missing. */
export const missingTwinWaypoints = oncePerMesh((mesh): readonly TwinWaypoint[] =>
  twinWaypoints(mesh).filter(
    ({ member, waypoint, own, others }) =>
      own === undefined &&
      others.length > 0 &&
      !hidesKind(member.cluster, ['Gateway']) &&
      !hasOfAnotherClass(member, waypoint) &&
      // Gateways of a cluster may be kept elsewhere altogether.
      mesh.absent(member, 'config:Gateway') !== 'yes',
  ),
);

/** `namespace/name`; the same for all that name it. */
export const keyOfWaypoint = ({ name, namespace }: Pick<UsedWaypoint, 'name' | 'namespace'>): string =>
  `${namespace ?? ''}/${name ?? ''}`;

export const waypointFor = (member: Member, { name, namespace }: UsedWaypoint): Resource | undefined =>
  waypointsOf(member).find((gateway) => gateway.name === name && sameNamespace(gateway.namespace, namespace));

/** Another implementation, or a mistyped class, of which gatewayapi/class-known tells. */
const hasOfAnotherClass = (member: Member, { name, namespace }: UsedWaypoint): boolean =>
  member.resources
    .ofKind('Gateway', 'gateway.networking.k8s.io')
    .some((gateway) => gateway.name === name && sameNamespace(gateway.namespace, namespace));
