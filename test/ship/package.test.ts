import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, isRecord } from '../../src/model/index.ts';
import { must, root, run } from './run.ts';

const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('the packed package, installed into an empty directory', { timeout: 300_000 }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'mesh-lint-pack-'));
  const installed = join(scratch, 'project/node_modules/mesh-lint');
  const entry = join(installed, 'dist/cli.js');

  beforeAll(() => {
    must('npm', ['pack', '--ignore-scripts', '--pack-destination', scratch], root);
    const archive = readdirSync(scratch).find((file) => file.endsWith('.tgz')) ?? '';
    mkdirSync(join(scratch, 'project'));
    writeFileSync(join(scratch, 'project/package.json'), '{ "private": true, "type": "module" }\n');
    // Offline and with an empty cache: whatever it still needed could not come from anywhere.
    must(
      'npm',
      ['install', '--offline', '--cache', join(scratch, 'cache'), join(scratch, archive)],
      join(scratch, 'project'),
    );
  }, 300_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('is one package', () => {
    expect(readdirSync(join(scratch, 'project/node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'mesh-lint',
    ]);
  });

  it('says its version and its options', () => {
    const project = join(scratch, 'project');
    expect(must('npx', ['--offline', 'mesh-lint', '--version'], project).stdout.trim()).toBe(get(manifest, 'version'));
    expect(must('npx', ['--offline', 'mesh-lint', '--help'], project).stdout).toContain('--fail-on');
  });

  it('starts about as fast as Node itself', { retry: 2 }, () => {
    const time = (args: readonly string[]): number => {
      const start = performance.now();
      must(process.execPath, args, scratch);
      return performance.now() - start;
    };
    // Turns, and the best of each: what else runs on this machine does not count.
    const rounds = Array.from({ length: 9 }, () => [
      time(['-e', '0']),
      time([entry, '--version']),
      time([entry, '--help']),
    ]);
    const [bare = 0, version = 0, help = 0] = [0, 1, 2].map((index) =>
      Math.min(...rounds.map((round) => round[index] ?? 0)),
    );
    expect(version / bare).toBeLessThanOrEqual(2.5);
    expect(help / bare).toBeLessThanOrEqual(2.5);
  });

  it('lints its own examples', () => {
    const fleet = run(process.execPath, [entry, join(installed, 'examples/fleet/clusters')], scratch);
    expect(fleet.stdout).toContain('trust/shared-root-ca');
    expect(fleet.status).toBe(1);
    expect(run(process.execPath, [entry, join(installed, 'examples/clean/clusters')], scratch).status).toBe(0);
  });

  it('can be imported, with types', () => {
    const project = join(scratch, 'project');
    const lintFleet = `import { lint } from 'mesh-lint';
      const { summary } = await lint({ paths: ['node_modules/mesh-lint/examples/fleet/clusters'] });
      console.log(summary.clusters, summary.errors > 0);`;
    expect(must(process.execPath, ['--input-type=module', '-e', lintFleet], project).stdout.trim()).toBe('3 true');
    writeFileSync(
      join(project, 'use.ts'),
      "import { lint } from 'mesh-lint';\nexport const report = await lint({ paths: ['.'] });\nexport const errors: number = report.summary.errors;\n",
    );
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      // Without the types of Node: a project that only reads reports need not have them.
      '--types',
      '',
    ];
    const { status, screen } = run(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'use.ts'],
      project,
    );
    expect(screen).toBe('');
    expect(status).toBe(0);
  });

  it('names the licence of every package in the bundle', () => {
    const licences = readFileSync(join(installed, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    expect(licences).toMatch(/^js-yaml \d+\.\d+\.\d+ \(MIT\)$/m);
    expect(licences).toContain('Permission is hereby granted');
  });
});

describe('package.json', () => {
  it('asks for nothing at run time', () => {
    expect(get(manifest, 'dependencies')).toBeUndefined();
  });

  it('has a lock file that names no host', () => {
    const lock: unknown = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const packages = get(lock, 'packages');
    expect(isRecord(packages)).toBe(true);
    expect(
      Object.values(isRecord(packages) ? packages : {}).filter((entry) => get(entry, 'resolved') !== undefined),
    ).toEqual([]);
  });
});
