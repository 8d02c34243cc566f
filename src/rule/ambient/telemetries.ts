// Telemetry of ambient namespaces that targets nothing by reference.
import type { Member } from '../../facts/mesh.ts';
import { oncePerMesh } from '../scope.ts';
import type { L7Policy } from './l7Policies.ts';
import { l7PoliciesOf } from './l7Policies.ts';
import { isWaypoint, USE_WAYPOINT_NAMESPACE, usedWaypoint, waypointNamed } from './waypoints.ts';
import { namespaceLabels } from './scopes.ts';

export interface WideTelemetry {
  readonly policy: L7Policy;
  /** A waypoint of the namespace reads it. */
  readonly isServed: boolean;
}

/** Those that some pod without a sidecar was meant to obey. */
export const wideTelemetries = oncePerMesh((mesh): readonly WideTelemetry[] =>
  l7PoliciesOf(mesh)
    .filter(({ kind, targets, isForOthers }) => kind === 'Telemetry' && targets.length === 0 && !isForOthers)
    .map((policy) => ({
      policy,
      isServed: policy.realm.members.some((member) => hasWaypoint(member, policy.namespace)),
    })),
);

/** A waypoint obeys the Telemetry of its own namespace, whoever uses it. */
const hasWaypoint = (member: Member, namespace: string): boolean =>
  member.resources
    .inNamespace('Gateway', namespace, 'gateway.networking.k8s.io')
    .some((gateway) => isWaypoint(gateway)) ||
  isNamed(namespaceLabels(member, namespace), namespace) ||
  member.resources.inNamespace('Service', namespace, '').some((service) => {
    const used = usedWaypoint(member, service);
    return used === undefined || (used.name !== undefined && used.namespace === namespace);
  });

const isNamed = (labels: Readonly<Record<string, string>> | undefined, namespace: string): boolean => {
  return waypointNamed(labels) !== undefined && (labels?.[USE_WAYPOINT_NAMESPACE] ?? namespace) === namespace;
};
