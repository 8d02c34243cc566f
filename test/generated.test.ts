/// <reference types="vite/client" />
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../src/engine/configSchema.ts';
import { compareText } from '../src/model/index.ts';
import { coverageTable, rulePage, rulesPage } from '../src/report/ruleDocs.ts';
import type { Rule } from '../src/rule/define.ts';
import { cases } from './support/harness.ts';

const modules = import.meta.glob<{ default: Rule }>('../rules/*/*.ts', { eager: true });
const files = Object.entries(modules)
  .map(([path, { default: rule }]) => ({ id: /rules\/(.*)\.ts$/.exec(path)?.[1] ?? '', rule }))
  .toSorted((a, b) => compareText(a.id, b.id));
const rules = files.map(({ rule }) => rule);

/** The shortest report of a rule's fixtures that names another place, by rule. */
const examples = (): Map<string, string> => {
  const found = new Map<string, string>();
  const rank = (text: string): number => text.length + (/^ {2}\S+:\d+:\d+ /m.test(text) ? 0 : 1e6);
  for (const [id, , directory] of cases('fixtures')) {
    const path = join(directory, 'expected.txt');
    if (!existsSync(path)) continue;
    const report = readFileSync(path, 'utf8');
    const held = found.get(id);
    if (held === undefined || rank(report) < rank(held)) found.set(id, report);
  }
  return found;
};
const exampleOf = examples();

const variable = (id: string): string => id.replaceAll(/[/-](\w)/g, (_, letter: string) => letter.toUpperCase());

describe('written from the rules (npm test -- -u)', () => {
  test('each rule is named after its file', () => {
    expect(files.filter(({ id, rule }) => rule.id !== id).map(({ id }) => id)).toEqual([]);
  });

  test('the versions of each rule are "all", or begin with a range', () => {
    const odd = rules.filter(({ istio }) => !/^(?:all|1\.\d+(?:\+|-1\.\d+)(?:[,;]? [^\s].*)?)$/.test(istio));
    expect(odd.map(({ id, istio }) => `${id} ${istio}`)).toEqual([]);
  });

  test('rules/index.ts', async () => {
    const lines = [
      '// Written by `npm test -- -u` from the files of this directory. Do not edit.',
      "import type { Rule } from '../src/rule/define.ts';",
      ...files.map(({ id }) => `import ${variable(id)} from './${id}.ts';`),
      '',
      'export const rules: readonly Rule[] = [',
      ...files.map(({ id }) => `  ${variable(id)},`),
      '];',
      '',
    ];
    await expect(lines.join('\n')).toMatchFileSnapshot('../rules/index.ts');
  });

  test('rules/examples.json', async () => {
    const held = Object.fromEntries(rules.flatMap(({ id }) => (exampleOf.has(id) ? [[id, exampleOf.get(id)]] : [])));
    await expect(`${JSON.stringify(held, undefined, 2)}\n`).toMatchFileSnapshot('../rules/examples.json');
  });

  test('schemas/config.schema.json', async () => {
    await expect(`${JSON.stringify(configSchema(rules), undefined, 2)}\n`).toMatchFileSnapshot(
      '../schemas/config.schema.json',
    );
  });

  test('docs/rules/README.md', async () => {
    await expect(rulesPage(rules)).toMatchFileSnapshot('../docs/rules/README.md');
  });

  test.each(rules)('the page of $id', async (rule) => {
    await expect(rulePage(rule, exampleOf.get(rule.id))).toMatchFileSnapshot(`../docs/rules/${rule.id}.md`);
  });

  test('the tables of README.md', async () => {
    const readme = readFileSync('README.md', 'utf8');
    const [start, end] = ['<!-- coverage -->', '<!-- /coverage -->'].map((mark) => readme.indexOf(mark));
    expect(end).toBeGreaterThan(start!);
    const written = `${readme.slice(0, start)}<!-- coverage -->\n\n${coverageTable(rules)}\n\n${readme.slice(end)}`;
    await expect(written).toMatchFileSnapshot('../README.md');
  });

  test('docs/architecture.md names files and functions that are there', () => {
    const table = readFileSync('docs/architecture.md', 'utf8').split('| you want to know | ask |')[1]?.split('\n\n')[0];
    const named = [...(table ?? '').matchAll(/`([\w/]+\.ts)`(?:: ((?:`\w+`(?: \([^)]*\))?(?:, )?)+))?/g)];
    expect(named.length).toBeGreaterThan(40);
    const gone = named.flatMap(([, file = '', functions = '']) => {
      const path = [file, join('src', file), join('src/rule', file)].find((candidate) => existsSync(candidate));
      if (path === undefined) return [file];
      const text = readFileSync(path, 'utf8');
      return [...functions.matchAll(/`(\w+)`/g)].flatMap(([, name = '']) =>
        new RegExp(`^export .*\\b${name}\\b`, 'm').test(text) ? [] : [`${file} ${name}`],
      );
    });
    expect(gone).toEqual([]);
  });

  test('docs/rules holds no page of a rule that is gone', () => {
    const pages = (readdirSync('docs/rules', { recursive: true }) as string[])
      .filter((name) => name.includes('/'))
      .toSorted(compareText);
    // Pages of new rules are being written while this looks.
    const known = new Set(rules.map(({ id }) => `${id}.md`));
    expect(pages.filter((page) => !known.has(page))).toEqual([]);
  });

  test('no message ends in a full stop, and what stands in braces is a slot of a message', () => {
    const faults = rules.flatMap((rule) => [
      ...Object.entries(rule.messages).flatMap(([name, message]) =>
        /[.!]$/.test(message) || /[{}]/.test(message.replaceAll(/\{\w+\}/g, '')) ? [`${rule.id} ${name}`] : [],
      ),
      // Nothing fills slots of these.
      ...(['summary', 'why', 'fix'] as const).flatMap((key) =>
        /\{\w+\}/.test(rule[key]) ? [`${rule.id} ${key}`] : [],
      ),
    ]);
    expect(faults).toEqual([]);
  });
});
