import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { homesOf, structuralProblems } from '../../src/schema/structural.ts';
import { meshConfigTable } from '../../src/schema/table.ts';
import type { Problem } from '../../src/schema/walk.ts';
import { walk } from '../../src/schema/walk.ts';

const RULE = 'networking.istio.io/v1beta1/DestinationRule';
const SERVICE = 'networking.istio.io/v1beta1/VirtualService';
const ENTRY = 'networking.istio.io/v1beta1/ServiceEntry';
const PLUGIN = 'extensions.istio.io/v1alpha1/WasmPlugin';
const PEERS = 'security.istio.io/v1beta1/PeerAuthentication';

const words = (problems: readonly Problem[]): readonly string[] =>
  problems.map(({ kind, path, name, minor, partly }) =>
    [kind, path.join('.'), name, minor ?? '', partly === true ? 'partly' : ''].filter((word) => word !== '').join(' '),
  );

const check = (
  key: string,
  spec: unknown,
  { low = 28, high = low, assumed = false }: { low?: number; high?: number; assumed?: boolean } = {},
): readonly string[] => {
  const value = { apiVersion: key.slice(0, key.lastIndexOf('/')), kind: 'x', metadata: {}, spec };
  return words(structuralProblems(key, value, { minors: { low, high }, assumed }));
};

describe('one release', () => {
  test.each<[string, string, unknown, readonly string[]]>([
    ['nothing wrong', RULE, { host: 'cart', subsets: [{ name: 'v1', labels: { version: 'v1' } }] }, []],
    ['null is a field that is not set', RULE, { host: 'cart', trafficPolicy: null, subsets: null }, []],
    ['null does not stand for a required field', RULE, { host: null }, ['required spec host']],
    ['null is no item', SERVICE, { http: [null] }, ['type spec.http.0 http']],
    ['no spec at all', ENTRY, undefined, ['required spec']],
    ['a list for a map', RULE, { host: 'x', trafficPolicy: [] }, ['type spec.trafficPolicy trafficPolicy']],
    [
      'a fraction for a whole number',
      ENTRY,
      { hosts: ['x'], ports: [{ number: 1.5, name: 'x' }] },
      ['type spec.ports.0.number number'],
    ],
    [
      'below a bound',
      ENTRY,
      { hosts: [], ports: [{ number: -1, name: 'x' }] },
      ['bounds spec.hosts hosts', 'bounds spec.ports.0.number number'],
    ],
    ['more than 32 bits', PLUGIN, { url: 'x', priority: 2 ** 31 }, ['bounds spec.priority priority']],
    ['less than 32 bits', PLUGIN, { url: 'x', priority: -(2 ** 31) - 1 }, ['bounds spec.priority priority']],
    ['32 bits', PLUGIN, { url: 'x', priority: 2 ** 31 - 1 }, []],
    [
      'bytes that are no Base64',
      SERVICE,
      { http: [{ directResponse: { status: 200, body: { bytes: 'no' } } }] },
      ['format spec.http.0.directResponse.body.bytes bytes'],
    ],
    ['bytes', SERVICE, { http: [{ directResponse: { status: 200, body: { bytes: 'bm8=' } } }] }, []],
    [
      'items that do not tell apart',
      PLUGIN,
      {
        url: 'x',
        match: [{ ports: [{ number: 80 }, { number: 443 }, { number: 80 }] }, { ports: [{ number: 80 }] }],
        vmConfig: { env: [{ name: 'A' }, { name: '${B}' }, { name: '${B}' }, {}, { name: 'A' }] },
      },
      [
        'duplicate spec.match.0.ports.2.number number',
        'required spec.vmConfig.env.3 name',
        'duplicate spec.vmConfig.env.4.name name',
      ],
    ],
    [
      'an entry that is null is none',
      PEERS,
      { portLevelMtls: { 80: null } },
      ['bounds spec.portLevelMtls portLevelMtls'],
    ],
    ['text that is filled in later', ENTRY, { hosts: '${HOSTS}', location: '{{ .location }}', ports: '$(PORTS)' }, []],
    ['a key that is filled in later', RULE, { host: 'x', '${MORE}': 1, trafficPolicy: { '{{ key }}': {} } }, []],
    ['nothing is required beside a key that is filled in later', RULE, { '${HOST}': 'x' }, []],
    ['maps of text take any key', RULE, { host: 'x', subsets: [{ name: 'a', labels: { 'any/key': 'x' } }] }, []],
    [
      'a number in a map of text',
      RULE,
      { host: 'x', subsets: [{ name: 'a', labels: { a: 1 } }] },
      ['type spec.subsets.0.labels.a a'],
    ],
    [
      'two of a oneof',
      RULE,
      { host: 'x', trafficPolicy: { loadBalancer: { simple: 'RANDOM', consistentHash: {} } } },
      ['one-of spec.trafficPolicy.loadBalancer consistentHash'],
    ],
    [
      'an inherited name is a key like others',
      RULE,
      JSON.parse('{"host":"x","__proto__":{},"constructor":1}'),
      ['unknown-field spec.__proto__ __proto__', 'unknown-field spec.constructor constructor'],
    ],
  ])('%s', (_, key, spec, expected) => {
    expect(check(key, spec)).toEqual(expected);
  });

  test('keys of tools beside spec are passed over', () => {
    const value = { 'x-anchors': {}, '.local': 1, status: { a: 1 }, spec: { host: 'x' }, host: 'y' };
    expect(words(structuralProblems(RULE, value, { minors: { low: 28, high: 28 }, assumed: false }))).toEqual([
      'unknown-field host host',
    ]);
  });

  test('nothing is required of a part', () => {
    const options = { minors: { low: 28, high: 28 }, assumed: false, isPartial: true };
    expect(structuralProblems(RULE, { spec: { subsets: [{}] } }, options)).toEqual([]);
  });

  test('a kind that the release does not serve has no form', () => {
    expect(check('networking.istio.io/v1/Gateway', { servers: 'x' }, { low: 20 })).toEqual([]);
  });
});

describe('words of other releases', () => {
  const warm = { host: 'x', trafficPolicy: { loadBalancer: { warmup: {} } } };
  const path = 'spec.trafficPolicy.loadBalancer.warmup';
  test.each<[string, unknown, Parameters<typeof check>[2], readonly string[]]>([
    ['a field that comes later', warm, { low: 20 }, [`not-yet-in ${path} warmup 24`]],
    [
      'a field that is there',
      { host: 'x', trafficPolicy: { loadBalancer: { warmup: { duration: '1s' } } } },
      { low: 24 },
      [],
    ],
    ['in some of the releases that run', warm, { low: 20, high: 22 }, [`not-yet-in ${path} warmup 24`]],
    [
      'in some that are only assumed',
      { host: 'x', exportTo: ['.'], workloadSelector: {} },
      { low: 10, high: 30, assumed: true },
      [],
    ],
    [
      'that no release knows',
      { host: 'x', hots: 1 },
      { low: 10, high: 30, assumed: true },
      ['unknown-field spec.hots hots'],
    ],
    ['that all of two releases lack', { host: 'x', hots: 1 }, { low: 20, high: 22 }, ['unknown-field spec.hots hots']],
  ])('%s', (_, spec, options, expected) => {
    expect(check(RULE, spec, options)).toEqual(expected);
  });

  test('that one of two canaries lacks', () => {
    expect(check(RULE, { host: 'x', workloadSelector: {} }, { low: 13, high: 14 })).toEqual([
      'not-yet-in spec.workloadSelector workloadSelector 14 partly',
    ]);
  });

  test('releases after the newest one of the tables may know more', () => {
    const spec = { host: 'x', coming: 1, subsets: 'x', trafficPolicy: { loadBalancer: { simple: 'COMING' } } };
    expect(check(RULE, spec, { low: 31 })).toEqual(['type spec.subsets subsets']);
  });

  test('values of an enum', () => {
    const spec = { hosts: ['x'], resolution: 'DYNAMIC_DNS' };
    expect(check(ENTRY, spec, { low: 27 })).toEqual(['not-yet-in spec.resolution DYNAMIC_DNS 28']);
    expect(check(ENTRY, spec, { low: 28 })).toEqual([]);
    expect(check(ENTRY, { ...spec, resolution: 'DNSS' }, { low: 27 })).toEqual(['enum spec.resolution DNSS']);
  });

  test('fields that are gone', () => {
    const key = 'networking.istio.io/v1alpha3/EnvoyFilter';
    expect(check(key, { filters: [] }, { low: 5 })).toEqual([]);
    expect(check(key, { filters: [] }, { low: 6 })).toEqual(['removed-in spec.filters filters 6']);
    expect(check(key, { filters: [] }, { low: 5, high: 6 })).toEqual(['removed-in spec.filters filters 6 partly']);
  });

  test('kinds of 1.1 to 1.4 are read as protos', () => {
    const key = 'authentication.istio.io/v1alpha1/Policy';
    const peers = [{ mtls: { mode: 1, allow_tls: false } }, { mtls: {}, jwt: {} }];
    expect(check(key, { peers, target: [] }, { low: 3 })).toEqual([
      'one-of spec.peers.1 jwt',
      'unknown-field spec.target target',
    ]);
  });
});

describe('where a field belongs', () => {
  test.each([
    ['timeout', ['spec', 'http', 0, 'route', 0, 'timeout'], 'spec.http[].timeout'],
    ['hosts', ['hosts'], 'spec.hosts'],
    ['perTryTimeout', ['spec', 'http', 0, 'perTryTimeout'], 'spec.http[].retries.perTryTimeout'],
  ])('%s', (name, path, home) => {
    expect(homesOf(SERVICE, name, path, 28)[0]).toBe(home);
  });

  test('nowhere', () => {
    expect(homesOf(SERVICE, 'circuitBreaker', ['spec', 'circuitBreaker'], 28)).toEqual([]);
  });
});

describe('mesh config', () => {
  const look = (value: unknown, low: number, high = low): readonly string[] =>
    words(
      walk(meshConfigTable, meshConfigTable.roots['MeshConfig']!, value, {
        minors: { low, high },
        isPartial: true,
        isProto: true,
      }),
    );

  test('names of protos, numbers of enums and numbers in text', () => {
    expect(
      look({ access_log_file: 'x', outboundTrafficPolicy: { mode: 1 }, defaultConfig: { concurrency: '2' } }, 28),
    ).toEqual([]);
  });

  test('durations', () => {
    expect(look({ connectTimeout: '10s', defaultConfig: { drainDuration: '${DRAIN}' } }, 28)).toEqual([]);
    expect(look({ connectTimeout: '10', defaultConfig: { drainDuration: 45 } }, 28)).toEqual([
      'format connectTimeout connectTimeout',
      'type defaultConfig.drainDuration drainDuration',
    ]);
  });

  test('fields with a history', () => {
    expect(look({ discoverySelectors: [] }, 9)).toEqual(['not-yet-in discoverySelectors discoverySelectors 10']);
    expect(look({ discoverySelectors: [] }, 9, 10)).toEqual([
      'not-yet-in discoverySelectors discoverySelectors 10 partly',
    ]);
    expect(look({ mixerCheckServer: 'x' }, 7)).toEqual(['deprecated mixerCheckServer mixerCheckServer 7']);
    expect(look({ mixerCheckServer: 'x' }, 8)).toEqual(['removed-in mixerCheckServer mixerCheckServer 8']);
  });
});

describe('any value', () => {
  test('is walked without a fault', () => {
    fc.assert(
      fc.property(
        fc.object({
          maxDepth: 4,
          key: fc.constantFrom('spec', 'http', 'route', 'match', 'tls', 'hosts', '__proto__', 'x'),
        }),
        (value) => {
          for (const key of [RULE, SERVICE, ENTRY, 'networking.istio.io/v1alpha3/EnvoyFilter'])
            expect(structuralProblems(key, value, { minors: { low: 1, high: 30 }, assumed: false })).toBeInstanceOf(
              Array,
            );
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  test('gives a bounded number of problems', () => {
    const http = Array.from({ length: 10_000 }, () => 'x');
    expect(check(SERVICE, { http })).toHaveLength(200);
  });
});
