import { compareText } from '../../model/index.ts';
import { baseOf, directoryOf } from '../place/paths.ts';
import type { Placed } from '../place/placed.ts';
import type { Evidence } from './evidence.ts';
import { evidenceOf } from './evidence.ts';
import { isArchive } from './names.ts';

/** A file with what it tells. */
export interface Leaf {
  readonly path: string;
  readonly placed: Placed;
  readonly evidence: Evidence;
}

/** A directory with what the files in it tell. */
export interface Directory {
  readonly path: string;
  readonly name: string;
  readonly directories: Directory[];
  readonly files: Leaf[];
  /** Lies in, or is, a directory of old copies. */
  readonly archived: boolean;
}

/** The files as a tree that begins at `root`, a directory called `name`. */
export const directoryTree = (files: readonly Placed[], root: string, name: string): Directory => {
  const top: Directory = { path: root, name, directories: [], files: [], archived: false };
  const known = new Map<string, Directory>([[root, top]]);
  const open = (path: string): Directory => {
    const held = known.get(path);
    if (held !== undefined) return held;
    const parent = path === '' ? top : open(directoryOf(path));
    const name = baseOf(path);
    const made: Directory = { path, name, directories: [], files: [], archived: parent.archived || isArchive(name) };
    known.set(path, made);
    parent.directories.push(made);
    return made;
  };
  for (const placed of files) {
    const { path } = placed.file;
    open(directoryOf(path)).files.push({ path, placed, evidence: evidenceOf(placed) });
  }
  for (const directory of known.values()) {
    directory.directories.sort((a, b) => compareText(a.path, b.path));
    directory.files.sort((a, b) => compareText(a.path, b.path));
  }
  return top;
};

const leaves = new WeakMap<Directory, readonly Leaf[]>();
const summaries = new WeakMap<Directory, Summary>();

/** All files below a directory, old copies left out. */
export const leavesBelow = (directory: Directory): readonly Leaf[] => {
  const held = leaves.get(directory) ?? collectLeaves(directory);
  leaves.set(directory, held);
  return held;
};

export const summaryOf = (directory: Directory): Summary => {
  const held = summaries.get(directory) ?? summarise(leavesBelow(directory));
  summaries.set(directory, held);
  return held;
};

const collectLeaves = (directory: Directory): readonly Leaf[] => {
  const found: Leaf[] = [];
  const visit = (here: Directory): void => {
    found.push(...here.files);
    for (const child of here.directories) if (!child.archived || directory.archived) visit(child);
  };
  visit(directory);
  return found;
};

/** What the files below a directory tell together. */
export interface Summary {
  readonly ids: readonly string[];
  readonly weakIds: readonly string[];
  readonly networks: readonly string[];
  readonly installs: boolean;
  readonly servesOthers: boolean;
  readonly readsOthers: boolean;
  readonly istio: boolean;
  readonly content: boolean;
}

const summarise = (leaves: readonly Leaf[]): Summary => {
  const all = (of: (evidence: Evidence) => readonly string[]): readonly string[] => {
    const found = new Set<string>();
    for (const { evidence } of leaves) for (const value of of(evidence)) found.add(value);
    return [...found];
  };
  return {
    ids: all(({ ids }) => ids),
    weakIds: all(({ weakIds }) => weakIds),
    networks: all(({ networks }) => networks),
    installs: leaves.some(({ evidence }) => evidence.installs),
    servesOthers: leaves.some(({ evidence }) => evidence.servesOthers),
    readsOthers: leaves.some(({ evidence }) => evidence.readsOthers),
    istio: leaves.some(({ evidence }) => evidence.istio),
    content: leaves.some(({ evidence, placed }) => evidence.content || placed.pemFiles.length > 0),
  };
};
