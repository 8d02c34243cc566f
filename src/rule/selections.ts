// Which workloads the selector of a Sidecar, Telemetry or policy chooses.
import { hidesKind } from '../facts/sources.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Path, Resource, Tri } from '../model/index.ts';
import { get, isTemplate, textMap } from '../model/index.ts';
import { mayBeBrought } from './broughtPods.ts';
import { mayMakeObjectsIn } from './installers.ts';
import type { Realm } from './scope.ts';
import { realmsOf, rootNamespaceOf } from './scope.ts';
import type { Labels } from './selectors.ts';
import { selects } from './selectors.ts';
import { workloadsIn } from './workloadsIn.ts';

/** Where the kinds keep the labels that they select by. */
const SELECTORS: Readonly<Record<string, Path>> = {
  AuthorizationPolicy: ['spec', 'selector', 'matchLabels'],
  PeerAuthentication: ['spec', 'selector', 'matchLabels'],
  RequestAuthentication: ['spec', 'selector', 'matchLabels'],
  Sidecar: ['spec', 'workloadSelector', 'labels'],
  Telemetry: ['spec', 'selector', 'matchLabels'],
  WasmPlugin: ['spec', 'selector', 'matchLabels'],
};

export const selectorPath = (kind: string): Path => SELECTORS[kind] ?? ['spec', 'selector', 'matchLabels'];

/** An object that selects workloads of its namespace, or of all where it stands in the root namespace. */
export interface Selection {
  readonly realm: Realm;
  readonly resource: Resource;
  /** Undefined where it selects all workloads. */
  readonly labels: Labels | undefined;
  /** Surely selected, in the order of the clusters. */
  readonly workloads: readonly { readonly member: Member; readonly workload: Workload }[];
  /** Whether it selects anything at all, as far as the files tell. */
  readonly any: Tri;
}

/** The objects of a kind, with what they select; those that target objects by reference are left out. */
export const selectionsOf = (mesh: Mesh, kind: string): readonly Selection[] =>
  realmsOf(mesh).flatMap((realm) =>
    realm.config.resources
      .ofKind(kind)
      .filter((resource) => resource.group.endsWith('istio.io') && !targetsByReference(resource))
      .map((resource) => selectionOf(mesh, realm, resource)),
  );

const targetsByReference = ({ value }: Resource): boolean =>
  get(value, 'spec', 'targetRef') !== undefined || get(value, 'spec', 'targetRefs') !== undefined;

const selectionOf = (mesh: Mesh, realm: Realm, resource: Resource): Selection => {
  const written = textMap(get(resource.value, ...selectorPath(resource.kind)));
  const labels = Object.keys(written).length === 0 ? undefined : written;
  const isRoot = resource.namespace === rootNamespaceOf(realm.config);
  const inReach = realm.members.flatMap((member) =>
    workloadsNear(mesh, member, isRoot ? undefined : resource.namespace).map((workload) => ({ member, workload })),
  );
  const fits = inReach.map(({ workload }) => (labels === undefined ? 'yes' : selects(labels, workload.labels)));
  const workloads = inReach.filter((_, index) => fits[index] === 'yes');
  return {
    realm,
    resource,
    labels,
    workloads,
    any:
      workloads.length > 0
        ? 'yes'
        : fits.includes('unknown') ||
            !knowsAll(mesh, realm, resource, inReach.length > 0) ||
            hasMachine(realm, resource, labels) ||
            isForBrought(mesh, realm, resource, labels) ||
            isForPeers(mesh, realm, resource, labels)
          ? 'unknown'
          : 'no',
  };
};

/** Pods of gateways and control planes that charts, operators and istiod bring, here or in the clusters of a peer. */
const isForBrought = (mesh: Mesh, { config }: Realm, { namespace }: Resource, labels: Labels | undefined): boolean =>
  mesh.members.some((member) =>
    mayBeBrought(mesh, member, namespace === rootNamespaceOf(config) ? undefined : namespace, labels),
  );

/** Primaries hold the same objects, also those for workloads that only another of them runs. */
const isForPeers = (
  mesh: Mesh,
  { members }: Realm,
  { namespace }: Resource,
  labels: Labels | undefined,
  isWanted: (workload: Workload) => boolean = () => true,
): boolean =>
  mesh.members.some(
    (member) =>
      !members.includes(member) &&
      workloadsNear(mesh, member, namespace).some(
        (workload) => (labels === undefined || selects(labels, workload.labels) !== 'no') && isWanted(workload),
      ),
  );

/**
 * Whether it may select more than the workloads that are told: machines, what charts bring, or workloads of that
 * kind that a peer runs.
 */
export const maySelectOthers = (
  mesh: Mesh,
  { realm, resource, labels }: Selection,
  isWanted: (workload: Workload) => boolean,
): boolean =>
  hasMachine(realm, resource, labels) ||
  isForBrought(mesh, realm, resource, labels) ||
  isForPeers(mesh, realm, resource, labels, isWanted) ||
  installsInto(mesh, realm, resource);

const workloadsNear = (mesh: Mesh, member: Member, namespace: string | undefined): readonly Workload[] =>
  namespace === undefined ? member.workloads : workloadsIn(mesh, member, namespace);

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod', 'Job', 'CronJob', 'ReplicaSet', 'Rollout', 'Service'];

/** The files hold workloads where it selects, in each cluster that it rules, and nothing else may bring some. */
const knowsAll = (mesh: Mesh, realm: Realm, resource: Resource, isHeld: boolean): boolean => {
  const { members } = realm;
  if (resource.namespace === undefined || members.some(({ cluster }) => hidesKind(cluster, KINDS))) return false;
  if (installsInto(mesh, realm, resource)) return false;
  return isHeld || mesh.settings.complete.some((kind) => kind === 'Pod' || kind === 'Deployment');
};

/** A chart or operator may bring workloads with any labels into the namespaces in which the object selects. */
const installsInto = (mesh: Mesh, { config, members }: Realm, { namespace }: Resource): boolean => {
  const reach = namespace === rootNamespaceOf(config) ? undefined : namespace;
  return members.some((member) => mayMakeObjectsIn(mesh, member, reach));
};

const hasMachine = ({ members }: Realm, { namespace }: Resource, labels: Labels | undefined): boolean =>
  members.some(({ resources }) =>
    [...resources.ofKind('WorkloadEntry'), ...resources.ofKind('WorkloadGroup')].some((machine) => {
      const own = {
        ...textMap(get(machine.value, 'spec', 'labels')),
        ...textMap(get(machine.value, 'spec', 'metadata', 'labels')),
      };
      return machine.namespace === namespace && (labels === undefined || selects(labels, own) !== 'no');
    }),
  );

/** Other objects of the kind that select one of the same workloads by labels. */
export const overlapsOf = (selections: readonly Selection[]): ReadonlyMap<Selection, readonly Selection[]> => {
  const byWorkload = new Map<Workload, Selection[]>();
  for (const selection of selections) {
    if (selection.labels === undefined || Object.values(selection.labels).some(isTemplate)) continue;
    for (const { workload } of selection.workloads) {
      const held = byWorkload.get(workload);
      if (held === undefined) byWorkload.set(workload, [selection]);
      else held.push(selection);
    }
  }
  const found = new Map<Selection, Set<Selection>>();
  for (const group of byWorkload.values()) {
    if (group.length < 2) continue;
    for (const one of group)
      for (const other of group)
        // An object of the root namespace yields to one of the workload's own.
        if (one !== other && one.resource.namespace === other.resource.namespace)
          found.set(one, (found.get(one) ?? new Set()).add(other));
  }
  return new Map([...found].map(([selection, others]) => [selection, [...others]]));
};

/** Objects without a selector, of which a namespace may hold one. */
export const defaultsByNamespace = (selections: readonly Selection[]): ReadonlyMap<string, readonly Selection[]> => {
  const groups = new Map<string, Selection[]>();
  for (const selection of selections) {
    if (selection.labels !== undefined || selection.resource.namespace === undefined) continue;
    const key = `${selection.realm.config.name}\0${selection.resource.namespace}`;
    const held = groups.get(key);
    // One object that several files state is one.
    if (held === undefined) groups.set(key, [selection]);
    else if (!held.some(({ resource }) => resource.name === selection.resource.name)) held.push(selection);
  }
  return new Map([...groups].filter(([, held]) => held.length > 1));
};
