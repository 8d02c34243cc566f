import type { Level, Preset } from './engine/level.ts';

export interface ClusterPaths {
  readonly name: string;
  /** Files, directories and globs, relative to `cwd`. */
  readonly paths: readonly string[];
}

export interface SessionOptions {
  /** Directories and files; `-` is standard input. Default: the working directory. */
  readonly paths?: readonly string[] | undefined;
  /** Paths are relative to it, and files are shown relative to it. Default: that of the process. */
  readonly cwd?: string | undefined;
  /** Text of standard input, for the path `-`. */
  readonly stdin?: string | undefined;
  /** A mesh-lint.yaml; false for none; looked for from the paths upwards where nothing is said. */
  readonly config?: string | false | undefined;
  /** Which files belong to which cluster, in place of discovery. */
  readonly clusters?: readonly ClusterPaths[] | undefined;
  /** With `clusters`: files that belong to none are shared by all. */
  readonly shareRest?: boolean | undefined;
  /** For clusters that do not say: `1.30`. */
  readonly istioVersion?: string | undefined;
  /** For the dates of certificates. Default: `now` of the configuration, else today. */
  readonly now?: Date | undefined;
}

export interface LintOptions extends SessionOptions {
  /** Severities by rule id or pattern (`trust/*`), over those of the configuration; the last word counts. */
  readonly rules?: Readonly<Record<string, Level>> | undefined;
  /** Which rules are on where nothing is said of them. Default: what the configuration says, else `recommended`. */
  readonly preset?: Preset | undefined;
  /** Run these rules and no others. */
  readonly only?: readonly string[] | undefined;
  /** Do not run these rules. */
  readonly skip?: readonly string[] | undefined;
}
