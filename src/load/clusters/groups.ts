import { compareText } from '../../model/index.ts';
import { baseOf, commonDirectory, directoryOf, segmentsOf } from '../place/paths.ts';
import { identitiesOf } from './evidence.ts';
import type { Partition, PartitionMember } from './partition.ts';

/** Partitions that speak of the same clusters: one fleet, or one scenario of several. */
export interface Group {
  readonly members: readonly PartitionMember[];
  readonly partitions: readonly Partition[];
  /** The deepest directory that holds all its partitions. */
  readonly directory: string;
}

const STRENGTH: Readonly<Record<Partition['by'], number>> = {
  given: 0,
  id: 1,
  file: 1,
  network: 2,
  known: 3,
  name: 4,
  objects: 5,
};

/** Joins partitions whose clusters are the same, unless they state the same things twice: those are scenarios. */
export const groupPartitions = (partitions: readonly Partition[]): readonly Group[] => {
  const ordered = partitions.toSorted(
    (a, b) =>
      STRENGTH[a.by] - STRENGTH[b.by] ||
      segmentsOf(a.directory).length - segmentsOf(b.directory).length ||
      compareText(a.directory, b.directory),
  );
  const groups: Group[] = [];
  for (const partition of ordered) {
    const overlapping = groups.filter((group) => overlaps(group, partition));
    const fitting = overlapping.filter((group) => !collides(group, partition));
    const nearest = nearestOf(fitting, partition.directory);
    if (nearest !== undefined && !hasRival(partition, nearest, ordered)) {
      groups[groups.indexOf(nearest)] = join(nearest, partition);
      continue;
    }
    groups.push({ members: partition.members, partitions: [partition], directory: partition.directory });
  }
  return groups;
};

/** The group that lies closest; undefined where two lie equally close. */
const nearestOf = (groups: readonly Group[], directory: string): Group | undefined => {
  const best = Math.max(...groups.map((group) => nearness(group, directory)));
  const found = groups.filter((group) => nearness(group, directory) === best);
  return found.length === 1 ? found[0] : undefined;
};

/**
 * Whether another partition that states the same things could as well be the missing part of the group: then
 * neither is.
 */
const hasRival = (partition: Partition, group: Group, all: readonly Partition[]): boolean =>
  all.some((other) => {
    if (other === partition || group.partitions.includes(other)) return false;
    if (nearness(group, other.directory) !== nearness(group, partition.directory)) return false;
    const alone: Group = { members: other.members, partitions: [other], directory: other.directory };
    return overlaps(alone, partition) && collides(alone, partition) && !collides(group, other);
  });

const nearness = (group: Group, directory: string): number =>
  segmentsOf(commonDirectory([group.directory, directory])).length;

const isSameMember = (a: PartitionMember, b: PartitionMember): boolean =>
  a.name.toLowerCase() === b.name.toLowerCase() ||
  (a.id !== undefined && a.id === b.id) ||
  a.labels.some((label) => b.labels.some((other) => label.join('-') === other.join('-')));

const overlaps = (group: Group, partition: Partition): boolean =>
  partition.members.some((member) => group.members.some((other) => isSameMember(member, other)));

/** Whether some cluster would get two control planes, or the same object from both. */
const collides = (group: Group, partition: Partition): boolean =>
  partition.members.some((member) => {
    const other = group.members.find((candidate) => isSameMember(candidate, member));
    if (other === undefined) return false;
    const installs = (of: PartitionMember): boolean =>
      of.leaves.some(({ evidence }) => evidence.installs && evidence.ids.length > 0);
    if (installs(member) && installs(other)) return true;
    const held = objectsOf(other);
    for (const identity of objectsOf(member)) if (held.has(identity)) return true;
    return false;
  });

const objects = new WeakMap<PartitionMember, Set<string>>();
const joined = new WeakSet<PartitionMember>();

const objectsOf = (member: PartitionMember): Set<string> => {
  const held = objects.get(member) ?? identitiesOf(member.leaves.map(({ placed }) => placed));
  objects.set(member, held);
  return held;
};

/** One member out of two. Its objects are gathered as it grows, so that many components cost no more than their sum. */
const joinMembers = (member: PartitionMember, more: PartitionMember): PartitionMember => {
  const both: PartitionMember = {
    name: member.name,
    id: member.id ?? more.id,
    roots: [...member.roots, ...more.roots],
    labels: [...member.labels, ...more.labels],
    leaves: [...member.leaves, ...more.leaves],
  };
  const all = joined.has(member) ? objectsOf(member) : new Set(objectsOf(member));
  for (const identity of objectsOf(more)) all.add(identity);
  objects.set(both, all);
  joined.add(both);
  return both;
};

const join = (group: Group, partition: Partition): Group => {
  const members = [...group.members];
  for (const member of partition.members) {
    const at = members.findIndex((other) => isSameMember(other, member));
    const other = members[at];
    if (other === undefined) members.push(member);
    else members[at] = joinMembers(other, member);
  }
  return {
    members,
    partitions: [...group.partitions, partition],
    directory: commonDirectory([group.directory, partition.directory]),
  };
};

/** Short names that tell groups apart: their directories without what all of them begin and end with. */
export const scenarioNames = (groups: readonly Group[]): readonly string[] => {
  const names = groups.flatMap(({ members }) => members.map(({ name }) => name));
  if (groups.length < 2 || new Set(names).size === names.length) return groups.map(() => '');
  const directories = groups.map(({ directory }) => directory);
  const common = segmentsOf(commonDirectory(directories.map(directoryOf))).length;
  let rests = directories.map((directory) => segmentsOf(directory).slice(common));
  while (rests.every((rest) => rest.length > 1 && rest.at(-1) === rests[0]!.at(-1)))
    rests = rests.map((rest) => rest.slice(0, -1));
  return rests.map((rest, index) => rest.join('/') || baseOf(directories[index]!) || 'top');
};
