import type { Related } from '../../src/model/index.ts';
import { get, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';
import type { Selection } from '../../src/rule/selections.ts';
import { defaultsByNamespace, overlapsOf, selectionsOf, selectorPath } from '../../src/rule/selections.ts';

export default defineRule({
  id: 'mtls/policy-unique',
  severity: 'error',
  istio: '1.5+',
  summary: 'A workload is chosen by one PeerAuthentication with a selector, and a namespace has one without.',
  why: 'Of several PeerAuthentications of one level istiod takes the oldest, which no manifest tells: whether plaintext is taken changes when objects are made anew, and from cluster to cluster.',
  fix: 'Keep one PeerAuthentication without a selector for the namespace, and selectors that do not overlap.',
  reads: ['PeerAuthentication', 'workloads'],
  aliases: ['KIA0002', 'KIA0003'],
  messages: {
    overlap: 'PeerAuthentication {name} in {cluster} selects {workload}, as {others} does: the oldest of them counts',
    default:
      'namespace {namespace} of {cluster} has several PeerAuthentications without a selector: {name} and {others}; the oldest of them counts',
  },
  check(mesh, report) {
    const selections = selectionsOf(mesh, 'PeerAuthentication').filter(
      ({ resource }) => resource.group === 'security.istio.io',
    );
    for (const [selection, others] of overlapsOf(selections)) {
      const { resource, realm, workloads } = selection;
      const shared = workloads.find(({ workload }) =>
        others.some((other) => other.workloads.some((held) => held.workload === workload)),
      );
      report(
        'overlap',
        {
          at: placeIn(resource, ...selectorPath('PeerAuthentication')),
          cluster: realm.config.name,
          resource,
          aliases: ['KIA0003'],
          severity: severityOf([selection, ...others]),
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
        report(
          'default',
          {
            at: placeIn(resource, ...(get(resource.value, 'spec') === undefined ? ['metadata', 'name'] : ['spec'])),
            cluster: realm.config.name,
            resource,
            aliases: ['KIA0002'],
            severity: severityOf(held),
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

/** Policies that say the same do no harm yet. */
const severityOf = (selections: readonly Selection[]): 'error' | 'info' => {
  const said = selections.map(({ resource: { value } }) =>
    JSON.stringify([get(value, 'spec', 'mtls'), get(value, 'spec', 'portLevelMtls')]),
  );
  return said.every((one) => one === said[0]) ? 'info' : 'error';
};

const nameOf = ({ resource }: Selection): string => `${resource.namespace}/${resource.name}`;

const relatedTo = (selection: Selection): Related => ({
  place: selection.resource.place,
  cluster: selection.realm.config.name,
  message: `PeerAuthentication ${nameOf(selection)}`,
});
