import { describe, expect, test } from 'vitest';
import { clientTls } from '../../src/rule/clientTls.ts';
import { documents, meshOf } from './mesh.ts';

interface Written {
  readonly name: string;
  readonly namespace?: string;
  readonly host: string;
  readonly tls?: string;
  readonly rest?: string;
}

const rule = ({ name, namespace, host, tls, rest = '' }: Written): string => `
apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata: { name: ${name}${namespace === undefined ? '' : `, namespace: ${namespace}`} }
spec:
  host: "${host}"
${tls === undefined ? '' : `  trafficPolicy: { tls: { mode: ${tls} } }\n`}${rest}`;

const CART = 'cart.shop.svc.cluster.local';
const other = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }';

const ask = (
  rules: readonly Written[],
  client: string,
  options: {
    version?: string;
    labels?: Record<string, string>;
    port?: number;
    portName?: string;
    subset?: string;
    meshConfig?: string;
  } = {},
): string => {
  const mesh = meshOf(
    { 'east/rules.yaml': documents(...rules.map(rule), other) },
    options.version ?? '1.20.3',
    options.meshConfig,
  );
  const port = { number: options.port ?? 80, name: options.portName };
  const found = clientTls(
    mesh,
    mesh.cluster('east'),
    { namespace: client, labels: options.labels },
    { host: CART, namespace: 'shop' },
    port,
    options.subset,
  );
  return `${found.mode} ${found.rule?.resource.name ?? '-'}`;
};

const root = (tls = 'ISTIO_MUTUAL', rest = ''): Written => ({
  name: 'root',
  namespace: 'istio-system',
  host: '*.local',
  tls,
  rest,
});
const inShop = (tls?: string, rest = ''): Written => ({
  name: 'shop',
  namespace: 'shop',
  host: 'cart',
  ...(tls === undefined ? {} : { tls }),
  rest,
});
const inWeb = (tls?: string, rest = ''): Written => ({
  name: 'web',
  namespace: 'web',
  host: CART,
  ...(tls === undefined ? {} : { tls }),
  rest,
});
const toNone = '  exportTo: ["."]\n';
const toWeb = '  exportTo: ["web"]\n';
const selector = '  workloadSelector: { matchLabels: { app: front } }\n';

describe('the DestinationRule that governs a client', () => {
  test.each<[string, readonly Written[], string, string]>([
    ['nothing', [], 'web', 'none -'],
    ['root', [root()], 'web', 'ISTIO_MUTUAL root'],
    ['service before root', [root(), inShop('DISABLE')], 'web', 'DISABLE shop'],
    ['client before service', [root(), inShop('DISABLE'), inWeb('SIMPLE')], 'web', 'SIMPLE web'],
    ["a client's rule is for its own namespace", [inShop('DISABLE'), inWeb('SIMPLE')], 'bank', 'DISABLE shop'],
    ['a rule elsewhere', [{ ...inWeb('SIMPLE'), namespace: 'third' }], 'web', 'none -'],
    [
      'exact before wildcard',
      [inShop('DISABLE'), { ...inShop('SIMPLE'), name: 'wide', host: '*.shop.svc.cluster.local' }],
      'web',
      'DISABLE shop',
    ],
    [
      'longer wildcard',
      [root(), { ...root('SIMPLE'), name: 'svc', host: '*.shop.svc.cluster.local' }],
      'web',
      'SIMPLE svc',
    ],
    ['*', [{ ...root('SIMPLE'), host: '*' }], 'web', 'SIMPLE root'],
    [
      'wildcard of the client before exact of the service',
      [inShop('DISABLE'), { ...inWeb('SIMPLE'), host: '*.local' }],
      'web',
      'SIMPLE web',
    ],
    ['a winner without tls ends the search', [root(), inShop()], 'web', 'none shop'],
    ['svc.ns is no Service', [{ ...inShop('DISABLE'), host: 'cart.shop' }], 'web', 'none -'],
    ['a short name is of its own namespace', [{ ...inWeb('DISABLE'), host: 'cart' }], 'web', 'none -'],
    ['private of the service namespace', [root(), inShop('DISABLE', toNone)], 'web', 'ISTIO_MUTUAL root'],
    ['private for its own namespace', [root(), inShop('DISABLE', toNone)], 'shop', 'DISABLE shop'],
    [
      'private hides nothing: the next wildcard counts',
      [inShop('DISABLE', toNone), { ...inShop('SIMPLE'), name: 'wide', host: '*.shop.svc.cluster.local' }],
      'web',
      'SIMPLE wide',
    ],
    ['private of the root namespace', [root('DISABLE', toNone)], 'web', 'none -'],
    ['exported to this client', [root(), inShop('DISABLE', toWeb)], 'web', 'DISABLE shop'],
    ['exported to others leads to root', [root(), inShop('DISABLE', toWeb)], 'bank', 'ISTIO_MUTUAL root'],
    [
      'exported to others leads to no shorter wildcard',
      [inShop('DISABLE', toWeb), { ...inShop('SIMPLE'), name: 'wide', host: '*.shop.svc.cluster.local' }],
      'bank',
      'none -',
    ],
    [
      'own rule that is not exported to itself',
      [root(), inWeb('SIMPLE', '  exportTo: ["bank"]\n')],
      'web',
      'ISTIO_MUTUAL root',
    ],
    [
      'clients of the root namespace: service first',
      [root('SIMPLE'), inShop('DISABLE')],
      'istio-system',
      'DISABLE shop',
    ],
    [
      'clients of the root namespace: its private rules',
      [root('SIMPLE', toNone), inShop('DISABLE')],
      'istio-system',
      'SIMPLE root',
    ],
    ['two rules of one host that agree', [inShop('SIMPLE'), { ...inShop('SIMPLE'), name: 'z' }], 'web', 'SIMPLE shop'],
    [
      'two rules of one host that differ',
      [inShop('SIMPLE'), { ...inShop('DISABLE'), name: 'z' }],
      'web',
      'unknown shop',
    ],
    ['two rules, one without policy', [inShop('SIMPLE'), { ...inShop(), name: 'z' }], 'web', 'SIMPLE shop'],
    ['namespace not stated', [{ name: 'anywhere', host: CART, tls: 'DISABLE' }], 'web', 'DISABLE anywhere'],
  ])('%s', (_, rules, client, expected) => {
    expect(ask(rules, client)).toBe(expected);
  });

  test('a selector acts for matching clients of its own namespace, before a rule without', () => {
    const rules = [inWeb('SIMPLE'), { ...inWeb('DISABLE', selector), name: 'front' }];
    expect(ask(rules, 'web', { labels: { app: 'front' } })).toBe('DISABLE front');
    expect(ask(rules, 'web', { labels: { app: 'back' } })).toBe('SIMPLE web');
    expect(ask([root(), inShop('DISABLE', selector)], 'web', { labels: { app: 'front' } })).toBe('none -');
    expect(ask([inWeb('DISABLE', selector)], 'web', { labels: { app: 'back' }, version: '1.12.0' })).toBe(
      'DISABLE web',
    );
  });

  test('the default of exportTo', () => {
    const meshConfig = 'defaultDestinationRuleExportTo: ["."]';
    expect(ask([root(), inShop('DISABLE')], 'web', { meshConfig })).toBe('none -');
    expect(ask([root('ISTIO_MUTUAL', '  exportTo: ["*"]\n'), inShop('DISABLE')], 'web', { meshConfig })).toBe(
      'ISTIO_MUTUAL root',
    );
    expect(ask([inShop('DISABLE')], 'shop', { meshConfig })).toBe('DISABLE shop');
  });

  test.each<[string, string, readonly Written[], string, string]>([
    ['1.6.8', 'a name acts as *', [inShop('DISABLE', toWeb)], 'bank', 'DISABLE shop'],
    ['1.6.8', 'only the first entry counts', [inShop('DISABLE', '  exportTo: [".", "*"]\n')], 'web', 'none -'],
    ['1.6.8', 'own rules need no export', [inWeb('SIMPLE', '  exportTo: ["bank"]\n')], 'web', 'SIMPLE web'],
    [
      '1.7.3',
      'clients of the root namespace have no rules of their own',
      [root('SIMPLE', toNone)],
      'istio-system',
      'none -',
    ],
  ])('%s: %s', (version, _, rules, client, expected) => {
    expect(ask(rules, client, { version })).toBe(expected);
  });
});

describe('what a rule says', () => {
  const ports = (entry: string): string =>
    `  trafficPolicy:\n    tls: { mode: ISTIO_MUTUAL }\n    portLevelSettings:\n      - ${entry}\n`;
  const subsets = (policy: string): string =>
    `  subsets:\n    - name: v1\n      labels: { version: v1 }\n      trafficPolicy: ${policy}\n`;

  test.each<[string, string, { port?: number; subset?: string; version?: string; portName?: string }, string]>([
    ['tls: {}', '  trafficPolicy: { tls: {} }\n', {}, 'DISABLE'],
    ['tls: null', '  trafficPolicy: { tls: null }\n', {}, 'none'],
    ['a word that is no mode', '  trafficPolicy: { tls: { mode: "${MODE}" } }\n', {}, 'unknown'],
    ['port entry', ports('{ port: { number: 80 }, tls: { mode: DISABLE } }'), {}, 'DISABLE'],
    ['entry of another port', ports('{ port: { number: 81 }, tls: { mode: DISABLE } }'), {}, 'ISTIO_MUTUAL'],
    [
      'port entry without tls replaces the whole policy',
      ports('{ port: { number: 80 }, connectionPool: {} }'),
      {},
      'none',
    ],
    [
      'port by name',
      ports('{ port: { name: http }, tls: { mode: DISABLE } }'),
      { version: '1.1.11', portName: 'http' },
      'DISABLE',
    ],
    [
      'port by name is gone',
      ports('{ port: { name: http }, tls: { mode: DISABLE } }'),
      { portName: 'http' },
      'ISTIO_MUTUAL',
    ],
    ['subset', subsets('{ tls: { mode: SIMPLE } }'), { subset: 'v1' }, 'SIMPLE'],
    ['the whole, beside a subset', subsets('{ tls: { mode: SIMPLE } }'), {}, 'none'],
    [
      'subset without tls keeps the base',
      `  trafficPolicy: { tls: { mode: ISTIO_MUTUAL } }\n${subsets('{ connectionPool: {} }')}`,
      { subset: 'v1' },
      'ISTIO_MUTUAL',
    ],
    [
      'subset over a port entry of the base',
      ports('{ port: { number: 80 }, tls: { mode: DISABLE } }') + subsets('{ tls: { mode: SIMPLE } }'),
      { subset: 'v1' },
      'SIMPLE',
    ],
    [
      'port entry of the base under a subset',
      ports('{ port: { number: 80 }, tls: { mode: DISABLE } }') + subsets('{ connectionPool: {} }'),
      { subset: 'v1' },
      'DISABLE',
    ],
    [
      'port entry of a subset',
      subsets('{ tls: { mode: SIMPLE }, portLevelSettings: [{ port: { number: 80 }, tls: { mode: DISABLE } }] }'),
      { subset: 'v1' },
      'DISABLE',
    ],
    [
      'port entry of a subset without tls',
      `  trafficPolicy: { tls: { mode: ISTIO_MUTUAL } }\n${subsets('{ portLevelSettings: [{ port: { number: 80 } }] }')}`,
      { subset: 'v1' },
      'none',
    ],
    [
      'port entry of a subset without tls, up to 1.7',
      `  trafficPolicy: { tls: { mode: ISTIO_MUTUAL } }\n${subsets('{ portLevelSettings: [{ port: { number: 80 } }] }')}`,
      { subset: 'v1', version: '1.7.3' },
      'ISTIO_MUTUAL',
    ],
    [
      'a subset that the rule does not have',
      '  trafficPolicy: { tls: { mode: SIMPLE } }\n',
      { subset: 'v9' },
      'SIMPLE',
    ],
  ])('%s', (_, rest, options, expected) => {
    expect(ask([inShop(undefined, rest)], 'web', options)).toBe(`${expected} shop`);
  });
});
