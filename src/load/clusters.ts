import { basename, resolve } from 'node:path';
import type { Note } from '../model/index.ts';
import { compareText } from '../model/index.ts';
import { assignFiles } from './clusters/assign.ts';
import type { Directory, Leaf } from './clusters/directories.ts';
import { directoryTree, leavesBelow, summaryOf } from './clusters/directories.ts';
import type { Group } from './clusters/groups.ts';
import { groupPartitions, scenarioNames } from './clusters/groups.ts';
import { isClustersName, isEnvironment, isSharedName, tokensOf } from './clusters/names.ts';
import type { Partition, PartitionMember, Surroundings } from './clusters/partition.ts';
import type { Found } from './clusters/partitions.ts';
import { findKnown, findNamed, findProven, findSameObjects, findStrays } from './clusters/partitions.ts';
import type { ClusterPlan } from './clusters/plan.ts';
import { commonDirectory, directoryOf, isWithin, segmentsOf } from './place/paths.ts';
import type { Links } from './place/links.ts';
import type { Placed } from './place/placed.ts';
import type { Tree } from './place/tree.ts';
import { referencedDirectories } from './place/tree.ts';

export interface Discovered {
  readonly plans: readonly ClusterPlan[];
  readonly notes: readonly Note[];
}

/** Finds out which files make up which cluster. `roots` are the given directories as shown paths. */
export const discoverClusters = (
  files: readonly Placed[],
  tree: Tree,
  links: Links,
  roots: readonly string[],
  cwd: string,
): Discovered => {
  if (files.length === 0) return { plans: [], notes: [] };
  const root = commonDirectory(files.map(({ file }) => directoryOf(file.path)));
  const top = directoryTree(files, root, basename(resolve(cwd, root)));
  const around = { referenced: referencedDirectories(tree) };
  const partitions = partitionsOf(top, around, roots);
  if (partitions.length === 0) return single(top, files, roots, cwd);
  const groups = groupPartitions(partitions);
  const scenarios = scenarioNames(groups);
  const fleet = commonDirectory(groups.map(({ directory }) => directory));
  const leaves = allLeaves(top);
  const plans: ClusterPlan[] = [];
  const used = new Set<Placed>();
  groups.forEach((group, index) => {
    const scenario = scenarios[index]!;
    const assigned = assignFiles(
      group,
      leaves.filter(({ path }) => !belongsElsewhere(path, group, groups)),
      links,
      scenario === '' ? fleet : undefined,
    );
    const stages = group.members.every((member) => isEnvironment(member.name));
    for (const member of group.members) {
      const own = assigned.own.get(member)!;
      const shared = assigned.shared.get(member)!;
      for (const placed of [...own, ...shared]) used.add(placed);
      const name = scenario === '' ? member.name : `${scenario}/${member.name}`;
      plans.push({ name, because: reason(group, member), scenario: stages ? name : scenario, own, shared });
    }
  });
  const rest = files.filter((placed) => !used.has(placed));
  return { plans: unique(plans).toSorted((a, b) => compareText(a.name, b.name)), notes: notesOf(groups, rest) };
};

const partitionsOf = (top: Directory, around: Surroundings, roots: readonly string[]): readonly Partition[] => {
  const partitions = [...firstPartitions(top, around, roots)];
  const members = (): readonly PartitionMember[] => partitions.flatMap((partition) => partition.members);
  const found: Found = {
    covered: (path) =>
      partitions.some(({ directory, by }) => path === directory && by !== 'file') ||
      members().some((member) => member.roots.some((root) => isWithin(path, root))),
    holds: (path) => partitions.some(({ directory }) => isWithin(directory, path)),
  };
  if (partitions.length > 0) {
    const names = new Set(
      members().flatMap(({ name, labels }) => [name.toLowerCase(), ...labels.map((label) => label.join('-'))]),
    );
    partitions.push(...findKnown(top, names, found));
  }
  partitions.push(...findNamed(top, around, found, members()));
  if (partitions.length > 0) return [...partitions, ...findStrays(top, found, members())];
  // One id in all files is one cluster, whatever the directories look like.
  return summaryOf(top).ids.length === 1 ? [] : findSameObjects(top, around);
};

/** What ids and networks prove; several directories on the command line are a cluster each where they hold no more than one. */
const firstPartitions = (top: Directory, around: Surroundings, roots: readonly string[]): readonly Partition[] => {
  const directories = roots
    .filter((root) => !roots.some((other) => other !== root && isWithin(root, other)))
    .flatMap((root) => directoryAt(top, root) ?? []);
  if (directories.length < 2) return findProven(top, around);
  const inside = directories.map((directory) => ({ directory, partitions: findProven(directory, around) }));
  const several = inside.flatMap(({ partitions }) => partitions);
  const alone = inside.filter(({ directory, partitions }) => partitions.length === 0 && !isSharedName(directory.name));
  const members = alone.flatMap(({ directory }): readonly PartitionMember[] => {
    const leaves = leavesBelow(directory);
    const { ids } = summaryOf(directory);
    // Beside directories of several clusters, one that names no id is a component.
    if (leaves.length === 0 || (several.length > 0 && ids.length !== 1)) return [];
    const id = ids.length === 1 ? ids[0] : undefined;
    return [{ name: directory.name, roots: [directory.path], labels: [tokensOf(directory.name)], id, leaves }];
  });
  if (members.length === 0) return several;
  return [
    ...several,
    { directory: top.path, by: 'given', because: 'each given directory is a cluster', members, shared: [] },
  ];
};

const directoryAt = (top: Directory, path: string): Directory | undefined => {
  let here: Directory | undefined = top;
  while (here !== undefined && here.path !== path) here = here.directories.find((child) => isWithin(path, child.path));
  return here;
};

const allLeaves = (directory: Directory): readonly Leaf[] => [
  ...directory.files,
  ...directory.directories.flatMap(allLeaves),
];

/** Lies below a directory of another group that is deeper than this one's. */
const belongsElsewhere = (path: string, group: Group, groups: readonly Group[]): boolean =>
  groups.some(
    (other) =>
      other !== group &&
      (other.members.some(({ roots }) => roots.some((root) => isWithin(path, root))) ||
        (isWithin(path, other.directory) &&
          other.directory.length > group.directory.length &&
          other.directory !== group.directory)),
  );

/** No sign of several clusters: all files are one. */
const single = (top: Directory, files: readonly Placed[], roots: readonly string[], cwd: string): Discovered => {
  const leaves = leavesBelow(top);
  const ids = [...new Set(leaves.flatMap(({ evidence }) => evidence.ids))];
  const template = leaves.find(({ evidence }) => evidence.template && evidence.installs);
  const given = roots.length === 1 ? basename(resolve(cwd, roots[0]!)) : top.name;
  // `clusters` that hold one cluster only.
  const deeper =
    roots.length === 1 && isClustersName(given) ? segmentsOf(top.path)[segmentsOf(roots[0]!).length] : undefined;
  const name = ids.length === 1 ? ids[0]! : (deeper ?? (given === '' ? 'cluster' : given));
  const notes: Note[] =
    template !== undefined && ids.length === 0
      ? [
          {
            message: 'the cluster id is a template: these files make any number of clusters and are checked as one',
            place: { file: template.placed.file, document: 0, path: [] },
          },
        ]
      : [{ message: `nothing tells clusters apart: all files are taken for the one cluster ${name}` }];
  return { plans: [{ name, because: 'no sign of several clusters', scenario: '', own: files, shared: [] }], notes };
};

const reason = (group: Group, member: PartitionMember): string => {
  const partition =
    group.partitions.find(({ members }) => members.some(({ name }) => name === member.name)) ?? group.partitions[0]!;
  const where = partition.directory === '' ? 'the given path' : partition.directory;
  return `${member.roots.toSorted(compareText).join(', ')}: ${partition.because} (below ${where})`;
};

const unique = (plans: readonly ClusterPlan[]): readonly ClusterPlan[] => {
  const seen = new Map<string, number>();
  return plans.map((plan) => {
    const count = (seen.get(plan.name) ?? 0) + 1;
    seen.set(plan.name, count);
    return count === 1 ? plan : { ...plan, name: `${plan.name}#${count}` };
  });
};

const notesOf = (groups: readonly Group[], rest: readonly Placed[]): readonly Note[] => {
  const notes: Note[] = [];
  if (groups.length > 1)
    notes.push({ message: `${groups.length} sets of clusters that state the same things: each is a mesh of its own` });
  for (const { members, directory } of groups)
    if (members.every(({ name }) => isEnvironment(name)))
      notes.push({
        message: `${members.map(({ name }) => name).join(', ')} below ${directory === '' ? 'the given path' : directory} are stages, each a mesh of its own`,
      });
  const left = rest.filter(({ resources, values }) => resources.length + values.length > 0);
  if (left.length > 0) {
    const directories = [...new Set(left.map(({ file }) => directoryOf(file.path)))].toSorted(compareText);
    const shown = directories.slice(0, 5).map((directory) => (directory === '' ? '.' : directory));
    notes.push({
      message: `${left.length === 1 ? '1 file belongs' : `${left.length} files belong`} to no cluster: ${shown.join(', ')}${directories.length > shown.length ? ', …' : ''}`,
    });
  }
  return notes;
};
