import type { Cluster, Fact, Sighting } from '../model/index.ts';
import type { Facts } from './index.ts';

/** Which of the roles of section network/name-agrees a place plays. */
export type NetworkSide =
  /** System namespace label: what istiod says of endpoints. */
  | 'namespace'
  /** Pods get it by injection: istiod values, injector ConfigMap, injection path. */
  | 'proxy'
  /** Env or values of gateways that are not injected. */
  | 'gateway'
  /** Label of an east-west gateway: the network it serves. */
  | 'served'
  /** meshNetworks fromRegistry of this cluster's id. */
  | 'registry';

export interface NetworkSighting extends Sighting<string> {
  readonly side: NetworkSide;
}

/** Name of the network, and every (place, name) pair. '' counts as not said. */
export interface NetworkFact {
  readonly fact: Fact<string>;
  readonly places: readonly NetworkSighting[];
}

export const network = (_cluster: Cluster, _facts: Facts): NetworkFact => ({
  fact: { state: 'unknown', reason: 'not derived yet' },
  places: [],
});
