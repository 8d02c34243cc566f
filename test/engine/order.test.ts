import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lint } from '../../src/lint.ts';
import { json } from '../../src/report/json.ts';
import { directoryOf } from '../support/tree.ts';

const root = 'examples/fleet/clusters';
const clusters = readdirSync(root);
const documentsOf = (cluster: string): string[] =>
  (readdirSync(join(root, cluster), { recursive: true }) as string[])
    .filter((path) => path.endsWith('.yaml'))
    .flatMap((path) => readFileSync(join(root, cluster, path), 'utf8').split(/^---$/m))
    .filter((text) => text.trim() !== '');

/** Each document in a file of its own; the order decides in which order the files are made and given. */
const filesOf = (order: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    order.flatMap((cluster) =>
      documentsOf(cluster).map((text, index) => [`${cluster}/file-${index}.yaml`, text] as const),
    ),
  );

test('the order in which paths are given changes nothing', async () => {
  const cwd = directoryOf(filesOf(clusters));
  const expected = json(await lint({ cwd, paths: clusters }));
  expect(expected).toContain('trust/shared-root-ca');
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(clusters, { minLength: clusters.length }), async (order) => {
      expect(json(await lint({ cwd, paths: order }))).toBe(expected);
    }),
    { numRuns: 6 },
  );
});

test('the order of documents in a file changes places only', async () => {
  const told = async (order: (documents: string[]) => string[]): Promise<string[]> => {
    const cwd = directoryOf(
      Object.fromEntries(
        clusters.map((cluster) => [`${cluster}/all.yaml`, order(documentsOf(cluster)).join('\n---\n')]),
      ),
    );
    const { findings } = await lint({ cwd, paths: clusters });
    return findings
      .map(({ rule, severity, message, fingerprint }) => [rule, severity, message, fingerprint].join(' '))
      .toSorted();
  };
  const expected = await told((documents) => documents);
  expect(expected.length).toBeGreaterThan(5);
  expect(await told((documents) => documents.toReversed())).toEqual(expected);
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat()), async (numbers) => {
      expect(
        await told((documents) =>
          documents
            .map((text) => ({ text, at: numbers.next().value ?? 0 }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ text }) => text),
        ),
      ).toEqual(expected);
    }),
    { numRuns: 8 },
  );
});

test('two runs are equal byte for byte, wherever the tree lies', async () => {
  const [one, other] = [directoryOf(filesOf(clusters)), directoryOf(filesOf(clusters.toReversed()))];
  const first = json(await lint({ cwd: one }));
  expect(json(await lint({ cwd: other }))).toBe(first);
  expect(first).not.toContain(one);
});
