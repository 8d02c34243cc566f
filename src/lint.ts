import { rules as allRules } from '../rules/index.ts';
import { ruleUrl, tool } from './about.ts';
import type { LoadedConfig } from './config.ts';
import type { SeveritySetting } from './engine/select.ts';
import { UsageError } from './engine/usageError.ts';
import { selectRules } from './engine/select.ts';
import { runRules } from './engine/run.ts';
import { suppress } from './engine/suppress.ts';
import type { Mesh } from './facts/mesh.ts';
import { groupClusters } from './facts/mesh.ts';
import type { Fleet } from './model/index.ts';
import type { Rule } from './rule/define.ts';
import { asMeant } from './rule/schema/meant.ts';
import { buildReport } from './report/build.ts';
import type { Report } from './report/report.ts';
import type { LintOptions } from './options.ts';
import type { Phase, Session } from './session.ts';
import { lineOffsets, openSession, stopwatch } from './session.ts';

export type { LintOptions } from './options.ts';

/** A report, and what it was made from. */
export interface Checked {
  readonly report: Report;
  readonly session: Session;
  /** The rules that ran. */
  readonly rules: readonly Rule[];
  readonly phases: readonly Phase[];
}

/**
 * Lints the manifests of several clusters as one mesh. Rejects with `UsageError` or `InputError` where the call or
 * the configuration cannot be used; a manifest that cannot be read is a finding.
 */
export const lint = async (options: LintOptions = {}): Promise<Report> => (await runLint(options)).report;

/** The same with all that the command line shows besides; `rules` takes the place of the built-in ones. */
export const runLint = async (options: LintOptions, rules: readonly Rule[] = allRules): Promise<Checked> => {
  const session = await openSession(options, rules);
  const watch = stopwatch();
  const { config, fleet, grouping, locator } = session;
  const selected = selectRules(rules, {
    preset: options.preset ?? config?.config.preset,
    severities: severitiesOf(options.rules, config),
    only: options.only ?? [],
    skip: options.skip ?? [],
  });
  if (rules.length > 0 && selected.rules.length === 0)
    throw new UsageError('nothing was checked: --only, --skip and the severities leave no rule to run');
  const read = readAsMeant(session, selected.rules);
  const found = runRules(selected.rules, read.fleet, read.meshes, selected.severities);
  const { findings, suppressed } = suppress(found, {
    fleet,
    locate: locator.locate,
    sourceLine: locator.sourceLine,
    lineOffsets,
    ignore: config?.config.ignore ?? [],
    configFile: config?.file,
    configDirectory: config?.directory ?? session.cwd,
    selected,
    allRules: rules,
  });
  watch.lap('rules');
  const report = buildReport({
    tool,
    fleet,
    meshes: grouping.meshes,
    findings,
    rules: selected.rules.length,
    suppressed,
    locate: locator.locate,
    ruleUrl,
  });
  watch.lap('positions');
  return { report, session, rules: selected.rules, phases: [...session.phases, ...watch.phases] };
};

/** Misspelt keys are read as they were meant by all rules, where there is one that tells them. */
const readAsMeant = (
  { fleet, grouping, settings }: Session,
  selected: readonly Rule[],
): { readonly fleet: Fleet; readonly meshes: readonly Mesh[] } => {
  const meant = selected.some(({ id }) => id === TELLS_SLIPS) ? asMeant(fleet, grouping.meshes) : fleet;
  return { fleet: meant, meshes: meant === fleet ? grouping.meshes : groupClusters(meant, settings).meshes };
};

const TELLS_SLIPS = 'schema/unknown-field';

/** What the configuration and then the call say of severities. */
export const severitiesOf = (
  rules: LintOptions['rules'],
  config: LoadedConfig | undefined,
): readonly SeveritySetting[] => [
  ...Object.entries(config?.config.rules ?? {}).map(([id, level]) => ({
    rules: id,
    level,
    said: config?.positionOf('rules', id) ?? '',
  })),
  ...Object.entries(rules ?? {}).map(([id, level]) => ({ rules: id, level, said: '--rule' })),
];
