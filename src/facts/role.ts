import type { Cluster, Sighting } from '../model/index.ts';
import type { Facts } from './index.ts';

/**
 * `primary` has a control plane of its own; `remote` uses another cluster's; `external` runs a control plane
 * for others; `config` is the remote cluster whose API server an external control plane reads.
 */
export type Role = 'primary' | 'remote' | 'external' | 'config' | 'unknown';

export interface RoleFact {
  readonly role: Role;
  readonly sightings: readonly Sighting<Role>[];
  readonly reason?: string | undefined;
}

export const controlPlaneRole = (_cluster: Cluster, _facts: Facts): RoleFact => ({ role: 'unknown', sightings: [] });
