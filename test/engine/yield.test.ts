import { expect, test } from 'vitest';
import { runRules } from '../../src/engine/run.ts';
import type { Rule, Where } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Severity } from '../../src/model/index.ts';
import { placeIn } from '../../src/model/index.ts';
import { fleetOf } from '../support/fleet.ts';

const CONFIG_MAP = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: shop }\ndata: { a: "1", b: "2" }\n`;
const fleet = fleetOf({ 'east/a.yaml': CONFIG_MAP('a'), 'east/b.yaml': CONFIG_MAP('b') });
const [first, second] = fleet.clusters[0]!.resources.ofKind('ConfigMap');

const ruleOf = (id: string, severity: Severity, where: Where, yieldsTo?: readonly string[]): Rule =>
  defineRule({
    id,
    severity,
    istio: 'all',
    summary: 'Test.',
    why: 'Test.',
    fix: 'Test.',
    reads: [],
    yieldsTo,
    messages: { said: 'said' },
    checkFleet: (_, report) => report('said', where),
  });

const beside = {
  at: placeIn(second!, 'data', 'b'),
  also: [{ place: placeIn(first!, 'data', 'a'), cluster: 'east', message: 'a' }],
};
const follows = ruleOf('test/follows', 'error', beside, ['test/cause']);
const severityOf = (rules: readonly Rule[], severities?: ReadonlyMap<string, Severity>): Severity | undefined =>
  runRules(rules, fleet, [], severities).find(({ rule }) => rule === 'test/follows')?.severity;

test('what follows from an error is a warning', () => {
  expect(severityOf([follows, ruleOf('test/cause', 'error', { at: placeIn(first!, 'data', 'a') })])).toBe('warning');
});

test.each([
  ['the rule of the cause is off', [follows]],
  ['the cause is a warning', [follows, ruleOf('test/cause', 'warning', { at: placeIn(first!, 'data', 'a') })]],
  ['the error is at another key', [follows, ruleOf('test/cause', 'error', { at: placeIn(first!, 'data', 'b') })]],
  ['the error is of another rule', [follows, ruleOf('test/other', 'error', { at: placeIn(first!, 'data', 'a') })]],
])('it stays an error where %s', (_, rules) => expect(severityOf(rules)).toBe('error'));

test('the severity that the user chose stays', () => {
  const rules = [follows, ruleOf('test/cause', 'error', { at: placeIn(first!, 'data', 'a') })];
  expect(severityOf(rules, new Map([['test/follows', 'error']]))).toBe('error');
});

const refusing = (severity: Severity): Rule =>
  ruleOf('schema/cause', severity, {
    at: placeIn(first!, 'data', 'a'),
    refuses: [placeIn(first!, 'data', 'a')],
  });
const rulesTold = (rules: readonly Rule[]): readonly string[] =>
  runRules(rules, fleet, []).flatMap(({ rule }) => (rule === 'schema/cause' ? [] : [rule]));

test.each([
  ['at its place', { at: placeIn(first!, 'data', 'a') }, 'error'],
  [
    'of the same key of a twin',
    {
      at: placeIn(second!, 'data', 'a'),
      also: [{ place: placeIn(first!, 'data', 'a'), cluster: 'east', message: 'a' }],
    },
    'warning',
  ],
] as const)('what is refused is told by nobody else: %s', (_, where, severity) => {
  expect(rulesTold([ruleOf('test/other', severity, where), refusing('error')])).toEqual([]);
  expect(rulesTold([ruleOf('test/other', severity, where), refusing('warning')])).toEqual(['test/other']);
  expect(rulesTold([ruleOf('schema/other', severity, where), refusing('error')])).toEqual(['schema/other']);
});

test.each([
  ['an error of a twin', 'error', placeIn(second!, 'data', 'a')],
  ['a warning at another key', 'warning', placeIn(second!, 'data', 'b')],
] as const)('%s stays beside what is refused', (_, severity, at) => {
  const also = [{ place: placeIn(first!, 'data', 'a'), cluster: 'east', message: 'a' }];
  expect(rulesTold([ruleOf('test/other', severity, { at, also }), refusing('error')])).toEqual(['test/other']);
});

test('a hint that follows from an error is left out', () => {
  const hint = ruleOf('test/follows', 'info', beside, ['test/cause']);
  expect(severityOf([hint, ruleOf('test/cause', 'error', { at: placeIn(first!, 'data', 'a') })])).toBeUndefined();
  expect(severityOf([hint])).toBe('info');
});
