import { expect, test } from 'vitest';
import { isMistyped, isOneSlipAway } from '../../src/rule/slips.ts';

test.each<[string, string, boolean]>([
  ['cart', 'cart', true],
  ['cart', 'crt', true],
  ['cart', 'carts', true],
  ['cart', 'cast', true],
  ['cart', 'crat', true],
  ['cart', 'cats', false],
  ['cart', 'pay', false],
  ['web', 'wbe', true],
  ['cart', 'trac', false],
])('%s, %s', (a, b, expected) => {
  expect(isOneSlipAway(a, b)).toBe(expected);
  expect(isOneSlipAway(b, a)).toBe(expected);
});

test.each<[string, string | undefined, boolean]>([
  ['ingresgateway', 'ingressgateway', true],
  ['public-2', 'public-1', false],
  ['web', 'wbe', false],
  ['public', undefined, false],
])('%s for %s', (written, meant, expected) => expect(isMistyped(written, meant)).toBe(expected));
