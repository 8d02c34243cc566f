import { namespaceLabels } from '../../src/rule/ambient/scopes.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import { filled, flag, get, isTemplate, list } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isRunning } from '../../src/rule/runningPods.ts';

export default defineRule({
  id: 'injection/pod-has-sidecar',
  severity: 'warning',
  istio: 'all',
  summary: 'A Pod as the cluster runs it has a sidecar where its namespace asks for one.',
  why: 'Sidecars are put into a Pod when it is created. One that is older than the label of its namespace, or was made while the injector was away, runs outside of the mesh.',
  fix: 'Restart the workload, or opt out with label sidecar.istio.io/inject: "false".',
  reads: ['Pod', 'Namespace'],
  aliases: ['IST0103'],
  messages: {
    without: 'Pod {pod} of {cluster} has no istio-proxy, although namespace {namespace} asks for sidecars',
  },
  check(mesh, report) {
    // Who says that the files hold every Pod has read them from the cluster.
    const areRead = mesh.settings.complete.includes('Pod');
    for (const member of mesh.members)
      for (const workload of member.workloads) {
        if (
          workload.resource.kind !== 'Pod' ||
          !(areRead || isRunning(workload)) ||
          hasProxy(workload) ||
          optsOut(workload)
        )
          continue;
        const labels = namespaceLabels(member, workload.namespace);
        if (labels === undefined || !asksForSidecars(labels)) continue;
        report(
          'without',
          { at: workload.resource.place, cluster: member.name, resource: workload.resource },
          { pod: `${workload.namespace}/${workload.name}`, cluster: member.name, namespace: workload.namespace ?? '' },
        );
      }
  },
});

const hasProxy = ({ spec }: Workload): boolean =>
  ['containers', 'initContainers'].some((key) =>
    list(spec[key]).some((container) => get(container, 'name') === 'istio-proxy'),
  );

const optsOut = ({ labels, annotations, spec }: Workload): boolean => {
  if (flag(spec['hostNetwork']) === true) return true;
  const word = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject'];
  return word !== undefined && (flag(word) === false || isTemplate(word));
};

const asksForSidecars = (labels: Readonly<Record<string, string>>): boolean => {
  if (labels['istio-injection'] !== undefined) return labels['istio-injection'] === 'enabled';
  return filled(labels['istio.io/rev']) !== undefined;
};
