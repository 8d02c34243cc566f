// Several control planes of one mesh have to know the same networks.
import { AUTO_PASSTHROUGH_PORT } from '../../facts/gateways.ts';
import type { MeshNetworkEntry } from '../../facts/meshNetworks.ts';
import type { Mesh } from '../../facts/mesh.ts';
import { within } from '../../facts/minors.ts';
import { compareText, isTemplate } from '../../model/index.ts';
import { labelledGateway } from '../networkOffers.ts';
import { deviations } from '../peers.ts';
import { networkOf, someInWords } from '../scope.ts';
import type { MeshNetworkFault, NetworkReader } from './fault.ts';
import { readerOf } from './fault.ts';

/** Faults by the control plane in which they are. */
export const primaryFaults = (
  mesh: Mesh,
  readers: readonly NetworkReader[],
): readonly { readonly reader: NetworkReader; readonly fault: MeshNetworkFault }[] => {
  if (readers.length === 0) return [];
  const silent = mesh.members
    .filter((member) => mesh.roleOf(member) === 'primary' && member.meshNetworks.state === 'absent')
    .map((member) => readerOf(mesh, member, []));
  const all = [...readers, ...silent].toSorted((a, b) => compareText(a.member.name, b.member.name));
  return [
    ...all.flatMap((reader) => missing(mesh, reader, readers).map((fault) => ({ reader, fault }))),
    ...differing(readers),
  ];
};

/** Networks with a gateway that a peer knows, and this control plane has no word of. */
const missing = (mesh: Mesh, reader: NetworkReader, readers: readonly NetworkReader[]): readonly MeshNetworkFault[] => {
  const known = new Set(reader.entries.map((entry) => entry.name));
  const lacking = new Map<string, { readonly peer: NetworkReader; readonly entry: MeshNetworkEntry }>();
  for (const peer of readers)
    for (const entry of peer.entries)
      if (
        !known.has(entry.name) &&
        entry.gateways.length > 0 &&
        !lacking.has(entry.name) &&
        isNeeded(mesh, reader, entry)
      )
        lacking.set(entry.name, { peer, entry });
  const found = [...lacking.values()];
  const [first] = found;
  if (first === undefined || reader.place === undefined) return [];
  return [
    {
      message: known.size === 0 ? 'none' : 'missing',
      severity: 'error',
      at: reader.place,
      also: found.map(({ peer, entry }) => ({ place: entry.place, cluster: peer.member.name, message: entry.name })),
      network: someInWords(found.map(({ entry }) => entry.name)),
      value: '',
      other: '',
      peer: first.peer.member.name,
      suffix: '',
    },
  ];
};

/** From 1.8 labels make meshNetworks dispensable, and nobody needs a gateway to the own network. */
const isNeeded = (mesh: Mesh, reader: NetworkReader, entry: MeshNetworkEntry): boolean => {
  if (within(reader.minors, '<=1.7') === 'inside') return true;
  return (
    networkOf(reader.member) !== entry.name &&
    networkOf(reader.member) !== undefined &&
    !mesh.members.some((member) => labelledGateway(mesh, member, entry.name) !== undefined)
  );
};

/** Gateways of one network that control planes do not state alike. Addresses may differ by where one stands. */
const differing = (
  readers: readonly NetworkReader[],
): readonly { readonly reader: NetworkReader; readonly fault: MeshNetworkFault }[] => {
  const names = [...new Set(readers.flatMap((reader) => reader.entries.map((entry) => entry.name)))].toSorted(
    compareText,
  );
  return names.flatMap((name) => {
    const stated = readers.flatMap((reader) => {
      const entry = reader.entries.find((held) => held.name === name);
      const text = entry === undefined ? undefined : gatewaysInWords(entry);
      return entry === undefined || text === undefined ? [] : [{ reader, entry, text }];
    });
    return deviations(stated, ({ text }) => text).map(({ odd: { reader, entry, text }, peers }) => {
      const peer = peers[0]!;
      const fault: MeshNetworkFault = {
        message: 'differs',
        severity: 'warning',
        at: entry.gateways[0]?.place ?? entry.place,
        also: [
          {
            place: peer.entry.gateways[0]?.place ?? peer.entry.place,
            cluster: peer.reader.member.name,
            message: `${name}: ${peer.text}`,
          },
        ],
        network: name,
        value: text,
        other: peer.text,
        peer: peer.reader.member.name,
        suffix: '',
      };
      return { reader, fault };
    });
  });
};

/** `192.0.2.10:15443`; undefined where there is none or a part is a template. */
const gatewaysInWords = (entry: MeshNetworkEntry): string | undefined => {
  const texts = entry.gateways.map(
    ({ address, registryServiceName, port }) =>
      `${address ?? registryServiceName ?? ''}:${port ?? AUTO_PASSTHROUGH_PORT}`,
  );
  return texts.length === 0 || texts.some(isTemplate) ? undefined : texts.toSorted(compareText).join(', ');
};
