import { describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';
import { selectionsOf, selectorPath } from '../../src/rule/selections.ts';
import { labelsInWords } from '../../src/rule/selectors.ts';
import { namespaceLabels } from '../../src/rule/ambient/scopes.ts';

export default defineRule({
  id: 'traffic/sidecar-selects',
  severity: 'warning',
  istio: 'all',
  summary: 'A Sidecar resource is for workloads that are there and have sidecars.',
  why: 'A Sidecar resource whose selector fits no workload, or whose workloads run in ambient mode, changes nothing: they still get the configuration of the whole mesh.',
  fix: 'Write the labels of the pod template into workloadSelector, or delete the Sidecar resource.',
  reads: ['Sidecar', 'workloads', 'Namespace'],
  aliases: ['IST0101', 'IST0167', 'KIA0004'],
  messages: {
    none: 'Sidecar {name} in {cluster} selects {labels}, which fits no workload of namespace {namespace} in {clusters}',
    ambient:
      'Sidecar {name} in {cluster} is for namespace {namespace}, which runs in ambient mode without sidecars: it changes nothing',
    pods: 'Sidecar {name} in {cluster} selects {workload}, which runs in ambient mode without a sidecar: it changes nothing',
  },
  check(mesh, report) {
    for (const { realm, resource, labels, any, workloads } of selectionsOf(mesh, 'Sidecar')) {
      const { config, members } = realm;
      const namespace = resource.namespace ?? '';
      const slots = { name: `${namespace}/${resource.name}`, cluster: config.name, namespace };
      const isWholeNamespace = members.every((member) => isAmbient(namespaceLabels(member, namespace)));
      const areWorkloads = workloads.length > 0 && workloads.every(({ workload }) => workload.ambient === 'yes');
      // Pods of an ambient namespace may still ask for a sidecar.
      const hasSidecars = workloads.some(({ workload }) => workload.injected === 'yes');
      if ((isWholeNamespace && !hasSidecars) || (areWorkloads && labels !== undefined)) {
        report(
          isWholeNamespace ? 'ambient' : 'pods',
          { at: placeIn(resource, 'metadata', 'name'), cluster: config.name, resource, aliases: ['IST0167'] },
          { ...slots, workload: workloads[0] === undefined ? '' : describe(workloads[0].workload.resource) },
        );
        continue;
      }
      if (labels === undefined || any !== 'no') continue;
      report(
        'none',
        {
          at: placeIn(resource, ...selectorPath('Sidecar')),
          cluster: config.name,
          resource,
          aliases: ['IST0101', 'KIA0004'],
        },
        { ...slots, labels: labelsInWords(labels), clusters: inWords(members.map(({ name }) => name)) },
      );
    }
  },
});

const isAmbient = (labels: Readonly<Record<string, string>> | undefined): boolean =>
  labels !== undefined &&
  labels['istio.io/dataplane-mode'] === 'ambient' &&
  labels['istio.io/rev'] === undefined &&
  labels['istio-injection'] !== 'enabled';
