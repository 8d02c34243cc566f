import { describe, expect, test } from 'vitest';
import { arrivals, coversServices, hostName, opens } from '../../src/rule/gateways.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';
import { serversOf } from '../../src/rule/gateways.ts';
import { membersOf } from '../support/fleet.ts';

const place = { file: { path: 'a.yaml', absolute: undefined, bytes: 0 }, document: 0, path: [] };

describe('coversServices', () => {
  test.each([
    ['*', 'cluster.local', true],
    ['*.local', 'cluster.local', true],
    ['*.svc.cluster.local', 'cluster.local', true],
    ['*/*.local', 'cluster.local', true],
    ['./*.cluster.local', 'cluster.local', true],
    ['shop/*', 'cluster.local', true],
    ['*.local', 'corp.internal', false],
    ['*.internal', 'corp.internal', true],
    ['*.shop.svc.cluster.local', 'cluster.local', false],
    ['cart.shop.svc.cluster.local', 'cluster.local', false],
    ['*.global', 'cluster.local', false],
    ['*local', 'cluster.local', false],
  ])('%s for %s: %s', (host, domain, expected) => expect(coversServices(host, domain)).toBe(expected));
});

test('the namespace before a host is no part of it', () => {
  expect(hostName('shop/*.local')).toBe('*.local');
  expect(hostName('*.local')).toBe('*.local');
});

describe('opens', () => {
  const server = (selector: Readonly<Record<string, string>>): GatewayServer => {
    const yaml = `apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: x}\nspec: {selector: ${JSON.stringify(selector)}, servers: [{port: {number: 15443}, hosts: ["*"]}]}\n`;
    return serversOf(membersOf({ 'east/a.yaml': yaml })['east']!)[0]!;
  };
  test.each([
    [{ istio: 'ew' }, { istio: 'ew', app: 'x' }, undefined, 'yes'],
    [{ istio: 'ew' }, { istio: 'other' }, undefined, 'no'],
    [{}, {}, undefined, 'yes'],
    [{ istio: 'ew' }, undefined, { istio: 'ew' }, 'yes'],
    [{ istio: 'ew' }, undefined, { istio: 'other' }, 'no'],
    [{ istio: 'ew' }, undefined, { app: 'x' }, 'unknown'],
    [{ istio: 'ew' }, undefined, undefined, 'unknown'],
  ] as const)(
    '%j over pods %j behind a Service that selects %j: %s',
    (selector, podLabels, serviceSelector, expected) =>
      expect(opens(server(selector), { podLabels, selector: serviceSelector })).toBe(expected),
  );
});

test('calls arrive at the port itself, its targetPort and the one behind a node port', () => {
  const ports = [
    { port: 15443, targetPort: 8443, place },
    { port: 443, targetPort: 8444, nodePort: 30443, place },
    { port: 80, targetPort: 'http', place },
  ];
  expect(arrivals({ ports }, 15443)).toEqual([15443, 8443]);
  expect(arrivals({ ports }, 30443)).toEqual([30443, 8444]);
  expect(arrivals({ ports }, 80)).toEqual([80]);
  expect(arrivals({ ports: undefined }, 443)).toEqual([443]);
});
