import { describe, expect, it } from 'vitest';
import { commandLine, readInputs, words } from '../../src/action/inputs.ts';
import { summarize } from '../../src/action/summary.ts';

describe('inputs', () => {
  it('come under the names that the runner gives them', () => {
    const inputs = readInputs({
      INPUT_PATHS: 'clusters/east\n"clusters/far west"',
      INPUT_CONFIG: 'mesh/mesh-lint.yaml',
      'INPUT_FAIL-ON': 'warning',
      INPUT_ARGS: '--only trust/* --istio-version=1.30',
    });
    expect(inputs).toEqual({
      paths: ['clusters/east', 'clusters/far west'],
      config: 'mesh/mesh-lint.yaml',
      failOn: 'warning',
      args: ['--only', 'trust/*', '--istio-version=1.30'],
    });
  });

  it('may all be left out', () => {
    expect(commandLine(readInputs({ INPUT_PATHS: '', INPUT_ARGS: '' }), { json: 'a.json', sarif: 'a.sarif' })).toEqual([
      '.',
      '--format=github',
      '--output=json=a.json',
      '--output=sarif=a.sarif',
    ]);
  });

  it('keep quoted words together', () => {
    expect(words(`a 'b c' --x="d e"f ""`)).toEqual(['a', 'b c', '--x=d ef', '']);
  });
});

const finding = (message: string, severity = 'error'): unknown => ({
  rule: 'trust/shared-root-ca',
  severity,
  message,
  cluster: 'west',
  file: 'west/cacerts.yaml',
  line: 7,
});

const report = (findings: readonly unknown[]): unknown => ({
  summary: { errors: findings.length, warnings: 0, infos: 0, clusters: 2, files: 3, resources: 4, rules: 5 },
  findings,
});

describe('step summary', () => {
  it('counts by rule and lists errors first', () => {
    const page = summarize(report([finding('later', 'info'), finding('first')]));
    expect(page).toContain('| `trust/shared-root-ca` | error | 2 | west |');
    expect(page.indexOf('first')).toBeLessThan(page.indexOf('later'));
  });

  it('shows names of manifests as text', () => {
    expect(summarize(report([finding('<img src=x> [a](b) | `c`\nnext')]))).toContain(
      '&lt;img src=x> \\[a\\](b) \\| \\`c\\` next',
    );
  });

  it('says so when the clusters agree', () => {
    expect(summarize(report([]))).toMatch(/^### mesh-lint: the clusters agree\n/);
  });

  it('stays below one MiB and says what was left out', () => {
    const page = summarize(report(Array.from({ length: 60 }, (_, index) => finding(`${index} ${'ß'.repeat(20_000)}`))));
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(1024 * 1024);
    expect(page).toContain('cut: a step summary holds one MiB');
  });
});
