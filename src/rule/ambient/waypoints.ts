// Which waypoint the calls to a Service go through.
import { gatewayClass } from '../../facts/gateways.ts';
import type { Member } from '../../facts/mesh.ts';
import type { Place, Resource } from '../../model/index.ts';
import { isTemplate, placeIn } from '../../model/index.ts';
import type { Labels } from '../../facts/selectors.ts';
import { namespacesNamed } from '../../facts/sources.ts';
import { namespaceLabels } from './scopes.ts';

export const USE_WAYPOINT = 'istio.io/use-waypoint';
export const USE_WAYPOINT_NAMESPACE = 'istio.io/use-waypoint-namespace';

/**
 * The waypoint that labels name; undefined where they name none. An empty name is that of no Gateway, and keeps that of
 * the namespace away as `none` does.
 */
export const waypointNamed = (labels: Labels | undefined): string | undefined => {
  const word = labels?.[USE_WAYPOINT];
  return word === '' || word === 'none' ? undefined : word;
};

/** `waypoint` of a namespace, or none at all. */
export interface UsedWaypoint {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  /** The label that names it; the labels of the namespace where none does. */
  readonly place: Place;
}

/** The waypoint of a Service: its own label, else that of its namespace. Undefined where the labels are not known. */
export const usedWaypoint = (member: Member, service: Resource): UsedWaypoint | undefined => {
  if (service.labels[USE_WAYPOINT] !== undefined)
    return usedBy(service.labels, service, placeIn(service, 'metadata', 'labels', USE_WAYPOINT));
  const labels = namespaceLabels(member, service.namespace);
  if (labels === undefined) return undefined;
  const word = labels[USE_WAYPOINT];
  const [object] = namespacesNamed(member.cluster, service.namespace ?? '');
  if (word === undefined)
    return {
      name: undefined,
      namespace: undefined,
      place: object === undefined ? service.place : placeIn(object, 'metadata', 'labels'),
    };
  const holder = namespacesNamed(member.cluster, service.namespace ?? '').find(
    (one) => one.labels[USE_WAYPOINT] === word,
  );
  return usedBy(
    labels,
    service,
    holder === undefined ? service.place : placeIn(holder, 'metadata', 'labels', USE_WAYPOINT),
  );
};

const usedBy = (labels: Labels, service: Resource, place: Place): UsedWaypoint | undefined => {
  const name = waypointNamed(labels);
  const namespace = labels[USE_WAYPOINT_NAMESPACE] ?? service.namespace;
  if (name === undefined) return { name, namespace: undefined, place };
  return isTemplate(name) || (namespace !== undefined && isTemplate(namespace))
    ? undefined
    : { name, namespace, place };
};

/** Whether a label of a pod, else of its namespace, names a waypoint. An unknown namespace may name one. */
export const namesWaypoint = (
  member: Member,
  { labels, namespace }: { readonly labels: Readonly<Record<string, string>>; readonly namespace: string | undefined },
): boolean => {
  const around = namespaceLabels(member, namespace);
  if (labels[USE_WAYPOINT] !== undefined) return waypointNamed(labels) !== undefined;
  return around === undefined || waypointNamed(around) !== undefined;
};

/** Waypoints of a cluster; those that state no namespace may be any. */
export const waypointsOf = (member: Member): readonly Resource[] =>
  member.resources.ofKind('Gateway', 'gateway.networking.k8s.io').filter(isWaypoint);

/** Of a class that Istio keeps for waypoints, of Envoys or of agentgateway. */
export const isWaypoint = (gateway: Resource): boolean => (gatewayClass(gateway) ?? '').endsWith('waypoint');
