import { relative, resolve, sep } from 'node:path';
import type { ClusterSettings, Fleet, Note, SourceFile } from '../model/index.ts';
import { discoverClusters } from './clusters.ts';
import { explicitClusters } from './clusters/explicit.ts';
import { parseFiles } from './parse.ts';
import { assemble } from './place/assemble.ts';
import { placeFile } from './place/file.ts';
import type { Links } from './place/links.ts';
import { linkFiles, unlistedManifests } from './place/links.ts';
import type { Placed } from './place/placed.ts';
import { asShared } from './place/placed.ts';
import type { Tree } from './place/tree.ts';
import { readTree } from './place/tree.ts';
import { walk } from './walk.ts';

export interface LoadOptions {
  /** Directories and files; `-` is standard input. */
  readonly paths: readonly string[];
  readonly cwd: string;
  /** In place of discovery: cluster name and globs or directories, relative to `cwd`. A file may belong to several. */
  readonly clusters?: readonly { readonly name: string; readonly paths: readonly string[] }[] | undefined;
  readonly settings?: Readonly<Record<string, ClusterSettings>> | undefined;
  /** Files that belong to no explicit cluster are shared by all of them instead of left out. */
  readonly shareRest?: boolean | undefined;
  /** Standard input, when a path is `-`. */
  readonly stdin?: string | undefined;
}

/** Reads the files below the paths and sorts them into clusters. Throws `InputError` for a path that does not exist. */
export const loadFleet = (options: LoadOptions): Fleet => {
  const walked = walk(
    options.paths.filter((path) => path !== '-'),
    options.cwd,
  );
  const files = options.paths.includes('-') ? [...walked.files, standardInput(options.stdin ?? '')] : walked.files;
  const contents = parseFiles(files);
  const parsed = contents.flatMap((content) => content.parsed ?? []);
  const tree = readTree(parsed);
  const links = linkFiles(tree);
  const placed = parsed.map((file) => placeFile(file, tree, links));
  const { plans, notes } =
    options.clusters === undefined
      ? discoverClusters(placed, tree, links, rootsOf(options), options.cwd)
      : explicitClusters(placed, options.clusters, options.shareRest === true);
  const sharedCopy = copies();
  const assembled = plans.map((plan) => assemble(plan, settingsOf(options, plan.name), sharedCopy));
  return {
    clusters: assembled.map(({ cluster }) => cluster),
    files,
    documents: contents.reduce((sum, content) => sum + content.documents, 0),
    problems: [...walked.problems, ...contents.flatMap(({ problems }) => problems)],
    notes: [...walked.notes, ...notes, ...unlistedNote(tree, links), ...assembled.flatMap((item) => item.notes)],
    suppressions: contents.flatMap(({ suppressions }) => suppressions),
  };
};

const unlistedNote = (tree: Tree, links: Links): readonly Note[] => {
  const unlisted = unlistedManifests(tree, links);
  if (unlisted.length === 0) return [];
  return [
    {
      message: `${unlisted.length} manifests lie beside a kustomization.yaml that does not list them and are read all the same: ${unlisted.slice(0, 3).join(', ')}`,
    },
  ];
};

const standardInput = (text: string): SourceFile => ({
  path: '<stdin>',
  absolute: undefined,
  bytes: Buffer.byteLength(text),
  text,
});

const settingsOf = ({ settings }: LoadOptions, name: string): ClusterSettings =>
  settings !== undefined && Object.hasOwn(settings, name) ? settings[name]! : {};

/** Shared files are copied once, however many clusters share them. */
const copies = (): ((placed: Placed) => Placed) => {
  const made = new Map<Placed, Placed>();
  return (placed) => {
    const held = made.get(placed) ?? asShared(placed);
    made.set(placed, held);
    return held;
  };
};

/** The given paths as files show them: relative to the working directory, '' for itself. */
const rootsOf = ({ paths, cwd }: LoadOptions): readonly string[] =>
  paths.filter((path) => path !== '-').map((path) => relative(cwd, resolve(cwd, path)).split(sep).join('/'));
