import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GATEWAY_API_KINDS, gatewayApiViolations } from '../../src/schema/gatewayApi/index.ts';
import {
  isGatewayApi,
  neighbourForm,
  neighbourKinds,
  neighbourProblems,
  neighbourVersions,
  ownerOf,
} from '../../src/schema/neighbours.ts';

const check = (key: string, spec: unknown, isBeyond = false): readonly string[] =>
  neighbourProblems(key, { apiVersion: 'x', kind: 'x', metadata: {}, status: { any: 1 }, spec }, isBeyond).map(
    ({ kind, path, name }) => `${kind} ${path.join('.')} ${name}`,
  );

const GATEWAY = 'gateway.networking.k8s.io/v1/Gateway';
const HTTP = 'gateway.networking.k8s.io/v1/HTTPRoute';
const GRANT = 'gateway.networking.k8s.io/v1beta1/ReferenceGrant';
const ISTIO = 'sailoperator.io/v1/Istio';

const listening = (listener: object): object => ({
  gatewayClassName: 'istio',
  listeners: [{ name: 'a', port: 80, protocol: 'HTTP', ...listener }],
});

describe('objects beside those of Istio', () => {
  test.each<[string, string, unknown, readonly string[]]>([
    ['nothing wrong', GATEWAY, listening({}), []],
    ['no spec', GATEWAY, undefined, ['required  spec']],
    ['a port beyond the last', GATEWAY, listening({ port: 65536 }), ['bounds spec.listeners.0.port port']],
    ['a map for a list', GATEWAY, { gatewayClassName: 'istio', listeners: {} }, ['type spec.listeners listeners']],
    ['a protocol of a mesh', GATEWAY, listening({ protocol: 'HBONE' }), []],
    ['a protocol of somebody', GATEWAY, listening({ protocol: 'example.com/bolt' }), []],
    ['a protocol in lower case', GATEWAY, listening({ protocol: 'https' }), ['enum spec.listeners.0.protocol https']],
    ['a protocol of Istio', GATEWAY, listening({ protocol: 'MONGO' }), ['enum spec.listeners.0.protocol MONGO']],
    [
      'an empty group is one',
      GRANT,
      { from: [{ group: '', kind: 'a', namespace: 'b' }], to: [{ group: '', kind: 'c' }] },
      [],
    ],
    ['too many rules', HTTP, { rules: Array.from({ length: 17 }, () => ({})) }, ['bounds spec.rules rules']],
    [
      'a time without a unit',
      HTTP,
      { rules: [{ timeouts: { request: '10' } }] },
      ['pattern spec.rules.0.timeouts.request request'],
    ],
    ['a version that does not exist', 'gateway.networking.k8s.io/v2/Gateway', { listeners: 1 }, []],
    ['a kind without a form', 'gateway.networking.x-k8s.io/v1alpha1/XMesh', { any: 1 }, []],
    ['a kind of somebody', 'example.com/v1/Gateway', { any: 1 }, []],
    ['a version by its name', ISTIO, { version: 'v1.28.1' }, []],
    ['a version by its number', ISTIO, { version: '1.28.1' }, ['enum spec.version 1.28.1']],
    ['values are somebody else’s', ISTIO, { values: { any: { thing: 1 } } }, []],
  ])('%s', (_, key, spec, expected) => {
    expect(check(key, spec)).toEqual(expected);
  });

  test('a later release may know more words, but refuses what was refused', () => {
    const spec = listening({ unheard: 1, port: 0, tls: { mode: 'Later' } });
    expect(check(GATEWAY, spec)).toHaveLength(3);
    expect(check(GATEWAY, spec, true)).toEqual(['bounds spec.listeners.0.port port']);
  });

  test('each kind has an owner and versions, and nearly all have a form', () => {
    const formless: string[] = [];
    for (const key of neighbourKinds()) {
      const [group = '', kind = ''] = key.split('/');
      expect(ownerOf(group)).toBeDefined();
      expect(neighbourVersions(key).length).toBeGreaterThan(0);
      if (neighbourForm(`${group}/${neighbourVersions(key)[0]}/${kind}`) === undefined) formless.push(kind);
    }
    expect(formless).toEqual(['BackendLBPolicy', 'XBackendTrafficPolicy', 'XMesh']);
    expect(ownerOf('networking.istio.io')).toBeUndefined();
    expect(ownerOf('constructor')).toBeUndefined();
    expect(isGatewayApi('sailoperator.io')).toBe(false);
  });

  test('anything may stand in an object', () => {
    const words = [
      'spec',
      'listeners',
      'tls',
      'rules',
      'filters',
      'matches',
      'path',
      'type',
      'backendRefs',
      'URLRewrite',
    ];
    const text = fc.oneof(fc.constantFrom(...words), fc.string());
    const { any } = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(text, tie('any'), { maxKeys: 4 }),
      ),
    }));
    const finds = fc.property(any, fc.constantFrom(...GATEWAY_API_KINDS), (spec, kind) => {
      const found = [
        ...gatewayApiViolations(kind, { spec }),
        ...neighbourProblems(kind.replace('/', '/v1/'), { spec }, false),
      ];
      return found.every(({ path }) => path.length === 0 || path[0] === 'spec');
    });
    expect(fc.check(finds, { numRuns: 500 }).failed).toBe(false);
  });
});
