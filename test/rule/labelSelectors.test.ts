import { describe, expect, test } from 'vitest';
import { matches, matchesAny, selectorsInWords } from '../../src/rule/labelSelectors.ts';

const known = { labels: { mesh: 'on', tier: 'front' }, complete: true };
const partly = { labels: { name: 'shop' }, complete: false };
const expression = (operator: string, key: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});

describe('matches', () => {
  test.each([
    [{}, 'yes', 'yes'],
    [{ matchLabels: { mesh: 'on' } }, 'yes', 'unknown'],
    [{ matchLabels: { mesh: 'off' } }, 'no', 'unknown'],
    [{ matchLabels: { mesh: '${MESH}' } }, 'unknown', 'unknown'],
    [{ matchLabels: { name: 'shop' } }, 'no', 'yes'],
    [{ matchLabels: { name: 'other', mesh: 'on' } }, 'no', 'no'],
    [expression('In', 'mesh', 'yes', 'on'), 'yes', 'unknown'],
    [expression('In', 'mesh', 'yes'), 'no', 'unknown'],
    [expression('NotIn', 'mesh', 'off'), 'yes', 'unknown'],
    [expression('NotIn', 'stage', 'test'), 'yes', 'unknown'],
    [expression('Exists', 'tier'), 'yes', 'unknown'],
    [expression('Exists', 'stage'), 'no', 'unknown'],
    [expression('DoesNotExist', 'stage'), 'yes', 'unknown'],
    [expression('DoesNotExist', 'name'), 'yes', 'no'],
    [expression('Gt', 'tier', '1'), 'unknown', 'unknown'],
    [{ matchLabels: { mesh: 'on' }, ...expression('In', 'tier', 'back') }, 'no', 'unknown'],
  ] as const)('%j: %s, %s where labels are not all known', (selector, whole, part) => {
    expect(matches(selector, known)).toBe(whole);
    expect(matches(selector, partly)).toBe(part);
  });

  test('one of several is enough', () => {
    expect(matchesAny([{ matchLabels: { a: 'b' } }, { matchLabels: { mesh: 'on' } }], known)).toBe('yes');
    expect(matchesAny([{ matchLabels: { a: 'b' } }, { matchLabels: { name: 'x' } }], known)).toBe('no');
    expect(matchesAny([{ matchLabels: { a: 'b' } }, { matchLabels: { name: 'x' } }], partly)).toBe('unknown');
  });

  test('in words', () => {
    expect(
      selectorsInWords([
        { matchLabels: { mesh: 'on' }, ...expression('NotIn', 'tier', 'a', 'b') },
        expression('DoesNotExist', 'stage'),
      ]),
    ).toBe('mesh=on and tier not in (a, b) or no stage');
  });
});
