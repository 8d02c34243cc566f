import type { Severity } from '../model/index.ts';

/** What a run gives: the JSON report, version 1. A key without a value is left out. */
export interface Report {
  readonly version: 1;
  readonly tool: { readonly name: string; readonly version: string };
  readonly summary: Summary;
  readonly clusters: readonly ReportedCluster[];
  readonly findings: readonly ReportedFinding[];
}

/** How much was read and found. */
export interface Summary {
  readonly files: number;
  readonly documents: number;
  /** Kubernetes objects; one that several clusters share counts once. */
  readonly resources: number;
  readonly clusters: number;
  /** Rules that ran. */
  readonly rules: number;
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  readonly suppressed: number;
  readonly baselined: number;
}

export interface ReportedCluster {
  readonly name: string;
  readonly clusterId?: string | undefined;
  readonly mesh?: string | undefined;
  readonly network?: string | undefined;
  readonly role?: string | undefined;
  /** `1.20`, or `1.18-1.20` where the files only narrow it. */
  readonly istioVersion?: string | undefined;
  readonly files: number;
}

/** Lines and columns count from 1, columns in UTF-16 units; the end is exclusive. */
export interface ReportedFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly cluster?: string | undefined;
  readonly resource?: ReportedResource | undefined;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** JSON pointer in the document; `#` and a second pointer follow for YAML inside of a scalar. */
  readonly path: string;
  readonly related: readonly ReportedPlace[];
  readonly aliases: readonly string[];
  /** Stays the same when lines move. */
  readonly fingerprint: string;
  readonly fix: string;
  readonly url?: string | undefined;
}

export interface ReportedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ReportedPlace {
  readonly cluster?: string | undefined;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly message: string;
}
