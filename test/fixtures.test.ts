/// <reference types="vite/client" />
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Rule } from '../src/rule/define.ts';
import { cases, runCase } from './support/harness.ts';

const rules = import.meta.glob<{ default: Rule }>('../rules/*/*.ts', { eager: true });

describe.each(cases('fixtures'))('%s', (id, name, directory) => {
  const rule = rules[`../rules/${id}.ts`]?.default;
  test(name, async () => {
    expect(rule, `rules/${id}.ts`).toBeDefined();
    const result = await runCase(rule!, directory);
    expect(result.found).toEqual(result.marks);
    const expected = join(directory, 'expected.txt');
    if (result.report === '') expect(existsSync(expected), `${expected} of a silent case`).toBe(false);
    else await expect(result.report).toMatchFileSnapshot(join('..', expected));
  });
});
