import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Top of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, as on a screen. */
  readonly screen: string;
}

// Where git runs the tests from a hook of its own, GIT_DIR and the like point at that repository. An empty
// FORCE_COLOR still asks for colour.
const outside = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_') && name !== 'FORCE_COLOR'),
);

/** Runs a program to its end. `environment` comes on top of the process's own. */
export const run = (
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Ran => {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...outside, ...environment },
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr, screen: stdout + stderr };
};

/** Runs a program that has to succeed. */
export const must = (
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Ran => {
  const ran = run(command, args, cwd, environment);
  if (ran.status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${ran.status}\n${ran.screen}`);
  return ran;
};

/** Whether a program can be started here. */
export const has = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

/** The project as a clone has it: nothing installed, nothing built. */
export const copyProject = (to: string): void => {
  const made = new Set(['.git', 'node_modules', 'dist', 'coverage'].map((name) => join(root, name)));
  cpSync(root, to, { recursive: true, filter: (path) => !made.has(path) });
};
