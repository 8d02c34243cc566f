// Workloads of a cluster by their namespace.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import { oncePerMember } from './scope.ts';

const NONE: readonly Workload[] = [];

const byNamespace = oncePerMember((_mesh, member): ReadonlyMap<string | undefined, readonly Workload[]> => {
  const found = new Map<string | undefined, Workload[]>();
  for (const workload of member.workloads) {
    const held = found.get(workload.namespace);
    if (held === undefined) found.set(workload.namespace, [workload]);
    else held.push(workload);
  }
  return found;
});

/** Workloads that state the namespace, in the order of the files. */
export const workloadsIn = (mesh: Mesh, member: Member, namespace: string): readonly Workload[] =>
  byNamespace(mesh, member).get(namespace) ?? NONE;

/** The same with those that state none, which may be in any. */
export const workloadsPerhapsIn = (mesh: Mesh, member: Member, namespace: string): readonly Workload[] => {
  const stated = workloadsIn(mesh, member, namespace);
  const unstated = byNamespace(mesh, member).get(undefined);
  return unstated === undefined ? stated : [...stated, ...unstated];
};
