// The example fleets, fixtures/fleets/<model>/<cluster>/…, as a whole and with single faults injected.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { runLint } from '../../src/lint.ts';
import type { Report } from '../../src/report/report.ts';
import { DEPLOYMENT_MODELS } from '../../src/rule/models.ts';
import type { Rule } from '../../src/rule/define.ts';

/** One change of one file; paths are relative to the fleet. `copyOf: ../<fleet>/…` takes a file of another fleet. */
export type Edit = { readonly file: string } & (
  | { readonly replace: string; readonly with: string; readonly all?: boolean }
  | { readonly remove: true }
  | { readonly copyOf: string }
  /** The line that begins so, taken from another file, or taken out. */
  | { readonly line: string; readonly from?: string }
  | { readonly moveTo: string }
  | { readonly write: string }
);

/** A slip in a clean fleet, and the finding that must tell of it. */
export interface Fault {
  /** What was done wrong, as a sentence. */
  readonly fault: string;
  readonly fleet: string;
  /** Runs the fleet as this Istio version in place of its own. */
  readonly istioVersion?: string;
  readonly edits: readonly Edit[];
  readonly expect: {
    readonly rule: string;
    readonly severity?: string;
    readonly cluster?: string;
    readonly file: string;
    /** Text in the line of the finding. */
    readonly at: string;
  };
}

/** What came of a fault, for the test and for the table. */
export interface FaultResult {
  readonly expected: string;
  /** The finding that was expected, or the findings of its rule where none of them fits. */
  readonly seen: readonly string[];
  readonly isSeen: boolean;
  /** Findings that the clean fleet has not and that were not expected. */
  readonly extra: readonly string[];
  readonly extraErrors: readonly string[];
}

const fleetsDirectory = 'fixtures/fleets';
const faultsDirectory = 'fixtures/faults';

export const fleetNames = (): readonly string[] =>
  readdirSync(fleetsDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();

/** Families of faults, one file each. */
export const faultFiles = (): readonly string[] =>
  readdirSync(faultsDirectory)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted();

const faultKeys = new Set(['fault', 'fleet', 'istioVersion', 'edits', 'expect']);
const expectKeys = new Set(['rule', 'severity', 'cluster', 'file', 'at']);

/** The faults of a file; throws where one is not of their form. */
export const readFaults = (file: string): readonly Fault[] => {
  const faults = load(readFileSync(join(faultsDirectory, file), 'utf8')) as readonly Fault[];
  for (const fault of faults) {
    const unknown = [
      ...Object.keys(fault).filter((key) => !faultKeys.has(key)),
      ...Object.keys(fault.expect ?? {}).filter((key) => !expectKeys.has(key)),
    ];
    if (unknown.length > 0) throw new Error(`${file}: "${fault.fault}": unknown ${unknown.join(', ')}`);
    if (!(DEPLOYMENT_MODELS as readonly string[]).includes(fault.fleet))
      throw new Error(`${file}: "${fault.fault}": no fleet ${fault.fleet}`);
    for (const key of ['fault', 'fleet', 'edits', 'expect'] as const)
      if (fault[key] === undefined) throw new Error(`${file}: "${fault.fault}": lacks ${key}`);
    for (const key of ['rule', 'file', 'at'] as const)
      if (typeof fault.expect[key] !== 'string') throw new Error(`${file}: "${fault.fault}": expect lacks ${key}`);
  }
  return faults;
};

/** Lints a fleet; `istioVersion` takes the place of what its clusters say. */
export const lintFleet = async (
  directory: string,
  rules: readonly Rule[],
  istioVersion?: string,
  preset: 'recommended' | 'strict' = 'recommended',
): Promise<Report> => {
  const clusters = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => ({ name: entry.name, paths: [entry.name] }));
  const file = join(directory, 'mesh-lint.yaml');
  const own = existsSync(file) ? (load(readFileSync(file, 'utf8')) as { clusters?: Record<string, object> }) : {};
  const written = {
    ...own,
    clusters: Object.fromEntries(
      clusters.map(({ name, paths }) => [
        name,
        { ...own.clusters?.[name], paths, ...(istioVersion === undefined ? {} : { istioVersion }) },
      ]),
    ),
  };
  const config = mkdtempSync(join(tmpdir(), 'mesh-lint-'));
  try {
    // Beside the fleet, which is not to change; JSON is YAML.
    const path = join(config, 'mesh-lint.yaml');
    writeFileSync(path, JSON.stringify(istioVersion === undefined ? own : written));
    const { report } = await runLint(
      {
        cwd: directory,
        paths: ['.'],
        clusters,
        shareRest: true,
        config: istioVersion === undefined && !existsSync(file) ? false : path,
        now: new Date('2026-11-21T00:00:00Z'),
        preset,
      },
      rules,
    );
    return report;
  } finally {
    rmSync(config, { recursive: true, force: true });
  }
};

/** Reports of clean fleets, by fleet and version: each is linted once. */
const clean = new Map<string, Promise<Report>>();

const cleanReport = (
  fleet: string,
  rules: readonly Rule[],
  istioVersion: string | undefined,
  preset: 'recommended' | 'strict',
): Promise<Report> => {
  const key = `${fleet} ${istioVersion ?? ''} ${preset}`;
  let held = clean.get(key);
  if (held === undefined) clean.set(key, (held = lintFleet(join(fleetsDirectory, fleet), rules, istioVersion, preset)));
  return held;
};

/** Injects a fault into a copy of its fleet and lints it. */
export const runFault = async (fault: Fault, rules: readonly Rule[]): Promise<FaultResult> => {
  const temporary = mkdtempSync(join(tmpdir(), 'mesh-lint-'));
  try {
    const directory = join(temporary, fault.fleet);
    cpSync(join(fleetsDirectory, fault.fleet), directory, { recursive: true });
    for (const edit of fault.edits) applyEdit(directory, edit, fault.fleet);
    const preset = rules.find(({ id }) => id === fault.expect.rule)?.preset ?? 'recommended';
    const report = await lintFleet(directory, rules, fault.istioVersion, preset);
    const before = new Set((await cleanReport(fault.fleet, rules, fault.istioVersion, preset)).findings.map(inShort));
    return judge(fault, report, before, directory);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
};

const applyEdit = (directory: string, edit: Edit, fleet: string): void => {
  const path = join(directory, edit.file);
  if ('write' in edit || 'copyOf' in edit) {
    mkdirSync(dirname(path), { recursive: true });
    if ('write' in edit) writeFileSync(path, edit.write);
    else cpSync(resolved(directory, edit.copyOf, fleet), path);
  } else if ('line' in edit) {
    const replacement = edit.from === undefined ? '' : lineWith(resolved(directory, edit.from, fleet), edit.line);
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(lineWith(path, edit.line), () => replacement),
    );
  } else if ('remove' in edit) rmSync(path);
  else if ('moveTo' in edit) {
    mkdirSync(dirname(join(directory, edit.moveTo)), { recursive: true });
    renameSync(path, join(directory, edit.moveTo));
  } else {
    const text = readFileSync(path, 'utf8');
    const times = text.split(edit.replace).length - 1;
    if (times === 0 || (times > 1 && edit.all !== true))
      throw new Error(`${edit.file} has ${times} × ${JSON.stringify(edit.replace)}`);
    writeFileSync(
      path,
      text.replaceAll(edit.replace, () => edit.with),
    );
  }
};

/** A file of this copy, or of another fleet. */
const resolved = (directory: string, file: string, fleet: string): string =>
  join(file.startsWith('../') ? join(fleetsDirectory, fleet) : directory, file);

/** With its line end; throws where there is none. */
const lineWith = (file: string, start: string): string => {
  const found = readFileSync(file, 'utf8')
    .split(/(?<=\n)/)
    .find((line) => line.trimStart().startsWith(start));
  if (found === undefined) throw new Error(`${file} has no line ${start}`);
  return found;
};

type Found = Report['findings'][number];

const inShort = (finding: Found): string => `${finding.rule} ${finding.severity} ${finding.message}`;
const inLong = (finding: Found): string =>
  `${finding.severity} ${finding.rule} ${finding.file}:${finding.line} ${finding.message}`;

const judge = ({ expect }: Fault, report: Report, before: ReadonlySet<string>, directory: string): FaultResult => {
  const fresh = report.findings.filter((finding) => !before.has(inShort(finding)));
  const fits = (finding: Found): boolean =>
    finding.rule === expect.rule &&
    finding.file === expect.file &&
    (expect.severity === undefined || finding.severity === expect.severity) &&
    (expect.cluster === undefined || finding.cluster === expect.cluster) &&
    lineOf(join(directory, finding.file), finding.line).includes(expect.at);
  const seen = fresh.filter(fits);
  const ofRule = fresh.filter((finding) => finding.rule === expect.rule);
  const extra = fresh.filter((finding) => !seen.includes(finding));
  return {
    expected: `${expect.severity ?? 'any'} ${expect.rule} ${expect.cluster ?? ''} ${expect.file} "${expect.at}"`,
    seen: (seen.length > 0 ? seen : ofRule).map(inLong),
    isSeen: seen.length > 0,
    extra: extra.map(inLong),
    // One slip may be told at several places of one rule: that is no other error.
    extraErrors: extra.filter(({ severity, rule }) => severity === 'error' && rule !== expect.rule).map(inLong),
  };
};

const lineOf = (file: string, line: number): string => readFileSync(file, 'utf8').split('\n')[line - 1] ?? '';
