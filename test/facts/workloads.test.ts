import { describe, expect, test } from 'vitest';
import { membersOf } from '../support/fleet.ts';

const pod = (labels: string, rest = '', annotations = '{}'): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  template:
    metadata: { labels: ${labels}, annotations: ${annotations} }
    spec:
      ${rest === '' ? 'containers: [{ name: cart, image: "example.com/cart:1" }]' : rest}
`;
const namespace = (labels: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: ${labels} }`;
const workload = (...objects: readonly string[]) =>
  membersOf({ 'east/a.yaml': objects.join('\n---\n') })['east']!.workloads[0]!;

const oldIstio = `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { tag: 1.9.5 }`;

describe('injected', () => {
  test.each<[string, readonly string[], string]>([
    ['namespace enabled', [namespace('{ istio-injection: enabled }'), pod('{}')], 'yes'],
    ['namespace of a revision', [namespace('{ istio.io/rev: 1-20-3 }'), pod('{}')], 'yes'],
    [
      'namespace disabled',
      [namespace('{ istio-injection: disabled }'), pod('{ sidecar.istio.io/inject: "true" }')],
      'no',
    ],
    [
      'istio-injection wins over a revision',
      [namespace('{ istio-injection: disabled, istio.io/rev: x }'), pod('{}')],
      'no',
    ],
    ['namespace without labels', [namespace('{}'), pod('{}')], 'no'],
    ['no Namespace object', [pod('{}')], 'unknown'],
    ['label opts out', [namespace('{ istio-injection: enabled }'), pod('{ sidecar.istio.io/inject: "false" }')], 'no'],
    [
      'annotation opts out',
      [namespace('{ istio-injection: enabled }'), pod('{}', '', '{ sidecar.istio.io/inject: "false" }')],
      'no',
    ],
    ['annotation does not opt in', [namespace('{}'), pod('{}', '', '{ sidecar.istio.io/inject: "true" }')], 'no'],
    ['label opts in', [namespace('{}'), pod('{ sidecar.istio.io/inject: "true" }')], 'yes'],
    ['label opts in without Namespace object', [pod('{ sidecar.istio.io/inject: "true" }')], 'yes'],
    [
      'label does not opt in before 1.10',
      [oldIstio, namespace('{}'), pod('{ sidecar.istio.io/inject: "true" }')],
      'no',
    ],
    ['revision label of the pod', [namespace('{}'), pod('{ istio.io/rev: canary }')], 'yes'],
    ['a template', [namespace('{ istio-injection: "${INJECT}" }'), pod('{}')], 'unknown'],
    [
      'hostNetwork',
      [namespace('{ istio-injection: enabled }'), pod('{}', 'hostNetwork: true\n      containers: [{ name: a }]')],
      'no',
    ],
    [
      'sidecar in the template',
      [pod('{}', 'containers: [{ name: a }, { name: istio-proxy, args: [proxy, sidecar] }]')],
      'yes',
    ],
    ['settings for a sidecar', [pod('{}', '', '{ proxy.istio.io/config: "{}" }')], 'yes'],
  ])('%s', (_, objects, expected) => {
    expect(workload(...objects).injected).toBe(expected);
  });

  test('the default of the injector', () => {
    const operator = `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec: { values: { sidecarInjectorWebhook: { enableNamespacesByDefault: true } } }`;
    expect(workload(operator, namespace('{}'), pod('{}')).injected).toBe('yes');
  });
});

test.each<[string, readonly string[], string]>([
  ['namespace', [namespace('{ istio.io/dataplane-mode: ambient }'), pod('{}')], 'yes'],
  ['pod opts out', [namespace('{ istio.io/dataplane-mode: ambient }'), pod('{ istio.io/dataplane-mode: none }')], 'no'],
  ['pod opts in', [namespace('{}'), pod('{ istio.io/dataplane-mode: ambient }')], 'yes'],
  ['a sidecar wins', [namespace('{ istio-injection: enabled, istio.io/dataplane-mode: ambient }'), pod('{}')], 'no'],
  ['no Namespace object', [pod('{}')], 'unknown'],
])('ambient: %s', (_, objects, expected) => {
  expect(workload(...objects).ambient).toBe(expected);
});

test.each<[string, string, boolean]>([
  ['args', pod('{}', 'containers: [{ name: istio-proxy, args: [proxy, router] }]'), true],
  ['template', pod('{}', '', '{ inject.istio.io/templates: gateway }'), true],
  ['image auto alone', pod('{}', 'containers: [{ name: istio-proxy, image: auto }]'), true],
  [
    'image auto beside an application',
    pod('{}', 'containers: [{ name: istio-proxy, image: auto }, { name: cart }]'),
    false,
  ],
  ['sidecar', pod('{}', 'containers: [{ name: istio-proxy, args: [proxy, sidecar] }]'), false],
])('gateway: %s', (_, object, expected) => {
  expect(workload(object).gateway).toBe(expected);
});

test('templates of all controllers', () => {
  const spec = 'template: { metadata: { labels: { app: a } }, spec: { containers: [{ name: a }] } }';
  const kinds = [
    ['apps/v1', 'StatefulSet', spec],
    ['apps/v1', 'DaemonSet', spec],
    ['batch/v1', 'Job', spec],
    ['batch/v1', 'CronJob', `jobTemplate: { spec: { ${spec} } }`],
    ['argoproj.io/v1alpha1', 'Rollout', spec],
    ['apps.openshift.io/v1', 'DeploymentConfig', spec],
    ['v1', 'Pod', 'containers: [{ name: a }]'],
    ['v1', 'Service', 'ports: []'],
  ];
  const file = kinds
    .map(
      ([api, kind, body]) =>
        `apiVersion: ${api}\nkind: ${kind}\nmetadata: { name: a, namespace: shop, labels: { app: a } }\nspec: { ${body} }`,
    )
    .join('\n---\n');
  const found = membersOf({ 'east/a.yaml': file })['east']!.workloads;
  expect(found.map((one) => `${one.resource.kind} ${one.labels['app']}`).toSorted()).toEqual(
    ['CronJob a', 'DaemonSet a', 'DeploymentConfig a', 'Job a', 'Pod a', 'Rollout a', 'StatefulSet a'].toSorted(),
  );
});
