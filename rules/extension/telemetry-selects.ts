import { placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';
import { selectionsOf, selectorPath } from '../../src/rule/selections.ts';
import { labelsInWords } from '../../src/rule/selectors.ts';

export default defineRule({
  id: 'extension/telemetry-selects',
  severity: 'warning',
  istio: '1.11+',
  summary: 'The selector of a Telemetry fits workloads that are there.',
  why: 'A Telemetry whose selector fits no workload changes nothing: the metrics, traces or logs that it asks for never come.',
  fix: 'Write the labels of the pod template into selector.matchLabels.',
  reads: ['Telemetry', 'workloads'],
  aliases: ['IST0101'],
  messages: {
    none: 'Telemetry {name} in {cluster} selects {labels}, which fits no workload of {where} in {clusters}',
  },
  check(mesh, report) {
    for (const { realm, resource, labels, any } of selectionsOf(mesh, 'Telemetry')) {
      if (labels === undefined || any !== 'no') continue;
      report(
        'none',
        { at: placeIn(resource, ...selectorPath('Telemetry')), cluster: realm.config.name, resource },
        {
          name: `${resource.namespace}/${resource.name}`,
          cluster: realm.config.name,
          labels: labelsInWords(labels),
          where: `namespace ${resource.namespace}`,
          clusters: inWords(realm.members.map(({ name }) => name)),
        },
      );
    }
  },
});
