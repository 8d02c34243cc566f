// Networks of one name that look like a copy. network/name-fits-gateways reports them, others yield to it.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { NetworkGateway } from './gateways.ts';
import { answersNetworks, gatewaysOf, servesData } from './gateways.ts';
import { networkDisagreement } from './networkNames.ts';
import { networksOf } from './networks.ts';

/** A network name that several clusters use although each has gateways of its own for it. */
export interface CopiedNetwork {
  readonly network: string;
  /** All clusters of that name. */
  readonly members: readonly Member[];
  /** The first gateway of each cluster that has one. */
  readonly gateways: readonly NetworkGateway[];
  /** Whether each is proven to forward calls of other networks. */
  readonly proven: boolean;
}

/**
 * Networks that two or more clusters with data-plane gateways share. Gateways that only lead to istiod do not
 * count, and nothing is said where all but one provably have no AUTO_PASSTHROUGH.
 */
const sharedNetworks = (mesh: Mesh): readonly CopiedNetwork[] =>
  [...networksOf(mesh)].flatMap(([network, members]) => {
    if (members.length < 2) return [];
    const held = members.flatMap((member) => {
      const candidates = gatewaysOf(member).filter(
        (gateway) => gateway.network === network && !gateway.shared && servesData(gateway),
      );
      const answers = candidates.map((gateway) => ({ gateway, answer: answersNetworks(mesh, gateway) }));
      return answers.find(({ answer }) => answer === 'yes') ?? answers.find(({ answer }) => answer === 'unknown') ?? [];
    });
    if (held.length < 2) return [];
    const proven = held.filter(({ answer }) => answer === 'yes');
    // One gateway that forwards beside others of which nothing is known: likely one for the network and some for istiod.
    if (proven.length === 1) return [];
    const counted = proven.length > 1 ? proven : held;
    return [{ network, members, gateways: counted.map(({ gateway }) => gateway), proven: proven.length > 1 }];
  });

/** Those of them that the user does not call flat, where no cluster is at odds with itself about the name. */
export const copiedNetworks = (mesh: Mesh): readonly CopiedNetwork[] => {
  const flat = mesh.settings.options['network/name-fits-gateways']?.['flat'];
  const allowed = (network: string): boolean => flat === true || (Array.isArray(flat) && flat.includes(network));
  return sharedNetworks(mesh).filter(
    ({ network, gateways }) =>
      !allowed(network) && gateways.every(({ member }) => networkDisagreement(mesh, member)?.what !== 'names'),
  );
};
