/// <reference types="vite/client" />
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Rule } from '../src/rule/define.ts';
import { cases, runCase } from './support/harness.ts';
import { listen } from './support/messages.ts';

const rules = import.meta.glob<{ default: Rule }>('../rules/*/*.ts', { eager: true });

const heard = listen();

describe.each(cases('fixtures'))('%s', (id, name, directory) => {
  const rule = rules[`../rules/${id}.ts`]?.default;
  test(name, async () => {
    expect(rule, `rules/${id}.ts`).toBeDefined();
    const result = await runCase(heard.rule(rule!), directory);
    expect(result.found).toEqual(result.marks);
    const expected = join(directory, 'expected.txt');
    if (result.report === '') expect(existsSync(expected), `${expected} of a silent case`).toBe(false);
    else await expect(result.report).toMatchFileSnapshot(join('..', expected));
  });
});

/** Its messages come from the engine, once all rules have run. */
const saidByEngine = 'config/unused-suppression';

describe('all cases together', () => {
  test('every message of every rule is shown by one', () => {
    const missing = Object.values(rules).flatMap(({ default: { id, messages } }) =>
      id === saidByEngine
        ? []
        : Object.keys(messages)
            .map((message) => `${id} ${message}`)
            .filter((message) => !heard.said.has(message)),
    );
    expect(missing).toEqual([]);
  });

  test('no slot of a message stays open', () => {
    expect([...heard.open]).toEqual([]);
  });
});
