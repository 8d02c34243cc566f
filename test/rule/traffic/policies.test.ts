import { describe, expect, test } from 'vitest';
import { failoverFields, rulePolicies } from '../../../src/rule/traffic/policies.ts';
import type { LocalitySetting } from '../../../src/rule/traffic/policies.ts';
import { documents, meshOf } from '../mesh.ts';

const DETECTS = 'outlierDetection: { consecutive5xxErrors: 5 }';
const FAILS_OVER = 'loadBalancer: { localityLbSetting: { failover: [{ from: r1, to: r2 }] } }';
const PLAIN = 'loadBalancer: { simple: ROUND_ROBIN }';

/** Of each policy: subset and port, then `detects` and `fails over`. */
const read = (...specs: readonly string[]): readonly string[] => {
  const rules = specs.map(
    (spec, index) => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: cart-${index}, namespace: shop }
spec: { host: cart.shop.svc.cluster.local, ${spec} }`,
  );
  const mesh = meshOf({ 'east/rules.yaml': documents(...rules) });
  return rulePolicies(mesh, mesh.cluster('east')).flatMap(({ policies }) =>
    policies.map((policy) =>
      [
        `${policy.subset ?? '*'}:${policy.port ?? '*'}`,
        ...(policy.outlierDetection ? ['detects'] : []),
        ...(policy.locality === undefined ? [] : ['fails over']),
        policy.path.join('.'),
      ].join(' '),
    ),
  );
};

test.each<[string, readonly string[], readonly string[]]>([
  ['nothing', ['subsets: []'], ['*:* spec.trafficPolicy']],
  ['the whole', [`trafficPolicy: { ${DETECTS}, ${FAILS_OVER} }`], ['*:* detects fails over spec.trafficPolicy']],
  [
    'an entry for a port takes nothing from above',
    [`trafficPolicy: { ${DETECTS}, ${FAILS_OVER}, portLevelSettings: [{ port: { number: 80 } }] }`],
    ['*:* detects fails over spec.trafficPolicy', '*:80 spec.trafficPolicy.portLevelSettings.0'],
  ],
  [
    'a subset takes what it does not say',
    [`trafficPolicy: { ${DETECTS}, ${FAILS_OVER} }, subsets: [{ name: v1 }]`],
    ['*:* detects fails over spec.trafficPolicy', 'v1:* detects fails over spec.trafficPolicy'],
  ],
  [
    'a subset that balances replaces the setting of localities',
    [`trafficPolicy: { ${DETECTS}, ${FAILS_OVER} }, subsets: [{ name: v1, trafficPolicy: { ${PLAIN} } }]`],
    ['*:* detects fails over spec.trafficPolicy', 'v1:* detects spec.subsets.0.trafficPolicy'],
  ],
  [
    'entries for ports above and in a subset',
    [
      `trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, ${DETECTS} }] }, subsets: [{ name: v1, trafficPolicy: { portLevelSettings: [{ port: { number: 90 }, ${FAILS_OVER} }] } }]`,
    ],
    [
      '*:* spec.trafficPolicy',
      '*:80 detects spec.trafficPolicy.portLevelSettings.0',
      'v1:* spec.trafficPolicy',
      'v1:80 detects spec.trafficPolicy.portLevelSettings.0',
      'v1:90 fails over spec.subsets.0.trafficPolicy.portLevelSettings.0',
    ],
  ],
  [
    'of two rules with a policy the oldest counts, which no file tells',
    [`trafficPolicy: { ${DETECTS} }`, `trafficPolicy: { ${PLAIN} }`],
    [],
  ],
])('%s', (_, specs, expected) => expect(read(...specs)).toEqual(expected));

describe('what acts', () => {
  const setting = (value: Readonly<Record<string, unknown>>): LocalitySetting => ({
    value,
    place: { file: { path: 'a.yaml', absolute: undefined, bytes: 0 }, document: 0, path: [] },
    path: undefined,
  });
  const failover = [{ from: 'r1', to: 'r2' }];
  test.each<[string, Readonly<Record<string, unknown>>, number, readonly string[]]>([
    ['failover', { failover }, 20, ['failover']],
    ['switched off', { enabled: false, failover }, 20, []],
    ['distribute excludes failover', { failover, distribute: [{ from: 'r1', to: { r1: 100 } }] }, 20, []],
    ['failoverPriority', { failoverPriority: ['topology.istio.io/cluster'] }, 12, ['failoverPriority']],
    ['failoverPriority before 1.12', { failoverPriority: ['topology.istio.io/cluster'] }, 11, []],
    ['an empty list', { failover: [] }, 20, []],
  ])('%s', (_, value, minor, expected) => expect(failoverFields(setting(value), minor)).toEqual(expected));
});
