// fromRegistry of meshNetworks: it has to be the name under which istiod registers a cluster.
import type { MeshNetworkEntry } from '../../facts/meshNetworks.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import { isComplete } from '../../facts/mesh/tracks.ts';
import { within } from '../../facts/minors.ts';
import type { Place, Related } from '../../model/index.ts';
import { below, isTemplate, placeOf, sightingsOf, valueOf } from '../../model/index.ts';
import { networkDisagreement } from '../networkNames.ts';
import { networkOf, someInWords } from '../scope.ts';
import type { MeshNetworkFault, NetworkReader } from './fault.ts';

/** One `fromRegistry`. */
interface Registration {
  readonly entry: MeshNetworkEntry;
  readonly name: string;
  readonly place: Place;
}

export const registryFaults = (mesh: Mesh, reader: NetworkReader): readonly MeshNetworkFault[] => {
  const registrations = reader.entries.flatMap((entry) =>
    entry.endpoints.flatMap(({ fromRegistry, place }): readonly Registration[] =>
      fromRegistry === undefined || isTemplate(fromRegistry)
        ? []
        : [{ entry, name: fromRegistry, place: below(place, 'fromRegistry') }],
    ),
  );
  return [
    ...unknownRegistries(mesh, reader, registrations),
    ...claimedTwice(reader.member.name, registrations),
    ...unlikeNetwork(mesh, registrations),
  ];
};

/** A name that a registry goes by, and who says so. */
interface KnownName {
  readonly name: string;
  readonly source: string;
  readonly member: Member | undefined;
  readonly place: Place | undefined;
}

/** The id of a cluster that was given none. */
const DEFAULT_ID = 'Kubernetes';

/** Names that no registry has, while a registry is in no network: likely meant for it. */
const unknownRegistries = (
  mesh: Mesh,
  reader: NetworkReader,
  registrations: readonly Registration[],
): readonly MeshNetworkFault[] => {
  const known = knownNames(mesh, reader);
  const names = new Set(known.map(({ name }) => name));
  const stated = new Set(registrations.map(({ name }) => name));
  const unknown = registrations.filter(({ name }) => !names.has(name));
  // A label does for the network of its own (1.8+).
  const needsOwn = !reader.member.network.places.some(({ side }) => side === 'namespace');
  const unclaimed = known.filter(
    ({ name, member }) =>
      !stated.has(name) && !isClaimed(known, member, stated) && (needsOwn || member !== reader.member),
  );
  const nameless = mesh.members.filter(
    (member) => member !== reader.member && valueOf(mesh.idOf(member)) === undefined,
  );
  const hasTemplates = reader.entries.some((entry) =>
    entry.endpoints.some(({ fromRegistry }) => fromRegistry !== undefined && isTemplate(fromRegistry)),
  );
  // With all remote secrets among the files, a name that none of them has is nobody's.
  if (unclaimed.length === 0 && nameless.length === 0 && isComplete(mesh.settings.complete, 'remote-secret'))
    return unknown
      .filter(({ name }) => name !== DEFAULT_ID)
      .map(({ entry, name, place }) => strayRegistry(reader, entry.name, name, place));
  if (unclaimed.length === 0 || hasTemplates || nameless.length >= Math.max(1, unknown.length)) return [];
  const own = sightingsOf(reader.member.clusterId)[0]?.value;
  return unknown.map(({ entry, name, place }) => {
    const isOwn = name === own;
    const meant = isOwn ? unclaimed.filter(({ member }) => member === reader.member) : unclaimed;
    const shown = meant.length > 0 ? meant : unclaimed;
    return {
      message: isOwn ? ('own-registry' as const) : ('registry' as const),
      severity: isNamedByLabel(reader, entry, shown) ? ('warning' as const) : ('error' as const),
      at: place,
      also: shown.flatMap(({ name: other, place: at, source, member }): readonly Related[] =>
        at === undefined
          ? []
          : [{ place: at, cluster: (member ?? reader.member).name, message: `${source}: ${other}` }],
      ),
      network: entry.name,
      value: name,
      other: isOwn ? shown[0]!.name : someInWords([...new Set(shown.map((held) => `"${held.name}" (${held.source})`))]),
      peer: '',
      suffix: '',
    };
  });
};

const strayRegistry = (reader: NetworkReader, network: string, value: string, at: Place): MeshNetworkFault => ({
  message: 'stray-registry',
  severity: 'warning',
  at,
  also: reader.member.remoteSecrets.map(({ key, place }) => ({
    place,
    cluster: reader.member.name,
    message: `key of a remote secret: ${key ?? 'none'}`,
  })),
  network,
  value,
  other: '',
  peer: '',
  suffix: '',
});

/** From 1.11 the label of a cluster is over the entry, which then only leads to a gateway by registryServiceName. */
const isNamedByLabel = (reader: NetworkReader, entry: MeshNetworkEntry, meant: readonly KnownName[]): boolean =>
  within(reader.minors, '1.11+') === 'inside' &&
  entry.gateways.every(({ registryServiceName }) => registryServiceName === undefined) &&
  meant.every(({ member }) => member?.network.places.some(({ side }) => side === 'namespace') === true);

/** A cluster that goes by several names is in a network if one of them is. */
const isClaimed = (known: readonly KnownName[], member: Member | undefined, stated: ReadonlySet<string>): boolean =>
  member !== undefined && known.some((held) => held.member === member && stated.has(held.name));

/** Names of all registries that the reader may have: its own, those of its peers, and the keys of its remote secrets. */
const knownNames = (mesh: Mesh, reader: NetworkReader): readonly KnownName[] => {
  const legacy = within(reader.minors, '<=1.5');
  const local: KnownName = {
    name: DEFAULT_ID,
    source: `registry of ${reader.member.name} itself`,
    member: reader.member,
    place: undefined,
  };
  const ids = mesh.members.flatMap((member): readonly KnownName[] => {
    if (member === reader.member && legacy === 'inside') return [local];
    const fact = mesh.idOf(member);
    const said = [...sightingsOf(member.clusterId), ...sightingsOf(fact)];
    const names = said.map(({ value, place }): KnownName => ({
      name: value,
      source: `cluster name of ${member.name}`,
      member,
      place,
    }));
    const fallback = valueOf(fact);
    if (names.length > 0 || fallback === undefined) return names;
    return [{ name: fallback, source: `default name of ${member.name}`, member, place: placeOf(fact) }];
  });
  // Names are what the reader's own secrets call a peer.
  const keys = reader.member.remoteSecrets.flatMap(({ key, place }): readonly KnownName[] =>
    key === undefined || ids.some(({ name }) => name === key)
      ? []
      : [{ name: key, source: 'key of a remote secret', member: undefined, place }],
  );
  const peers = mesh.members
    .flatMap((member) => member.remoteSecrets)
    .filter(({ key }) => key !== undefined && legacy !== 'inside')
    .flatMap(({ key }) => ids.filter(({ name }) => name === key));
  return [...ids, ...keys, ...peers, ...(legacy === 'partly' ? [local] : [])];
};

const claimedTwice = (cluster: string, registrations: readonly Registration[]): readonly MeshNetworkFault[] => {
  const first = new Map<string, Registration>();
  return registrations.flatMap((held): readonly MeshNetworkFault[] => {
    const before = first.get(held.name);
    if (before === undefined) first.set(held.name, held);
    if (before === undefined || before.entry.name === held.entry.name) return [];
    return [
      {
        message: 'twice',
        severity: 'error',
        at: held.place,
        also: [{ place: before.place, cluster, message: `also in ${before.entry.name}` }],
        network: held.entry.name,
        value: held.name,
        other: before.entry.name,
        peer: '',
        suffix: '',
      },
    ];
  });
};

/** The network of the cluster goes by another name everywhere else, and network/name-agrees does not see it. */
const unlikeNetwork = (mesh: Mesh, registrations: readonly Registration[]): readonly MeshNetworkFault[] =>
  registrations.flatMap(({ entry, name, place }): readonly MeshNetworkFault[] => {
    const member = mesh.members.find((held) => valueOf(mesh.idOf(held)) === name);
    const network = member === undefined ? undefined : networkOf(member);
    if (member === undefined || network === undefined || network === entry.name) return [];
    // Where a registry stands in two networks, one of them may be right.
    const isRight = registrations.some((other) => other.name === name && other.entry.name === network);
    if (isRight || networkDisagreement(mesh, member)?.what === 'names') return [];
    const said = placeOf(member.network.fact);
    return [
      {
        message: 'unlike',
        severity: 'error',
        at: place,
        also: said === undefined ? [] : [{ place: said, cluster: member.name, message: `network ${network}` }],
        network: entry.name,
        value: name,
        other: network,
        peer: member.name,
        suffix: '',
      },
    ];
  });
