import type { Fact } from '../model/index.ts';
import type { Cluster } from '../model/index.ts';

/** Minor versions of Istio 1.x, both ends included: `{ low: 20, high: 20 }` is 1.20. */
export interface Minors {
  readonly low: number;
  readonly high: number;
}

/**
 * The versions that the control plane of a cluster may have. `known` only where a file names it exactly;
 * otherwise `unknown` and `bounds` narrows what the API versions in use allow.
 */
export interface VersionFact {
  readonly fact: Fact<Minors>;
  readonly bounds: Minors;
}

/** The span that this program knows. */
export const SUPPORTED: Minors = { low: 1, high: 30 };
/** Assumed where no file says anything. */
export const ASSUMED: Minors = { low: 18, high: 30 };

export const istioVersion = (_cluster: Cluster): VersionFact => ({
  fact: { state: 'unknown', reason: 'no file names a version' },
  bounds: SUPPORTED,
});
