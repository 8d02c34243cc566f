import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Tri } from '../../src/model/index.ts';
import { below, filled, flag, get, list } from '../../src/model/index.ts';
import { namespaceLabels } from '../../src/rule/ambient/scopes.ts';
import { defineRule } from '../../src/rule/define.ts';
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
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const webhooks = injectors(member);
      for (const workload of member.workloads) {
        const index = list(workload.spec['containers']).findIndex((container) => get(container, 'image') === 'auto');
        if (index < 0 || isInjected(mesh, member, workload, webhooks) !== 'no') continue;
        const isPod = workload.resource.kind === 'Pod';
        report(
          'auto',
          {
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

/** Selectors of the injection webhooks of a cluster. */
const injectors = (member: Member): readonly unknown[] =>
  member.resources
    .ofKind('MutatingWebhookConfiguration')
    .filter(({ name }) => /^istio-(sidecar-injector|revision-tag)/.test(name))
    .flatMap(({ value }) => list(value['webhooks']));

/** By labels; a webhook of the cluster's own may select more. */
const isInjected = (mesh: Mesh, member: Member, workload: Workload, webhooks: readonly unknown[]): Tri => {
  const { labels, namespace } = workload;
  if (flag(labels['sidecar.istio.io/inject']) === true || filled(labels['istio.io/rev']) !== undefined) return 'yes';
  const found = namespaceLabels(member, namespace);
  const complete = found !== undefined || mesh.settings.complete.includes('Namespace');
  const ofNamespace: KnownLabels = { labels: found ?? {}, complete };
  const isSelected = webhooks.some(
    (webhook) =>
      matches(get(webhook, 'namespaceSelector'), ofNamespace) !== 'no' &&
      matches(get(webhook, 'objectSelector'), { labels, complete: true }) !== 'no',
  );
  if (isSelected) return 'unknown';
  return workload.injected === 'unknown' && complete ? 'no' : workload.injected;
};
