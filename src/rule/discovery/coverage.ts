// Which namespaces the discoverySelectors of each control plane leave out, though the mesh needs them.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { readsMeshConfig } from '../../facts/identity.ts';
import { labelsByNamespace } from '../../facts/namespaces.ts';
import { hidesKind, meshConfigSightings } from '../../facts/sources.ts';
import { within } from '../../facts/minors.ts';
import type { Place, Resource, Tri } from '../../model/index.ts';
import { compareText, placeIn } from '../../model/index.ts';
import { istioNamespaceOf, oncePerMember, oncePerMesh } from '../scope.ts';
import { isPlatformService, nameOfService, serviceTable } from '../services.ts';
import { usesIn } from '../uses.ts';
import { workloadsIn } from '../workloadsIn.ts';
import type { KnownLabels } from '../labelSelectors.ts';
import { keysAskedFor, matchesAny } from '../labelSelectors.ts';
import { readBy } from './readers.ts';
import { planeRole } from './roles.ts';

/** discoverySelectors of a control plane. */
export interface Selectors {
  readonly reader: Member;
  readonly selectors: readonly unknown[];
  readonly place: Place;
}

export type Need = 'control-plane' | 'gateway' | 'route' | 'use' | 'injected' | 'twin';

/** A namespace of a cluster that control planes which read it leave out. */
export interface Gap {
  readonly member: Member;
  readonly namespace: string;
  readonly object: Resource;
  readonly need: Need;
  /** The Service, gateway or workload that is lost. */
  readonly what: string;
  readonly readers: readonly Selectors[];
  /** Clusters in which the namespace of that name is read. */
  readonly readIn: readonly Namespaced[];
}

interface Namespaced {
  readonly member: Member;
  readonly object: Resource;
}

/** Selectors of the control planes from 1.10 on. Of several in one cluster (revisions) all count; one that has none reads everything. */
export const selectorsOf = oncePerMember((mesh, reader): Selectors | undefined => {
  const role = planeRole(mesh, reader);
  if ((role !== 'primary' && role !== 'unknown') || within(mesh.versionOf(reader).minors, '1.10+') === 'outside')
    return undefined;
  const said = meshConfigSightings(reader.cluster, ['discoverySelectors']).filter(
    ({ value }) => Array.isArray(value) && value.length > 0,
  );
  const [first] = said;
  const revisions = new Set(reader.cluster.meshConfigs.map(({ revision }) => revision));
  if (first === undefined || said.length < revisions.size) return undefined;
  return {
    reader,
    selectors: distinct(said.flatMap(({ value }): readonly unknown[] => (Array.isArray(value) ? value : []))),
    place: first.place,
  };
});

/** Revisions repeat each other's selectors. */
const distinct = (selectors: readonly unknown[]): readonly unknown[] => [
  ...new Map(selectors.map((selector) => [JSON.stringify(selector), selector])).values(),
];

/** Whether a control plane provably reads all namespaces. */
export const readsEverything = (mesh: Mesh, reader: Member): boolean =>
  planeRole(mesh, reader) === 'primary' &&
  within(mesh.versionOf(reader).minors, '1.10+') !== 'outside' &&
  readsMeshConfig(reader.cluster) &&
  meshConfigSightings(reader.cluster, ['discoverySelectors']).length === 0;

interface NamespaceObject {
  readonly object: Resource;
  readonly known: KnownLabels;
}

/** Namespace objects of a cluster with the labels of all their statements. */
const namespacesOf = oncePerMember((_mesh, member): ReadonlyMap<string, NamespaceObject> => {
  const found = new Map<string, NamespaceObject>();
  const complete = !hidesKind(member.cluster, ['Namespace']);
  const objects = member.resources.ofKind('Namespace', '').toSorted((a, b) => Number(b.shared) - Number(a.shared));
  for (const object of objects) {
    const labels = {
      'kubernetes.io/metadata.name': object.name,
      ...labelsByNamespace(member.cluster).get(object.name),
    };
    found.set(object.name, { object, known: { labels, complete } });
  }
  return found;
});

/** Keys of labels that Namespace objects of the mesh have: others are put on by tools. */
const keysInFiles = oncePerMesh((mesh): ReadonlySet<string> => {
  const keys = new Set<string>();
  for (const member of mesh.members)
    for (const { known } of namespacesOf(mesh, member).values())
      for (const key of Object.keys(known.labels)) keys.add(key);
  return keys;
});

/** Whether the control plane reads a namespace of a cluster. Without an object only its name is known. */
const isRead = (mesh: Mesh, { selectors }: Selectors, member: Member, namespace: string): Tri => {
  const held = namespacesOf(mesh, member).get(namespace);
  const known = held?.known ?? { labels: { 'kubernetes.io/metadata.name': namespace }, complete: false };
  const found = matchesAny(selectors, known);
  if (found !== 'no') return found;
  const keys = keysInFiles(mesh);
  return selectors.some((selector) => keysAskedFor(selector).some((key) => !keys.has(key))) ? 'unknown' : 'no';
};

/** Selectors that match no namespace object at all: the fault is theirs. */
export const matchesNothing = (mesh: Mesh, held: Selectors): boolean => {
  // Labels that no file has may be put on by tools; where peers select by those of the files, this one means the same.
  const meansFiles = labelledForPeers(mesh, held);
  let asked = false;
  for (const member of readBy(mesh, held.reader))
    for (const [name, { known }] of namespacesOf(mesh, member)) {
      if ((meansFiles ? matchesAny(held.selectors, known) : isRead(mesh, held, member, name)) !== 'no') return false;
      asked = true;
    }
  return asked;
};

/** Whether the selectors of another control plane match the control plane's own namespace here, by labels in the files. */
const labelledForPeers = (mesh: Mesh, { reader }: Selectors): boolean => {
  const own = namespacesOf(mesh, reader).get(istioNamespaceOf(reader));
  return (
    own !== undefined &&
    mesh.members.some((peer) => {
      const theirs = peer === reader ? undefined : selectorsOf(mesh, peer);
      return theirs !== undefined && matchesAny(theirs.selectors, own.known) === 'yes';
    })
  );
};

/** Gaps of all control planes, in the order of clusters and namespaces. */
export const gapsOf = oncePerMesh((mesh): readonly Gap[] => {
  const gaps = new Map<string, Gap>();
  for (const reader of mesh.members) {
    const held = selectorsOf(mesh, reader);
    if (held === undefined || matchesNothing(mesh, held)) continue;
    const read = placesRead(mesh, held);
    for (const member of readBy(mesh, reader))
      for (const gap of gapsIn(mesh, held, member, read)) {
        const key = `${member.name}\0${gap.namespace}`;
        const known = gaps.get(key);
        const graver = known === undefined || ORDER.indexOf(gap.need) < ORDER.indexOf(known.need) ? gap : known;
        gaps.set(key, { ...graver, readers: [...(known?.readers ?? []), held] });
      }
  }
  return [...gaps.values()].toSorted(
    (a, b) => compareText(a.member.name, b.member.name) || compareText(a.namespace, b.namespace),
  );
});

const ORDER: readonly Need[] = ['control-plane', 'gateway', 'route', 'use', 'twin', 'injected'];

/** Clusters in which a control plane reads the namespace of a name. */
const placesRead = (mesh: Mesh, held: Selectors): ReadonlyMap<string, readonly Namespaced[]> => {
  const found = new Map<string, Namespaced[]>();
  for (const member of readBy(mesh, held.reader))
    for (const [namespace, { object }] of namespacesOf(mesh, member)) {
      if (isRead(mesh, held, member, namespace) !== 'yes') continue;
      const places = found.get(namespace) ?? [];
      found.set(namespace, places);
      places.push({ member, object });
    }
  return found;
};

const gapsIn = (
  mesh: Mesh,
  held: Selectors,
  member: Member,
  read: ReadonlyMap<string, readonly Namespaced[]>,
): readonly Gap[] =>
  [...namespacesOf(mesh, member)].flatMap(([namespace, { object }]) => {
    if (isRead(mesh, held, member, namespace) !== 'no') return [];
    const readIn = read.get(namespace) ?? [];
    const needed = needOf(mesh, held.reader, member, namespace, readIn.length > 0);
    return needed === undefined ? [] : [{ member, namespace, object, readers: [held], readIn, ...needed }];
  });

interface Needed {
  readonly need: Need;
  readonly what: string;
}

/** Why the control plane has to read a namespace of a cluster; undefined where nothing shows it. */
const needOf = (
  mesh: Mesh,
  reader: Member,
  member: Member,
  namespace: string,
  isReadElsewhere: boolean,
): Needed | undefined => {
  if (member === reader && namespace === istioNamespaceOf(reader))
    return { need: 'control-plane', what: 'its own resources' };
  const isServed = member === reader || mesh.primariesOf(member).includes(reader);
  const gateway = member.eastWestGateways.find(
    (candidate) =>
      candidate.namespace === namespace && candidate.network !== '' && candidate.evidence !== 'meshNetworks',
  );
  const workloads = workloadsIn(mesh, member, namespace);
  const workload = workloads.find((candidate) => candidate.gateway);
  if (gateway !== undefined || (isServed && workload !== undefined))
    return { need: 'gateway', what: `gateway ${gateway?.name ?? workload?.name ?? ''}` };
  const used = usesOf(mesh, reader).get(namespace);
  const isHere = (name: string): boolean =>
    serviceTable(mesh)
      .find(namespace, name)
      ?.statements.some((statement) => statement.member === member) === true;
  const route = used?.find((use) => use.routed && isHere(use.name));
  if (route !== undefined) return { need: 'route', what: `Service ${route.name}.${namespace}` };
  const injected = workloads.find((candidate) => candidate.injected === 'yes' || candidate.ambient === 'yes');
  const named = used?.find((use) => isHere(use.name));
  if (named !== undefined && (isReadElsewhere || injected !== undefined))
    return { need: 'use', what: `Service ${named.name}.${namespace}` };
  const twin = serviceTable(mesh)
    .inNamespace(namespace)
    .find((service) => isHere(service.name) && !isPlatformService(mesh, service));
  if (twin !== undefined && isReadElsewhere) return { need: 'twin', what: `Service ${nameOfService(twin)}` };
  return isServed && injected !== undefined ? { need: 'injected', what: `the sidecar of ${injected.name}` } : undefined;
};

interface UsedService {
  readonly name: string;
  /** A route sends to it, so that istiod has to know it. */
  readonly routed: boolean;
}

/** Services by namespace that clusters with proxies of this control plane use. */
const usesOf = oncePerMember((mesh, reader): ReadonlyMap<string, readonly UsedService[]> => {
  const found = new Map<string, UsedService[]>();
  for (const member of mesh.members) {
    if (member !== reader && !mesh.primariesOf(member).includes(reader)) continue;
    for (const use of usesIn(mesh, member)) {
      const { namespace, name } = use.service;
      const held = found.get(namespace) ?? [];
      found.set(namespace, held);
      held.push({ name, routed: use.evidence === 'destination' || use.evidence === 'host' });
    }
  }
  return found;
});

/** Where the labels of a namespace stand, or would. */
export const labelsPlace = (object: Resource): Place => placeIn(object, 'metadata', 'labels');
