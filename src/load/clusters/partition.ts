import type { Directory, Leaf, Summary } from './directories.ts';
import { leavesBelow, summaryOf } from './directories.ts';
import { tokensOf } from './names.ts';

/** One cluster in one directory of clusters. */
export interface PartitionMember {
  readonly name: string;
  /** The directory, or the files, that are its own. */
  readonly roots: readonly string[];
  /** Words by which other files may name it, each a row of tokens. */
  readonly labels: readonly (readonly string[])[];
  readonly id: string | undefined;
  readonly leaves: readonly Leaf[];
}

/** Clusters that lie side by side. */
export interface Partition {
  readonly directory: string;
  readonly by: 'id' | 'file' | 'network' | 'known' | 'name' | 'objects' | 'given';
  readonly because: string;
  readonly members: readonly PartitionMember[];
  /** Children that are no clusters but parts that all of them build on. */
  readonly shared: readonly string[];
}

/** What the search knows beside the tree. */
export interface Surroundings {
  /** Directories that kustomizations of other directories refer to. */
  readonly referenced: ReadonlySet<string>;
}

/** A directory that may be a cluster. */
export interface Child {
  readonly directory: Directory;
  readonly leaves: readonly Leaf[];
  readonly summary: Summary;
  /** The one id of the control plane, or of whatever names one. */
  readonly id: string | undefined;
  readonly network: string | undefined;
  /** Names several clusters. */
  readonly several: boolean;
}

export const childrenOf = (directory: Directory): readonly Child[] =>
  directory.directories
    .filter(({ archived }) => !archived || directory.archived)
    .map((child): Child => {
      const leaves = leavesBelow(child);
      const summary = summaryOf(child);
      const ids = summary.ids.length > 0 ? summary.ids : summary.weakIds;
      const id = theOne(ids, child.name);
      const network = theOne(summary.networks, child.name);
      return { directory: child, leaves, summary, id, network, several: ids.length > 1 && id === undefined };
    });

/** The only value, or the one that the directory is called after. */
const theOne = (values: readonly string[], name: string): string | undefined => {
  if (values.length <= 1) return values[0];
  const named = values.filter((value) => value === name);
  return named.length === 1 ? named[0] : undefined;
};

export const memberOfChild = (child: Child): PartitionMember => ({
  name: child.directory.name,
  roots: [child.directory.path],
  labels: labelsOf(child.directory.name, child.id),
  id: child.id,
  leaves: child.leaves,
});

const labelsOf = (name: string, id: string | undefined): readonly (readonly string[])[] => {
  const labels = [tokensOf(name)];
  if (id !== undefined && id !== name) labels.push(tokensOf(id));
  return labels;
};
