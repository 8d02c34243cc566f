import fc from 'fast-check';
import { CORE_SCHEMA, loadAll, mergeTag } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { createLocator } from '../../src/load/positions.ts';
import { parseEmbedded, readText } from '../../src/load/yaml.ts';
import type { Path, SourceFile } from '../../src/model/index.ts';

const fileOf = (text: string): SourceFile => ({
  path: 'east/mesh.yaml',
  absolute: undefined,
  bytes: text.length,
  text,
});

/** Pieces that make a text look like YAML without being it. */
const pieces = [
  'a',
  'kind',
  ': ',
  ':',
  '\n',
  '\n  ',
  '\n\t',
  '- ',
  '-',
  '? ',
  '[',
  ']',
  '{',
  '}',
  ', ',
  '"',
  "'",
  '\\',
  '|',
  '>',
  '|2-',
  '&x ',
  '*x',
  '<<: ',
  '!!str ',
  '!',
  '#',
  ' # ',
  '---',
  '\n---\n',
  '\n...\n',
  '%YAML 1.1\n',
  '{{ .x }}',
  '${X}',
  'on',
  '017',
  '1e3',
  '.inf',
  '~',
  '__proto__',
  'constructor',
  '\r\n',
  '\r',
  '\t',
  '\0',
  '\uFEFF',
  '😀',
  '\uD800',
  '\u2028',
  'mesh-lint-disable',
  '# mesh-lint-disable-next-line a/b -- c\n',
  '<<<<<<< ',
  '    ',
];
const yamlish = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''));
const anyText = fc.oneof(yamlish, fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 100 }));
const anyPath: fc.Arbitrary<Path> = fc.array(
  fc.oneof(fc.constantFrom('a', 'kind', 'data', '__proto__', 'constructor', 'true'), fc.nat(3)),
  { maxLength: 5 },
);

/** A value of plain words and numbers, which every reader of YAML reads alike. */
type Tree = string | number | boolean | readonly Tree[] | { readonly [key: string]: Tree };
const key = fc.stringMatching(/^k[a-z0-9./-]{0,20}[a-z0-9]$/);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.oneof(key, fc.integer({ min: 0, max: 99_999 }), fc.boolean(), fc.stringMatching(/^"?[ -~äß😀]{0,20}$/u)),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
  ),
}));

/** Block style, with comments and empty lines strewn in and the given indentation. */
const blockYaml = (value: Tree, indent: string, step: string): string => {
  if (typeof value === 'string') return /^k[\w./-]*$/.test(value) ? ` ${value}` : ` ${JSON.stringify(value)}`;
  if (typeof value !== 'object') return ` ${value}`;
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []';
    return value.map((item: Tree) => `\n${indent}-${blockYaml(item, `${indent}${step}`, step)}`).join('');
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return ' {}';
  return entries
    .map(
      ([name, item], index) =>
        `\n${index % 2 === 0 ? '' : `\n${indent}# k: note\n`}${indent}${name}:${blockYaml(item, `${indent}${step}`, step)}`,
    )
    .join('');
};
const document = fc
  .record({ value: fc.dictionary(key, tree, { minKeys: 1, maxKeys: 6 }), step: fc.constantFrom(' ', '  ', '    ') })
  .map(({ value, step }) => ({
    value,
    text: `${blockYaml(value, '', step)} # end\n`,
  }));

const pathsOf = (value: Tree, path: Path = []): readonly Path[] => {
  if (typeof value !== 'object') return [path];
  const entries: (readonly [string | number, Tree])[] = Array.isArray(value)
    ? value.map((item: Tree, index) => [index, item] as const)
    : Object.entries(value);
  return [path, ...entries.flatMap(([step, item]) => pathsOf(item, [...path, step]))];
};

describe('whatever the text is', () => {
  it('reading, placing and parsing embedded text never throw, and all places are in the file', () => {
    fc.assert(
      fc.property(anyText, anyPath, fc.option(anyPath, { nil: undefined }), (text, path, inner) => {
        const file = fileOf(text);
        const found = readText(file, text);
        parseEmbedded(text);
        const locator = createLocator();
        const lines = text.split(/\r\n|\n|\r/).length;
        const places = [...found.problems.map(({ place }) => place), ...found.unread.map(({ place }) => place)];
        for (let index = 0; index <= found.count; index++)
          places.push({ file, document: index, path, ...(inner && { inner }) });
        for (const place of places) {
          const { line, column, endLine, endColumn } = locator.locate(place);
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(endLine).toBe(line);
          expect(endColumn).toBeGreaterThan(column);
          locator.rawText(place);
        }
        for (const { index } of found.documents) expect(index).toBeLessThan(found.count);
        expect(
          found.problems.every(({ message }) => /^(?:is not YAML: |cannot be read: |repeats the key )/.test(message)),
        ).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('every document is read, broken, a template or empty', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { documents, unread, count } = readText(fileOf(text), text);
        const seen = [...documents.map(({ index }) => index), ...unread.map(({ place }) => place.document)];
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.length).toBeLessThanOrEqual(count);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('documents of one stream', () => {
  const apart = yamlish.filter((text) => !/---|\.\.\.|%|\uFEFF|\r/.test(text));
  it('are read as each would be alone, whatever stands beside them', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            apart,
            document.map(({ text }) => text),
          ),
          { minLength: 1, maxLength: 6 },
        ),
        (texts) => {
          const bodies = texts.map((text) => `---\n${text}\n`);
          const together = readText(fileOf(bodies.join('')), bodies.join(''));
          expect(together.count).toBe(bodies.length);
          bodies.forEach((body, index) => {
            const alone = readText(fileOf(body), body);
            const start = bodies.slice(0, index).join('').length;
            const valueOf = (found: typeof alone, at: number): string | undefined =>
              JSON.stringify(found.documents.find((each) => each.index === at)?.value);
            expect(valueOf(together, index)).toBe(valueOf(alone, 0));
            const faults = together.problems.filter(
              ({ place, rule }) => place.document === index && rule === 'schema/parse',
            );
            expect(faults.map(({ message, place }) => [message, (place.offsets?.[0] ?? 0) - start])).toEqual(
              alone.problems
                .filter(({ rule }) => rule === 'schema/parse')
                .map(({ message, place }) => [message, place.offsets?.[0]]),
            );
          });
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

describe('JSON', () => {
  it.each([0, 2, '\t'])('written with indentation %j comes back the same', (indent) => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value, null, indent);
        const found = readText(fileOf(text), text);
        expect(found.problems).toEqual([]);
        // As text, because a comparison of objects may overlook a key like __proto__.
        expect(JSON.stringify(found.documents[0]?.value ?? null)).toBe(JSON.stringify(JSON.parse(text)));
        expect(JSON.stringify(parseEmbedded(text))).toBe(JSON.stringify({ value: JSON.parse(text) as unknown }));
      }),
      { numRuns: 500 },
    );
  });
});

describe('block YAML', () => {
  it('is read as js-yaml reads it', () => {
    fc.assert(
      fc.property(fc.array(document, { minLength: 1, maxLength: 3 }), (documents) => {
        const text = documents.map((each) => each.text).join('---\n');
        const expected = loadAll(text, { schema: CORE_SCHEMA.withTags(mergeTag) });
        expect(readText(fileOf(text), text).documents.map(({ value }) => value)).toEqual(expected);
        expect(expected).toEqual(documents.map(({ value }) => value));
      }),
      { numRuns: 500 },
    );
  });

  it('every path is placed where its key or item is written', () => {
    fc.assert(
      fc.property(document, fc.constantFrom('\n', '\r\n'), ({ value, text: plain }, lineBreak) => {
        const text = plain.replaceAll('\n', lineBreak);
        const file = fileOf(text);
        const locator = createLocator();
        for (const path of pathsOf(value)) {
          const last = path.at(-1);
          const { line, column, endColumn } = locator.locate({ file, document: 0, path });
          const written = locator.sourceLine(file, line)?.slice(column - 1, endColumn - 1);
          // Of an item some word of the item is shown.
          expect(typeof last === 'string' ? written : written?.trim() !== '').toBe(
            typeof last === 'string' ? last : true,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('embedded in a block scalar, every path is placed on its own line', () => {
    fc.assert(
      fc.property(document, ({ value, text }) => {
        const body = text.replace(/^\n/, '');
        const outer = `data:\n  mesh: |\n${body
          .split('\n')
          .map((line) => (line === '' ? '' : `    ${line}`))
          .join('\n')}`;
        const file = fileOf(outer);
        const locator = createLocator();
        for (const inner of pathsOf(value)) {
          const place = { file, document: 0, path: ['data', 'mesh'], inner };
          const own = locator.locate({ file: fileOf(body), document: 0, path: inner });
          const { line, column, endColumn } = locator.locate(place);
          expect([line - 2, column - 4, endColumn - 4]).toEqual([own.line, own.column, own.endColumn]);
        }
      }),
      { numRuns: 200 },
    );
  });
});
