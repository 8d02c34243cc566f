import type { Directory } from './directories.ts';
import { hasPodTemplate, identitiesOf } from './evidence.ts';
import { provenFiles } from './filePartitions.ts';
import {
  holdsTokens,
  isAlternative,
  isClusterWord,
  isClustersName,
  isComponentName,
  isSharedName,
  sameShape,
  tokensOf,
} from './names.ts';
import type { Child, Partition, PartitionMember, Surroundings } from './partition.ts';
import { childrenOf, memberOfChild } from './partition.ts';

/** Partitions that ids or networks prove, outermost first. */
export const findProven = (top: Directory, around: Surroundings): readonly Partition[] => {
  const below = top.directories
    .filter(({ archived }) => !archived || top.archived)
    .flatMap((child) => findProven(child, around));
  const children = childrenOf(top);
  const here = provenDirectories(
    top,
    children,
    around,
    below.some(({ by }) => by === 'id' || by === 'file'),
  );
  if (here !== undefined) return [here];
  const files = provenFiles(top, children);
  return files === undefined ? below : [files, ...below];
};

const isReferenced = (child: Child, around: Surroundings): boolean => around.referenced.has(child.directory.path);

const provenDirectories = (
  top: Directory,
  children: readonly Child[],
  around: Surroundings,
  severalBelow: boolean,
): Partition | undefined => {
  // Clusters further down make this a directory of scenarios or components, unless it is called a directory of clusters.
  if (severalBelow && !isClustersName(top.name)) return undefined;
  const candidates = children.filter((child) => !isSharedName(child.directory.name) && !isReferenced(child, around));
  const byId = candidates.filter(({ id }) => id !== undefined);
  const telling = candidates.filter(
    ({ id, network, summary }) => id !== undefined || (network !== undefined && summary.istio),
  );
  const ids = distinct(byId.map(({ id }) => id));
  if (ids >= 2)
    return partitionOf(top, children, telling, 'id', 'their directories name different cluster ids', around);
  const byNetwork = telling.filter(({ network }) => network !== undefined);
  if (severalBelow || distinct(byNetwork.map(({ network }) => network)) < 2) return undefined;
  // One id in several directories is as a rule one cluster that contradicts itself.
  const areClusters =
    ids === 0
      ? !arePartsOfOne(byNetwork)
      : byId.length === 1 && (byNetwork.every(({ summary }) => summary.installs) || areTwins(byNetwork));
  return areClusters
    ? partitionOf(top, children, telling, 'network', 'their directories name different networks', around)
    : undefined;
};

const distinct = (values: readonly (string | undefined)[]): number =>
  new Set(values.filter((value) => value !== undefined)).size;

/** `istiod/` and `gateway/` of one cluster may disagree about its network: that is a finding, no second cluster. */
const arePartsOfOne = (children: readonly Child[]): boolean => {
  const parts = children.filter(({ directory }) => isComponentName(directory.name));
  return (
    parts.length === children.length ||
    (parts.length > 0 && children.filter(({ summary }) => summary.installs).length === 1)
  );
};

/** Directories that each read other clusters, or that state the same objects: parts of one cluster do neither. */
const areTwins = (children: readonly Child[]): boolean =>
  children.every(({ summary }) => summary.readsOthers) || sharingObjects(children).length === children.length;

const partitionOf = (
  top: Directory,
  children: readonly Child[],
  proven: readonly Child[],
  by: Partition['by'],
  because: string,
  around: Surroundings,
): Partition => {
  const members = children.filter((child) => {
    if (isSharedName(child.directory.name) || isReferenced(child, around)) return false;
    return proven.includes(child) || child.several || looksLikeOneOf(child, proven, top);
  });
  return {
    directory: top.path,
    by,
    because,
    members: members.map(memberOfChild),
    shared: children.filter((child) => !members.includes(child)).map(({ directory }) => directory.path),
  };
};

/** A sibling of clusters that names no id: a cluster if it holds what clusters hold and is called like them. */
const looksLikeOneOf = (child: Child, proven: readonly Child[], top: Directory): boolean => {
  if (!child.summary.content) return false;
  if (proven.some(({ directory }) => sameShape(directory.name, child.directory.name))) return true;
  if (isComponentName(child.directory.name)) return false;
  if (child.summary.servesOthers) return true;
  const runs = child.leaves.some(({ placed }) => hasPodTemplate(placed));
  return isClustersName(top.name) && (child.summary.istio || runs || isClusterWord(child.directory.name));
};

/** Where the partitions lie that were found already. */
export interface Found {
  /** Lies in one of their clusters, or is one of their directories. */
  covered(path: string): boolean;
  /** Is, or lies above, one of their directories. */
  holds(path: string): boolean;
}

/** Directories whose children are called like clusters that are known from elsewhere. */
export const findKnown = (top: Directory, names: ReadonlySet<string>, found: Found): readonly Partition[] => {
  if (found.covered(top.path)) return [];
  const children = childrenOf(top).filter(
    ({ directory, summary }) =>
      names.has(directory.name.toLowerCase()) &&
      summary.content &&
      !found.covered(directory.path) &&
      !found.holds(directory.path),
  );
  const below = top.directories
    .filter((child) => (!child.archived || top.archived) && !children.some(({ directory }) => directory === child))
    .flatMap((child) => findKnown(child, names, found));
  if (children.length < 2) return below;
  return [
    {
      directory: top.path,
      by: 'known',
      because: 'their directories are called like clusters',
      members: children.map(memberOfChild),
      shared: [],
    },
    ...below,
  ];
};

/** Directories whose name, or whose children's names, say that the children are clusters. */
export const findNamed = (
  top: Directory,
  around: Surroundings,
  { covered, holds }: Found,
  known: readonly PartitionMember[],
): readonly Partition[] => {
  const strict = known.length > 0;
  if (covered(top.path)) return [];
  const children = childrenOf(top).filter(
    (child) =>
      child.summary.content &&
      !isSharedName(child.directory.name) &&
      !isReferenced(child, around) &&
      !covered(child.directory.path) &&
      !holds(child.directory.path) &&
      !isCalledLike(child, known),
  );
  const telling = children.filter(({ summary }) => !strict || summary.istio);
  const words = telling.filter(({ directory }) => isClusterWord(directory.name));
  const isParent =
    isClustersName(top.name) && children.filter(({ directory }) => !isComponentName(directory.name)).length >= 2;
  if (telling.length >= 2 && (isParent || words.length >= 2)) {
    const members = children.filter(
      ({ directory }) =>
        isClusterWord(directory.name) ||
        (isParent && !isComponentName(directory.name)) ||
        words.some((word) => sameShape(word.directory.name, directory.name)),
    );
    if (members.length >= 2)
      return [
        {
          directory: top.path,
          by: 'name',
          because: isParent ? `directories of ${top.name}` : 'their directories are called like clusters',
          members: members.map(memberOfChild),
          shared: childrenOf(top)
            .filter(({ directory }) => !members.some((member) => member.directory === directory))
            .map(({ directory }) => directory.path),
        },
      ];
  }
  return top.directories
    .filter(({ archived }) => !archived || top.archived)
    .flatMap((child) => findNamed(child, around, { covered, holds }, known));
};

/** Holds files of clusters that are known already. */
const isCalledLike = ({ directory }: Child, known: readonly PartitionMember[]): boolean => {
  const tokens = tokensOf(directory.name);
  return known.some(({ labels }) => labels.some((label) => holdsTokens(tokens, label)));
};

/** Directories whose children state the same objects: components never do, clusters do. */
export const findSameObjects = (top: Directory, around: Surroundings): readonly Partition[] => {
  const children = childrenOf(top).filter(
    (child) => child.summary.content && !isBystander(child.directory.name) && !isReferenced(child, around),
  );
  const alike = sharingObjects(children);
  if (alike.length >= 2)
    return [
      {
        directory: top.path,
        by: 'objects',
        because: 'their directories state the same objects',
        members: alike.map(memberOfChild),
        shared: childrenOf(top)
          .filter((child) => !alike.includes(child))
          .map(({ directory }) => directory.path),
      },
    ];
  return top.directories
    .filter(({ archived }) => !archived || top.archived)
    .flatMap((child) => findSameObjects(child, around));
};

/** Children a third of whose objects stand in siblings too, and those siblings. */
const sharingObjects = (children: readonly Child[]): readonly Child[] => {
  const holders = new Map<string, Child[]>();
  const objects = children
    .filter(({ directory }) => !/^v?\d[\d.]*$/.test(directory.name))
    .map((child) => ({ child, identities: identitiesOf(child.leaves.map(({ placed }) => placed)) }));
  for (const { child, identities } of objects)
    for (const identity of identities) holders.set(identity, [...(holders.get(identity) ?? []), child]);
  const found = new Set<Child>();
  for (const { identities } of objects) {
    const common = [...identities].filter((identity) => holders.get(identity)!.length > 1);
    if (common.length === 0 || common.length < identities.size / 3) continue;
    for (const identity of common) for (const holder of holders.get(identity)!) found.add(holder);
  }
  return children.filter((child) => found.has(child));
};

/** Directories with an id of their own beside a directory of clusters: `dev/` with one cluster, `prod/` with two. */
export const findStrays = (
  top: Directory,
  { covered, holds }: Found,
  known: readonly PartitionMember[],
): readonly Partition[] => {
  const ids = new Set(known.flatMap(({ id }) => id ?? []));
  const children = childrenOf(top);
  const below = top.directories
    .filter(({ path }) => holds(path))
    .flatMap((child) => findStrays(child, { covered, holds }, known));
  if (!children.some(({ directory }) => holds(directory.path))) return below;
  const strays = children.filter(
    ({ directory, id, summary }) =>
      id !== undefined &&
      summary.ids.length === 1 &&
      !ids.has(id) &&
      !holds(directory.path) &&
      !covered(directory.path) &&
      !isBystander(directory.name),
  );
  return [
    ...below,
    ...strays.map((child): Partition => ({
      directory: child.directory.path,
      by: 'id',
      because: 'it names a cluster id of its own',
      members: [memberOfChild(child)],
      shared: [],
    })),
  ];
};

const isBystander = (name: string): boolean =>
  isSharedName(name) ||
  isAlternative(name) ||
  isComponentName(name) ||
  /^(?:demos?|testdata|fixtures|hack|tools|ci)$/i.test(name);
