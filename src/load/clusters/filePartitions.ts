import { stemOf } from '../place/paths.ts';
import type { Directory, Leaf } from './directories.ts';
import { distinguishingTokens, isClusterWord, isComponentName, isSharedName, sameShape, tokensOf } from './names.ts';
import type { Child, Partition, PartitionMember } from './partition.ts';
import { memberOfChild } from './partition.ts';

/** Files side by side that name different clusters: `values-east.yaml`, `values-west.yaml`. */
export const provenFiles = (directory: Directory, children: readonly Child[]): Partition | undefined => {
  const named = directory.files.filter((leaf) => idsOf(leaf).length === 1);
  const byId = new Map<string, Leaf[]>();
  for (const leaf of named) byId.set(idsOf(leaf)[0]!, [...(byId.get(idsOf(leaf)[0]!) ?? []), leaf]);
  // One cluster may be a directory beside the files of the others.
  const beside =
    byId.size === 0
      ? []
      : children.filter(({ id, directory: { name } }) => id !== undefined && !byId.has(id) && !isSharedName(name));
  if (byId.size + beside.length < 2) return filesByName(directory);
  // istiod.yaml and gateway.yaml that disagree are parts of one cluster.
  const members = [...byId].map(([id, leaves]) => memberOfFiles(id, leaves, named));
  const areParts = named.every(({ path }) => isComponentName(stemOf(path)));
  if (areParts && !members.every(isCalledAfterFile)) return undefined;
  // What only mentions a cluster (istio-csr, a chart of one's own) counts where the files are a series.
  const isSeries = named.every((leaf) =>
    named.some((other) => idsOf(other)[0] !== idsOf(leaf)[0] && sameShape(stemOf(leaf.path), stemOf(other.path))),
  );
  if (
    named.every(({ evidence }) => evidence.ids.length === 0) &&
    beside.length === 0 &&
    !isSeries &&
    !members.every(isCalledAfterFile)
  )
    return undefined;
  return {
    directory: directory.path,
    by: 'file',
    because: 'their files name different cluster ids',
    members: [...members, ...beside.map(memberOfChild)],
    shared: [],
  };
};

const idsOf = ({ evidence }: Leaf): readonly string[] => (evidence.ids.length > 0 ? evidence.ids : evidence.weakIds);

const memberOfFiles = (id: string, leaves: readonly Leaf[], all: readonly Leaf[]): PartitionMember => {
  const others = all.filter((leaf) => !leaves.includes(leaf)).map(({ path }) => stemOf(path));
  const words = leaves.map(({ path }) => distinguishingTokens(stemOf(path), others));
  const common = words[0]!.filter((word) => words.every((row) => row.includes(word)));
  const labels = [common, tokensOf(id)].filter((label) => label.length > 0);
  return { name: id, roots: leaves.map(({ path }) => path), labels, id, leaves };
};

/** Installations side by side that are called after clusters, whatever id they state (or forget to change). */
const filesByName = (directory: Directory): Partition | undefined => {
  const installs = directory.files.filter(({ evidence }) => evidence.installs);
  const members = installs.flatMap((leaf): readonly PartitionMember[] => {
    const stem = stemOf(leaf.path);
    const others = installs.filter((other) => other !== leaf).map(({ path }) => stemOf(path));
    const [word, ...more] = distinguishingTokens(stem, others);
    const isAlike = others.every((other) => sameShape(stem, other) || tokensOf(stem).length === 1);
    if (word === undefined || more.length > 0 || !isClusterWord(word) || !isAlike) return [];
    return [{ name: word, roots: [leaf.path], labels: [[word]], id: undefined, leaves: [leaf] }];
  });
  if (members.length < 2 || members.length < installs.length) return undefined;
  return {
    directory: directory.path,
    by: 'name',
    because: 'their files are called like clusters',
    members,
    shared: [],
  };
};

/** Some word of its files stands in its id. */
const isCalledAfterFile = ({ id, labels }: PartitionMember): boolean => {
  const words = tokensOf(id ?? '').join('');
  return labels.length > 1 && labels[0]!.some((token) => words.includes(token) || token.includes(words));
};
