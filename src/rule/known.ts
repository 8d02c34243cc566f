// Names of clusters and networks that a mesh knows, and whether there may be more of them.
import { gatewayClass } from '../facts/gateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { compareText, isTemplate, sightingsOf, valueOf } from '../model/index.ts';
import { oncePerMesh } from './scope.ts';

export interface KnownNames {
  /** Name → members that are called so, or lie there. Empty for names of what is not among the files. */
  readonly names: ReadonlyMap<string, readonly Member[]>;
  /** No cluster of the mesh is missing among the files, as far as they tell. */
  readonly complete: boolean;
  /** Some name is Istio's default, which no file says. */
  readonly assumed: boolean;
}

/** Ids of the clusters. A cluster without an id may have that of its directory. */
export const knownClusters = oncePerMesh((mesh): KnownNames => {
  const names = new Map<string, readonly Member[]>();
  for (const member of mesh.members) {
    const id = mesh.idOf(member);
    const said = sightingsOf(id).map((sighting) => sighting.value);
    const value = valueOf(id);
    for (const name of [...said, ...(value === undefined ? [member.name] : [value])]) add(names, name, member);
  }
  const certain = mesh.members.every((member) => valueOf(mesh.idOf(member)) !== undefined);
  const foreign = namedElsewhere(mesh).filter((name) => !names.has(name));
  for (const name of foreign) names.set(name, []);
  const assumed = mesh.members.some((member) => {
    const id = mesh.idOf(member);
    return id.state === 'known' && id.isDefault === true;
  });
  return { names, complete: certain && foreign.length === 0 && mesh.members.length > 1, assumed };
});

/** Networks of clusters, of their gateways and of meshNetworks; mirrors of gateways elsewhere do not count. */
export const knownNetworks = oncePerMesh((mesh): KnownNames => {
  const names = new Map<string, readonly Member[]>();
  for (const member of mesh.members) {
    const own = valueOf(member.network.fact);
    for (const name of [own, ...member.network.places.map((place) => place.value)])
      if (name !== undefined && name !== '' && !isTemplate(name)) add(names, name, member);
  }
  for (const member of mesh.members)
    for (const { network, resource } of member.eastWestGateways) {
      const isMirror = gatewayClass(resource) === 'istio-remote';
      if (network !== '' && !isMirror && !names.has(network)) names.set(network, []);
    }
  const certain = mesh.members.every((member) => ['known', 'conflict', 'absent'].includes(member.network.fact.state));
  return { names, complete: certain && knownClusters(mesh).complete, assumed: false };
});

/** Keys of remote secrets and registries of meshNetworks. */
const namedElsewhere = (mesh: Mesh): readonly string[] =>
  mesh.members.flatMap((member) => [
    ...member.remoteSecrets.flatMap((secret) => secret.key ?? secret.hint ?? []),
    ...(valueOf(member.meshNetworks) ?? []).flatMap((network) =>
      network.endpoints.flatMap((endpoint) => endpoint.fromRegistry ?? []),
    ),
  ]);

const add = (names: Map<string, readonly Member[]>, name: string, member: Member): void => {
  const held = names.get(name) ?? [];
  if (!held.includes(member)) names.set(name, [...held, member]);
};

/** `net-1 (east), net-2 (west)`, in the order of names; those without a cluster among the files come without one. */
export const knownInWords = ({ names }: KnownNames, most = 6): string => {
  const all = [...names].toSorted(([a], [b]) => compareText(a, b));
  const shown = all.slice(0, most).map(([name, members]) => {
    const others = members.map((member) => member.name).filter((other) => other !== name);
    return others.length === 0 ? name : `${name} (${others.join(', ')})`;
  });
  return `${shown.join(', ')}${all.length > most ? ` and ${all.length - most} more` : ''}`;
};
