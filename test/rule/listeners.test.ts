import { describe, expect, test } from 'vitest';
import { hostnamesMeet } from '../../src/rule/listeners.ts';

describe('hostnamesMeet', () => {
  test.each([
    ['cart.example.com', undefined, true],
    ['cart.example.com', 'cart.example.com', true],
    ['Cart.example.com', 'cart.Example.com', true],
    ['www.example.com', 'cart.example.com', false],
    ['cart.example.com', '*.example.com', true],
    ['a.b.example.com', '*.example.com', true],
    ['example.com', '*.example.com', false],
    ['cartexample.com', '*.example.com', false],
    ['*.example.com', 'cart.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.shop.example.com', '*.example.com', true],
    ['*.example.com', '*.shop.example.com', true],
    ['*.example.com', '*.example.org', false],
  ])('%s on %s: %s', (ofRoute, ofListener, meets) => expect(hostnamesMeet(ofRoute, ofListener)).toBe(meets));
});
