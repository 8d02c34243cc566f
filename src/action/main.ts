// Runs the command line in the workspace of the job and hands its reports to the runner.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine, readInputs } from './inputs.ts';
import { count, summarize } from './summary.ts';

/** Writes to a file of the runner (outputs, step summary); outside of a runner there is none. */
const append = (file: string | undefined, text: string): void => {
  if (file !== undefined && file !== '') appendFileSync(file, text);
};

const directory = mkdtempSync(join(process.env.RUNNER_TEMP ?? tmpdir(), 'mesh-lint-'));
const files = { json: join(directory, 'report.json'), sarif: join(directory, 'mesh-lint.sarif') };
const cli = fileURLToPath(new URL('./cli.js', import.meta.url));

const { status } = spawnSync(process.execPath, [cli, ...commandLine(readInputs(process.env), files)], {
  cwd: process.env.GITHUB_WORKSPACE ?? process.cwd(),
  stdio: ['ignore', 'inherit', 'inherit'],
});

if (existsSync(files.json)) {
  const report: unknown = JSON.parse(readFileSync(files.json, 'utf8'));
  append(
    process.env.GITHUB_OUTPUT,
    `errors=${count(report, 'errors')}\nwarnings=${count(report, 'warnings')}\nsarif=${files.sarif}\n`,
  );
  append(process.env.GITHUB_STEP_SUMMARY, summarize(report));
} else {
  console.log(`::error title=mesh-lint::nothing was checked; the log says why`);
  append(process.env.GITHUB_STEP_SUMMARY, '### mesh-lint: nothing was checked\n\nThe log of the step says why.\n');
}
// Killed by a signal: no status, and no verdict either.
process.exitCode = status ?? 3;
