import { expect, test } from 'vitest';
import { isMistyped, isNameSlip, isOneSlipAway } from '../../src/rule/slips.ts';

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

test.each<[string, string, boolean]>([
  ['pey', 'pay', true],
  ['order', 'orders', true],
  ['front-end', 'frontend', true],
  ['shop-prd', 'shop-prod', true],
  ['pay', 'pay', false],
  ['shop-1', 'shop-2', false],
  ['shop', 'shop1', false],
  ['team-a', 'team-b', false],
  ['ea', 'eu', false],
  ['cart.v-a.x', 'cart.v-b.x', false],
])('%s beside %s', (written, meant, expected) => expect(isNameSlip(written, meant)).toBe(expected));
