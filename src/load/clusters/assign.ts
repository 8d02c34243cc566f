import type { Placed } from '../place/placed.ts';
import { baseOf, commonDirectory, directoryOf, isWithin, segmentsOf, stemOf } from '../place/paths.ts';
import type { Links } from '../place/links.ts';
import type { Group } from './groups.ts';
import { holdsTokens, isArchive, isSharedName, isStrictlyShared, tokensOf } from './names.ts';
import type { PartitionMember } from './partition.ts';
import type { Leaf } from './directories.ts';

/** Which files of a group belong to which of its members, and which to all. */
export interface Assigned {
  readonly own: ReadonlyMap<PartitionMember, readonly Placed[]>;
  readonly shared: ReadonlyMap<PartitionMember, readonly Placed[]>;
}

/**
 * Sorts files into the clusters of a group. `fleet` is the directory of all groups where they are one fleet;
 * undefined where another group could want the files outside of this one's directory.
 */
export const assignFiles = (
  group: Group,
  files: readonly Leaf[],
  links: Links,
  fleet: string | undefined,
): Assigned => {
  const alone = fleet !== undefined;
  const own = new Map<PartitionMember, Placed[]>(group.members.map((member) => [member, []]));
  const shared = new Map<PartitionMember, Placed[]>(group.members.map((member) => [member, []]));
  const owners = ownersByName(group, files, alone);
  const users = usersOf(group, links);
  const roots = rootsOf(group);
  const mixed = new Set([...owners.keys()].map(directoryOf));

  for (const leaf of files) {
    const { path, placed } = leaf;
    const owner = roots(path) ?? owners.get(path);
    if (owner !== undefined) {
      own.get(owner)!.push(placed);
      continue;
    }
    const using = users.get(path);
    if (using !== undefined) {
      for (const member of using) shared.get(member)!.push(placed);
      continue;
    }
    if (isInArchive(path, group) || isTemplateOfMany(leaf, group)) continue;
    if (!isForAll(path, group, mixed, fleet)) continue;
    for (const member of group.members) shared.get(member)!.push(placed);
  }
  return { own, shared };
};

/** The member below whose deepest root a path lies. */
const rootsOf = (group: Group): ((path: string) => PartitionMember | undefined) => {
  const byRoot = new Map(group.members.flatMap((member) => member.roots.map((root) => [root, member] as const)));
  return (path) => {
    for (let at = path; ; at = directoryOf(at)) {
      const found = byRoot.get(at);
      if (found !== undefined) return found;
      if (at === '') return undefined;
    }
  };
};

const isInArchive = (path: string, group: Group): boolean =>
  segmentsOf(directoryOf(path))
    .slice(isWithin(path, group.directory) ? segmentsOf(group.directory).length : 0)
    .some(isArchive);

/** An installation that a script fills in once per cluster is none of these clusters. */
const isTemplateOfMany = ({ evidence }: Leaf, group: Group): boolean =>
  evidence.template && evidence.installs && group.members.some(({ id }) => id !== undefined);

/** What istiod mounts, under the names that `kubectl create secret generic cacerts --from-file` wants. */
const CA_FILES: ReadonlySet<string> = new Set(['ca-cert.pem', 'cert-chain.pem', 'root-cert.pem']);

const isForAll = (path: string, group: Group, mixed: ReadonlySet<string>, fleet: string | undefined): boolean => {
  if (isWithin(path, group.directory) && !isPartOfNone(path, group)) return true;
  if (mixed.has(directoryOf(path))) return true;
  // `base/` beside `clusters/`, or anywhere above it up to where the clusters of the fleet meet.
  const meeting = commonDirectory([directoryOf(path), group.directory]);
  const beside = segmentsOf(directoryOf(path))[segmentsOf(meeting).length];
  if (fleet === undefined || beside === undefined || !isWithin(meeting, directoryOf(fleet))) return false;
  // One CA beside the clusters signs for each of them.
  return isStrictlyShared(beside) || CA_FILES.has(baseOf(path));
};

/** A sibling directory of clusters that is neither a cluster nor, by its name, shared: another component. */
const isPartOfNone = (path: string, group: Group): boolean =>
  group.partitions.some(
    ({ directory, shared, by }) =>
      by !== 'file' &&
      shared.some((child) => isWithin(path, child) && !isSharedName(baseOf(child))) &&
      isWithin(path, directory),
  );

/** Files outside of the clusters' directories that are called after exactly one of them. */
const ownersByName = (group: Group, files: readonly Leaf[], alone: boolean): ReadonlyMap<string, PartitionMember> => {
  const found = new Map<string, PartitionMember>();
  const roots = rootsOf(group);
  const outside = files.filter(
    ({ path }) => roots(path) === undefined && (alone || isWithin(path, group.directory)) && !isInArchive(path, group),
  );
  const entries = new Map<string, Map<string, PartitionMember>>();
  for (const { path } of outside) {
    const segments = segmentsOf(path);
    segments.forEach((segment, index) => {
      const directory = segments.slice(0, index).join('/');
      const member = memberCalled(group, index === segments.length - 1 ? stemOf(segment) : segment);
      if (member === undefined || (isWithin(group.directory, `${directory}/${segment}`) && group.directory !== ''))
        return;
      const held = entries.get(directory) ?? new Map<string, PartitionMember>();
      entries.set(directory, held.set(segment, member));
    });
  }
  for (const { path } of outside) {
    const segments = segmentsOf(path);
    for (let index = 0; index < segments.length; index++) {
      const siblings = entries.get(segments.slice(0, index).join('/'));
      const member = siblings?.get(segments[index]!);
      if (member === undefined) continue;
      const isFile = index === segments.length - 1;
      const parallel = new Set(siblings!.values()).size >= 2;
      if (!parallel && !isExactly(member, isFile ? stemOf(path) : segments[index]!)) continue;
      found.set(path, member);
      break;
    }
  }
  for (const [path, member] of ownersByNumber(
    group,
    outside.filter(({ path }) => !found.has(path)),
  ))
    found.set(path, member);
  return found;
};

const isExactly = (member: PartitionMember, name: string): boolean =>
  [member.name, member.id].some((own) => own?.toLowerCase() === name.toLowerCase());

/** The only member whose words stand in a name. */
const memberCalled = (group: Group, name: string): PartitionMember | undefined => {
  const exact = group.members.filter((member) => isExactly(member, name));
  if (exact.length === 1) return exact[0];
  const tokens = tokensOf(name);
  const found = group.members.filter(({ labels }) => labels.some((label) => holdsTokens(tokens, label)));
  return found.length === 1 ? found[0] : undefined;
};

/** `pool-1.yaml` … `pool-3.yaml` beside clusters that are called by the same numbers. */
const ownersByNumber = (group: Group, files: readonly Leaf[]): ReadonlyMap<string, PartitionMember> => {
  const found = new Map<string, PartitionMember>();
  const byNumber = new Map<string, PartitionMember>();
  for (const member of group.members) {
    const number = /(\d+)$/.exec(member.name)?.[1];
    if (number === undefined || byNumber.has(number)) return found;
    byNumber.set(number, member);
  }
  const series = new Map<string, { readonly path: string; readonly number: string }[]>();
  for (const { path } of files) {
    const match = /^(.*\D)?(\d+)(\D*)$/.exec(stemOf(path));
    if (match === null) continue;
    const key = `${directoryOf(path)}/${match[1] ?? ''}#${match[3]}`;
    const held = series.get(key) ?? [];
    held.push({ path, number: match[2]! });
    series.set(key, held);
  }
  for (const files of series.values()) {
    if (files.length !== byNumber.size || !files.every(({ number }) => byNumber.has(number))) continue;
    for (const { path, number } of files) found.set(path, byNumber.get(number)!);
  }
  return found;
};

/** Files outside that kustomizations, Applications and the like in the members' own directories use. */
const usersOf = (group: Group, links: Links): ReadonlyMap<string, readonly PartitionMember[]> => {
  const users = new Map<string, PartitionMember[]>();
  const roots = rootsOf(group);
  for (const { from, paths, destination } of links.uses) {
    const member = destination === undefined ? roots(from) : memberCalled(group, destination);
    if (member === undefined) continue;
    for (const path of paths) {
      if (roots(path) !== undefined) continue;
      const held = users.get(path);
      if (held === undefined) users.set(path, [member]);
      else if (!held.includes(member)) held.push(member);
    }
  }
  return users;
};
