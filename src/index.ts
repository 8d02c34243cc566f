export { lint } from './lint.ts';
export type { LintOptions } from './lint.ts';
export type { ClusterPaths } from './session.ts';
export { UsageError } from './engine/usageError.ts';
export { InputError } from './load/walk.ts';
export type { Level } from './engine/select.ts';
export type { Severity } from './model/index.ts';
export type {
  Report,
  ReportedCluster,
  ReportedFinding,
  ReportedPlace,
  ReportedResource,
  Summary,
} from './report/report.ts';
