import type { Placed } from '../place/placed.ts';

/** A cluster before its files are put together. */
export interface ClusterPlan {
  readonly name: string;
  readonly because: string;
  readonly scenario: string;
  readonly own: readonly Placed[];
  /** Files that other clusters use too, or that lie outside of its own directories. */
  readonly shared: readonly Placed[];
}
