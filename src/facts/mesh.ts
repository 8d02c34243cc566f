import type { Cluster, Fact, Fleet, Note, Place, Resources, Tri } from '../model/index.ts';
import { compareText, sightingsOf } from '../model/index.ts';
import type { Facts } from './index.ts';
import { deriveFacts } from './index.ts';
import type { Link } from './mesh/links.ts';
import { directoryOf, findLinks } from './mesh/links.ts';
import { makeMesh } from './mesh/make.ts';
import { hasIstioEvidence, placesOfServices } from './mesh/tracks.ts';
import type { Role } from './role.ts';
import type { Minors } from './minors.ts';

/** A cluster of a mesh with its facts. */
export interface Member extends Facts {
  readonly name: string;
  readonly cluster: Cluster;
  readonly resources: Resources;
}

/** What of the kinds of objects a set of files may hold at all. */
export type SetRole =
  | 'ca'
  | 'remote-secret'
  | 'namespace'
  | 'gateway'
  | 'mesh-config'
  | 'node'
  | 'cidr'
  | 'rbac'
  | 'crd'
  | `service:${string}`
  | `workload:${string}`
  | `config:${string}`;

/** What mesh-lint.yaml says that is no severity and no cluster. */
export interface MeshSettings {
  /** Kinds or roles of which the tree holds every object. */
  readonly complete: readonly string[];
  /** For certificate dates. */
  readonly now: Date;
  /** Calls that no manifest shows: cluster name → hosts. */
  readonly uses: Readonly<Record<string, readonly string[]>>;
  /** Options by rule id, checked against what the rule declares. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Mesh name → cluster names; undefined where the files decide. */
  readonly meshes: Readonly<Record<string, readonly string[]>> | undefined;
  /** For clusters that do not say. */
  readonly istioVersion: string | undefined;
}

/** Clusters that are (meant to be) one mesh, in the order of their names. */
export interface Mesh {
  readonly name: string;
  /** Why these clusters are one mesh, for `--verbose`. */
  readonly because: string;
  readonly members: readonly Member[];
  readonly settings: MeshSettings;
  /** What in the files of one member names another. */
  readonly links: readonly Link[];
  /** The member of that name; throws where there is none (a fault of the caller). */
  cluster(name: string): Member;
  /** The cluster whose Istio resources rule this one: itself if primary. Undefined where that is not in the set. */
  configCluster(member: Member): Member | undefined;
  /** Versions its control plane may have, after the rules of "Versions": own files, then the mesh, then the assumption. */
  versionOf(member: Member): { readonly minors: Minors; readonly assumed: boolean; readonly place: Place | undefined };
  /** The id of the cluster: its own word, else what the keys of its peers' remote secrets call it. */
  idOf(member: Member): Fact<string>;
  /** Its role, where the other clusters tell more than its own files. */
  roleOf(member: Member): Role;
  /** The members whose control planes may serve this one: itself if it has its own. Empty where none is known. */
  primariesOf(member: Member): readonly Member[];
  /** Whether the files of the mesh hold objects of that role at all. */
  tracks(role: SetRole): boolean;
  /** Whether the cluster provably lacks every object of that role. */
  absent(member: Member, role: SetRole): Tri;
}

export type { Link } from './mesh/links.ts';

/** The meshes of a fleet, and what was left out of them. */
export interface Grouping {
  readonly meshes: readonly Mesh[];
  /** Directories without anything of Istio. */
  readonly outside: readonly Cluster[];
  readonly notes: readonly Note[];
}

export const memberOf = (cluster: Cluster): Member =>
  Object.defineProperties(
    { name: cluster.name, cluster, resources: cluster.resources },
    Object.getOwnPropertyDescriptors(deriveFacts(cluster)),
  ) as Member;

/** Sorts the clusters of a fleet into meshes. */
export const groupMeshes = (fleet: Fleet, settings: MeshSettings): readonly Mesh[] =>
  groupClusters(fleet, settings).meshes;

/** The same with the clusters left out and the reasons. Meshes come in the order of their first clusters. */
export const groupClusters = (fleet: Fleet, settings: MeshSettings): Grouping => {
  const members = fleet.clusters.map(memberOf).toSorted((a, b) => compareText(a.name, b.name));
  const configured = Object.entries(settings.meshes ?? {})
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([name, names]) => ({ name, members: members.filter((member) => names.includes(member.name)) }))
    .filter((group) => group.members.length > 0);
  const taken = new Set(configured.flatMap((group) => group.members));

  const scenarios = new Map<string, Member[]>();
  for (const member of members) {
    if (taken.has(member)) continue;
    const held = scenarios.get(member.cluster.scenario);
    if (held === undefined) scenarios.set(member.cluster.scenario, [member]);
    else held.push(member);
  }
  const sorted = [...scenarios]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([scenario, held]) => sortScenario(scenario, held));

  const names = new Set<string>();
  const meshes = [
    ...configured.map((group) => ({
      ...group,
      because: 'mesh-lint.yaml says so',
      links: findLinks(group.members, directoryOf(group.members)),
    })),
    ...sorted.flatMap((scenario) => scenario.groups),
  ]
    .map((group) => makeMesh({ ...group, name: unusedName(group.name, names) }, settings))
    .toSorted((a, b) => compareText(a.members[0]!.name, b.members[0]!.name) || compareText(a.name, b.name));
  return {
    meshes,
    outside: sorted.flatMap((scenario) => scenario.outside.map((member) => member.cluster)),
    notes: sorted.flatMap((scenario) => scenario.notes),
  };
};

/** Clusters that were found to be one mesh. */
export interface Group {
  readonly name: string;
  readonly because: string;
  readonly members: readonly Member[];
  readonly links: readonly Link[];
}

const sortScenario = (
  scenario: string,
  all: readonly Member[],
): { groups: Group[]; outside: readonly Member[]; notes: Note[] } => {
  const { inside, outside } = splitByEvidence(all);
  const notes = outside.map((member): Note => ({
    message: `nothing in ${member.name} tells of Istio: it is no member of a mesh`,
    cluster: member.name,
  }));
  const links = findLinks(inside, directoryOf(inside));
  const parts = joinLoners(components(inside, links));
  const groups = parts.map((members): Group => {
    const names = new Set(members.map((member) => member.name));
    const within = links.filter((link) => names.has(link.from) && names.has(link.to));
    return {
      name: nameOf(members, parts.length, scenario),
      because: reasonOf(within, parts.length),
      members,
      links: within,
    };
  });
  const ids = [
    ...new Set(
      inside.flatMap((member) =>
        sightingsOf(member.meshId)
          .slice(0, 1)
          .map((sighting) => sighting.value),
      ),
    ),
  ].toSorted();
  if (groups.length > 1 && ids.length > 1)
    notes.push({
      message: `mesh ids ${ids.join(', ')}: checked as ${groups.length} meshes, as no file links their clusters`,
    });
  return { groups, outside, notes };
};

/** Directories without Istio stay out, unless they run services or namespaces that a member runs as well. */
const splitByEvidence = (all: readonly Member[]): { inside: readonly Member[]; outside: readonly Member[] } => {
  const evident = new Set(all.filter(hasIstioEvidence));
  if (evident.size === 0 || evident.size === all.length) return { inside: all, outside: [] };
  const directory = directoryOf(all);
  for (const member of evident)
    for (const secret of member.remoteSecrets)
      for (const named of [secret.key, secret.hint].flatMap((id) => (id === undefined ? [] : directory.resolve(id))))
        evident.add(named);
  const shared = new Set([...evident].flatMap(placesOfServices));
  for (const member of all)
    if (!evident.has(member) && placesOfServices(member).some((place) => shared.has(place))) evident.add(member);
  return { inside: all.filter((member) => evident.has(member)), outside: all.filter((member) => !evident.has(member)) };
};

/** Members that links join, each part in the order of names. */
const components = (members: readonly Member[], links: readonly Link[]): readonly (readonly Member[])[] => {
  const parent = new Map(members.map((member) => [member.name, member.name]));
  const rootOf = (name: string): string => {
    let here = name;
    for (let above = parent.get(here); above !== undefined && above !== here; above = parent.get(here)) here = above;
    return here;
  };
  for (const link of links) {
    const [from, to] = [rootOf(link.from), rootOf(link.to)].toSorted(compareText);
    parent.set(to!, from!);
  }
  const parts = new Map<string, Member[]>();
  for (const member of members) {
    const root = rootOf(member.name);
    const held = parts.get(root);
    if (held === undefined) parts.set(root, [member]);
    else held.push(member);
  }
  return [...parts.values()];
};

/**
 * Clusters that nothing links join the only mesh there is; a mesh is evident where files link clusters or name
 * its id. With several evident meshes they stay alone.
 */
const joinLoners = (parts: readonly (readonly Member[])[]): readonly (readonly Member[])[] => {
  const isLinked = (part: readonly Member[]): boolean => part.length > 1;
  const hasId = (part: readonly Member[]): boolean => part.some((member) => sightingsOf(member.meshId).length > 0);
  const linked = parts.filter(isLinked);
  const cores =
    linked.length > 0 && !linked.some(hasId) ? linked : parts.filter((part) => isLinked(part) || hasId(part));
  if (cores.length > 1) return parts;
  return [parts.flat().toSorted((a, b) => compareText(a.name, b.name))].filter((part) => part.length > 0);
};

const nameOf = (members: readonly Member[], parts: number, scenario: string): string => {
  if (parts === 1) return scenario === '' ? 'mesh' : scenario;
  const id = members.flatMap((member) => sightingsOf(member.meshId))[0]?.value ?? members[0]!.name;
  return scenario === '' || id.startsWith(`${scenario}/`) ? id : `${scenario}/${id}`;
};

const REASONS: Readonly<Record<Link['kind'], string>> = {
  secret: 'remote secrets',
  leader: 'controlPlaneClusters',
  address: 'addresses of the control plane',
  served: 'CLUSTER_ID of the external control plane',
  'mesh-id': 'an equal mesh id',
  networks: 'meshNetworks',
};

const reasonOf = (links: readonly Link[], parts: number): string => {
  const kinds = [...new Set(links.map((link) => REASONS[link.kind]))].toSorted();
  if (kinds.length > 0) return `linked by ${kinds.join(', ')}`;
  return parts === 1 ? 'the only mesh' : 'linked to no other cluster';
};

const unusedName = (wanted: string, used: Set<string>): string => {
  let name = wanted;
  for (let count = 2; used.has(name); count++) name = `${wanted}-${count}`;
  used.add(name);
  return name;
};
