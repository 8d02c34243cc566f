import { expect, test } from 'vitest';
import type { Fact } from '../../src/model/index.ts';
import { membersOf } from '../support/fleet.ts';

const operator = (meshConfig: string, rest = ''): string => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec:
  meshConfig: ${meshConfig}
${rest}`;
const metadata = (value: string): string =>
  `{ defaultConfig: { proxyMetadata: { ISTIO_META_DNS_CAPTURE: ${value} } } }`;
const pod = (annotation = '', labels = '{ app: cart }'): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  template:
    metadata:
      labels: ${labels}
      annotations:
        note: x
${annotation}    spec: { containers: [{ name: cart }] }`;
const annotation = (value: string): string =>
  `        proxy.istio.io/config: |\n          proxyMetadata:\n            ISTIO_META_DNS_CAPTURE: ${value}\n`;
const proxyConfig = (namespace: string, selector = ''): string => `apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: { name: dns, namespace: ${namespace} }
spec: { ${selector}environmentVariables: { ISTIO_META_DNS_CAPTURE: "true" } }`;

const short = (fact: Fact<boolean>): string =>
  fact.state === 'known' || fact.state === 'conflict' ? String(fact.value) : fact.state;
const read = (...objects: readonly string[]): string => {
  const member = membersOf({ 'east/a.yaml': objects.join('\n---\n') })['east']!;
  return `${short(member.dnsCapture.mesh)} ${short(member.dnsCapture.of(member.workloads[0]!))}`;
};

test.each<[string, readonly string[], string]>([
  ['not said', [operator('{ accessLogFile: x }'), pod()], 'absent absent'],
  ['no mesh config', [pod()], 'unknown unknown'],
  ['mesh config', [operator(metadata('"true"')), pod()], 'true true'],
  ['switched off', [operator(metadata('"false"')), pod()], 'false false'],
  ['a template', [operator(metadata('"${DNS}"')), pod()], 'unknown unknown'],
  ['ALL of 1.7', [operator(metadata('ALL'), '  tag: 1.7.3'), pod()], 'true true'],
  ['ALL of 1.20', [operator(metadata('ALL'), '  tag: 1.20.3'), pod()], 'false false'],
  ['annotation', [operator('{ accessLogFile: x }'), pod(annotation('"true"'))], 'absent true'],
  ['annotation against the mesh', [operator(metadata('"true"')), pod(annotation('"false"'))], 'true false'],
  [
    'annotation that is no YAML',
    [operator('{ accessLogFile: x }'), pod('        proxy.istio.io/config: "{ ISTIO_META_DNS_CAPTURE"\n')],
    'absent absent',
  ],
  [
    'ProxyConfig of the root namespace',
    [operator('{ accessLogFile: x }'), proxyConfig('istio-system'), pod()],
    'true true',
  ],
  ['ProxyConfig of the namespace', [operator('{ accessLogFile: x }'), proxyConfig('shop'), pod()], 'absent true'],
  ['ProxyConfig of another namespace', [operator('{ accessLogFile: x }'), proxyConfig('bank'), pod()], 'absent absent'],
  [
    'ProxyConfig of the workload before the annotation',
    [operator('{}'), proxyConfig('shop', 'selector: { matchLabels: { app: cart } }, '), pod(annotation('"false"'))],
    'absent true',
  ],
  ['profile preview', [operator('{ accessLogFile: x }', '  profile: preview'), pod()], 'true true'],
])('%s', (_, objects, expected) => {
  expect(read(...objects)).toBe(expected);
});
