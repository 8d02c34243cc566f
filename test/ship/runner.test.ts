import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { get, text } from '../../src/model/index.ts';
import { copyProject, root, run } from './run.ts';
import type { Ran } from './run.ts';

/** What the file says, as the runner reads it: `name=value` lines. */
const outputsOf = (file: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

describe('the Action, run as the runner does', () => {
  let job = '';
  beforeEach(() => {
    job = mkdtempSync(join(tmpdir(), 'mesh-lint-action-'));
    mkdirSync(join(job, 'temp'));
    mkdirSync(join(job, 'workspace'));
    for (const file of ['output', 'summary']) writeFileSync(join(job, file), '');
  });
  afterEach(() => rmSync(job, { recursive: true, force: true }));

  const action = load(readFileSync(join(root, 'action.yml'), 'utf8'));
  const main = text(get(action, 'runs', 'main')) ?? '';

  /** The runner starts the entry somewhere, with every input set, those left out to their defaults. */
  const start = (inputs: Readonly<Record<string, string>>, home = root): Ran =>
    run(process.execPath, [join(home, main)], job, {
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: join(job, 'workspace'),
      GITHUB_OUTPUT: join(job, 'output'),
      GITHUB_STEP_SUMMARY: join(job, 'summary'),
      RUNNER_TEMP: join(job, 'temp'),
      INPUT_PATHS: text(get(action, 'inputs', 'paths', 'default')) ?? '',
      INPUT_CONFIG: '',
      'INPUT_FAIL-ON': text(get(action, 'inputs', 'fail-on', 'default')) ?? '',
      INPUT_ARGS: '',
      ...inputs,
    });
  const summary = (): string => readFileSync(join(job, 'summary'), 'utf8');

  it('annotates, counts, writes SARIF and fails', () => {
    cpSync(join(root, 'examples/fleet/clusters'), join(job, 'workspace/clusters'), { recursive: true });
    const { status, stdout } = start({ INPUT_PATHS: 'clusters' });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^::error [^\n]*file=clusters\/north\/istio\/east-west-gateway\.yaml,/m);
    const outputs = outputsOf(join(job, 'output'));
    expect(Number(outputs.errors)).toBeGreaterThan(0);
    expect(outputs.warnings).toMatch(/^\d+$/);
    const sarif: unknown = JSON.parse(readFileSync(outputs.sarif ?? '', 'utf8'));
    expect(get(sarif, 'version')).toBe('2.1.0');
    expect(summary()).toContain('| `network/auto-passthrough-on-local` | error | 1 | north |');
  });

  it('passes where the clusters agree', () => {
    cpSync(join(root, 'examples/clean/clusters'), join(job, 'workspace/clusters'), { recursive: true });
    const { status, stdout } = start({});
    expect(stdout).not.toMatch(/^::(?:error|warning)/m);
    expect(status).toBe(0);
    expect(outputsOf(join(job, 'output'))).toMatchObject({ errors: '0', warnings: '0' });
    expect(summary()).toContain('the clusters agree');
  });

  it('takes fail-on and further options', () => {
    cpSync(join(root, 'examples/fleet/clusters'), join(job, 'workspace/my clusters'), { recursive: true });
    const { status } = start({
      INPUT_PATHS: '"my clusters"',
      'INPUT_FAIL-ON': 'never',
      INPUT_ARGS: '--only trust/shared-root-ca',
    });
    expect(status).toBe(0);
    expect(outputsOf(join(job, 'output')).errors).toBe('1');
  });

  it('says loudly that it could not look', () => {
    const { status, stdout } = start({ INPUT_PATHS: 'no-such-directory' });
    expect(status).toBe(2);
    expect(stdout).toContain('::error title=mesh-lint::nothing was checked');
    expect(summary()).toContain('nothing was checked');
  });

  it('builds itself in a checkout without built files', { timeout: 300_000 }, () => {
    const home = join(job, 'checkout');
    copyProject(home);
    cpSync(join(root, 'examples/clean/clusters'), join(job, 'workspace/clusters'), { recursive: true });
    const { status, stdout } = start({}, home);
    expect(status).toBe(0);
    expect(existsSync(join(home, 'dist/action.js'))).toBe(true);
    // Not a line of npm among the annotations.
    expect(stdout).not.toContain('npm');
  });
});
