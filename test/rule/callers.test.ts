import { describe, expect, test } from 'vitest';
import { exportOfService, clientGroups, statementFor } from '../../src/rule/clients.ts';
import { refusals } from '../../src/rule/crossNetwork.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { serviceTable } from '../../src/rule/services.ts';
import { usedServices, usersOfService } from '../../src/rule/users.ts';
import { documents, meshOf } from './mesh.ts';

const namespace = (name: string, labels = 'istio-injection: enabled'): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { ${labels} } }`;
const network = (name: string): string => namespace('istio-system', `topology.istio.io/network: ${name}`);
const gateway = (name: string): string => `apiVersion: v1
kind: Service
metadata: { name: istio-eastwestgateway, namespace: istio-system, labels: { topology.istio.io/network: ${name} } }
spec: { selector: { istio: eastwestgateway }, ports: [{ name: tls, port: 15443 }] }`;
const service = (name: string, more = '', annotations = ''): string => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop${annotations === '' ? '' : `, annotations: { ${annotations} }`} }
spec: { selector: { app: ${name} }, ports: [{ name: http, port: 80, targetPort: 8080 }]${more} }`;
const workload = (name: string, calls = '', labels = '', inNamespace = 'shop'): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${inNamespace} }
spec:
  template:
    metadata: { labels: { app: ${name}${labels === '' ? '' : `, ${labels}`} } }
    spec:
      containers:
        - name: ${name}
          ports: [{ containerPort: 8080 }]
          env: [${calls === '' ? '' : `{ name: TARGET, value: ${JSON.stringify(calls)} }`}]`;
const peer = (mode: string, more = ''): string => `apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata: { name: some, namespace: shop }
spec: { mtls: { mode: ${mode} }${more} }`;
const virtualService = (more = ''): string => `apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec: { hosts: [cart]${more}, http: [{ route: [{ destination: { host: cart } }] }] }`;

describe('usersOfService', () => {
  test.each([
    ['nobody', [workload('web')], []],
    ['a text', [workload('web', 'http://cart')], ['west text']],
    ['a route with clients', [workload('web'), virtualService()], ['west host']],
    ['a route without clients', [virtualService()], []],
    ['a text before a route', [workload('web', 'http://cart'), virtualService()], ['west text']],
    ['a route for gateways that do not run there', [workload('web'), virtualService(', gateways: [entry]')], []],
    ['a pod without sidecar', [workload('web', 'http://cart', 'sidecar.istio.io/inject: "false"')], []],
    ['a single pod of a Service with an address', [workload('web', 'http://cart-0.cart.shop')], []],
  ])('%s', (_, west, expected) => {
    const mesh = meshOf({
      'east/a.yaml': documents(namespace('shop'), service('cart'), workload('cart')),
      'west/a.yaml': documents(namespace('shop'), ...west),
    });
    const cart = serviceTable(mesh).find('shop', 'cart')!;
    expect(usersOfService(mesh, cart).map(({ member, use }) => `${member.name} ${use.evidence}`)).toEqual(expected);
    expect(usedServices(mesh).map((entry) => entry.service.name)).toEqual(expected.length === 0 ? [] : ['cart']);
  });

  test('a single pod of a headless Service', () => {
    const mesh = meshOf({
      'east/a.yaml': documents(namespace('shop'), service('db', ', clusterIP: None'), workload('db')),
      'west/a.yaml': documents(namespace('shop'), workload('web', 'db-0.db.shop.svc.cluster.local:5432')),
    });
    const db = serviceTable(mesh).find('shop', 'db')!;
    expect(usersOfService(mesh, db).map(({ member }) => member.name)).toEqual(['west']);
  });
});

describe('exportOfService', () => {
  const key = 'networking.istio.io/exportTo';
  test.each([
    ['', '', undefined],
    [`${key}: "*"`, '', undefined],
    [`${key}: "."`, '', ['shop']],
    [`${key}: "~"`, '', []],
    [`${key}: "., bank"`, '', ['shop', 'bank']],
    [`${key}: "bank,*"`, '', undefined],
    [`${key}: "\${NAMESPACES}"`, '', undefined],
    ['', "defaultServiceExportTo: ['.']", ['shop']],
    [`${key}: "*"`, "defaultServiceExportTo: ['.']", undefined],
  ])('%s %s', (annotations, meshConfig, expected) => {
    const mesh = meshOf({ 'east/a.yaml': service('cart', '', annotations) }, '1.20.8', meshConfig);
    const cart = serviceTable(mesh).find('shop', 'cart')!;
    const east = mesh.cluster('east');
    expect(exportOfService(east, statementFor(cart, east))?.namespaces).toEqual(expected);
  });

  test('the control plane takes the Service of its own cluster first', () => {
    const mesh = meshOf({
      'east/a.yaml': service('cart', '', `${key}: "."`),
      'west/a.yaml': service('cart'),
      'north/a.yaml': namespace('shop'),
    });
    const cart = serviceTable(mesh).find('shop', 'cart')!;
    const [east, west, north] = ['east', 'west', 'north'].map((name) => mesh.cluster(name));
    expect(exportOfService(west!, statementFor(cart, west!, east))).toBeUndefined();
    expect(exportOfService(east!, statementFor(cart, east!, west))?.namespaces).toEqual(['shop']);
    expect(exportOfService(north!, statementFor(cart, north!, west))).toBeUndefined();
    expect(exportOfService(north!, statementFor(cart, north!))?.namespaces).toEqual(['shop']);
  });
});

describe('clientGroups: namespaces by the rule that they obey', () => {
  const rule = (inNamespace: string, more = ''): string => `apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: { name: cart, namespace: ${inNamespace} }
spec: { host: cart.shop.svc.cluster.local${more} }`;
  const sidecar = (inNamespace: string, host: string): string => `apiVersion: networking.istio.io/v1beta1
kind: Sidecar
metadata: { name: default, namespace: ${inNamespace} }
spec: { egress: [{ hosts: ['${host}'] }] }`;
  test.each([
    ['no rule', [], []],
    ['a rule beside the Service', [rule('shop')], ['shop: bank shop']],
    ['a rule of the client', [rule('shop'), rule('bank')], ['bank: bank', 'shop: shop']],
    ['a private rule', [rule('shop', ", exportTo: ['.']")], ['shop: shop']],
    ['a rule in the root namespace', [rule('istio-system')], ['istio-system: bank']],
    ['a Sidecar that hides the Service', [rule('shop'), sidecar('bank', './*')], ['shop: shop']],
    ['a Sidecar that shows the Service', [rule('shop'), sidecar('bank', 'shop/*')], ['shop: bank shop']],
  ])('%s', (_, rules, expected) => {
    const mesh = meshOf({
      'east/a.yaml': documents(
        namespace('shop'),
        namespace('bank'),
        service('cart'),
        workload('cart'),
        workload('pay', '', '', 'bank'),
        ...rules,
      ),
    });
    const cart = serviceTable(mesh).find('shop', 'cart');
    const called = { host: 'cart.shop.svc.cluster.local', namespace: 'shop', service: cart };
    expect(
      clientGroups(mesh, realmsOf(mesh)[0]!, called)
        .map((group) => `${group.rules[0]!.namespace}: ${group.namespaces.join(' ')}`)
        .toSorted(),
    ).toEqual(expected);
  });
});

describe('refusals across networks', () => {
  const found = (version: string, west: readonly string[], east: readonly string[] = []): readonly string[] => {
    const mesh = meshOf(
      {
        'east/a.yaml': documents(
          namespace('shop'),
          network('net-1'),
          gateway('net-1'),
          service('cart'),
          workload('web', 'http://cart'),
          ...east,
        ),
        'west/a.yaml': documents(network('net-2'), gateway('net-2'), service('cart'), ...west),
      },
      version,
    );
    return refusals(mesh).map(({ cause, cluster, severity }) => `${cause} in ${cluster.name} ${severity}`);
  };
  const served = [namespace('shop'), workload('cart')];
  test.each([
    ['1.20.8', served, [], []],
    ['1.20.8', [...served, peer('DISABLE')], [], ['policy in west error']],
    ['1.20.8', served, [peer('DISABLE')], ['caller in east error']],
    ['1.20.8', [...served, peer('DISABLE')], [peer('DISABLE')], ['policy in west error']],
    ['1.20.8', [...served, peer('STRICT')], [], []],
    ['1.7.8', [...served, peer('DISABLE')], [], []],
    ['1.8.6', [...served, peer('DISABLE')], [], ['policy in west error']],
    ['1.20.8', [namespace('shop', 'team: shop'), workload('cart')], [], ['pod in west error']],
    ['1.7.8', [namespace('shop', 'team: shop'), workload('cart')], [], ['pod in west error']],
    ['1.6.14', [namespace('shop', 'team: shop'), workload('cart')], [], []],
    [
      '1.20.8',
      [namespace('shop'), workload('cart', '', 'security.istio.io/tlsMode: disabled')],
      [],
      ['pod in west error'],
    ],
    ['1.20.8', [workload('cart')], [], []],
    ['1.27.1', [namespace('shop', 'istio.io/dataplane-mode: ambient'), workload('cart')], [], []],
  ])('%s %#', (version, west, east, expected) => {
    expect(found(version, west, east)).toEqual(expected);
  });
});
