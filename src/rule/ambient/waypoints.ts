// Which waypoint the calls to a Service go through.
import { gatewayClass } from '../../facts/gateways.ts';
import type { Member } from '../../facts/mesh.ts';
import type { Place, Resource } from '../../model/index.ts';
import { isTemplate, placeIn } from '../../model/index.ts';
import { namespacesNamed } from '../../facts/sources.ts';
import { namespaceLabels } from './scopes.ts';

const LABEL = 'istio.io/use-waypoint';
const NAMESPACE_LABEL = 'istio.io/use-waypoint-namespace';

/** `waypoint` of a namespace, or none at all. */
export interface UsedWaypoint {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  /** The label that names it; the labels of the namespace where none does. */
  readonly place: Place;
}

/** The waypoint of a Service: its own label, else that of its namespace. Undefined where the labels are not known. */
export const usedWaypoint = (member: Member, service: Resource): UsedWaypoint | undefined => {
  const own = service.labels[LABEL];
  if (own !== undefined)
    return named(own, service.labels[NAMESPACE_LABEL], service, placeIn(service, 'metadata', 'labels', LABEL));
  const labels = namespaceLabels(member, service.namespace);
  if (labels === undefined) return undefined;
  const word = labels[LABEL];
  const [object] = namespacesNamed(member.cluster, service.namespace ?? '');
  if (word === undefined)
    return {
      name: undefined,
      namespace: undefined,
      place: object === undefined ? service.place : placeIn(object, 'metadata', 'labels'),
    };
  const holder = namespacesNamed(member.cluster, service.namespace ?? '').find(
    (one) => one.labels[LABEL] !== undefined,
  );
  return named(
    word,
    labels[NAMESPACE_LABEL],
    service,
    holder === undefined ? service.place : placeIn(holder, 'metadata', 'labels', LABEL),
  );
};

const named = (
  word: string,
  namespace: string | undefined,
  service: Resource,
  place: Place,
): UsedWaypoint | undefined => {
  if (isTemplate(word) || (namespace !== undefined && isTemplate(namespace))) return undefined;
  // An empty name is that of no Gateway, and keeps that of the namespace away.
  if (word === 'none' || word === '') return { name: undefined, namespace: undefined, place };
  return { name: word, namespace: namespace ?? service.namespace, place };
};

/** Whether a label of a pod, else of its namespace, names a waypoint. An unknown namespace may name one. */
export const namesWaypoint = (
  member: Member,
  { labels, namespace }: { readonly labels: Readonly<Record<string, string>>; readonly namespace: string | undefined },
): boolean => {
  const around = namespaceLabels(member, namespace);
  const word = labels[LABEL] ?? (around === undefined ? '?' : around[LABEL]);
  return word !== undefined && word !== '' && word !== 'none';
};

/** Waypoints of a cluster; those that state no namespace may be any. */
export const waypointsOf = (member: Member): readonly Resource[] =>
  member.resources.ofKind('Gateway', 'gateway.networking.k8s.io').filter(isWaypoint);

/** Of a class that Istio keeps for waypoints, of Envoys or of agentgateway. */
export const isWaypoint = (gateway: Resource): boolean => (gatewayClass(gateway) ?? '').endsWith('waypoint');
