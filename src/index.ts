import { lint as run } from './lint.ts';
import type { LintOptions } from './options.ts';
import type { Report } from './report/report.ts';

/**
 * Lints the manifests of several clusters as one mesh. Rejects with `UsageError` or `InputError` where the call or
 * the configuration cannot be used; a manifest that cannot be read is a finding.
 */
// With types of its own: those of what is inside would ask for Node's in every project that uses this.
export const lint: (options?: LintOptions) => Promise<Report> = run;

export type { ClusterPaths, LintOptions } from './options.ts';
export { UsageError } from './engine/usageError.ts';
export { InputError } from './load/walk.ts';
export type { Level } from './engine/level.ts';
export type { Severity } from './model/index.ts';
export type {
  Report,
  ReportedCluster,
  ReportedFinding,
  ReportedPlace,
  ReportedResource,
  Summary,
} from './report/report.ts';
