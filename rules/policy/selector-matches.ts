import { placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';
import { labelsInWords, selectionsOf, selectorPath } from '../../src/rule/selections.ts';

export default defineRule({
  id: 'policy/selector-matches',
  severity: 'warning',
  istio: '1.4+',
  summary: 'A policy selects workloads that are there.',
  why: 'A policy whose selector fits no workload protects nothing, and nothing else says so: the workload that it was meant for stays open.',
  fix: 'Write the labels of the pod template into selector.matchLabels, and the namespace of the workloads into metadata.namespace.',
  reads: ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication', 'workloads'],
  aliases: ['IST0127', 'KIA0004'],
  messages: {
    none: '{kind} {name} in {cluster} selects {labels}, which fits no workload of {where} in {clusters}',
    empty: '{kind} {name} in {cluster} is for namespace {namespace}, which has no workload in {clusters}',
  },
  check(mesh, report) {
    for (const kind of ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'])
      for (const { realm, resource, labels, any } of selectionsOf(mesh, kind)) {
        if (any !== 'no') continue;
        const clusters = inWords(realm.members.map((member) => member.name));
        const slots = { kind, name: `${resource.namespace}/${resource.name}`, cluster: realm.config.name, clusters };
        const where = {
          cluster: realm.config.name,
          resource,
          aliases: kind === 'AuthorizationPolicy' ? ['IST0127', 'KIA0004'] : ['KIA0004'],
        };
        if (labels !== undefined)
          report(
            'none',
            { ...where, at: placeIn(resource, ...selectorPath(kind)) },
            { ...slots, labels: labelsInWords(labels), where: `namespace ${resource.namespace}` },
          );
        else if (kind === 'AuthorizationPolicy')
          report(
            'empty',
            { ...where, aliases: ['IST0127'], at: placeIn(resource, 'metadata', 'namespace') },
            { ...slots, namespace: resource.namespace ?? '' },
          );
      }
  },
});
