import { describe, expect, test } from 'vitest';
import { bySpecificity, covers, expandHost, isWithin, patternsOf, serviceOf, splitHost } from '../../src/rule/hosts.ts';
import { selects } from '../../src/rule/selectors.ts';

describe('hosts', () => {
  test.each([
    ['cart', 'shop', 'cart.shop.svc.cluster.local'],
    ['cart.shop', 'bank', 'cart.shop'],
    ['*', 'shop', '*'],
    ['*.local', 'shop', '*.local'],
    ['10.0.0.1', 'shop', '10.0.0.1'],
    ['cart', undefined, 'cart.?.svc.cluster.local'],
  ])('expandHost(%s, %s)', (host, namespace, expected) => {
    expect(expandHost(host, namespace, 'cluster.local')).toBe(expected);
  });

  test.each([
    ['*.local', 'a.local', true],
    ['*.local', 'local', false],
    ['*', 'a.b', true],
    ['a.b', 'a.b', true],
    ['a.b', 'x.a.b', false],
    ['*.a.b', 'x.a.c', false],
  ])('covers(%s, %s)', (pattern, host, expected) => {
    expect(covers(pattern, host)).toBe(expected);
  });

  test.each([
    ['*.shop.local', '*.local', true],
    ['*.local', '*.shop.local', false],
    ['*', '*.local', false],
    ['a.local', '*.local', true],
    ['*.local', '*.local', true],
    ['*.local', 'a.local', false],
  ])('isWithin(%s, %s)', (inner, outer, expected) => {
    expect(isWithin(inner, outer)).toBe(expected);
  });

  test('patternsOf and bySpecificity', () => {
    expect(patternsOf('a.b.c')).toEqual(['a.b.c', '*.b.c', '*.c', '*']);
    expect(patternsOf('*.b.c')).toEqual(['*.b.c', '*.c', '*']);
    expect(['*', '*.c', 'a.b.c', '*.b.c'].toSorted(bySpecificity)).toEqual(['a.b.c', '*.b.c', '*.c', '*']);
  });

  test('serviceOf and splitHost', () => {
    expect(serviceOf('cart.shop.svc.cluster.local', 'cluster.local')).toEqual({ name: 'cart', namespace: 'shop' });
    expect(serviceOf('cart.shop', 'cluster.local')).toBeUndefined();
    expect(serviceOf('cart.shop', 'cluster.local', true)).toEqual({ name: 'cart', namespace: 'shop' });
    expect(serviceOf('cart.shop.example.com', 'cluster.local', true)).toBeUndefined();
    expect(splitHost('shop/*.local')).toEqual({ namespace: 'shop', host: '*.local' });
    expect(splitHost('*.local')).toEqual({ namespace: undefined, host: '*.local' });
  });
});

test.each([
  [{ app: 'a' }, { app: 'a', b: 'c' }, 'yes'],
  [{}, {}, 'yes'],
  [{ app: 'a' }, {}, 'no'],
  [{ app: 'a' }, { app: '${APP}' }, 'unknown'],
  [{ app: '{{ .app }}', tier: 'x' }, { app: 'a', tier: 'y' }, 'no'],
])('selects(%o, %o)', (selector, labels, expected) => {
  expect(selects(selector, labels)).toBe(expected);
});
