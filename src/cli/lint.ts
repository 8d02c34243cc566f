import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ruleUrl } from '../about.ts';
import { UsageError } from '../engine/usageError.ts';
import type { Checked } from '../lint.ts';
import { runLint } from '../lint.ts';
import { github } from '../report/github.ts';
import { json } from '../report/json.ts';
import { coloured, plain } from '../report/paint.ts';
import type { Report } from '../report/report.ts';
import { sarif } from '../report/sarif.ts';
import { text } from '../report/text.ts';
import type { Given } from './arguments.ts';
import { FORMATS } from './arguments.ts';
import type { Io } from './io.ts';
import { loudText, notesText } from './notes.ts';
import {
  formatOf,
  isSet,
  last,
  maxWarningsOf,
  outputsOf,
  ruleOptions,
  sessionOptions,
  wantsColour,
} from './options.ts';
import { statsText } from './stats.ts';

/** `mesh-lint [paths..]`: gives the exit status. */
export const lintCommand = async (options: Given, io: Io): Promise<number> => {
  const started = performance.now();
  const format = formatOf(options, FORMATS);
  const outputs = outputsOf(options, FORMATS);
  const maxWarnings = maxWarningsOf(options);
  const checked = await runLint({ ...(await sessionOptions(options, io)), ...ruleOptions(options) });

  const render = (one: (typeof FORMATS)[number], forPeople: boolean): string => {
    const { report, rules, session } = checked;
    if (one === 'json') return json(report);
    if (one === 'github') return github(report);
    if (one === 'sarif') return sarif(report, rules, ruleUrl);
    const paint = forPeople && wantsColour(options, io) ? coloured() : plain;
    const seconds = forPeople ? (performance.now() - started) / 1000 : undefined;
    return text(report, { paint, lines: session.lines, seconds, withoutSummary: forPeople && isSet(options, 'quiet') });
  };

  if (isSet(options, 'verbose')) await io.stderr(notesText(checked.session));
  else if (!isSet(options, 'quiet')) await io.stderr(loudText(checked.session));
  for (const output of outputs) write(resolve(io.cwd, output.file), output.file, render(output.format, false));
  await io.stdout(render(format, true));
  if (isSet(options, 'stats')) await io.stderr(statsText(checked, performance.now() - started));
  return statusOf(checked, last(options, 'fail-on'), maxWarnings);
};

const write = (path: string, shown: string, content: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  } catch (error) {
    throw new UsageError(`cannot write ${shown}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const statusOf = ({ report }: Checked, failOn: string | undefined, maxWarnings: number): number =>
  counting(report, failOn) > 0 || report.summary.warnings > maxWarnings ? 1 : 0;

/** Findings at or above the threshold. */
const counting = ({ summary }: Report, failOn: string | undefined): number => {
  if (failOn === 'never') return 0;
  const { errors, warnings, infos } = summary;
  if (failOn === 'warning') return errors + warnings;
  return failOn === 'info' ? errors + warnings + infos : errors;
};
