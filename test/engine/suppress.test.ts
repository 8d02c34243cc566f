import { describe, expect, test } from 'vitest';
import { lint } from '../../src/lint.ts';
import type { Report } from '../../src/report/report.ts';
import { directoryOf, overlapping } from '../support/tree.ts';

const RULE = 'network/pod-cidr-overlap';
const [eastFile, westFile] = ['clusters/east/istio.yaml', 'clusters/west/istio.yaml'];
const west = overlapping[westFile] ?? '';
const east = overlapping[eastFile] ?? '';

const report = (files: Readonly<Record<string, string>>, more: object = {}): Promise<Report> =>
  lint({ cwd: directoryOf({ ...overlapping, ...files }), paths: ['clusters'], ...more });

const above = (text: string, comment: string): string => text.replace('  podSubnet', `${comment}\n  podSubnet`);

describe('a finding is silenced', () => {
  test.each([
    ['by a comment above its line', { [westFile]: above(west, `  # mesh-lint-disable-next-line ${RULE} -- known`) }],
    ['by a comment above a related line', { [eastFile]: above(east, `  # mesh-lint-disable-next-line ${RULE}`) }],
    ['through further comments', { [westFile]: above(west, `  # mesh-lint-disable-next-line ${RULE}\n  # and why`) }],
    ['by family', { [westFile]: above(west, '  # mesh-lint-disable-next-line network/*') }],
    [
      'by a comment at the top of the document',
      { [westFile]: west.replace('apiVersion: kubeadm', `# mesh-lint-disable ${RULE} -- known\napiVersion: kubeadm`) },
    ],
    [
      'by an annotation',
      {
        [westFile]: west.replace(
          'kind: ClusterConfiguration',
          `kind: ClusterConfiguration\nmetadata: { annotations: { mesh-lint.io/disable: "${RULE}" } }`,
        ),
      },
    ],
    [
      'by an annotation in the other cluster',
      {
        [eastFile]: east.replace(
          'kind: ClusterConfiguration',
          `kind: ClusterConfiguration\nmetadata: { annotations: { mesh-lint.io/disable: "a/b,${RULE}" } }`,
        ),
      },
    ],
    ['by ignore', { 'mesh-lint.yaml': `ignore: [{ rule: ${RULE}, cluster: west }]\n` }],
    ['by ignore of the other cluster', { 'mesh-lint.yaml': `ignore: [{ rule: ${RULE}, cluster: ea* }]\n` }],
    ['by ignore of its kind', { 'mesh-lint.yaml': `ignore: [{ rule: ${RULE}, kind: ClusterConfiguration }]\n` }],
    ['by ignore of its directory', { 'mesh-lint.yaml': 'ignore: [{ path: clusters/west }]\n' }],
    ['by ignore of its file', { 'mesh-lint.yaml': 'ignore: [{ path: "*/west/*.yaml" }]\n' }],
  ])('%s', async (_how, files) => {
    const { summary, findings } = await report(files, { only: [RULE] });
    expect(findings).toEqual([]);
    expect(summary).toMatchObject({ errors: 0, suppressed: 1 });
  });
});

describe('a finding is not silenced', () => {
  test.each([
    ['by a comment elsewhere', { [westFile]: `# mesh-lint-disable-next-line ${RULE}\n${west}` }],
    ['by another rule', { [westFile]: above(west, '  # mesh-lint-disable-next-line trust/shared-root-ca') }],
    ['by ignore of another cluster', { 'mesh-lint.yaml': `ignore: [{ rule: ${RULE}, cluster: north }]\n` }],
    ['by ignore of another kind', { 'mesh-lint.yaml': `ignore: [{ rule: ${RULE}, kind: Service }]\n` }],
    ['by ignore of another name', { 'mesh-lint.yaml': `ignore: [{ rule: ${RULE}, name: cart }]\n` }],
    [
      "by what Istio's own analyzers are told",
      {
        [westFile]: west.replace(
          'kind: ClusterConfiguration',
          'kind: ClusterConfiguration\nmetadata: { annotations: { galley.istio.io/analyze-suppress: "*" } }',
        ),
      },
    ],
  ])('%s', async (_how, files) => {
    expect((await report(files)).summary).toMatchObject({ errors: 1, suppressed: 0 });
  });
});

describe('unused suppressions', () => {
  test('are told at their comment', async () => {
    const { findings } = await report({
      [westFile]: `${west}---\n# mesh-lint-disable trust/shared-root-ca -- old\nkind: Service\napiVersion: v1\nmetadata: { name: a, namespace: b }\n`,
    });
    expect(findings.filter(({ rule }) => rule === 'config/unused-suppression')).toMatchObject([
      {
        severity: 'info',
        file: westFile,
        line: 17,
        column: 1,
        message: 'the suppression of trust/shared-root-ca silences nothing',
      },
    ]);
  });

  test('are told for ignore, and for names that are no rule', async () => {
    const { findings } = await report({
      'mesh-lint.yaml': 'ignore:\n  - { rule: trust/* }\n  - { rule: trust/shared-rot-ca }\n',
    });
    expect(
      findings
        .filter(({ rule }) => rule === 'config/unused-suppression')
        .map(({ file, line, message }) => [file, line, message]),
    ).toEqual([
      ['mesh-lint.yaml', 2, 'the suppression of trust/* silences nothing'],
      [
        'mesh-lint.yaml',
        3,
        'the suppression names trust/shared-rot-ca, which is no rule, did you mean trust/shared-root-ca?',
      ],
    ]);
  });

  test('are not told for rules that did not run', async () => {
    const files = { 'mesh-lint.yaml': 'ignore: [{ rule: trust/* }]\n' };
    expect((await report(files, { skip: ['trust/shared-root-ca'] })).summary.infos).toBe(0);
    expect((await report(files, { rules: { 'config/unused-suppression': 'off' } })).summary.infos).toBe(0);
    expect((await report(files, { rules: { 'config/unused-suppression': 'warning' } })).summary.warnings).toBe(1);
  });
});
