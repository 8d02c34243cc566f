// Whether the places of one cluster agree on its id, and which of them is out of line.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { valueSightings } from '../../facts/sources.ts';
import type { Severity, Sighting } from '../../model/index.ts';
import { comparePlaces, compareText, sightingsOf, valueOf } from '../../model/index.ts';
import type { HeldSecret } from './targets.ts';
import { heldSecrets } from './targets.ts';
import { isRemote } from '../controlPlane/roles.ts';

export interface IdDisagreement {
  readonly severity: Severity;
  /** The place whose id is out of line. */
  readonly odd: Sighting<string>;
  readonly copies: readonly Sighting<string>[];
  readonly others: readonly Sighting<string>[];
  /** The cluster that has that id, where it seems copied. */
  readonly peer: Member | undefined;
  /** Remote secrets of other clusters that bear one of the ids as key. */
  readonly keys: readonly HeldSecret[];
}

/** Undefined where all places agree, or one at most says an id. */
export const idDisagreement = (mesh: Mesh, member: Member): IdDisagreement | undefined => {
  const places = sightingsOf(member.clusterId).filter(
    ({ source, shared }) => source !== 'mesh-lint.yaml' && shared !== true,
  );
  const counts = new Map<string, number>();
  for (const { value } of places) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size < 2) return undefined;
  const keys = mesh.members
    .filter((peer) => peer !== member)
    .flatMap((peer) => heldSecrets(mesh, peer))
    .filter(
      ({ secret }) =>
        secret.key !== undefined && counts.has(secret.key) && ownerOf(mesh, member, secret.key) === undefined,
    );
  const keyed = new Set(keys.map(({ secret }) => secret.key));
  const idle = idlePlaces(member);
  const isIdle = (sighting: Sighting<string>): boolean =>
    idle.some((place) => comparePlaces(place, sighting.place) === 0);
  const isCarried = (name: string): boolean => places.some((sighting) => sighting.value === name && !isIdle(sighting));
  const [odd] = [...counts].toSorted(
    ([a, manyA], [b, manyB]) =>
      Number(keyed.has(a)) - Number(keyed.has(b)) ||
      Number(ownerOf(mesh, member, b) !== undefined) - Number(ownerOf(mesh, member, a) !== undefined) ||
      Number(isCarried(a)) - Number(isCarried(b)) ||
      // What is rendered where nobody sets a name.
      Number(b === 'Kubernetes') - Number(a === 'Kubernetes') ||
      Number(a === member.name) - Number(b === member.name) ||
      manyA - manyB ||
      // The first place is what istiod takes: a later one is out of line.
      places.findIndex(({ value }) => value === b) - places.findIndex(({ value }) => value === a) ||
      compareText(a, b),
  )[0] ?? [''];
  const same = places.filter(({ value }) => value === odd);
  const others = places.filter(({ value }) => value !== odd);
  // People edit values; the injector ConfigMap is what a tool makes of them. What lies beside the others is of one
  // installation with them, and no copy that was left behind.
  const near = (sighting: Sighting<string>): number =>
    Math.max(...others.map((other) => commonSteps(sighting.place.file.path, other.place.file.path)));
  const main = same
    .toSorted((a, b) => near(b) - near(a))
    .toSorted((a, b) => Number(a.source.startsWith('injector')) - Number(b.source.startsWith('injector')))[0];
  if (main === undefined) return undefined;
  return {
    severity: hasEffect(mesh, member, same, others, isIdle) ? 'error' : 'warning',
    odd: main,
    copies: same.filter((sighting) => sighting !== main),
    others,
    peer: ownerOf(mesh, member, odd ?? ''),
    keys,
  };
};

/** Directories that two paths have in common from the left. */
const commonSteps = (a: string, b: string): number => {
  const [one, other] = [a.split('/').slice(0, -1), b.split('/').slice(0, -1)];
  const differs = one.findIndex((step, index) => step !== other[index]);
  return differs === -1 ? one.length : differs;
};

/** Another cluster with that id. */
const ownerOf = (mesh: Mesh, member: Member, id: string): Member | undefined =>
  mesh.members.find((peer) => peer !== member && valueOf(mesh.idOf(peer)) === id);

/** Charts that take no notice of the cluster name. */
const idlePlaces = ({ cluster }: Member): readonly Sighting<unknown>['place'][] =>
  valueSightings(cluster, ['base', 'gateway', 'cni'], ['global', 'multiCluster', 'clusterName'])
    .filter(
      ({ place }) =>
        !valueSightings(
          cluster,
          ['operator', 'istiod', 'istiod-remote', 'ztunnel'],
          ['global', 'multiCluster', 'clusterName'],
        ).some((other) => comparePlaces(other.place, place) === 0),
    )
    .map(({ place }) => place);

/** In a remote cluster the path of injection decides, over the values; idle values decide nowhere. */
const hasEffect = (
  mesh: Mesh,
  member: Member,
  same: readonly Sighting<string>[],
  others: readonly Sighting<string>[],
  isIdle: (sighting: Sighting<string>) => boolean,
): boolean => {
  if (same.every(isIdle) || others.every(isIdle)) return false;
  const isPath = ({ source }: Sighting<string>): boolean => /injection(Path|URL| webhook)/.test(source);
  const isValue = ({ source }: Sighting<string>): boolean => source.startsWith('values.');
  return !(isRemote(mesh, member) && others.some(isPath) && same.every(isValue));
};
