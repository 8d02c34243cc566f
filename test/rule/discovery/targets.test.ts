import { describe, expect, test } from 'vitest';
import { isLoopback, serverKey } from '../../../src/rule/discovery/targets.ts';

describe('isLoopback', () => {
  test.each([
    'localhost',
    'kind.localhost',
    '127.0.0.1',
    '127.1',
    '127.255.3.4',
    '0.0.0.0',
    '[::1]',
    '::1',
    '[0:0:0:0:0:0:0:1]',
  ])('%s', (host) => expect(isLoopback(host)).toBe(true));
  test.each([
    '10.127.0.1',
    '127.example.com',
    'localhost.example.com',
    '[2001:db8::1]',
    '[::ffff:10.0.0.1]',
    'example.com',
    '',
  ])('not %s', (host) => expect(isLoopback(host)).toBe(false));
});

describe('serverKey', () => {
  test.each([
    ['https://A.example.com', 'https://a.example.com:443/'],
    ['https://a.example.com/k8s/', 'https://a.example.com:443/k8s'],
  ])('%s is %s', (one, other) => expect(serverKey(one, '')).toBe(serverKey(other, '')));
  test.each([
    ['https://a.example.com', 'https://a.example.com:6443'],
    ['https://a.example.com/k8s/c-1', 'https://a.example.com/k8s/c-2'],
    ['https://a.example.com:4430', 'https://a.example.com:443'],
  ])('%s is not %s', (one, other) => expect(serverKey(one, '')).not.toBe(serverKey(other, '')));
  test('by another proxy', () => expect(serverKey('https://a', 'http://proxy ')).not.toBe(serverKey('https://a', ' ')));
});
