// What a check of meshNetworks hands back, and who reads meshNetworks at all.
import type { MeshNetworkEntry } from '../../facts/meshNetworks.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Minors } from '../../facts/minors.ts';
import type { Place, Related, Severity } from '../../model/index.ts';
import { sightingsOf, valueOf } from '../../model/index.ts';
import { possibleControlPlanes } from '../controlPlane/roles.ts';

/** A control plane with the networks that its meshNetworks names. */
export interface NetworkReader {
  readonly member: Member;
  readonly entries: readonly MeshNetworkEntry[];
  readonly minors: Minors;
  /** Where meshNetworks stands, or would stand where there is none. */
  readonly place: Place | undefined;
}

export type MeshNetworkMessage =
  | 'registry'
  | 'own-registry'
  | 'stray-registry'
  | 'twice'
  | 'no-endpoints'
  | 'no-gateways'
  | 'unlike'
  | 'host-name'
  | 'template'
  | 'service-1.1'
  | 'service'
  | 'port'
  | 'missing'
  | 'none'
  | 'differs'
  | 'cidr-overlap'
  | 'cidr-outside'
  | 'cidr-inside';

/** One thing that is wrong with the meshNetworks of a control plane. */
export interface MeshNetworkFault {
  readonly message: MeshNetworkMessage;
  readonly severity: Severity;
  readonly at: Place;
  readonly also: readonly Related[];
  readonly network: string;
  /** What stands there. */
  readonly value: string;
  /** What stands elsewhere, or is expected. */
  readonly other: string;
  /** The other cluster that is concerned. */
  readonly peer: string;
  /** ` (from Istio 1.5)` where only some versions are concerned. */
  readonly suffix: string;
}

/** Control planes with a known meshNetworks; where the files of one disagree, config/facts-agree tells. */
export const readersOf = (mesh: Mesh): readonly NetworkReader[] =>
  possibleControlPlanes(mesh)
    .filter((member) => member.meshNetworks.state === 'known')
    .map((member) => readerOf(mesh, member, valueOf(member.meshNetworks) ?? []));

export const readerOf = (mesh: Mesh, member: Member, entries: readonly MeshNetworkEntry[]): NetworkReader => ({
  member,
  entries,
  minors: mesh.versionOf(member).minors,
  place:
    sightingsOf(member.meshNetworks)[0]?.place ??
    member.cluster.meshNetworks[0]?.place ??
    member.cluster.meshConfigs[0]?.place ??
    member.cluster.values.find(({ chart }) => chart === 'operator' || chart === 'istiod')?.place,
});
