import type { Place } from './place.ts';
import type { Resource } from './resource.ts';

export type Severity = 'error' | 'warning' | 'info';

/** The gravest first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

/** A place in another cluster (or another file) that belongs to a finding. */
export interface Related {
  readonly place: Place;
  readonly cluster: string | undefined;
  /** What stands there, short: `root 5f0920b1`. */
  readonly message: string;
}

/** What a rule has to say about one place. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place: Place;
  /** Undefined for findings about files that belong to no cluster. */
  readonly cluster: string | undefined;
  readonly resource: Resource | undefined;
  readonly related: readonly Related[];
  readonly aliases: readonly string[];
  readonly fix: string;
  /** Stays the same when lines move: rule, message id, cluster, object and path. */
  readonly fingerprint: string;
}
