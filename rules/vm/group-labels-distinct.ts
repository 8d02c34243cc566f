import type { Resource } from '../../src/model/index.ts';
import { describe, get, isTemplate, placeIn, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'vm/group-labels-distinct',
  severity: 'info',
  preset: 'strict',
  istio: '1.8+',
  summary: 'WorkloadGroups of one namespace have labels that tell them apart.',
  why: 'Services and policies choose machines by the labels of their group. Groups with equal labels are one group to them, which may be meant for machines in several places.',
  fix: 'Give each group a label of its own, such as version.',
  reads: ['WorkloadGroup'],
  aliases: ['KIA1702'],
  messages: {
    equal: '{group} in {cluster} has the labels of {others}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const held = new Map<string, Resource[]>();
      for (const { resource } of statementsOf(config.resources.ofKind('WorkloadGroup', 'networking.istio.io'))) {
        const labels = Object.entries(textMap(get(resource.value, 'spec', 'metadata', 'labels'))).toSorted();
        if (labels.length === 0 || labels.flat().some(isTemplate)) continue;
        const key = JSON.stringify([resource.namespace ?? '', labels]);
        held.set(key, [...(held.get(key) ?? []), resource]);
      }
      for (const group of held.values())
        for (const resource of group) {
          const others = group.filter((other) => other !== resource);
          if (others.length === 0) continue;
          report(
            'equal',
            {
              at: placeIn(resource, 'spec', 'metadata', 'labels'),
              cluster: config.name,
              resource,
              also: others.map((other) => ({ place: other.place, cluster: config.name, message: describe(other) })),
            },
            { group: describe(resource), cluster: config.name, others: inWords(others.map(describe)) },
          );
        }
    }
  },
});
