import { resolve, sep } from 'node:path';
import { clusterSettings, configuredClusters, findConfig, readConfig } from './config.ts';
import type { LoadedConfig } from './config.ts';
import { didYouMean } from './engine/nearest.ts';
import { UsageError } from './engine/usageError.ts';
import type { Grouping, MeshSettings } from './facts/mesh.ts';
import { groupClusters } from './facts/mesh.ts';
import { loadFleet } from './load/load.ts';
import type { Locator } from './load/positions.ts';
import { createLocator } from './load/positions.ts';
import { readLenient } from './load/walk.ts';
import { withLineFeeds } from './load/yaml/split.ts';
import type { Fleet, Note, SourceFile } from './model/index.ts';
import { compareText } from './model/index.ts';
import type { SessionOptions } from './options.ts';
import type { Rule } from './rule/define.ts';

export type { ClusterPaths, SessionOptions } from './options.ts';

/** Configuration, files and meshes of a run. */
export interface Session {
  readonly cwd: string;
  readonly config: LoadedConfig | undefined;
  readonly fleet: Fleet;
  readonly settings: MeshSettings;
  readonly grouping: Grouping;
  /** All that the user may want to know of how the files were read. */
  readonly notes: readonly Note[];
  readonly locator: Locator;
  /** The lines of a file by the path that reports show; empty where it cannot be read. */
  readonly lines: (path: string) => readonly string[];
  readonly phases: readonly Phase[];
}

export interface Phase {
  readonly name: string;
  readonly milliseconds: number;
}

/** Measures steps one after the other. */
export const stopwatch = (): { readonly lap: (name: string) => void; readonly phases: readonly Phase[] } => {
  const phases: Phase[] = [];
  let last = performance.now();
  return {
    phases,
    lap: (name) => {
      const now = performance.now();
      phases.push({ name, milliseconds: now - last });
      last = now;
    },
  };
};

/**
 * Reads the configuration and the files and sorts the clusters into meshes. Throws `UsageError` and `InputError`
 * where the call cannot be carried out, also where there is nothing to check.
 */
export const openSession = async (options: SessionOptions, rules: readonly Rule[]): Promise<Session> => {
  const watch = stopwatch();
  const cwd = options.cwd ?? process.cwd();
  const paths = options.paths === undefined || options.paths.length === 0 ? ['.'] : options.paths;
  const configPath = options.config === undefined ? findConfig(paths, cwd) : options.config;
  const config =
    configPath === undefined || configPath === false ? undefined : await readConfig(configPath, cwd, rules);
  const clusters = options.clusters ?? (config === undefined ? undefined : configuredClusters(config, cwd));
  watch.lap('configuration');

  const fleet = loadFleet({
    paths:
      clusters === undefined || options.shareRest === true
        ? paths
        : [...new Set([...paths, ...clusters.flatMap((cluster) => cluster.paths.map(fixedPart))])],
    cwd,
    clusters,
    settings: config === undefined ? undefined : clusterSettings(config, cwd),
    shareRest: options.shareRest,
    stdin: options.stdin,
  });
  refuseNothing(fleet, paths);
  if (clusters !== undefined && options.shareRest !== true) refuseForeignPaths(fleet, paths, cwd);
  if (config !== undefined) refuseUnknownClusters(config, fleet);
  watch.lap('load');

  const settings = meshSettings(options, config);
  const grouping = groupClusters(fleet, settings);
  watch.lap('meshes');
  return {
    cwd,
    config,
    fleet,
    settings,
    grouping,
    notes: [...fleet.notes, ...grouping.notes],
    locator: createLocator(),
    lines: fileLines([...fleet.files, ...(config === undefined ? [] : [config.file])]),
    phases: watch.phases,
  };
};

/** The part of a glob before its first wildcard, down to a directory. */
const fixedPart = (pattern: string): string => {
  const wildcard = pattern.search(/[*?[{]/);
  if (wildcard === -1) return pattern;
  const slash = pattern.lastIndexOf('/', wildcard);
  return slash === -1 ? '.' : pattern.slice(0, slash) || '/';
};

const refuseNothing = (fleet: Fleet, paths: readonly string[]): void => {
  const where = paths.map((path) => (path === '-' ? 'standard input' : path)).join(', ');
  if (fleet.problems.length > 0) return;
  if (fleet.files.length === 0) throw new UsageError(`nothing was checked: no YAML, JSON or PEM file in ${where}`);
  if (fleet.clusters.length === 0)
    throw new UsageError(
      `nothing was checked: ${fleet.files.length === 1 ? 'the file' : `none of the ${fleet.files.length} files`} in ${where} could ${fleet.files.length === 1 ? 'not ' : ''}be told to belong to a cluster (name them with --cluster NAME=GLOB, or in mesh-lint.yaml)`,
    );
  const isEmpty = fleet.clusters.every(
    ({ resources, values, meshConfigs, pemFiles }) =>
      resources.all.length + values.length + meshConfigs.length + pemFiles.length === 0,
  );
  if (!isEmpty) return;
  const unread = new Set(fleet.clusters.flatMap((cluster) => cluster.unread.map(({ place }) => place.file))).size;
  const rendered =
    unread === 0
      ? ''
      : ` (${unread} of them have to be rendered first, for example by helm template or kustomize build)`;
  throw new UsageError(
    `nothing was checked: no manifest in the ${fleet.files.length === 1 ? 'file' : `${fleet.files.length} files`} in ${where}${rendered}`,
  );
};

/** Where clusters are listed, the paths of the call may hold nothing of theirs. */
const refuseForeignPaths = (fleet: Fleet, paths: readonly string[], cwd: string): void => {
  const held = new Set(fleet.clusters.flatMap((cluster) => cluster.files));
  const roots = paths.filter((path) => path !== '-').map((path) => resolve(cwd, path));
  const isBelow = ({ absolute }: SourceFile): boolean =>
    absolute !== undefined &&
    roots.some((root) => absolute === root || absolute.startsWith(root.endsWith(sep) ? root : `${root}${sep}`));
  const files = [...held];
  if (paths.includes('-') && !files.some((file) => file.absolute === undefined))
    throw new UsageError(
      'nothing of standard input was checked: it belongs to no listed cluster (--no-config leaves mesh-lint.yaml out)',
    );
  if (roots.length > 0 && !files.some(isBelow))
    throw new UsageError(`nothing was checked: no file in ${paths.join(', ')} belongs to a listed cluster`);
};

const refuseUnknownClusters = ({ config, positionOf }: LoadedConfig, fleet: Fleet): void => {
  const known = fleet.clusters.map(({ name }) => name).toSorted(compareText);
  const check = (name: string, ...path: (string | number)[]): void => {
    if (known.includes(name)) return;
    throw new UsageError(
      `${positionOf(...path)} names cluster ${name}, which was not found${didYouMean(name, known)} (found: ${known.join(', ')})`,
    );
  };
  for (const name of Object.keys(config.clusters ?? {})) check(name, 'clusters', name);
  for (const name of Object.keys(config.uses ?? {})) check(name, 'uses', name);
  for (const [mesh, { clusters }] of Object.entries(config.meshes ?? {}))
    clusters.forEach((name, index) => check(name, 'meshes', mesh, 'clusters', index));
};

const meshSettings = (options: SessionOptions, loaded: LoadedConfig | undefined): MeshSettings => {
  const config = loaded?.config ?? {};
  return {
    complete: config.complete ?? [],
    now: options.now ?? (config.now === undefined ? new Date() : new Date(config.now)),
    uses: config.uses ?? {},
    options: config.options ?? {},
    meshes:
      config.meshes === undefined
        ? undefined
        : Object.fromEntries(Object.entries(config.meshes).map(([name, { clusters }]) => [name, clusters])),
    istioVersion: options.istioVersion ?? config.istioVersion,
  };
};

const fileLines = (files: readonly SourceFile[]): ((path: string) => readonly string[]) => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  let last: { readonly path: string; readonly lines: readonly string[] } | undefined;
  return (path) => {
    if (last?.path !== path) {
      const file = byPath.get(path);
      last = { path, lines: file === undefined ? [] : linesOf(file) };
    }
    return last.lines;
  };
};

/** Line breaks are those by which places are counted: a lone carriage return is one only where there is no other. */
const linesOf = (file: SourceFile): readonly string[] => {
  const text = readLenient(file);
  return text === undefined
    ? []
    : withLineFeeds(text)
        .replace(/^\uFEFF/, '')
        .split(/\r?\n/);
};

/** Where a line (from 1) begins and ends in the text of its file, line break left out. */
export const lineOffsets = (file: SourceFile, line: number): readonly [start: number, end: number] => {
  const text = withLineFeeds(readLenient(file) ?? '');
  const breaks = /\r?\n/g;
  let start = 0;
  for (let at = 1; at < line && breaks.exec(text) !== null; at++) start = breaks.lastIndex;
  breaks.lastIndex = start;
  return [start, breaks.exec(text)?.index ?? text.length];
};
