import type { Place, Resource } from '../../model/index.ts';
import { filled, get, isRecord, list, record, text, texts } from '../../model/index.ts';
import { baseOf, directoryOf, isWithin, resolvePath } from './paths.ts';
import type { ParsedFile } from './placed.ts';
import { groupOf, objectsOf, resourceOf } from './resource.ts';

type Values = Readonly<Record<string, unknown>>;

/** A kustomization.yaml and where it stands. */
export interface Kustomization {
  readonly directory: string;
  readonly value: Values;
  readonly place: Place;
}

/** A Chart.yaml. */
export interface ChartFile {
  readonly directory: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly dependencies: readonly {
    readonly name: string;
    readonly key: string;
    readonly version: string | undefined;
    readonly repository: string;
  }[];
}

/** What files say of other files: who renders, lists, patches and configures whom. */
export interface Tree {
  readonly files: ReadonlyMap<string, ParsedFile>;
  readonly kustomizations: ReadonlyMap<string, Kustomization>;
  readonly charts: ReadonlyMap<string, ChartFile>;
  /** Applications, HelmReleases and the like: what they say of other files. */
  readonly deliveries: readonly Resource[];
  /** ConfigMaps and Secrets-like sources by name, for values that are taken from them. */
  readonly configMaps: ReadonlyMap<string, readonly Resource[]>;
  /** The Resource of a document's value; for objects that speak of other files always one and the same. */
  resource(value: Values, place: Place): Resource | undefined;
  /** The file or directory that ends with these names; undefined where none or several do. */
  ending(path: string): string | undefined;
}

export const readTree = (parsed: readonly ParsedFile[]): Tree => {
  const files = new Map(parsed.map((item) => [item.file.path, item]));
  const kustomizations = new Map<string, Kustomization>();
  const charts = new Map<string, ChartFile>();
  const deliveries: Resource[] = [];
  const configMaps = new Map<string, Resource[]>();
  const made = new Map<Values, Resource>();
  const resource = (value: Values, place: Place): Resource | undefined => {
    if (typeof value.kind !== 'string' || !TELLING.has(value.kind)) return resourceOf(value, place);
    const held = made.get(value) ?? resourceOf(value, place);
    if (held !== undefined) made.set(value, held);
    return held;
  };
  for (const item of parsed) {
    const directory = directoryOf(item.file.path);
    const base = baseOf(item.file.path).toLowerCase();
    for (const { value, index } of item.documents) {
      if (!isRecord(value)) continue;
      const place: Place = { file: item.file, document: index, path: [] };
      if (isKustomization(value, base)) kustomizations.set(directory, { directory, value, place });
      if (base === 'chart.yaml' && filled(value.name) !== undefined)
        charts.set(directory, chartFileOf(value, directory));
      if (typeof value.kind !== 'string' || !TELLING.has(value.kind.replace(/List$/, ''))) continue;
      for (const object of objectsOf(value, place)) {
        const found = resource(object.value, object.place);
        if (found === undefined) continue;
        const held = configMaps.get(found.name);
        if (found.kind !== 'ConfigMap') deliveries.push(found);
        else if (held === undefined) configMaps.set(found.name, [found]);
        else held.push(found);
      }
    }
  }
  return { files, kustomizations, charts, deliveries, configMaps, resource, ending: endings(files) };
};

const TELLING = new Set([
  'Application',
  'ApplicationSet',
  'HelmRelease',
  'Kustomization',
  'OCIRepository',
  'HelmChart',
  'ConfigMap',
  'Component',
]);

export const isKustomization = (value: Values, base: string): boolean =>
  groupOf(text(value.apiVersion) ?? '') === 'kustomize.config.k8s.io' || /^kustomization\.ya?ml$/.test(base);

const chartFileOf = (value: Values, directory: string): ChartFile => ({
  directory,
  name: filled(value.name)!,
  version: filled(value.version),
  dependencies: list(value.dependencies).flatMap((item) => {
    const name = filled(get(item, 'name'));
    if (name === undefined) return [];
    return [
      {
        name,
        key: filled(get(item, 'alias')) ?? name,
        version: filled(get(item, 'version')),
        repository: filled(get(item, 'repository')) ?? '',
      },
    ];
  }),
});

/** Looks paths up by their last names, since a reference is relative to a repository whose root is not known. */
const endings = (files: ReadonlyMap<string, ParsedFile>): Tree['ending'] => {
  let byName: Map<string, Set<string>> | undefined;
  const build = (): Map<string, Set<string>> => {
    const built = new Map<string, Set<string>>();
    const add = (path: string): void => {
      const name = baseOf(path);
      const held = built.get(name);
      if (held === undefined) built.set(name, new Set([path]));
      else held.add(path);
    };
    for (const path of files.keys()) {
      add(path);
      for (let at = directoryOf(path); at !== '' && !built.get(baseOf(at))?.has(at); at = directoryOf(at)) add(at);
    }
    return built;
  };
  return (path) => {
    const wanted = path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
    if (wanted === '' || wanted === '.') return undefined;
    byName ??= build();
    const found = [...(byName.get(baseOf(wanted)) ?? [])].filter(
      (candidate) => candidate === wanted || candidate.endsWith(`/${wanted}`),
    );
    return found.includes(wanted) ? wanted : found.length === 1 ? found[0] : undefined;
  };
};

/** Paths of the files and directories that a kustomization builds on, as far as they are loaded. */
const referencesOf = (kustomization: Kustomization): readonly string[] =>
  ['resources', 'bases', 'components', 'crds'].flatMap((key) =>
    texts(kustomization.value[key]).flatMap((reference) => resolvePath(kustomization.directory, reference) ?? []),
  );

/** One patch of a kustomization: in a file, or written into the kustomization at `path`. */
export interface Patch {
  readonly kustomization: Kustomization;
  readonly target: Values | undefined;
  readonly file: string | undefined;
  readonly inline: { readonly text: string; readonly path: readonly (string | number)[] } | undefined;
}

export const patchesOf = (kustomization: Kustomization): readonly Patch[] => {
  const found: Patch[] = [];
  const add = (item: unknown, target: Values | undefined, path: readonly (string | number)[]): void => {
    const written = text(item);
    if (written === undefined || written.trim() === '') return;
    const isInline = written.includes('\n') || /^\s*[[{]/.test(written);
    const file = isInline ? undefined : resolvePath(kustomization.directory, written);
    if (isInline || file !== undefined)
      found.push({ kustomization, target, file, inline: isInline ? { text: written, path } : undefined });
  };
  list(kustomization.value.patchesStrategicMerge).forEach((item, index) =>
    add(item, undefined, ['patchesStrategicMerge', index]),
  );
  for (const key of ['patches', 'patchesJson6902']) {
    list(kustomization.value[key]).forEach((item, index) => {
      const target = isRecord(get(item, 'target')) ? record(get(item, 'target')) : undefined;
      add(get(item, 'path'), target, [key, index, 'path']);
      add(get(item, 'patch'), target, [key, index, 'patch']);
    });
  }
  return found;
};

/** All files that a kustomization uses, with those of the kustomizations it refers to. */
export const closureOf = (tree: Tree, directory: string): ReadonlySet<string> => {
  const files = new Set<string>();
  const seen = new Set<string>();
  const visit = (at: string): void => {
    const kustomization = tree.kustomizations.get(at);
    if (kustomization === undefined || seen.has(at)) return;
    seen.add(at);
    files.add(kustomization.place.file.path);
    for (const { file } of patchesOf(kustomization)) if (file !== undefined) files.add(file);
    for (const reference of referencesOf(kustomization)) {
      if (tree.files.has(reference)) files.add(reference);
      else visit(reference);
    }
  };
  visit(directory);
  return files;
};

/** Directories that a kustomization outside of them refers to. */
export const referencedDirectories = (tree: Tree): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const kustomization of tree.kustomizations.values())
    for (const reference of referencesOf(kustomization))
      if (!isWithin(reference, kustomization.directory) && !isWithin(kustomization.directory, reference))
        found.add(reference);
  return found;
};
