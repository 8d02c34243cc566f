import type { Member } from '../facts/mesh.ts';
import type { Place, Resource } from '../model/index.ts';
import { compareText } from '../model/index.ts';

/** An object as the files of a cluster state it. */
export interface Statement {
  readonly resource: Resource;
  /** Another document states the same object differently: which of them is applied cannot be told. */
  readonly ambiguous: boolean;
}

const ASIDE = /(^|\/)(archive[^/]*|old|backup[^/]*|example[^/]*|sample[^/]*)\//;

/**
 * One statement per kind, namespace and name. A cluster's own files come before shared ones, and what lies below
 * `archive`, `old`, `backup`, `example`, `sample` counts only where nothing else states the object.
 */
export const statementsOf = (resources: readonly Resource[]): readonly Statement[] => {
  const groups = new Map<string, Resource[]>();
  for (const resource of resources) {
    const key = `${resource.kind}\0${resource.namespace ?? '?'}\0${resource.name}`;
    const held = groups.get(key);
    if (held === undefined) groups.set(key, [resource]);
    else held.push(resource);
  }
  return [...groups.values()].map(settleStatements);
};

const settleStatements = (all: readonly Resource[]): Statement => {
  if (all.length === 1) return { resource: all[0]!, ambiguous: false };
  const own = preferred(all, (resource) => !resource.shared);
  const live = preferred(own, (resource) => !ASIDE.test(resource.place.file.path)).toSorted(
    (a, b) => compareText(a.place.file.path, b.place.file.path) || a.place.document - b.place.document,
  );
  const first = live[0]!;
  const spec = JSON.stringify(first.value['spec']);
  return { resource: first, ambiguous: live.some((resource) => JSON.stringify(resource.value['spec']) !== spec) };
};

const preferred = (all: readonly Resource[], wanted: (resource: Resource) => boolean): readonly Resource[] => {
  const found = all.filter(wanted);
  return found.length > 0 ? found : all;
};

/** The object around a place. */
export const resourceAt = (member: Member, place: Place): Resource | undefined =>
  member.resources.all.find(
    (resource) =>
      resource.place.file === place.file &&
      resource.place.document === place.document &&
      resource.place.path.every((step, index) => step === place.path[index]),
  );
