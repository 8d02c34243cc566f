import { describe, expect, test } from 'vitest';
import { frame } from '../../src/report/frame.ts';
import { github } from '../../src/report/github.ts';
import { coloured, printable } from '../../src/report/paint.ts';
import type { Report, ReportedFinding } from '../../src/report/report.ts';
import { sarif } from '../../src/report/sarif.ts';
import { shownLine } from '../../src/report/secrets.ts';
import { text } from '../../src/report/text.ts';

const finding = (more: Partial<ReportedFinding> = {}): ReportedFinding => ({
  rule: 'trust/shared-root-ca',
  severity: 'error',
  message: 'west has root a702, not 5f09 as in east',
  cluster: 'west',
  resource: { apiVersion: 'v1', kind: 'Secret', namespace: 'istio-system', name: 'cacerts' },
  file: 'clusters/west/cacerts.yaml',
  line: 2,
  column: 3,
  endLine: 2,
  endColumn: 16,
  path: '/data/root-cert.pem',
  related: [
    {
      cluster: 'east',
      file: 'clusters/east/cacerts.yaml',
      line: 7,
      column: 3,
      endLine: 7,
      endColumn: 16,
      message: 'root 5f09',
    },
  ],
  aliases: [],
  fingerprint: '0123456789abcdef',
  fix: 'Sign it again.',
  ...more,
});

const report = (...findings: ReportedFinding[]): Report => ({
  version: 1,
  tool: { name: 'mesh-lint', version: '0.0.0' },
  summary: {
    files: 412,
    documents: 1950,
    resources: 1904,
    clusters: 3,
    rules: 61,
    errors: findings.filter(({ severity }) => severity === 'error').length,
    warnings: findings.filter(({ severity }) => severity === 'warning').length,
    infos: findings.filter(({ severity }) => severity === 'info').length,
    suppressed: 0,
    baselined: 0,
  },
  clusters: [],
  findings,
});

const lines = (): readonly string[] => ['data:', `  root-cert.pem: ${'LS0tLS1CRUdJTiBD'.repeat(6)}`];

describe('text', () => {
  test('a finding, its line, its other places, its fix, the numbers', () => {
    expect(text(report(finding()), { lines, seconds: 0.84 })).toBe(
      [
        'clusters/west/cacerts.yaml:2:3  error  west has root a702, not 5f09 as in east  trust/shared-root-ca',
        '  2 │   root-cert.pem: LS0tLS1CRUdJTiB…',
        '    │   ^^^^^^^^^^^^^',
        '  clusters/east/cacerts.yaml:7:3  root 5f09',
        '  fix: Sign it again.',
        '',
        '3 clusters, 412 files, 1,904 resources, 61 rules: 1 error, 0 warnings  (0.8 s)',
        '',
      ].join('\n'),
    );
  });

  test('nothing found is one line', () => {
    expect(text(report())).toBe('3 clusters, 412 files, 1,904 resources, 61 rules: no findings\n');
  });

  test('the same fix follows the last of a row', () => {
    const told = text(report(finding(), finding({ line: 5 }), finding({ line: 6, fix: 'Other.' })), {
      withoutSummary: true,
    });
    expect(told.match(/fix: Sign it again\./g)).toHaveLength(1);
    expect(told).toContain('fix: Other.');
  });

  test('a long list of places is cut', () => {
    const [place] = finding().related;
    expect(text(report(finding({ related: Array.from({ length: 20 }, () => place!) })))).toContain(
      '  and 12 more places\n',
    );
  });

  test('what steers a terminal is taken out', () => {
    const told = text(
      report(finding({ file: 'a\u001B]0;x\u0007.yaml', message: 'red \u001B[31m\r\nroot', related: [] })),
    );
    for (const steering of ['\u001B', '\u0007', '\r']) expect(told).not.toContain(steering);
    expect(printable('a\tb\u202Ec')).toBe('a\tb\uFFFDc');
  });

  test('colours', () => {
    expect(text(report(finding()), { paint: coloured() })).toContain('\u001B[31m');
  });
});

describe('frame', () => {
  const at = (line: number, column: number, endColumn: number) => ({ line, column, endLine: line, endColumn });
  test('tabs stay, wide characters count twice', () => {
    expect(frame(['\tkey: x'], at(1, 2, 5))).toEqual(['\tkey: x'.replace('\t', '\t'), '\t^^^']);
    expect(frame(['名: 值'], at(1, 4, 5))).toEqual(['名: 值', '    ^^']);
  });

  test('the part of a long line that is meant', () => {
    const [source, marks] = frame([`${'x '.repeat(200)}here ${'y '.repeat(200)}`], at(1, 401, 405)) ?? ['', ''];
    expect(source.length).toBeLessThan(110);
    expect(source.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe('here');
  });

  test('no line, no frame', () => {
    expect(frame([], at(1, 1, 2))).toBeUndefined();
    expect(frame(['  '], at(1, 1, 2))).toBeUndefined();
  });
});

describe('secrets are never shown', () => {
  const manifest = `apiVersion: v1
kind: Secret
metadata:
  name: cacerts
stringData:
  root-cert.pem: public
  ca-key.pem: hunter2
  config: |
    users:
    - user: { token: hunter2 }
      hunter2
---
kind: ConfigMap
data:
  mesh: shown
  token: hunter2
---
{"kind": "Secret", "data": {"x": "hunter2"}}
---
secretGenerator:
- name: a
  literals:
  - password=hunter2
---
apiVersion: v1
kind: List
items:
  - kind: Secret
    data:
      any: hunter2
  - kind: ConfigMap
    metadata: { name: shown }`.split('\n');
  const shown = manifest.map((_line, index) => shownLine(manifest, index).text);

  test('values of Secrets, generators and keys that sound like one', () => {
    expect(shown.join('\n')).not.toContain('hunter2');
  });

  test('keys, names and what is public stay', () => {
    expect(shown).toContain('  name: cacerts');
    expect(shown).toContain('  root-cert.pem: public');
    expect(shown).toContain('  ca-key.pem: …');
    expect(shown).toContain('  mesh: shown');
  });
});

describe('github', () => {
  test('an annotation, with what has a meaning escaped', () => {
    const [line] = github(report(finding({ file: 'a,b:c.yaml', message: '50% of\nit', related: [] }))).split('\n');
    expect(line).toBe(
      '::error file=a%2Cb%3Ac.yaml,line=2,endLine=2,col=3,endColumn=15,title=trust/shared-root-ca::50%25 of%0Ait%0Afix: Sign it again.',
    );
  });

  test('errors come first, and each rule before any second finding of another', () => {
    const told = github(
      report(
        finding({ rule: 'a/x', severity: 'warning' }),
        finding({ rule: 'b/x', line: 1 }),
        finding({ rule: 'b/x', line: 2 }),
        finding({ rule: 'c/x', line: 3 }),
        finding({ rule: 'd/x', severity: 'info' }),
      ),
    );
    expect(
      [...told.matchAll(/^::(\w+) .*line=(\d),.*title=(\w)/gm)].map(([, level, , rule]) => `${level} ${rule}`),
    ).toEqual(['error b', 'error c', 'error b', 'warning a', 'notice d']);
  });
});

describe('sarif', () => {
  test('links, places and identity', () => {
    const { runs } = JSON.parse(
      sarif(report(finding({ file: 'a b/#1.yaml', message: 'host [x]' })), [], () => undefined),
    ) as {
      runs: {
        results: {
          message: { text: string };
          locations: unknown[];
          relatedLocations: { id: number }[];
          partialFingerprints: unknown;
        }[];
      }[];
    };
    const result = runs[0]?.results[0];
    expect(result?.message.text).toBe(
      'host \\[x\\]. See [clusters/east/cacerts.yaml:7](0) root 5f09. Fix: Sign it again.',
    );
    expect(result?.locations).toMatchObject([
      {
        physicalLocation: {
          artifactLocation: { uri: 'a%20b/%231.yaml' },
          region: { startLine: 2, startColumn: 3, endLine: 2, endColumn: 16 },
        },
      },
    ]);
    expect(result?.relatedLocations[0]?.id).toBe(0);
    expect(result?.partialFingerprints).toEqual({ primaryLocationLineHash: '0123456789abcdef:1' });
  });
});
