import { describe, expect, test } from 'vitest';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { plaintextCodes, widthOf } from '../../src/rule/wideRules.ts';
import { meshOf } from './mesh.ts';

const ruleFor = (host: string) => {
  const mesh = meshOf({
    'east/rule.yaml': `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: rule, namespace: shop }
spec: { host: "${host}" }`,
  });
  const config = mesh.cluster('east');
  return { config, rule: destinationRulesOf(mesh, config).all[0]! };
};

describe('rules for all Services of a mesh or namespace', () => {
  test.each([
    ['*.local', 'mesh'],
    ['*.svc.cluster.local', 'mesh'],
    ['*', 'mesh'],
    ['*.shop.svc.cluster.local', 'namespace'],
    ['*.bank.svc.cluster.local', undefined],
    ['cart', undefined],
    ['*.example.com', undefined],
  ])('%s: %s', (host, expected) => {
    const { config, rule } = ruleFor(host);
    expect(widthOf(config, rule)).toBe(expected);
  });
});

describe('codes for plaintext that a policy forbids', () => {
  test.each([
    ['*.local', 'DISABLE', 'mesh', ['KIA0208']],
    ['*.local', 'DISABLE', 'namespace', []],
    ['*.shop.svc.cluster.local', 'DISABLE', 'mesh', ['KIA0208']],
    ['*.shop.svc.cluster.local', 'DISABLE', 'namespace', ['KIA0207']],
    ['*.shop.svc.cluster.local', 'DISABLE', 'workload', []],
    ['*.shop.svc.cluster.local', 'SIMPLE', 'namespace', []],
    ['cart', 'DISABLE', 'namespace', []],
  ] as const)('%s %s, policy of the %s', (host, mode, level, expected) => {
    const { config, rule } = ruleFor(host);
    expect(plaintextCodes(config, rule, mode, level)).toEqual(expected);
  });
});
