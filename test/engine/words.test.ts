import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/engine/nearest.ts';
import { fits } from '../../src/engine/wildcard.ts';

describe('fits', () => {
  test.each([
    ['*', '', true],
    ['trust/*', 'trust/shared-root-ca', true],
    ['trust/*', 'mtls/x', false],
    ['a*c*e', 'abcde', true],
    ['a*c*e', 'abcd', false],
    ['**/x', 'a/b/x', true],
    ['a.c', 'abc', false],
    ['', 'a', false],
  ])('%s %s', (pattern, text, expected) => expect(fits(pattern, text)).toBe(expected));

  test('agrees with a regular expression', () => {
    const words = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(words, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, text) => {
        expect(fits(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll(/\*+/g, '.*')}$`).test(text));
      }),
    );
  });

  test('many stars cost no exponential time', () => {
    expect(fits('*a'.repeat(2000) + 'b', 'a'.repeat(4000))).toBe(false);
  });
});

describe('nearest', () => {
  const known = ['network', 'podCidrs', 'trust/shared-root-ca', 'clusters'];
  test.each([
    ['netwrok', 'network'],
    ['podCIDRs', 'podCidrs'],
    ['shared-root-ca', 'trust/shared-root-ca'],
    ['cluster', 'clusters'],
    ['something', undefined],
  ])('%s', (word, expected) => expect(nearest(word, known)).toBe(expected));
});
