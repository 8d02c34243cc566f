import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { get } from '../../src/model/index.ts';
import { must, root, run } from './run.ts';

describe('the fleet of the benchmark', () => {
  const fleet = mkdtempSync(join(tmpdir(), 'mesh-lint-fleet-'));
  afterAll(() => rmSync(fleet, { recursive: true, force: true }));

  it('is clean, and read as a whole', () => {
    const script = `import { generateFleet } from './bench/generate.mjs';
      console.log(JSON.stringify(generateFleet(${JSON.stringify(fleet)}, 3, 12)));`;
    const made: unknown = JSON.parse(must(process.execPath, ['--input-type=module', '-e', script], root).stdout);
    const { status, stdout } = run(process.execPath, ['dist/cli.js', fleet, '--format=json', '--fail-on=info'], root);
    const report: unknown = JSON.parse(stdout);
    expect(get(report, 'findings')).toEqual([]);
    expect(status).toBe(0);
    expect(get(report, 'summary')).toMatchObject({
      clusters: 3,
      files: get(made, 'files'),
      documents: get(made, 'documents'),
    });
  });
});
