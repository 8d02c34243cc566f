/// <reference types="vite/client" />
import { describe, expect, test } from 'vitest';
import type { Rule } from '../src/rule/define.ts';
import type { Fault, FaultResult } from './support/fleets.ts';
import { faultFiles, readFaults, runFault } from './support/fleets.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** For the table of `npm run faults`. */
    fault?: FaultResult & { readonly name: string; readonly fleet: string };
  }
}

const rules = Object.values(import.meta.glob<{ default: Rule }>('../rules/*/*.ts', { eager: true })).map(
  (module) => module.default,
);
const faults = faultFiles().flatMap((file) => readFaults(file).map((fault) => ({ ...fault, file })));

/** In whole: `-t` finds a fault by it. */
const nameOf = ({ fleet, fault }: Fault): string => `${fleet}: ${fault}`;

describe.each(faultFiles())('%s', (file) => {
  const named = faults.filter((fault) => fault.file === file).map((fault) => [nameOf(fault), fault] as const);
  test.for(named)('%s', async ([, fault], { task }) => {
    const result = await runFault(fault, rules);
    task.meta.fault = { ...result, name: fault.fault, fleet: fault.fleet };
    expect(
      result.isSeen,
      `expected ${result.expected}\nseen ${result.seen.join('\n')}\nextra ${result.extra.join('\n')}`,
    ).toBe(true);
    expect(result.extraErrors).toEqual([]);
  });
});

/** Rules that speak of the files themselves, whatever mesh they describe. */
const withoutFleet = ['config/unused-suppression'];

describe('together', () => {
  test('there are many, each of its own name', () => {
    const names = faults.map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(650);
  });

  test('every rule is proven by one', () => {
    const proven = new Set(faults.map((fault) => fault.expect.rule));
    const missing = rules.map((rule) => rule.id).filter((id) => !proven.has(id) && !withoutFleet.includes(id));
    expect(missing).toEqual([]);
  });
});
