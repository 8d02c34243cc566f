import { describe, expect, test } from 'vitest';
import { selects } from '../../src/facts/selectors.ts';
import { gatewaysOf } from '../../src/rule/gateways.ts';
import { membersOf } from '../support/fleet.ts';

const east = (...documents: string[]) => membersOf({ 'east/all.yaml': documents.join('---\n') })['east']!;
const gateways = (...documents: string[]) => east(...documents).eastWestGateways;

const service = (labels: string, ports = '[{port: 15443}]'): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: istio-eastwestgateway\n  namespace: istio-system\n  labels: {${labels}}\nspec:\n  selector: {istio: eastwestgateway}\n  ports: ${ports}\n`;
const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istio-eastwestgateway, namespace: istio-system}\nspec:\n  template:\n    metadata: {labels: {istio: eastwestgateway, app: gateway}}\n    spec: {containers: [{name: istio-proxy, image: istio/proxyv2, args: [proxy, router]}]}\n`;
const operator = (component: string): string =>
  `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: gateways, namespace: istio-system}\nspec:\n  profile: empty\n  components:\n    ingressGateways:\n    - {name: istio-eastwestgateway, ${component}}\n`;
const api = (gatewayClass: string, listener: string): string =>
  `apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: ew, namespace: istio-system, labels: {topology.istio.io/network: net-1}}\nspec: {gatewayClassName: ${gatewayClass}, listeners: [${listener}]}\n`;

describe('a Service with the label', () => {
  test('serves its network on 15443', () =>
    expect(gateways(service('topology.istio.io/network: net-1'), deployment)).toMatchObject([
      {
        evidence: 'service',
        network: 'net-1',
        gatewayPort: 15443,
        sidecar: 'yes',
        hbone: 'no',
        podLabels: { istio: 'eastwestgateway', app: 'gateway' },
      },
    ]));
  test('serves it on the port of label gatewayPort', () =>
    expect(
      gateways(
        service(
          'topology.istio.io/network: net-1, networking.istio.io/gatewayPort: "443"',
          '[{port: 443, targetPort: 8443}]',
        ),
      ),
    ).toMatchObject([
      {
        gatewayPort: 443,
        sidecar: 'yes',
        podLabels: undefined,
        selector: { istio: 'eastwestgateway' },
        ports: [{ port: 443, targetPort: 8443 }],
      },
    ]));
  test('without 15443 serves no sidecar', () =>
    expect(gateways(service('topology.istio.io/network: net-1', '[{port: 15012}]'))).toMatchObject([
      { sidecar: 'no' },
    ]));
  test('whose value is a template serves an unknown network', () =>
    expect(gateways(service('topology.istio.io/network: "${NETWORK}"'))).toMatchObject([
      { network: '', networkUnknown: true },
    ]));
});

test('a Service without the label is no gateway by itself', () =>
  expect(gateways(service('app: x'), deployment)).toEqual([]));

describe('an IstioOperator', () => {
  test('labels the pods over the defaults of its kind', () =>
    expect(gateways(operator('enabled: true, label: {topology.istio.io/network: net-1}'))).toMatchObject([
      {
        evidence: 'operator',
        network: 'net-1',
        podLabels: { app: 'istio-ingressgateway', istio: 'ingressgateway', 'topology.istio.io/network': 'net-1' },
        ports: undefined,
        sidecar: 'unknown',
      },
    ]));
  test('that turns the gateway off installs none', () =>
    expect(gateways(operator('enabled: false, label: {topology.istio.io/network: net-1}'))).toEqual([]));
  test('and its Service are one gateway', () => {
    const member = east(
      operator('enabled: true, label: {istio: eastwestgateway, topology.istio.io/network: net-1}'),
      service('app: x'),
    );
    expect(gatewaysOf(member)).toMatchObject([
      {
        network: 'net-1',
        statements: [{ evidence: 'service', network: '' }, { evidence: 'operator' }],
        ports: [{ port: 15443 }],
      },
    ]);
  });
});

describe('a Gateway of the Gateway API', () => {
  test('with HBONE is for ambient', () =>
    expect(
      gateways(api('istio-east-west', '{name: mesh, port: 15008, protocol: HBONE, tls: {mode: Terminate}}')),
    ).toMatchObject([{ evidence: 'gateway-api', hbone: 'yes', sidecar: 'no' }]));
  test('with Passthrough on 15443 is for sidecars', () =>
    expect(gateways(api('istio', '{name: tls, port: 15443, protocol: TLS, tls: {mode: Passthrough}}'))).toMatchObject([
      { hbone: 'no', sidecar: 'yes' },
    ]));
  test('with Terminate on 15443 is for nobody', () =>
    expect(gateways(api('istio', '{name: tls, port: 15443, protocol: HTTPS, tls: {mode: Terminate}}'))).toMatchObject([
      { hbone: 'no', sidecar: 'no' },
    ]));
});

test('an AUTO_PASSTHROUGH workload counts without any label', () => {
  const gateway =
    'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: x}\nspec: {selector: {istio: eastwestgateway}, servers: [{port: {number: 443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["*.local"]}]}\n';
  expect(gateways(gateway, deployment, service('app: x'))).toMatchObject([
    { evidence: 'passthrough', network: '', name: 'istio-eastwestgateway' },
  ]);
  expect(gateways(gateway.replace('443', '15004'), deployment)).toEqual([]);
});

test('meshNetworks names gateways of any cluster', () =>
  expect(
    gateways(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: "{}"\n  meshNetworks: "networks: {net-2: {gateways: [{address: 192.0.2.9, port: 443}]}}"\n',
    ),
  ).toMatchObject([{ evidence: 'meshNetworks', network: 'net-2', address: '192.0.2.9', gatewayPort: 443 }]));

test.each([
  ['an empty selector', {}, { istio: 'x' }, 'yes'],
  ['a missing label', { istio: 'x' }, {}, 'no'],
  ['another value', { istio: 'x' }, { istio: 'y' }, 'no'],
  ['a template in the selector', { istio: '${GATEWAY}' }, { istio: 'x' }, 'unknown'],
  ['a template in the labels', { istio: 'x' }, { istio: '{{ name }}' }, 'unknown'],
  ['the same template', { istio: '${GATEWAY}' }, { istio: '${GATEWAY}' }, 'yes'],
  ['a template beside another value', { istio: '${GATEWAY}', app: 'x' }, { istio: 'x', app: 'y' }, 'no'],
])('%s', (_, selector, labels, expected) => expect(selects(selector, labels)).toBe(expected));
