import type { Related } from '../../src/model/index.ts';
import { get, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';
import type { Selection } from '../../src/rule/selections.ts';
import { defaultsByNamespace, overlapsOf, selectionsOf, selectorPath } from '../../src/rule/selections.ts';

export default defineRule({
  id: 'traffic/sidecar-unique',
  severity: 'error',
  istio: 'all',
  summary: 'A workload is chosen by one Sidecar with a selector, and a namespace has one without.',
  why: 'istiod gives a proxy one Sidecar resource. Where several fit, the oldest is taken, which no manifest tells: what the workload may call changes when objects are made anew.',
  fix: 'Give the Sidecar resources selectors that do not overlap, and keep one without a selector for the namespace.',
  reads: ['Sidecar', 'workloads'],
  aliases: ['IST0110', 'IST0111', 'KIA0002', 'KIA0003'],
  messages: {
    overlap: 'Sidecar {name} in {cluster} selects {workload}, as {others} does: which of them counts is left to chance',
    default:
      'namespace {namespace} of {cluster} has several Sidecar objects without a selector: {name} and {others}; only one of them counts',
  },
  check(mesh, report) {
    const selections = selectionsOf(mesh, 'Sidecar');
    for (const [selection, others] of overlapsOf(selections)) {
      const { resource, realm, workloads } = selection;
      const shared = workloads.find(({ workload }) =>
        others.some((other) => other.workloads.some((held) => held.workload === workload)),
      );
      report(
        'overlap',
        {
          at: placeIn(resource, ...selectorPath('Sidecar')),
          cluster: realm.config.name,
          resource,
          aliases: ['IST0110', 'KIA0003'],
          also: others.map(relatedTo),
        },
        {
          name: nameOf(selection),
          cluster: realm.config.name,
          workload: shared === undefined ? '' : `${shared.workload.resource.kind} ${shared.workload.name}`,
          others: inWords(others.map(nameOf)),
        },
      );
    }
    for (const held of defaultsByNamespace(selections).values())
      for (const selection of held) {
        const { resource, realm } = selection;
        const others = held.filter((other) => other !== selection);
        const spec = get(resource.value, 'spec') === undefined ? ['metadata', 'name'] : ['spec'];
        report(
          'default',
          {
            at: placeIn(resource, ...spec),
            cluster: realm.config.name,
            resource,
            aliases: ['IST0111', 'KIA0002'],
            also: others.map(relatedTo),
          },
          {
            namespace: resource.namespace ?? '',
            cluster: realm.config.name,
            name: resource.name,
            others: someInWords(others.map((other) => other.resource.name)),
          },
        );
      }
  },
});

const nameOf = ({ resource }: Selection): string => `${resource.namespace}/${resource.name}`;

const relatedTo = (selection: Selection): Related => ({
  place: selection.resource.place,
  cluster: selection.realm.config.name,
  message: `Sidecar ${nameOf(selection)}`,
});
