import { describe, expect, test } from 'vitest';
import { celViolations } from '../../src/schema/cel/check.ts';
import { pathInWords } from '../../src/schema/violation.ts';

/** [rule, kind, what is taken, what is refused, the key that is told] */
const CASES: readonly (readonly [rule: string, kind: string, good: object, bad: object, at: string])[] = [
  [
    'selector or targetRefs',
    'extensions.istio.io/TrafficExtension',
    { lua: {}, selector: {} },
    { lua: {}, selector: {}, targetRefs: [] },
    'spec.targetRefs',
  ],
  ['wasm or lua', 'extensions.istio.io/TrafficExtension', { lua: {} }, { lua: {}, wasm: {} }, 'spec.lua'],
  ['wasm or lua, none', 'extensions.istio.io/TrafficExtension', { wasm: {} }, {}, 'spec'],
  [
    'no wildcard in keys',
    'security.istio.io/PeerAuthentication',
    { selector: { matchLabels: { app: 'a' } } },
    { selector: { matchLabels: { 'a*': 'a' } } },
    'spec.selector.matchLabels["a*"]',
  ],
  [
    'no empty key',
    'telemetry.istio.io/Telemetry',
    { selector: { matchLabels: { app: 'a' } } },
    { selector: { matchLabels: { '': 'a' } } },
    'spec.selector.matchLabels[""]',
  ],
  [
    'no wildcard in values',
    'networking.istio.io/Sidecar',
    { workloadSelector: { labels: { app: 'a' } } },
    { workloadSelector: { labels: { app: 'a*' } } },
    'spec.workloadSelector.labels.app',
  ],
  [
    'own namespace',
    'networking.istio.io/EnvoyFilter',
    { targetRefs: [{ namespace: '' }] },
    { targetRefs: [{ namespace: 'shop' }] },
    'spec.targetRefs[0].namespace',
  ],
  [
    'URL of a TrafficExtension',
    'extensions.istio.io/TrafficExtension',
    { wasm: { url: 'oci://hub/a:1' } },
    { wasm: { url: 'ftp://hub/a' } },
    'spec.wasm.url',
  ],
  [
    'value of env',
    'extensions.istio.io/WasmPlugin',
    { vmConfig: { env: [{ name: 'A', valueFrom: 'HOST' }] } },
    { vmConfig: { env: [{ name: 'A', valueFrom: 'HOST', value: 'b' }] } },
    'spec.vmConfig.env[0].value',
  ],
  [
    'one kind of target',
    'security.istio.io/AuthorizationPolicy',
    { targetRef: {} },
    { targetRef: {}, targetRefs: [] },
    'spec.targetRefs',
  ],
  ['URL of a WasmPlugin', 'extensions.istio.io/WasmPlugin', { url: 'hub/a:1' }, { url: 'a b' }, 'spec.url'],
  [
    'durations',
    'networking.istio.io/VirtualService',
    { http: [{ timeout: '1ms' }] },
    { http: [{ timeout: '10' }] },
    'spec.http[0].timeout',
  ],
  [
    'durations of subsets',
    'networking.istio.io/DestinationRule',
    { subsets: [{ trafficPolicy: { outlierDetection: { interval: '1h30m' } } }] },
    { subsets: [{ trafficPolicy: { outlierDetection: { interval: '0s' } } }] },
    'spec.subsets[0].trafficPolicy.outlierDetection.interval',
  ],
  [
    'workloadSelector or targetRefs',
    'networking.istio.io/EnvoyFilter',
    { targetRefs: [] },
    { workloadSelector: {}, targetRefs: [] },
    'spec.targetRefs',
  ],
  [
    'waypoint match',
    'networking.istio.io/EnvoyFilter',
    { configPatches: [{ match: { context: 'WAYPOINT', waypoint: {} } }] },
    { configPatches: [{ match: { context: 'WAYPOINT', listener: {} } }] },
    'spec.configPatches[0].match.context',
  ],
  [
    'waypoint match elsewhere',
    'networking.istio.io/EnvoyFilter',
    { configPatches: [{ match: { listener: {} } }] },
    { configPatches: [{ match: { waypoint: {} } }] },
    'spec.configPatches[0].match.waypoint',
  ],
  [
    'port numbers',
    'networking.istio.io/ServiceEntry',
    { ports: [{ number: 65_535 }] },
    { ports: [{ number: 0 }] },
    'spec.ports[0].number',
  ],
  [
    'credentialNames or tlsCertificates',
    'networking.istio.io/Gateway',
    { servers: [{ tls: { tlsCertificates: [{}] } }] },
    { servers: [{ tls: { credentialNames: ['a'], tlsCertificates: [{}] } }] },
    'spec.servers[0].tls.tlsCertificates',
  ],
  [
    'credentialName or credentialNames',
    'networking.istio.io/Gateway',
    { servers: [{ tls: { credentialName: 'a' } }] },
    { servers: [{ tls: { credentialName: 'a', credentialNames: ['b'] } }] },
    'spec.servers[0].tls.credentialNames',
  ],
  [
    'credentials of a Sidecar',
    'networking.istio.io/Sidecar',
    { ingress: [{ tls: { credentialNames: ['a'] } }] },
    { ingress: [{ tls: { credentialNames: ['a'], tlsCertificates: [] } }] },
    'spec.ingress[0].tls.tlsCertificates',
  ],
  [
    'workloadSelector or endpoints',
    'networking.istio.io/ServiceEntry',
    { workloadSelector: {} },
    { workloadSelector: {}, resolution: 'STATIC', endpoints: [] },
    'spec.endpoints',
  ],
  [
    'ranges',
    'networking.istio.io/ServiceEntry',
    { addresses: ['10.0.0.0/8'], resolution: 'STATIC' },
    { addresses: ['10.0.0.0/8'], resolution: 'DNS' },
    'spec.addresses[0]',
  ],
  [
    'no endpoints for NONE',
    'networking.istio.io/ServiceEntry',
    { endpoints: [], resolution: 'DNS' },
    { endpoints: [] },
    'spec.endpoints',
  ],
  [
    'one endpoint for DNS_ROUND_ROBIN',
    'networking.istio.io/ServiceEntry',
    { resolution: 'DNS_ROUND_ROBIN', endpoints: [{ address: 'a' }] },
    { resolution: 'DNS_ROUND_ROBIN', endpoints: [{ address: 'a' }, { address: 'b' }] },
    'spec.endpoints[1]',
  ],
  ['address or network', 'networking.istio.io/WorkloadEntry', { network: 'net-west' }, { labels: {} }, 'spec.address'],
  [
    'sockets have no ports',
    'networking.istio.io/WorkloadGroup',
    { template: { address: 'unix:///run/a' } },
    { template: { address: 'unix:///run/a', ports: {} } },
    'spec.template.ports',
  ],
  [
    'absolute sockets',
    'networking.istio.io/WorkloadEntry',
    { address: 'unix://@a' },
    { address: 'unix://a' },
    'spec.address',
  ],
  [
    'sockets are no directories',
    'networking.istio.io/WorkloadEntry',
    { address: 'unix:///run/a' },
    { address: 'unix:///run/' },
    'spec.address',
  ],
  [
    'port names',
    'networking.istio.io/WorkloadEntry',
    { address: '10.0.0.1', ports: { 'http-1': 80 } },
    { address: '10.0.0.1', ports: { http_1: 80 } },
    'spec.ports.http_1',
  ],
  [
    'no full wildcard',
    'networking.istio.io/ServiceEntry',
    { hosts: ['*.example.com'] },
    { hosts: ['*'] },
    'spec.hosts[0]',
  ],
  [
    'port numbers once',
    'networking.istio.io/ServiceEntry',
    { ports: [{ number: 80 }, { number: 81 }] },
    { ports: [{ number: 80 }, { number: 80 }] },
    'spec.ports[1].number',
  ],
  [
    'scheme of a probe',
    'networking.istio.io/WorkloadGroup',
    { probe: { httpGet: { scheme: 'HTTPS' } } },
    { probe: { httpGet: { scheme: 'https' } } },
    'spec.probe.httpGet.scheme',
  ],
  [
    'serviceAccounts alone',
    'security.istio.io/AuthorizationPolicy',
    { rules: [{ from: [{ source: { serviceAccounts: ['a'] } }] }] },
    { rules: [{ from: [{ source: { serviceAccounts: ['a'], namespaces: ['b'] } }] }] },
    'spec.rules[0].from[0].source.serviceAccounts',
  ],
  [
    'ports of selected workloads',
    'security.istio.io/PeerAuthentication',
    { selector: { matchLabels: { app: 'a' } }, portLevelMtls: { 80: {} } },
    { selector: {}, portLevelMtls: { 80: {} } },
    'spec.portLevelMtls',
  ],
  [
    'ports as keys',
    'security.istio.io/PeerAuthentication',
    { selector: { matchLabels: { app: 'a' } }, portLevelMtls: { 80: {} } },
    { selector: { matchLabels: { app: 'a' } }, portLevelMtls: { 70000: {} } },
    'spec.portLevelMtls.70000',
  ],
  [
    'one source of keys',
    'security.istio.io/RequestAuthentication',
    { jwtRules: [{ jwks: '{}' }] },
    { jwtRules: [{ jwks: '{}', jwksUri: 'https://a' }] },
    'spec.jwtRules[0].jwks',
  ],
  [
    'URL of keys',
    'security.istio.io/RequestAuthentication',
    { jwtRules: [{ jwksUri: 'https://a/keys' }] },
    { jwtRules: [{ jwksUri: 'a/keys' }] },
    'spec.jwtRules[0].jwksUri',
  ],
  [
    'UPSERT',
    'telemetry.istio.io/Telemetry',
    { metrics: [{ overrides: [{ tagOverrides: { a: { operation: 'UPSERT', value: 'b' } } }] }] },
    { metrics: [{ overrides: [{ tagOverrides: { a: { operation: 'UPSERT', value: '' } } }] }] },
    'spec.metrics[0].overrides[0].tagOverrides.a.value',
  ],
  [
    'REMOVE',
    'telemetry.istio.io/Telemetry',
    { metrics: [{ overrides: [{ tagOverrides: { a: { operation: 'REMOVE' } } }] }] },
    { metrics: [{ overrides: [{ tagOverrides: { a: { operation: 'REMOVE', value: 'b' } } }] }] },
    'spec.metrics[0].overrides[0].tagOverrides.a.value',
  ],
];

describe('rules of the CRDs', () => {
  test.each(CASES)('%s: %s', (_, kind, good, bad, at) => {
    expect(celViolations(kind, { spec: good })).toEqual([]);
    expect(celViolations(kind, { spec: bad }).map(({ path }) => pathInWords(path))).toContain(at);
  });

  test('each names the release that brings it', () => {
    const [found] = celViolations('networking.istio.io/EnvoyFilter', {
      spec: { configPatches: [{ match: { waypoint: {} } }] },
    });
    expect(found?.istio).toBe('1.29+');
  });

  test('what a tool fills in later, null and kinds of others pass', () => {
    expect(celViolations('networking.istio.io/ServiceEntry', { spec: { resolution: '${R}', endpoints: [] } })).toEqual(
      [],
    );
    expect(celViolations('networking.istio.io/VirtualService', { spec: { http: [{ timeout: null }] } })).toEqual([]);
    expect(celViolations('apps/Deployment', { spec: {} })).toEqual([]);
  });

  test.each<[string, object, readonly string[]]>([
    ['networking.istio.io/WorkloadEntry', { address: 'unix://@a/' }, ['spec.address']],
    ['networking.istio.io/WorkloadEntry', { address: 'unix://' }, ['spec.address']],
    ['networking.istio.io/WorkloadEntry', { address: 'a', ports: { ['a'.repeat(62)]: 80 } }, []],
    [
      'networking.istio.io/WorkloadEntry',
      { address: 'a', ports: { ['a'.repeat(63)]: 80 } },
      [`spec.ports.${'a'.repeat(63)}`],
    ],
    ['networking.istio.io/WorkloadEntry', { address: 'a', ports: { 'a b': null } }, []],
    ['extensions.istio.io/WasmPlugin', { url: '/opt/a.wasm' }, []],
    ['extensions.istio.io/WasmPlugin', { url: 'hub.example.com:5000/a:1' }, ['spec.url']],
    [
      'security.istio.io/RequestAuthentication',
      { jwtRules: [{ jwksUri: 'http://a:b/' }] },
      ['spec.jwtRules[0].jwksUri'],
    ],
    [
      'networking.istio.io/DestinationRule',
      { trafficPolicy: { outlierDetection: { interval: '2562048h' } } },
      ['spec.trafficPolicy.outlierDetection.interval'],
    ],
  ])('%s %j', (kind, spec, paths) =>
    expect(celViolations(kind, { spec }).map(({ path }) => pathInWords(path))).toEqual(paths),
  );
});
