// Kinds of which istiod gives a workload one by selector and a namespace one without: what stands beside it is lost.
import type { Mesh } from '../facts/mesh.ts';
import type { Related } from '../model/index.ts';
import { get, placeIn } from '../model/index.ts';
import type { Report } from './define.ts';
import { inWords, someInWords } from './scope.ts';
import type { Selection } from './selections.ts';
import { defaultsByNamespace, overlapsOf, selectionsOf, selectorPath } from './selections.ts';

export const uniqueMessages = {
  overlap: '{kind} {name} in {cluster} selects {workload}, as {others} does: which of them counts is left to chance',
  default:
    'namespace {namespace} of {cluster} has several {kind} objects without a selector: {name} and {others}; only one of them counts',
} as const;

/** Codes of other tools for two that select one workload, and for two without a selector. */
export interface UniqueCodes {
  readonly overlap: readonly string[];
  readonly default: readonly string[];
}

/** Reports each object that shares a workload, or the place of a namespace's default, with another. */
export const reportShared = (
  mesh: Mesh,
  kind: string,
  codes: UniqueCodes,
  report: Report<typeof uniqueMessages>,
): void => {
  const selections = selectionsOf(mesh, kind);
  for (const [selection, others] of overlapsOf(selections)) {
    const { resource, realm, workloads } = selection;
    const shared = workloads.find(({ workload }) =>
      others.some((other) => other.workloads.some((held) => held.workload === workload)),
    );
    report(
      'overlap',
      {
        at: placeIn(resource, ...selectorPath(kind)),
        cluster: realm.config.name,
        resource,
        aliases: codes.overlap,
        also: others.map((other) => relatedTo(kind, other)),
      },
      {
        kind,
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
      const at = get(resource.value, 'spec') === undefined ? ['metadata', 'name'] : ['spec'];
      report(
        'default',
        {
          at: placeIn(resource, ...at),
          cluster: realm.config.name,
          resource,
          aliases: codes.default,
          also: others.map((other) => relatedTo(kind, other)),
        },
        {
          kind,
          namespace: resource.namespace ?? '',
          cluster: realm.config.name,
          name: resource.name,
          others: someInWords(others.map((other) => other.resource.name)),
        },
      );
    }
};

const nameOf = ({ resource }: Selection): string => `${resource.namespace}/${resource.name}`;

const relatedTo = (kind: string, selection: Selection): Related => ({
  place: selection.resource.place,
  cluster: selection.realm.config.name,
  message: `${kind} ${nameOf(selection)}`,
});
