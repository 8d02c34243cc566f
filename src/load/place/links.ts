import type { Tree } from './tree.ts';
import { closureOf, patchesOf } from './tree.ts';
import { compareText, filled, isRecord } from '../../model/index.ts';
import { directoryOf } from './paths.ts';
import type { Release } from './release.ts';
import { deliveriesOf, kustomizeReleases, releasesOf } from './releases.ts';
import type { ValuesContext } from './values.ts';

/** What other files say of one file. */
export interface Links {
  /** Releases that use a values file, with the layer that it has there. */
  readonly values: ReadonlyMap<string, readonly ValuesContext[]>;
  /** Namespace that a kustomization gives to all objects of a file. */
  readonly forced: ReadonlyMap<string, string>;
  /** Namespace for objects that state none. */
  readonly fallback: ReadonlyMap<string, string>;
  /** Files that an object of Argo CD, Flux or kustomize in another file uses: user → used. */
  readonly uses: readonly Use[];
  /** Patch files: they are read through their kustomization. */
  readonly patches: ReadonlySet<string>;
}

/** One file that makes a cluster use other files. */
export interface Use {
  readonly from: string;
  readonly paths: Iterable<string>;
  /** Name or address of another cluster than the one that holds `from`. */
  readonly destination: string | undefined;
}

export const linkFiles = (tree: Tree): Links => {
  const values = new Map<string, ValuesContext[]>();
  const uses: Use[] = [];
  const templates = chartTemplates(tree);
  const use = (from: string, { context, files, directory }: Release): void => {
    for (const { path, layer } of files) values.set(path, [...(values.get(path) ?? []), { ...context, layer }]);
    const paths = [...files.map(({ path }) => path), ...(templates.get(directory ?? '') ?? [])];
    if (paths.length > 0) uses.push({ from, paths, destination: undefined });
  };
  const patches = new Set<string>();
  for (const object of tree.deliveries)
    for (const release of releasesOf(tree, object)) use(object.place.file.path, release);
  for (const kustomization of tree.kustomizations.values()) {
    const from = kustomization.place.file.path;
    for (const release of kustomizeReleases(tree, kustomization)) use(from, release);
    for (const { file } of patchesOf(kustomization)) if (file !== undefined) patches.add(file);
    uses.push({ from, paths: closureOf(tree, kustomization.directory), destination: undefined });
  }
  const applied = appliedFiles(tree);
  const deliveries = deliveriesOf(tree).map((delivery) => ({ ...delivery, paths: applied(delivery.directory) }));
  return {
    values,
    patches,
    uses: [...uses, ...deliveries],
    forced: forcedNamespaces(tree),
    fallback: fallbackNamespaces(deliveries),
  };
};

/** Templates of local charts by the directory of the chart: nobody renders them here, yet whoever installs the chart has their objects. */
const chartTemplates = (tree: Tree): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const path of tree.files.keys()) {
    const at = path.lastIndexOf('/templates/');
    const directory = at < 0 ? '' : path.slice(0, at);
    if (!tree.charts.has(directory)) continue;
    const held = found.get(directory);
    if (held === undefined) found.set(directory, [path]);
    else held.push(path);
  }
  return found;
};

/** Files that Argo CD or Flux applies when it is given a directory. */
const appliedFiles = (tree: Tree): ((directory: string) => Iterable<string>) => {
  const sorted = [...tree.files.keys()].toSorted(compareText);
  const firstFrom = (path: string): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareText(sorted[middle]!, path) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return (directory) => {
    if (tree.kustomizations.has(directory)) return closureOf(tree, directory);
    // '0' is the character after '/'.
    return tree.files.has(directory)
      ? [directory]
      : sorted.slice(firstFrom(`${directory}/`), firstFrom(`${directory}0`));
  };
};

/** Manifests beside a kustomization.yaml that no kustomization uses: they are read, but may never be applied. */
export const unlistedManifests = (tree: Tree, links: Links): readonly string[] => {
  const used = new Set(links.uses.flatMap(({ paths }) => [...paths]));
  return [...tree.files.values()]
    .filter(({ file, documents }) => {
      if (used.has(file.path) || !tree.kustomizations.has(directoryOf(file.path))) return false;
      return documents.some(
        ({ value }) => isRecord(value) && typeof value.kind === 'string' && value.kind !== 'Kustomization',
      );
    })
    .map(({ file }) => file.path);
};

/** The outermost kustomization that names a namespace decides; several that differ decide nothing. */
const forcedNamespaces = (tree: Tree): ReadonlyMap<string, string> => {
  const claims = new Map<
    string,
    { readonly namespace: string; readonly by: string; readonly files: ReadonlySet<string> }[]
  >();
  for (const kustomization of tree.kustomizations.values()) {
    const namespace = filled(kustomization.value.namespace);
    if (namespace === undefined) continue;
    const files = closureOf(tree, kustomization.directory);
    const claim = { namespace, by: kustomization.place.file.path, files };
    for (const path of files) claims.set(path, [...(claims.get(path) ?? []), claim]);
  }
  const forced = new Map<string, string>();
  for (const [path, all] of claims) {
    const outer = all.filter((claim) => !all.some((other) => other !== claim && other.files.has(claim.by)));
    if (new Set(outer.map(({ namespace }) => namespace)).size === 1) forced.set(path, outer[0]!.namespace);
  }
  return forced;
};

/** Destinations of the Applications and Flux Kustomizations that apply a file; several that differ decide nothing. */
const fallbackNamespaces = (
  deliveries: readonly { readonly namespace: string | undefined; readonly paths: Iterable<string> }[],
): ReadonlyMap<string, string> => {
  const found = new Map<string, Set<string>>();
  for (const { namespace, paths } of deliveries) {
    if (namespace === undefined) continue;
    for (const path of paths) found.set(path, (found.get(path) ?? new Set()).add(namespace));
  }
  return new Map(
    [...found].flatMap(([path, namespaces]) => (namespaces.size === 1 ? [[path, [...namespaces][0]!] as const] : [])),
  );
};
