import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers, eachOverlap, formatRange, intersects, isPrivateAddress, parseCidr } from '../../src/facts/cidr.ts';

const range = (text: string) => {
  const found = parseCidr(text);
  if (found === undefined) throw new Error(`${text} is no CIDR`);
  return found;
};

describe('parseCidr', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8', false],
    ['10.1.2.3/16', '10.1.0.0/16', true],
    ['0.0.0.0/0', '0.0.0.0/0', false],
    ['192.168.1.1/32', '192.168.1.1/32', false],
    ['fd00:10:244::/56', 'fd00:10:244::/56', false],
    ['2001:db8::1/64', '2001:db8::/64', true],
    ['::/0', '::/0', false],
    ['::ffff:10.0.0.0/104', '::ffff:a00:0/104', false],
    ['1:2:3:4:5:6:7:8/128', '1:2:3:4:5:6:7:8/128', false],
  ])('%s is %s', (text, shown, hostBits) => {
    expect(formatRange(range(text))).toBe(shown);
    expect(range(text).hostBits).toBe(hostBits);
  });

  test.each([
    '/14',
    '14',
    '10.0.0.0',
    '10.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '010.0.0.0/8',
    '10.0.0.256/8',
    ' 10.0.0.0/8',
    '10.0.0.0/8 ',
    '10.0.0.0/8,10.1.0.0/16',
    'fd00::/129',
    'fd00:::/64',
    'fd00::1::/64',
    'fe80::1%eth0/64',
    '1:2:3:4:5:6:7/64',
    '1:2:3:4:5:6:7:8:9/64',
    '1:2:3:4::5:6:7:8/64',
    '1.2.3.4::/64',
    '12345::/64',
    '10.0.0.0/1e1',
    '',
    '/',
  ])('%j is none', (text) => expect(parseCidr(text)).toBeUndefined());

  test('reads back what it writes', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
        fc.integer({ min: 0, max: 128 }),
        (address, prefix) => {
          const hosts = (1n << BigInt(128 - prefix)) - 1n;
          const start = address & ~hosts;
          const text = formatRange({ family: 6, start, end: start | hosts, hostBits: false });
          expect(range(text)).toEqual({ family: 6, start, end: start | hosts, hostBits: false });
        },
      ),
    );
  });
});

test('families never intersect', () => {
  expect(intersects(range('0.0.0.0/0'), range('::/0'))).toBe(false);
  expect(intersects(range('10.0.0.0/8'), range('10.244.0.0/16'))).toBe(true);
  expect(intersects(range('10.0.0.0/9'), range('10.128.0.0/9'))).toBe(false);
});

test('neighbours cover together', () => {
  expect(covers([range('10.1.0.0/17'), range('10.1.128.0/17')], range('10.1.0.0/16'))).toBe(true);
  expect(covers([range('10.1.0.0/17'), range('10.1.192.0/18')], range('10.1.0.0/16'))).toBe(false);
  expect(covers([], range('10.1.0.0/16'))).toBe(false);
});

test('the sweep finds the pairs that comparing all with all finds', () => {
  const cidr = fc
    .tuple(fc.nat(15), fc.integer({ min: 4, max: 12 }))
    .map(([high, prefix]) => range(`${high * 16}.0.0.0/${prefix}`));
  fc.assert(
    fc.property(fc.array(cidr, { maxLength: 12 }), (ranges) => {
      const items = ranges.map((held, index) => ({ range: held, index }));
      const swept: string[] = [];
      eachOverlap(items, (a, b) => swept.push([a.index, b.index].toSorted((x, y) => x - y).join('-')));
      const expected = items.flatMap((a) =>
        items.filter((b) => a.index < b.index && intersects(a.range, b.range)).map((b) => `${a.index}-${b.index}`),
      );
      expect(swept.toSorted()).toEqual(expected.toSorted());
    }),
  );
});

test.each([
  ['10.1.2.3', true],
  ['172.31.0.1', true],
  ['172.32.0.1', false],
  ['100.64.0.1', true],
  ['100.128.0.1', false],
  ['169.254.1.1', true],
  ['203.0.113.9', false],
  ['127.0.0.1', false],
  ['[fd00::1]', true],
  ['fe80::1', true],
  ['2001:db8::1', false],
  ['fc.example.com', false],
  ['10.example.com', false],
])('%s is private: %s', (address, expected) => expect(isPrivateAddress(address)).toBe(expected));
