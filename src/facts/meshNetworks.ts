import type { Cluster, Fact, Place } from '../model/index.ts';

/** One network of `meshNetworks`. */
export interface MeshNetworkEntry {
  readonly name: string;
  readonly place: Place;
  readonly endpoints: readonly { readonly fromRegistry?: string | undefined; readonly fromCidr?: string | undefined; readonly place: Place }[];
  readonly gateways: readonly {
    readonly address?: string | undefined;
    readonly registryServiceName?: string | undefined;
    readonly port: number | undefined;
    readonly place: Place;
  }[];
}

export const meshNetworks = (_cluster: Cluster): Fact<readonly MeshNetworkEntry[]> => ({ state: 'unknown', reason: 'not derived yet' });
