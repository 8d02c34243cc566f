// Which workloads an AuthorizationPolicy acts on.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Resource } from '../model/index.ts';
import { filled, get, list } from '../model/index.ts';
import { usedWaypoint } from './ambient/waypoints.ts';
import { statementsOf } from './objects.ts';
import type { Realm } from './scope.ts';
import { istioNamespaceOf, rootNamespaceOf } from './scope.ts';
import type { Labels } from './selectors.ts';
import { matchLabels, selects } from './selectors.ts';
import { workloadsOf } from './services.ts';

/** A workload of the mesh that takes every call. */
export interface Uncovered {
  readonly member: Member;
  readonly namespace: string;
  readonly root: string;
  readonly workload: Workload;
}

/** Policies as far as they tell whom they act on. */
interface Cover {
  /** Namespaces all workloads of which have one; the root namespace stands for all. */
  readonly whole: ReadonlySet<string>;
  readonly selectors: ReadonlyMap<string, readonly Labels[]>;
  /** Objects that policies target, by namespace. */
  readonly targets: ReadonlyMap<string, readonly unknown[]>;
}

/** Workloads in the mesh, gateways left out, that no policy of their namespace or of the root namespace acts on. */
export const uncoveredOf = (mesh: Mesh, realm: Realm): readonly Uncovered[] => {
  const cover = coverOf(realm.config);
  const root = rootNamespaceOf(realm.config);
  if (cover.whole.has(root)) return [];
  return realm.members.flatMap((member) => {
    const byTarget = targetedBy(mesh, member, cover, root);
    return member.workloads.flatMap((workload): readonly Uncovered[] => {
      const { namespace } = workload;
      if (namespace === undefined || !isInMesh(workload) || namespace === istioNamespaceOf(realm.config)) return [];
      const isCovered =
        cover.whole.has(namespace) ||
        [namespace, root].some((at) =>
          (cover.selectors.get(at) ?? []).some((labels) => selects(labels, workload.labels) !== 'no'),
        ) ||
        byTarget.has(workload);
      return isCovered ? [] : [{ member, namespace, root, workload }];
    });
  });
};

const isInMesh = ({ injected, ambient, gateway }: Workload): boolean =>
  !gateway && (injected === 'yes' || ambient === 'yes');

const coverOf = (config: Member): Cover => {
  const whole = new Set<string>();
  const selectors = new Map<string, Labels[]>();
  const targets = new Map<string, unknown[]>();
  for (const { resource } of statementsOf(config.resources.ofKind('AuthorizationPolicy', 'security.istio.io'))) {
    const namespace = resource.namespace ?? 'default';
    const spec = get(resource.value, 'spec');
    const referenced = [get(spec, 'targetRef'), ...list(get(spec, 'targetRefs'))].filter((one) => one !== undefined);
    const labels = matchLabels(spec, 'selector');
    if (referenced.length > 0) targets.set(namespace, [...(targets.get(namespace) ?? []), ...referenced]);
    else if (labels === undefined) whole.add(namespace);
    else selectors.set(namespace, [...(selectors.get(namespace) ?? []), labels]);
  }
  return { whole, selectors, targets };
};

/** Workloads behind Services that are targeted, or whose waypoint is. */
const targetedBy = (mesh: Mesh, member: Member, { targets }: Cover, root: string): ReadonlySet<Workload> => {
  const found = new Set<Workload>();
  if (targets.size === 0) return found;
  for (const workload of member.workloads)
    if (isTargeted(member, workload.resource, targets, root)) found.add(workload);
  for (const service of member.resources.ofKind('Service', '')) {
    if (!isTargeted(member, service, targets, root)) continue;
    for (const workload of workloadsOf(mesh, member, service)) found.add(workload);
  }
  return found;
};

/** A Service or the owner of pods: by its name, or by its waypoint. */
const isTargeted = (member: Member, object: Resource, targets: Cover['targets'], root: string): boolean => {
  const isNamed = (namespace: string | undefined, kind: string, name: string | undefined): boolean =>
    (targets.get(namespace ?? '') ?? []).some(
      (target) => get(target, 'kind') === kind && (name === undefined || filled(get(target, 'name')) === name),
    );
  if (object.kind === 'Service' && isNamed(object.namespace, 'Service', object.name)) return true;
  const used = usedWaypoint(member, object);
  // Labels that are not known may name any.
  if (used === undefined) return true;
  if (used.name === undefined) return false;
  // A policy for the class of waypoints stands in the root namespace.
  return isNamed(used.namespace, 'Gateway', used.name) || isNamed(root, 'GatewayClass', undefined);
};
