import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Tri } from '../../src/model/index.ts';
import { below, filled, flag, get, list } from '../../src/model/index.ts';
import { namespaceLabels } from '../../src/rule/ambient/scopes.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isRunning } from '../../src/rule/runningPods.ts';
import type { KnownLabels } from '../../src/rule/labelSelectors.ts';
import { matches } from '../../src/rule/labelSelectors.ts';

export default defineRule({
  id: 'injection/auto-image-filled',
  severity: 'error',
  istio: '1.10+',
  summary: 'A pod whose proxy has image auto is injected, which fills in the image.',
  why: 'The injector replaces image auto. Where no webhook selects the pod, Kubernetes looks for an image called auto and the pod, as a rule a gateway, never starts.',
  fix: 'Label the pod template with sidecar.istio.io/inject: "true" or istio.io/rev, or its namespace for injection.',
  reads: ['workloads', 'Namespace', 'MutatingWebhookConfiguration'],
  aliases: ['IST0146', 'IST0147'],
  messages: {
    auto: '{kind} {name} of {cluster} has image auto, but nothing injects it: neither label of its pods nor of namespace {namespace} asks for it',
    unselected:
      '{kind} {name} of {cluster} has image auto, and no injection webhook of {cluster} selects its pods in namespace {namespace}',
    left: '{kind} {name} of {cluster} runs with image auto in namespace {namespace}: nothing injected it when it was made',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const webhooks = injectors(member);
      for (const workload of member.workloads) {
        // The injector fills in no other container.
        const index = list(workload.spec['containers']).findIndex(
          (container) => get(container, 'image') === 'auto' && get(container, 'name') === 'istio-proxy',
        );
        if (index < 0) continue;
        const isPod = workload.resource.kind === 'Pod';
        // Who says that the files hold every Pod has read them from the cluster.
        const isLeft = isPod && (mesh.settings.complete.includes('Pod') || isRunning(workload));
        if (!isLeft && isInjected(mesh, member, workload, webhooks) !== 'no') continue;
        const isAllTold = mesh.settings.complete.includes('MutatingWebhookConfiguration');
        report(
          isLeft ? 'left' : isAllTold ? 'unselected' : 'auto',
          {
            fix: isLeft ? 'Make the Pod anew where an injection webhook selects it.' : undefined,
            at: below(workload.specPlace, 'containers', index, 'image'),
            cluster: member.name,
            resource: workload.resource,
            aliases: [isPod ? 'IST0147' : 'IST0146'],
          },
          {
            kind: workload.resource.kind,
            name: workload.name,
            cluster: member.name,
            namespace: workload.namespace ?? 'default',
          },
        );
      }
    }
  },
});

/** The injection webhooks of a cluster. */
const injectors = (member: Member): readonly unknown[] =>
  member.resources
    .ofKind('MutatingWebhookConfiguration')
    .flatMap(({ name, value }) =>
      list(value['webhooks']).filter(
        (webhook) =>
          /^istio-(sidecar-injector|revision-tag)/.test(name) ||
          (filled(get(webhook, 'name')) ?? '').endsWith('istio.io'),
      ),
    );

/** By the webhooks where the files hold them all, else by labels; a webhook of the cluster's own may select more. */
const isInjected = (mesh: Mesh, member: Member, workload: Workload, webhooks: readonly unknown[]): Tri => {
  const { labels, namespace } = workload;
  const found = namespaceLabels(member, namespace);
  const complete = found !== undefined || mesh.settings.complete.includes('Namespace');
  const name = { 'kubernetes.io/metadata.name': namespace ?? 'default' };
  const ofNamespace: KnownLabels = { labels: { ...name, ...found }, complete };
  const selected = webhooks.map((webhook): Tri =>
    both(
      matches(get(webhook, 'namespaceSelector'), ofNamespace),
      matches(get(webhook, 'objectSelector'), { labels, complete: true }),
    ),
  );
  if (mesh.settings.complete.includes('MutatingWebhookConfiguration'))
    return selected.includes('yes') ? 'yes' : selected.includes('unknown') ? 'unknown' : 'no';
  if (flag(labels['sidecar.istio.io/inject']) === true || filled(labels['istio.io/rev']) !== undefined) return 'yes';
  if (selected.some((answer) => answer !== 'no')) return 'unknown';
  return workload.injected === 'unknown' && complete ? 'no' : workload.injected;
};

const both = (one: Tri, other: Tri): Tri => {
  if (one === 'no' || other === 'no') return 'no';
  return one === 'yes' && other === 'yes' ? 'yes' : 'unknown';
};
