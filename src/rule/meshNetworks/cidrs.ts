// fromCidr of meshNetworks against the ranges of other networks and the pods of clusters.
import type { AddressRange } from '../../facts/cidr.ts';
import { covers, intersects, parseCidr } from '../../facts/cidr.ts';
import type { SightedRange } from '../../facts/cidrs.ts';
import { rangesInForce } from '../../facts/cidrs.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import { speaksFor, within } from '../../facts/minors.ts';
import type { Place } from '../../model/index.ts';
import { below, valueOf } from '../../model/index.ts';
import { networkOf } from '../scope.ts';
import type { MeshNetworkFault, NetworkReader } from './fault.ts';

interface Stated {
  readonly network: string;
  readonly written: string;
  readonly range: AddressRange;
  readonly place: Place;
}

export const cidrFaults = (mesh: Mesh, reader: NetworkReader): readonly MeshNetworkFault[] => {
  const stated = reader.entries.flatMap((entry) =>
    entry.endpoints.flatMap(({ fromCidr, place }): readonly Stated[] => {
      const range = fromCidr === undefined ? undefined : parseCidr(fromCidr);
      return fromCidr === undefined || range === undefined
        ? []
        : [{ network: entry.name, written: fromCidr, range, place: below(place, 'fromCidr') }];
    }),
  );
  return [
    ...overlaps(reader.member.name, stated),
    ...mesh.members.flatMap((member) => podFaults(mesh, reader, stated, member)),
  ];
};

const overlaps = (cluster: string, stated: readonly Stated[]): readonly MeshNetworkFault[] =>
  stated.flatMap((held, index): readonly MeshNetworkFault[] => {
    const before = stated
      .slice(0, index)
      .find((other) => other.network !== held.network && intersects(other.range, held.range));
    return before === undefined
      ? []
      : [
          {
            message: 'cidr-overlap',
            severity: 'error',
            at: held.place,
            also: [{ place: before.place, cluster, message: `${before.network}: ${before.written}` }],
            network: held.network,
            value: held.written,
            other: `${before.written} of ${before.network}`,
            peer: '',
            suffix: '',
          },
        ];
  });

/** Pods of a cluster whose addresses tell istiod another network, or none. */
const podFaults = (
  mesh: Mesh,
  reader: NetworkReader,
  stated: readonly Stated[],
  member: Member,
): readonly MeshNetworkFault[] => {
  const network = networkOf(member);
  if (network === undefined || stated.length === 0) return [];
  const id = valueOf(mesh.idOf(member));
  const isRegistered = reader.entries.some((entry) =>
    entry.endpoints.some(({ fromRegistry }) => fromRegistry !== undefined && fromRegistry === id),
  );
  // A registry is over ranges up to 1.7, below them up to 1.10; from 1.11 labels are over both.
  if (isRegistered && within(reader.minors, '1.8-1.10') === 'outside') return [];
  const isLabelled = member.network.places.some(({ side }) => side === 'namespace');
  const speaks = isLabelled ? speaksFor(reader.minors, '<=1.10', 'error') : { severity: 'error' as const, suffix: '' };
  if (speaks === undefined) return [];
  const own = stated.filter((held) => held.network === network);
  const pods = rangesInForce(member.podCidrs).filter(({ sighting }) => !sighting.isDefault);
  return pods.flatMap((pod): readonly MeshNetworkFault[] => {
    const foreign = stated.find((held) => held.network !== network && intersects(held.range, pod.range));
    const shared = {
      severity: speaks.severity,
      suffix: speaks.suffix,
      also: [{ place: pod.sighting.place, cluster: member.name, message: `pods ${shown(pod)}` }],
      peer: member.name,
      other: shown(pod),
    };
    if (foreign !== undefined)
      return [
        { ...shared, message: 'cidr-inside', at: foreign.place, network: foreign.network, value: foreign.written },
      ];
    const first = own.find((held) => held.range.family === pod.range.family);
    if (
      first === undefined ||
      isRegistered ||
      covers(
        own.map(({ range }) => range),
        pod.range,
      )
    )
      return [];
    return [
      {
        ...shared,
        message: 'cidr-outside',
        at: first.place,
        network,
        value: own.map(({ written }) => written).join(', '),
      },
    ];
  });
};

const shown = ({ sighting }: SightedRange): string => sighting.value;
