import type { Fact, Place, Sighting, Tri } from '../../model/index.ts';
import { compareText, placeOf, sightingsOf, valueOf } from '../../model/index.ts';
import type { Group, Member, Mesh, MeshSettings, SetRole } from '../mesh.ts';
import type { Role } from '../role.ts';
import { servedClusterId } from '../role.ts';
import type { Minors } from '../minors.ts';
import { minorOf, within } from '../minors.ts';
import { ASSUMED, boundedMinors } from '../version.ts';
import type { ClaimedKey } from './links.ts';
import { claimedKeys, directoryOf } from './links.ts';
import { holds, isComplete, lacks } from './tracks.ts';

/** The mesh of a group of clusters. Each answer is worked out once. */
export const makeMesh = (group: Group, settings: MeshSettings): Mesh => {
  const { name, because, members, links } = group;
  const byName = new Map(members.map((member) => [member.name, member]));
  const cluster = (wanted: string): Member => {
    const found = byName.get(wanted);
    if (found === undefined) throw new Error(`no cluster ${wanted} in mesh ${name}`);
    return found;
  };
  const directory = directoryOf(members);
  const roles = rolesOf(group);
  const roleOf = (member: Member): Role => roles.get(member.name) ?? member.controlPlaneRole.role;
  const hasControlPlane = (member: Member): boolean => roleOf(member) === 'primary' || roleOf(member) === 'external';

  const isServed = (member: Member): boolean => roleOf(member) === 'remote' || roleOf(member) === 'config';

  const primariesOf = once((member: Member): readonly Member[] => {
    const role = roleOf(member);
    if (role === 'primary' || role === 'external' || role === 'unknown') return [member];
    const pick = (kinds: readonly string[], end: 'from' | 'to'): readonly Member[] => {
      const names = links.flatMap((link) =>
        kinds.includes(link.kind) && link[end === 'to' ? 'from' : 'to'] === member.name ? [link[end]] : [],
      );
      return [...new Set(names)].map(cluster).filter((peer) => !isServed(peer));
    };
    for (const found of [
      pick(['leader'], 'to'),
      pick(['address'], 'to'),
      pick(['served'], 'from'),
      pick(['secret'], 'from'),
    ])
      if (found.length > 0) return found;
    const planes = members.filter(hasControlPlane);
    return planes.length === 1 ? planes : [];
  });

  const served = lazily((): ReadonlyMap<Member, readonly Member[]> => {
    const found = new Map<Member, Member[]>();
    for (const peer of members.filter(isServed))
      for (const primary of primariesOf(peer)) found.set(primary, [...(found.get(primary) ?? []), peer]);
    return found;
  });
  const servedMembers = (member: Member): readonly Member[] => served().get(member) ?? [];

  const configCluster = once((member: Member): Member | undefined => {
    const role = roleOf(member);
    if (role === 'primary' || role === 'unknown' || role === 'config') return member;
    if (role === 'external') return servedBy(member);
    const primaries = primariesOf(member);
    const configs = [
      ...new Set(primaries.map((primary) => (roleOf(primary) === 'external' ? servedBy(primary) : primary))),
    ];
    return configs.length === 1 ? configs[0] : undefined;
  });
  const servedBy = (external: Member): Member | undefined => {
    const ids = servedClusterId(external.cluster);
    if (ids.length === 0) return external;
    const link = links.find((link) => link.kind === 'served' && link.from === external.name);
    if (link !== undefined) return cluster(link.to);
    // The primary of a remote is told EXTERNAL_ISTIOD as well: it reads its own cluster, of that very id.
    const own = valueOf(external.clusterId);
    const readsItself = own !== undefined && ids.some((id) => id.value === own);
    return readsItself && !members.some((member) => roleOf(member) === 'config') ? external : undefined;
  };

  /** An external istiod may be given the name of the cluster that it reads, which is not its own. */
  const ownId = (member: Member): Fact<string> => {
    const config = roleOf(member) === 'external' ? servedBy(member) : undefined;
    if (config === undefined || config === member || valueOf(config.clusterId) !== valueOf(member.clusterId))
      return member.clusterId;
    return {
      state: 'unknown',
      reason: `its CLUSTER_ID is that of ${config.name}`,
      sightings: sightingsOf(member.clusterId),
    };
  };

  const nameless = members.filter(
    (member) => valueOf(member.clusterId) === undefined && member.clusterId.state !== 'conflict',
  );
  const claims = lazily((): readonly ClaimedKey[] =>
    claimedKeys(members).filter((claim) => !directory.isKnown(claim.key)),
  );
  const idOf = once((member: Member): Fact<string> => {
    const own = ownId(member);
    // Up to 1.5 the local registry is always called Kubernetes: peers choose the key.
    const isOpen =
      own.state === 'known' && own.isDefault === true && within(versionOf(member).minors, '<=1.5') === 'inside';
    if (!isOpen && valueOf(own) !== undefined) return own;
    const foreign = claims().filter((claim) => claim.holder !== member.name || claim.source.startsWith('fromRegistry'));
    const byDirectory = foreign.filter((claim) => claim.key === member.name);
    if (byDirectory.length > 0) return claimed(byDirectory);
    const free = foreign.filter((claim) => !byName.has(claim.key));
    const onlyKey = new Set(free.map((claim) => claim.key)).size === 1;
    return onlyKey && nameless.length === 1 && nameless[0] === member ? claimed(free) : own;
  });

  const versionOf = once((member: Member) => {
    const exact = exactVersion(member);
    if (exact !== undefined) return exact;
    const kin = isServed(member) ? primariesOf(member) : servedMembers(member);
    const configured = settings.istioVersion === undefined ? undefined : minorOf(settings.istioVersion);
    return (
      spanOf(kin) ??
      (configured === undefined
        ? undefined
        : { minors: { low: configured, high: configured }, assumed: false, place: undefined }) ??
      spanOf(members) ??
      // What the API versions in its primary allow holds for a remote cluster too.
      assumedVersion(isServed(member) ? [member, ...kin] : [member])
    );
  });

  const tracked = new Map<SetRole, boolean>();
  const tracks = (role: SetRole): boolean => {
    let found = tracked.get(role);
    if (found === undefined) {
      found = isComplete(settings.complete, role) || members.some((member) => holds(member, role));
      tracked.set(role, found);
    }
    return found;
  };
  const absent = (member: Member, role: SetRole): Tri =>
    tracks(role) ? lacks(member, role, isComplete(settings.complete, role)) : 'unknown';

  return {
    name,
    because,
    members,
    settings,
    links,
    cluster,
    configCluster,
    versionOf,
    idOf,
    roleOf,
    primariesOf,
    tracks,
    absent,
  };
};

/** Roles that only the other clusters tell: the config cluster of an external istiod, and the only possible primary of remotes. */
const rolesOf = ({ members, links }: Group): ReadonlyMap<string, Role> => {
  const found = new Map<string, Role>();
  const own = (member: Member): Role => member.controlPlaneRole.role;
  const byName = new Map(members.map((member) => [member.name, member]));
  for (const link of links) {
    const to = byName.get(link.to);
    if (link.kind === 'served' && to !== undefined && own(to) !== 'primary' && own(to) !== 'external')
      found.set(link.to, 'config');
  }
  const undecided = members.filter((member) => own(member) === 'unknown' && !found.has(member.name));
  const planes = members.filter((member) => own(member) === 'primary' || own(member) === 'external');
  const hasRemote = members.some((member) => own(member) === 'remote' || own(member) === 'config');
  if (hasRemote && planes.length === 0 && undecided.length === 1) found.set(undecided[0]!.name, 'primary');
  return found;
};

interface KnownVersion {
  readonly minors: Minors;
  readonly assumed: boolean;
  readonly place: Place | undefined;
}

const exactVersion = (member: Member): KnownVersion | undefined => {
  const { fact } = member.istioVersion;
  return fact.state === 'known' ? { minors: fact.value, assumed: false, place: placeOf(fact) } : undefined;
};

const spanOf = (members: readonly Member[]): KnownVersion | undefined => {
  const exact = members.flatMap((member) => exactVersion(member) ?? []);
  const first = exact[0];
  if (first === undefined) return undefined;
  const low = Math.min(...exact.map((version) => version.minors.low));
  const high = Math.max(...exact.map((version) => version.minors.high));
  return { minors: { low, high }, assumed: false, place: first.place };
};

const assumedVersion = (members: readonly Member[]): KnownVersion => {
  const low = Math.max(...members.map((member) => member.istioVersion.bounds.low));
  const high = Math.min(...members.map((member) => member.istioVersion.bounds.high));
  const bounds = low <= high ? { low, high } : members[0]!.istioVersion.bounds;
  return { minors: boundedMinors(bounds) ?? ASSUMED, assumed: true, place: undefined };
};

const claimed = (claims: readonly ClaimedKey[]): Fact<string> => {
  const sightings = claims
    .map((claim): Sighting<string> => ({ value: claim.key, place: claim.place, source: claim.source }))
    .toSorted((a, b) => compareText(a.source, b.source));
  return { state: 'known', value: sightings[0]!.value, sightings };
};

/** Works something out when it is first asked for. */
const lazily = <R>(answer: () => R): (() => R) => {
  let held: { readonly answer: R } | undefined;
  return () => {
    held ??= { answer: answer() };
    return held.answer;
  };
};

/** Keeps the answer for each argument. */
const once = <A, R>(answer: (argument: A) => R): ((argument: A) => R) => {
  const held = new Map<A, R>();
  return (argument) => {
    if (!held.has(argument)) held.set(argument, answer(argument));
    return held.get(argument) as R;
  };
};
