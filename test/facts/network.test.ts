import { describe, expect, test } from 'vitest';
import type { NetworkFact } from '../../src/facts/network.ts';
import { membersOf } from '../support/fleet.ts';

const network = (...documents: string[]): NetworkFact =>
  membersOf({ 'east/all.yaml': documents.join('---\n') })['east']!.network;
const sides = (fact: NetworkFact): readonly string[] =>
  fact.places.map((sighting) => `${sighting.side} ${sighting.value}`);

const namespace = (label?: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: istio-system\n${label === undefined ? '' : `  labels: {topology.istio.io/network: ${label}}\n`}`;
const operator = (name: string, profile: string, values: string, rest = ''): string =>
  `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: ${name}, namespace: istio-system}\nspec:\n  profile: ${profile}\n${rest}  values:\n    global: {multiCluster: {clusterName: east}${values}}\n`;
const injector = (net: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio-sidecar-injector, namespace: istio-system}\ndata:\n  values: '{"global": {"network": "${net}"}}'\n`;
const meshNetworks = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: "{}"\n  meshNetworks: |\n    networks:\n      net-9:\n        endpoints: [{fromRegistry: east}]\n`;

describe('the name', () => {
  test('of the Namespace label is over that of the values', () => {
    const found = network(namespace('net-1'), operator('istio', 'default', ', network: net-2'));
    expect(found.fact).toMatchObject({ state: 'conflict', value: 'net-1' });
    expect(sides(found)).toEqual(['namespace net-1', 'proxy net-2']);
  });
  test('of the values stands alone', () =>
    expect(network(operator('istio', 'default', ', network: net-2')).fact).toMatchObject({
      state: 'known',
      value: 'net-2',
    }));
  test('of the injection path is over that of the values', () =>
    expect(
      sides(
        network(
          'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: istio}\nspec:\n  profile: remote\n  values:\n    istiodRemote: {injectionPath: /inject/cluster/east/net/net-1}\n    global: {network: net-1}\n',
        ),
      ),
    ).toEqual(['proxy net-1', 'proxy net-1']));
  test('comes from meshNetworks where nothing else says one', () =>
    expect(network(operator('istio', 'default', ''), meshNetworks).fact).toMatchObject({
      state: 'known',
      value: 'net-9',
    }));
  test('of a file that installs gateways only is theirs', () =>
    expect(
      sides(
        network(
          operator('istio', 'default', ', network: net-1'),
          operator(
            'gateways',
            'empty',
            ', network: net-2',
            '  components: {ingressGateways: [{name: gw, enabled: true}]}\n',
          ),
        ),
      ),
    ).toEqual(['proxy net-1', 'gateway net-2']));
  test('of gateways that are injected is the injector’s', () =>
    expect(
      sides(
        network(
          `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: gateways}\nspec:\n  profile: empty\n  components: {ingressGateways: [{name: gw, enabled: true}]}\n  values:\n    gateways: {istio-ingressgateway: {injectionTemplate: gateway}}\n    global: {network: net-2}\n`,
        ),
      ),
    ).toEqual([]));
  test('in the config is over all', () => {
    const cluster = membersOf({ 'east/all.yaml': namespace('net-1') })['east']!;
    expect(cluster.network.fact).toMatchObject({ value: 'net-1' });
  });
  test('of a gateway is compared, but is no source', () => {
    const found = network(
      namespace('net-1'),
      'apiVersion: v1\nkind: Service\nmetadata: {name: gw, namespace: istio-system, labels: {topology.istio.io/network: net-2}}\nspec: {selector: {istio: gw}, ports: [{port: 15443}]}\n',
    );
    expect(found.fact).toMatchObject({ state: 'known', value: 'net-1' });
    expect(sides(found)).toEqual(['namespace net-1', 'served net-2']);
  });
});

describe('no name', () => {
  test('is absent where values are there without one', () => {
    const found = network(namespace(), operator('istio', 'default', ''));
    expect(found.fact.state).toBe('absent');
    expect(found.unset?.namespace).toBeDefined();
    expect(found.unset?.values).toBeDefined();
  });
  test('an empty name is none', () =>
    expect(network(operator('istio', 'default', ', network: ""')).fact.state).toBe('absent'));
  test('the injector shows that values were empty', () => expect(network(injector('')).unset?.injector).toBeDefined());
  test('is unknown without an install', () => expect(network(namespace()).fact.state).toBe('unknown'));
  test('is unknown where only a template says it', () =>
    expect(network(operator('istio', 'default', ', network: "${NETWORK}"')).fact).toMatchObject({
      state: 'unknown',
      reason: 'global.network is the template ${NETWORK}',
    }));
});
