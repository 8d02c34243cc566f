import type { Cluster } from '../model/index.ts';
import type { Labels } from './selectors.ts';

const held = new WeakMap<Cluster, ReadonlyMap<string, Labels>>();

/**
 * Labels of the Namespaces of a cluster, by name. All statements of one count, since a patch adds to its base; what the
 * cluster's own files say is over shared ones. What is not in the map has no Namespace object in the files.
 */
export const labelsByNamespace = (cluster: Cluster): ReadonlyMap<string, Labels> => {
  const known = held.get(cluster);
  if (known !== undefined) return known;
  const found = new Map<string, Labels>();
  const namespaces = cluster.resources.ofKind('Namespace', '').toSorted((a, b) => Number(b.shared) - Number(a.shared));
  for (const { name, labels } of namespaces) found.set(name, { ...found.get(name), ...labels });
  held.set(cluster, found);
  return found;
};
