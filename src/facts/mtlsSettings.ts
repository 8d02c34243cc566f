import type { Cluster, Fact } from '../model/index.ts';
import type { Facts } from './index.ts';

const unknown: Fact<never> = { state: 'unknown', reason: 'not derived yet' };
export const autoMtls = (_cluster: Cluster, _facts: Facts): Fact<boolean> => unknown;
export const meshMtlsEnabled = (_cluster: Cluster, _facts: Facts): Fact<boolean> => unknown;
