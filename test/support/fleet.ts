import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Member } from '../../src/facts/mesh.ts';
import { memberOf } from '../../src/facts/mesh.ts';
import type { LoadOptions } from '../../src/load/load.ts';
import { loadFleet } from '../../src/load/load.ts';
import type { Cluster, Fleet } from '../../src/model/index.ts';

/** Paths and what stands in the files. */
export type Tree = Readonly<Record<string, string>>;

/** Writes a tree into a directory of its own, hands the directory over and removes it afterwards. */
export const inTree = <T>(tree: Tree, use: (directory: string) => T): T => {
  const directory = mkdtempSync(join(tmpdir(), 'mesh-lint-'));
  try {
    for (const [path, content] of Object.entries(tree)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** A fleet by discovery alone. */
export const discover = (tree: Tree, options: Partial<LoadOptions> = {}): Fleet =>
  inTree(tree, (cwd) => loadFleet({ paths: ['.'], cwd, ...options }));

/**
 * A fleet whose clusters are the first path segments (`east/a.yaml`); files without a directory are shared by
 * all. The files are gone afterwards: lines of places cannot be looked up.
 */
export const fleetOf = (tree: Tree): Fleet => {
  const names = [
    ...new Set(
      Object.keys(tree)
        .filter((path) => path.includes('/'))
        .map((path) => path.slice(0, path.indexOf('/'))),
    ),
  ];
  return discover(tree, { clusters: names.map((name) => ({ name, paths: [name] })), shareRest: true });
};

/** The only cluster of a tree without cluster directories: `clusterOf({ 'a.yaml': '…' })`. */
export const clusterOf = (tree: Tree): Cluster =>
  fleetOf(Object.fromEntries(Object.entries(tree).map(([path, content]) => [`east/${path}`, content]))).clusters[0]!;

/** Cluster name → member of the mesh, for looking at facts. */
export const membersOf = (tree: Tree): Readonly<Record<string, Member>> =>
  Object.fromEntries(fleetOf(tree).clusters.map((cluster) => [cluster.name, memberOf(cluster)]));
