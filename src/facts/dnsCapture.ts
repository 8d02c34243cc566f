import type { Cluster, Fact } from '../model/index.ts';
import type { Facts } from './index.ts';
import type { Workload } from './workloads.ts';

export interface DnsCapture {
  /** For pods that say nothing themselves. */
  readonly mesh: Fact<boolean>;
  /** For one workload: annotation and ProxyConfig over the mesh's. */
  of(workload: Workload): Fact<boolean>;
}

export const dnsCapture = (_cluster: Cluster, _facts: Facts): DnsCapture => ({
  mesh: { state: 'absent' },
  of: () => ({ state: 'absent' }),
});
