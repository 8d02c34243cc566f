import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { secretSpans, withoutSecretText } from '../../src/model/index.ts';

const LENGTH = 100_000;
const PIECES = [
  '://',
  '://a:',
  '://a: ',
  '://a:b@',
  'a:',
  'a:b@',
  '-',
  '--a',
  '--a ',
  'a=',
  'ab \t=',
  'password = ',
  'token="',
  'token=\\"',
  '{',
  '{ a: ',
  '{name: ',
  '{name: token, value: ',
  '{secret: {',
  '{secret: "',
  '[secret: ',
  '"token: ',
  '\\"',
  '\\n a: ',
  'eyJaaaaaaaa.',
  'Bearer ',
  '-----BEGIN A-----',
  '-----BEGIN PRIVATE KEY-----',
  '%2F%2Fa%3A',
  '-u a:b ',
  'jdbc:a:b/',
  '"auth": ',
  ' ',
  ',',
  '\\',
];

describe('work grows with the length, not with its square', () => {
  // What is quadratic here takes minutes.
  test.each(PIECES)('%j over and over', (piece) => {
    const text = piece.repeat(Math.ceil(LENGTH / piece.length));
    expect(secretSpans(text).every(([start, end]) => start < end && end <= text.length)).toBe(true);
    expect(typeof withoutSecretText(text)).toBe('string');
    expect(typeof withoutSecretText(`{\n${text}`)).toBe('string');
  });
});

test('spans are sorted, apart and within the line', () => {
  const line = fc.array(
    fc.oneof(fc.constantFrom(...PIECES, 'hunter2', '}', '"', "'", '@'), fc.string({ maxLength: 4 })),
  );
  fc.assert(
    fc.property(line, (pieces) => {
      const text = pieces.join('');
      let last = 0;
      for (const [start, end] of secretSpans(text)) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThan(start);
        last = end;
      }
      expect(last).toBeLessThanOrEqual(text.length);
    }),
  );
});
