import { describe, expect, test } from 'vitest';
import { faultOfProxyConfig } from '../../../src/rule/annotations/proxyConfig.ts';

const in126 = { low: 26, high: 26 };

describe('faultOfProxyConfig', () => {
  test.each([
    ['concurrency: 2'],
    ['concurrency: "2"'],
    ['# nothing yet\n'],
    [' \n'],
    ['{}'],
    ['drain_duration: 5s'],
    ['proxyMetadata: { A: "1", B: "true" }'],
    ['interceptionMode: 1'],
    ['holdApplicationUntilProxyStarts: on'],
    [`concurrency: 2 # ${'x'.repeat(70_000)}`],
  ])('takes %#', (text) => {
    expect(faultOfProxyConfig(text, in126)).toBeUndefined();
  });

  test.each([
    ['proxyMetadata: { A: 1 }', 'proxyMetadata.A is the number 1, where text belongs', ['proxyMetadata', 'A']],
    ['concurrency: [2]', 'concurrency is a list, where a whole number belongs', ['concurrency']],
    ['statusPort: -1', 'statusPort is -1, but a port lies between 1 and 65535', ['statusPort']],
    [
      'statsdUdpAddress: statsd',
      'statsdUdpAddress is "statsd", but an address is written host:port',
      ['statsdUdpAddress'],
    ],
    ['concurrency', 'the text "concurrency" is no map of settings', []],
    ['a: b: c', 'that is no YAML', []],
    [
      'interceptionMode: tproxy',
      'interceptionMode is tproxy, Istio knows NONE, REDIRECT, TPROXY',
      ['interceptionMode'],
    ],
  ])('refuses %s', (text, fault, path) => {
    expect(faultOfProxyConfig(text, in126)).toEqual({ fault, isRefused: true, path });
  });

  test('tells what is left out only where nothing is refused', () => {
    expect(faultOfProxyConfig('defaultConfig: { concurrency: 2 }', in126)).toMatchObject({ isRefused: false });
    expect(faultOfProxyConfig('zones: a\nconcurrency: x', in126)).toMatchObject({ isRefused: true });
  });

  test('asks all releases that the cluster may run', () => {
    const text = 'proxyHeaders: { server: { disabled: true } }';
    expect(faultOfProxyConfig(text, { low: 16, high: 18 })).toMatchObject({ isRefused: false });
    expect(faultOfProxyConfig(text, { low: 16, high: 22 })).toBeUndefined();
  });

  test('lets a release that it does not know have more settings', () => {
    expect(faultOfProxyConfig('futureSetting: 1', { low: 40, high: 40 })).toBeUndefined();
    expect(faultOfProxyConfig('concurrency: x', { low: 40, high: 40 })).toMatchObject({ isRefused: true });
  });
});
