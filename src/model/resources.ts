import type { Resources } from './cluster.ts';
import type { Resource } from './resource.ts';

/** Indexes a list of resources by kind and by kind, namespace and name; each index is made on first use. */
export const indexResources = (all: readonly Resource[]): Resources => {
  let byKind: Map<string, Resource[]> | undefined;
  let byName: Map<string, Map<string, Resource[]>> | undefined;
  const byGroup = new Map<string, Map<string, readonly Resource[]>>();
  const byNamespace = new Map<string, readonly Resource[]>();

  const kinds = (): Map<string, Resource[]> => {
    if (byKind !== undefined) return byKind;
    byKind = new Map();
    for (const resource of all) push(byKind, resource.kind, resource);
    return byKind;
  };
  const names = (): Map<string, Map<string, Resource[]>> => {
    if (byName !== undefined) return byName;
    byName = new Map();
    for (const resource of all) push(inner(byName, resource.kind), resource.name, resource);
    return byName;
  };
  const ofKind = (kind: string, group?: string): readonly Resource[] => {
    const found = kinds().get(kind) ?? NONE;
    if (group === undefined || found.length === 0) return found;
    const groups = inner(byGroup, kind);
    let ofGroup = groups.get(group);
    if (ofGroup === undefined) {
      ofGroup = found.every((resource) => resource.group === group)
        ? found
        : found.filter((resource) => resource.group === group);
      groups.set(group, ofGroup);
    }
    return ofGroup;
  };

  return {
    all,
    ofKind,
    find: (kind, namespace, name, group) => {
      const found = names().get(kind)?.get(name);
      if (found === undefined) return NONE;
      const isMeant = (resource: Resource): boolean =>
        sameNamespace(resource.namespace, namespace) && (group === undefined || resource.group === group);
      return found.every(isMeant) ? found : found.filter(isMeant);
    },
    inNamespace: (kind, namespace, group) => {
      const key = `${group ?? '*'}/${kind}/${namespace}`;
      let found = byNamespace.get(key);
      if (found === undefined) {
        found = ofKind(kind, group).filter((resource) => sameNamespace(resource.namespace, namespace));
        byNamespace.set(key, found);
      }
      return found;
    },
  };
};

/** A namespace that is not stated may be any. */
export const sameNamespace = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined || b === undefined || a === b;

const NONE: readonly Resource[] = [];

const inner = <T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> => {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = new Map<string, T>()));
  return found;
};

const push = (map: Map<string, Resource[]>, key: string, resource: Resource): void => {
  const held = map.get(key);
  if (held === undefined) map.set(key, [resource]);
  else held.push(resource);
};
