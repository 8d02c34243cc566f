import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyProject, has, must, root, run } from './run.ts';

const missing = ['git', 'pre-commit'].filter((program) => !has(program));
const reason = missing.length > 0 ? ` (not tried: no ${missing.join(', no ')} on PATH)` : '';

describe.skipIf(missing.length > 0)(`the pre-commit hook${reason}`, { timeout: 300_000 }, () => {
  const scratch = join(tmpdir(), `mesh-lint-hook-${process.pid}`);
  const [hook, fleet] = [join(scratch, 'hook'), join(scratch, 'fleet')];
  const environment = {
    PRE_COMMIT_HOME: join(scratch, 'cache'),
    PRE_COMMIT_COLOR: 'never',
    GIT_CONFIG_GLOBAL: join(scratch, 'gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
  };
  const git = (cwd: string, ...args: readonly string[]) => run('git', args, cwd, environment);
  const gateway = join(fleet, 'clusters/north/istio/east-west-gateway.yaml');

  const repository = (directory: string): string => {
    must('git', ['init', '--quiet', '--initial-branch=main'], directory, environment);
    must('git', ['add', '--all'], directory, environment);
    must('git', ['commit', '--quiet', '--message=Start'], directory, environment);
    return must('git', ['rev-parse', 'HEAD'], directory, environment).stdout.trim();
  };

  beforeAll(() => {
    mkdirSync(hook, { recursive: true });
    writeFileSync(
      environment.GIT_CONFIG_GLOBAL,
      '[user]\n  name = Ada\n  email = ada@example.com\n[protocol "file"]\n  allow = always\n',
    );
    copyProject(hook);
    const revision = repository(hook);
    cpSync(join(root, 'examples/clean'), fleet, { recursive: true });
    writeFileSync(
      join(fleet, '.pre-commit-config.yaml'),
      `repos:
  - repo: ${hook}
    rev: ${revision}
    hooks:
      - id: mesh-lint
        language_version: system
        args: [clusters]
`,
    );
    repository(fleet);
    must('pre-commit', ['install', '--install-hooks'], fleet, environment);
  }, 300_000);

  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('lets a clean commit pass', () => {
    writeFileSync(gateway, `# Behind the load balancer of the north.\n${readFileSync(gateway, 'utf8')}`);
    const { status, screen } = git(fleet, 'commit', '--all', '--message=Say where the gateway is');
    expect(screen).toMatch(/mesh-lint\.+Passed/);
    expect(status).toBe(0);
  });

  it('stops a commit that breaks what clusters have to agree on, and shows why', () => {
    writeFileSync(gateway, readFileSync(gateway, 'utf8').replace('mode: AUTO_PASSTHROUGH', 'mode: PASSTHROUGH'));
    const { status, screen } = git(fleet, 'commit', '--all', '--message=Pass through');
    expect(status).toBe(1);
    expect(screen).toMatch(/mesh-lint\.+Failed/);
    expect(screen).toContain('clusters/north/istio/east-west-gateway.yaml');
    expect(screen).toContain('network/auto-passthrough-on-local');
    expect(git(fleet, 'log', '--oneline').stdout.trim().split('\n')).toHaveLength(2);
  });

  it('keeps out of commits without manifests', () => {
    git(fleet, 'reset', '--quiet', '--hard');
    writeFileSync(join(fleet, 'NOTES.md'), 'A fleet.\n');
    git(fleet, 'add', 'NOTES.md');
    const { status, screen } = git(fleet, 'commit', '--message=Write a page');
    expect(screen).toMatch(/no files to check.*Skipped/);
    expect(status).toBe(0);
  });
});
