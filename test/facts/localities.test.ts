import { expect, test } from 'vitest';
import { formatLocality, parseLocality } from '../../src/facts/localities.ts';
import { membersOf } from '../support/fleet.ts';

const node = (name: string, labels: string): string => `apiVersion: v1
kind: Node
metadata: { name: ${name}, labels: { ${labels} } }`;
const current = (region: string, zone: string, subzone = ''): string =>
  `topology.kubernetes.io/region: ${region}, topology.kubernetes.io/zone: ${zone}${subzone === '' ? '' : `, topology.istio.io/subzone: ${subzone}`}`;
const pod = (labels: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec: { template: { metadata: { labels: { ${labels} } }, spec: { containers: [{ name: cart }] } } }`;
const machine = (spec: string): string => `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: vm-1, namespace: shop }
spec: { address: 192.0.2.1, ${spec} }`;

const read = (...objects: readonly string[]): string => {
  const { localities } = membersOf({ 'east/a.yaml': objects.join('\n---\n') })['east']!;
  return [localities.state, ...localities.localities.map(formatLocality)].join(' ');
};

test.each<[string, readonly string[], string]>([
  ['no Node', [pod('app: cart')], 'unknown'],
  ['a Node', [node('a', current('r1', 'z1'))], 'known r1/z1'],
  ['with subzone', [node('a', current('r1', 'z1', 's1'))], 'known r1/z1/s1'],
  [
    'labels of old',
    [node('a', current('r1', 'z1').replaceAll('topology.kubernetes', 'failure-domain.beta.kubernetes'))],
    'known r1/z1',
  ],
  [
    'each once, in order',
    [node('b', current('r1', 'z2')), node('a', current('r1', 'z1')), node('c', current('r1', 'z2'))],
    'known r1/z1 r1/z2',
  ],
  ['a Node without labels', [node('a', current('r1', 'z1')), node('b', 'role: worker')], 'unknown r1/z1'],
  ['a template', [node('a', current("'${REGION}'", 'z1'))], 'unknown'],
  ['a pod that names its own', [node('a', current('r1', 'z1')), pod('istio-locality: r2.z2')], 'known r1/z1 r2/z2'],
  ['the label of 1.29', [pod('topology.istio.io/locality: r2.z2.s2')], 'unknown r2/z2/s2'],
  ['a VM', [node('a', current('r1', 'z1')), machine('locality: r3/z3')], 'known r1/z1 r3/z3'],
  ['a VM by label', [machine('labels: { istio-locality: r3.z3 }')], 'unknown r3/z3'],
])('%s', (_, objects, expected) => expect(read(...objects)).toBe(expected));

test('reads and writes localities', () => {
  expect(parseLocality('r1/z1/s1')).toEqual({ region: 'r1', zone: 'z1', subzone: 's1' });
  expect(formatLocality(parseLocality('r1'))).toBe('r1');
  expect(formatLocality(parseLocality('r1/z1'))).toBe('r1/z1');
});
