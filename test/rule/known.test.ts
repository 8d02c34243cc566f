import { expect, test } from 'vitest';
import type { KnownNames } from '../../src/rule/known.ts';
import { knownClusters, knownInWords, knownNetworks } from '../../src/rule/known.ts';
import { documents, meshOf } from './mesh.ts';

const operator = (id: string, network: string): string => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { tag: 1.20.3, values: { global: { network: ${network}, multiCluster: { clusterName: ${id} } } } }`;
const secret = (id: string): string => `apiVersion: v1
kind: Secret
metadata: { name: istio-remote-secret-${id}, namespace: istio-system, labels: { istio/multiCluster: "true" } }
stringData: { ${id}: "apiVersion: v1\\nkind: Config\\nclusters: [{ name: a, cluster: { server: 'https://a.example.com' } }]" }`;
const mirror = (network: string): string => `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: mirror, namespace: istio-system, labels: { topology.istio.io/network: ${network} } }
spec: { gatewayClassName: istio-remote }`;

const east = operator('c-east', 'net-east');
const west = operator('c-west', 'net-west');
const say = (known: KnownNames): string =>
  `${knownInWords(known)}${known.complete ? '' : ' and perhaps others'}${known.assumed ? ' by default' : ''}`;

const read = (tree: Readonly<Record<string, string>>): readonly string[] => {
  const mesh = meshOf(tree);
  return [say(knownClusters(mesh)), say(knownNetworks(mesh))];
};

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  [
    'two',
    { 'east/a.yaml': east, 'west/a.yaml': west },
    ['c-east (east), c-west (west)', 'net-east (east), net-west (west)'],
  ],
  ['one alone', { 'east/a.yaml': east }, ['c-east (east) and perhaps others', 'net-east (east) and perhaps others']],
  [
    'a secret of a third',
    { 'east/a.yaml': documents(east, secret('c-north')), 'west/a.yaml': west },
    ['c-east (east), c-north, c-west (west) and perhaps others', 'net-east (east), net-west (west) and perhaps others'],
  ],
  [
    'a mirror names nothing',
    { 'east/a.yaml': documents(east, mirror('net-north')), 'west/a.yaml': west },
    ['c-east (east), c-west (west)', 'net-east (east), net-west (west)'],
  ],
])('%s', (_, tree, expected) => expect(read(tree)).toEqual(expected));
