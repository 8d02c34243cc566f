import type { Cluster, Fact } from '../model/index.ts';
import type { Facts } from './index.ts';

const unknown: Fact<never> = { state: 'unknown', reason: 'not derived yet' };
export const istioNamespace = (_cluster: Cluster, _facts: Facts): Fact<string> => unknown;
export const rootNamespace = (_cluster: Cluster, _facts: Facts): Fact<string> => unknown;
export const clusterId = (_cluster: Cluster, _facts: Facts): Fact<string> => unknown;
export const meshId = (_cluster: Cluster, _facts: Facts): Fact<string> => unknown;
export const trustDomain = (_cluster: Cluster, _facts: Facts): Fact<string> => unknown;
export const trustDomainAliases = (_cluster: Cluster, _facts: Facts): Fact<readonly string[]> => unknown;
export const clusterDomain = (_cluster: Cluster, _facts: Facts): Fact<string> => unknown;
