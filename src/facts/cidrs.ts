import type { Cluster, Place } from '../model/index.ts';

/** One CIDR as a file names it. */
export interface CidrSighting {
  /** As written. */
  readonly value: string;
  readonly place: Place;
  /** `kind podSubnet`, `Calico IPPool`, … */
  readonly source: string;
  readonly tier: 'config' | 'declared' | 'pool' | 'kube-proxy' | 'node';
  /** The tool's default, because its file is there and does not name one. */
  readonly isDefault: boolean;
  readonly shared: boolean;
}

export interface CidrFact {
  readonly state: 'known' | 'unknown';
  readonly reason?: string | undefined;
  readonly sightings: readonly CidrSighting[];
}

export const podCidrs = (_cluster: Cluster): CidrFact => ({ state: 'unknown', sightings: [] });
export const serviceCidrs = (_cluster: Cluster): CidrFact => ({ state: 'unknown', sightings: [] });
