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
