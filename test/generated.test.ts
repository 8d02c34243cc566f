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

  test.each(rules)('docs/rules/$id.md', async (rule) => {
    await expect(rulePage(rule, exampleOf.get(rule.id))).toMatchFileSnapshot(`../docs/rules/${rule.id}.md`);
  });

  test('the tables of README.md', async () => {
    const readme = readFileSync('README.md', 'utf8');
    const [start, end] = ['<!-- coverage -->', '<!-- /coverage -->'].map((mark) => readme.indexOf(mark));
    expect(end).toBeGreaterThan(start!);
    const written = `${readme.slice(0, start)}<!-- coverage -->\n\n${coverageTable(rules)}\n\n${readme.slice(end)}`;
    await expect(written).toMatchFileSnapshot('../README.md');
  });

  test('docs/rules holds no page of a rule that is gone', () => {
    const pages = (readdirSync('docs/rules', { recursive: true }) as string[])
      .filter((name) => name.includes('/'))
      .toSorted(compareText);
    // Pages of new rules are being written while this looks.
    const known = new Set(rules.map(({ id }) => `${id}.md`));
    expect(pages.filter((page) => !known.has(page))).toEqual([]);
  });

  test('no text of a rule ends in a message mark or holds an open slot', () => {
    for (const rule of rules)
      for (const [id, message] of Object.entries(rule.messages))
        expect(message, `${rule.id} ${id}`).not.toMatch(/[.!]$/);
  });
});
