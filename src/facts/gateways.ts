import type { Cluster, Place, Resource, Tri } from '../model/index.ts';
import type { Facts } from './index.ts';

/** A gateway that other networks can call (or may be able to). */
export interface EastWestGateway {
  readonly name: string;
  readonly namespace: string | undefined;
  /** Network it serves, '' where no place says one. */
  readonly network: string;
  readonly networkPlace: Place | undefined;
  /** Row of the rule book: (a) Service label, (b) meshNetworks, (c) Gateway API, (d) AUTO_PASSTHROUGH workload, (e) chart or operator. */
  readonly evidence: 'service' | 'meshNetworks' | 'gateway-api' | 'passthrough' | 'chart' | 'operator';
  /** Labels of its pods; undefined where they are not in the set. */
  readonly podLabels: Readonly<Record<string, string>> | undefined;
  /** Service ports with the container port they lead to; undefined where unknown. */
  readonly ports: readonly { readonly port: number; readonly targetPort: number | string; readonly place: Place }[] | undefined;
  /** 15443, or what label gatewayPort or meshNetworks says. */
  readonly gatewayPort: number;
  readonly sidecar: Tri;
  readonly hbone: Tri;
  readonly place: Place;
  readonly resource: Resource | undefined;
  readonly shared: boolean;
}

export const eastWestGateways = (_cluster: Cluster, _facts: Facts): readonly EastWestGateway[] => [];
