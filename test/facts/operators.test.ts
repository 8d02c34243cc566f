import { expect, test } from 'vitest';
import { operatedObjects } from '../../src/facts/operators.ts';
import { meshOf } from '../rule/mesh.ts';

const isOperated = (apiVersion: string, kind: string, namespace = 'namespace: shop'): boolean => {
  const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: one, ${namespace} }\nspec: {}\n`;
  const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: cart, namespace: shop }\nspec: {}';
  const mesh = meshOf({ 'east/a.yaml': `${service}\n---\n${text}`, 'west/a.yaml': service });
  return operatedObjects(mesh.cluster('east').resources).length > 0;
};

test.each([
  ['postgresql.cnpg.io/v1', 'Cluster'],
  ['kafka.strimzi.io/v1beta2', 'Kafka'],
  ['flagger.app/v1beta1', 'Canary'],
  ['monitoring.coreos.com/v1', 'Prometheus'],
  ['serving.knative.dev/v1', 'Service'],
  ['leaderworkerset.x-k8s.io/v1', 'LeaderWorkerSet'],
  ['argoproj.io/v1alpha1', 'EventSource'],
])('an operator makes objects for %s %s', (apiVersion, kind) => {
  expect(isOperated(apiVersion, kind)).toBe(true);
});

test.each([
  ['v1', 'ConfigMap'],
  ['apps/v1', 'Deployment'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
  ['networking.istio.io/v1', 'VirtualService'],
  ['controlplane.cluster.x-k8s.io/v1beta1', 'KubeadmControlPlane'],
  ['source.toolkit.fluxcd.io/v1', 'GitRepository'],
  ['argoproj.io/v1alpha1', 'AppProject'],
  ['cert-manager.io/v1', 'Certificate'],
  ['monitoring.coreos.com/v1', 'ServiceMonitor'],
  ['operator.victoriametrics.com/v1beta1', 'VMRule'],
  ['kafka.strimzi.io/v1beta2', 'KafkaTopic'],
  ['bitnami.com/v1alpha1', 'SealedSecret'],
])('nothing comes with %s %s', (apiVersion, kind) => {
  expect(isOperated(apiVersion, kind)).toBe(false);
});

test('what states no namespace may be of the whole cluster', () => {
  expect(isOperated('postgresql.cnpg.io/v1', 'Cluster', '')).toBe(false);
});
