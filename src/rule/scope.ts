// Which clusters a control plane rules, and what its mesh config says.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Tri } from '../model/index.ts';
import { compareText, valueOf } from '../model/index.ts';

/** Keeps one value per mesh for as long as the mesh lives. */
export const oncePerMesh = <T>(make: (mesh: Mesh) => T): ((mesh: Mesh) => T) => {
  const held = new WeakMap<Mesh, T>();
  return (mesh) => {
    // What was made may be undefined.
    if (!held.has(mesh)) held.set(mesh, make(mesh));
    return held.get(mesh) as T;
  };
};

/** Keeps one value per mesh and member. */
export const oncePerMember = <T>(make: (mesh: Mesh, member: Member) => T): ((mesh: Mesh, member: Member) => T) => {
  const ofMesh = oncePerMesh(() => new Map<Member, T>());
  return (mesh, member) => {
    const held = ofMesh(mesh);
    if (!held.has(member)) held.set(member, make(mesh, member));
    return held.get(member) as T;
  };
};

/** A cluster whose Istio resources count, with the clusters that they rule. */
export interface Realm {
  readonly config: Member;
  readonly members: readonly Member[];
}

/** Config clusters with the members that they rule, by name. Members whose config cluster is not in the set are left out. */
export const realmsOf = oncePerMesh((mesh): readonly Realm[] => {
  const ruled = new Map<Member, Member[]>();
  for (const member of mesh.members) {
    const config = mesh.configCluster(member);
    if (config === undefined) continue;
    const held = ruled.get(config);
    if (held === undefined) ruled.set(config, [member]);
    else held.push(member);
  }
  return [...ruled]
    .map(([config, members]) => ({ config, members }))
    .toSorted((a, b) => compareText(a.config.name, b.config.name));
});

export const rootNamespaceOf = (config: Member): string => valueOf(config.rootNamespace) ?? istioNamespaceOf(config);

export const istioNamespaceOf = (config: Member): string => valueOf(config.istioNamespace) ?? 'istio-system';

export const clusterDomainOf = (config: Member): string => valueOf(config.clusterDomain) ?? 'cluster.local';

/** The network of a cluster, where it is known and not ''. */
export const networkOf = (member: Member): string | undefined => {
  const name = valueOf(member.network.fact);
  return name === '' ? undefined : name;
};

/** Networks that have a gateway somewhere in the mesh: calls from other networks go through it. */
export const gatewayNetworks = oncePerMesh(
  (mesh): ReadonlySet<string> =>
    new Set(
      mesh.members.flatMap((member) =>
        member.eastWestGateways.map((gateway) => gateway.network).filter((network) => network !== ''),
      ),
    ),
);

/** Whether calls from one cluster reach the other through the gateway of another network. */
export const isBehindGateway = (mesh: Mesh, from: Member, to: Member): Tri => {
  const [near, far] = [networkOf(from), networkOf(to)];
  if (from === to) return 'no';
  if (near === undefined || far === undefined) return 'unknown';
  if (near === far) return 'no';
  return gatewayNetworks(mesh).has(far) ? 'yes' : 'unknown';
};

/** `east`, `east and west`, `east, north and west`. */
export const inWords = (names: readonly string[]): string => {
  if (names.length > MOST_NAMES) return someInWords(names, MOST_NAMES);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
};

/** Nobody reads a longer list, and a thousand findings that each name the other thousand fill the memory. */
const MOST_NAMES = 24;

/** Subject of a sentence on what no cluster has: `none of east and west`, `nothing in east`. */
export const noneInWords = (mesh: Mesh): string => {
  const [first, ...others] = mesh.members.map((member) => member.name);
  return first !== undefined && others.length === 0
    ? `nothing in ${first}`
    : `none of ${inWords(mesh.members.map((member) => member.name))}`;
};

/** Predicate of a sentence on what no cluster has: `lives in none of east and west`, `is not in east`. */
export const livesNowhere = (mesh: Mesh): string => {
  const names = mesh.members.map((member) => member.name);
  return names.length === 1 ? `is not in ${names[0]!}` : `lives in none of ${inWords(names)}`;
};

/** The first names in words, and how many more there are. */
export const someInWords = (names: readonly string[], most = 4): string =>
  names.length <= most ? inWords(names) : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
