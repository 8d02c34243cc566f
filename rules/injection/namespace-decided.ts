import { installedGateways } from '../../src/facts/installedGateways.ts';
import { injectorSightings, valueSightings } from '../../src/facts/sources.ts';
import type { Member } from '../../src/facts/mesh.ts';
import { filled, flag, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { istioNamespaceOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'injection/namespace-decided',
  severity: 'info',
  preset: 'strict',
  istio: 'all',
  summary: 'Each namespace says whether its pods belong to the mesh.',
  why: 'A namespace without a label is outside of the mesh, or inside where the injector injects by default. Which of both is meant shows only in the label.',
  fix: 'Label the namespace: istio-injection: enabled or disabled, istio.io/rev, or istio.io/dataplane-mode.',
  reads: ['Namespace', 'sidecarInjectorWebhook.enableNamespacesByDefault'],
  aliases: ['IST0102', 'IST0148'],
  messages: {
    outside: 'Namespace {namespace} of {cluster} has no label for injection: its pods get no sidecar',
    inside:
      'Namespace {namespace} of {cluster} has no label for injection, and {cluster} injects by default: its pods get a sidecar',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const byDefault = injectsByDefault(member);
      for (const namespace of member.resources.ofKind('Namespace', '')) {
        if (isSystem(member, namespace.name)) continue;
        if (LABELS.some((label) => filled(namespace.labels[label]) !== undefined)) continue;
        if (isForGateways(member, namespace.name)) continue;
        const where = {
          at: placeIn(namespace, 'metadata', 'name'),
          cluster: member.name,
          resource: namespace,
          aliases: [byDefault ? 'IST0148' : 'IST0102'],
        };
        report(byDefault ? 'inside' : 'outside', where, { namespace: namespace.name, cluster: member.name });
      }
    }
  },
});

const LABELS = ['istio-injection', 'istio.io/rev', 'istio.io/dataplane-mode'];

const isSystem = (member: Member, name: string): boolean =>
  name === istioNamespaceOf(member) ||
  ['istio-system', 'kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'].includes(name);

/** Pods of gateways ask for injection themselves, so that a namespace of nothing else needs no label. */
const isForGateways = (member: Member, name: string): boolean => {
  const workloads = member.workloads.filter((workload) => workload.namespace === name);
  if (workloads.some((workload) => !workload.gateway)) return false;
  return (
    workloads.length > 0 ||
    member.resources.inNamespace('Gateway', name, 'gateway.networking.k8s.io').length > 0 ||
    installedGateways(member.cluster).some((gateway) => gateway.namespace === name)
  );
};

const injectsByDefault = ({ cluster }: Member): boolean =>
  [
    ...injectorSightings(cluster, ['sidecarInjectorWebhook', 'enableNamespacesByDefault']),
    ...valueSightings(cluster, ['operator', 'istiod'], ['sidecarInjectorWebhook', 'enableNamespacesByDefault']),
  ].some((sighting) => flag(sighting.value) === true);
