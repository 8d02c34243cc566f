import type { Mesh } from '../../src/facts/mesh.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import { describe, placeIn } from '../../src/model/index.ts';
import { namespaceLabels } from '../../src/rule/ambient/scopes.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords, rootNamespaceOf } from '../../src/rule/scope.ts';
import type { Selection } from '../../src/rule/selections.ts';
import { maySelectOthers, selectionsOf, selectorPath } from '../../src/rule/selections.ts';
import { labelsInWords } from '../../src/rule/selectors.ts';

const messages = {
  none: '{kind} {name} in {cluster} selects {labels}, which fits no workload of {where} in {clusters}',
  empty: '{kind} {name} in {cluster} is for namespace {namespace}, which has no workload in {clusters}',
  outside:
    '{kind} {name} in {cluster} {selects} {workload}{more}, without sidecar or ambient mode: nothing enforces it',
} as const;

export default defineRule({
  id: 'policy/selector-matches',
  severity: 'warning',
  istio: '1.4+',
  summary: 'A policy selects workloads that are there.',
  why: 'A policy whose selector fits no workload protects nothing, and nothing else says so: the workload that it was meant for stays open.',
  fix: 'Write the labels of the pod template into selector.matchLabels, and the namespace of the workloads into metadata.namespace.',
  reads: ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication', 'workloads'],
  aliases: ['IST0127', 'KIA0004'],
  messages,
  check(mesh, report) {
    for (const kind of ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'])
      for (const selection of selectionsOf(mesh, kind)) {
        const { realm, resource, labels, any } = selection;
        if (any === 'yes') reportOutside(mesh, kind, selection, report);
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

/** All that it selects runs without a proxy. */
const reportOutside = (mesh: Mesh, kind: string, selection: Selection, report: Report<typeof messages>): void => {
  const { realm, resource, labels, workloads } = selection;
  const [first] = workloads;
  if (first === undefined || (labels === undefined && resource.namespace === rootNamespaceOf(realm.config))) return;
  if (workloads.some(({ workload }) => mayObey(workload)) || maySelectOthers(mesh, selection, mayObey)) return;
  report(
    'outside',
    {
      at: labels === undefined ? placeIn(resource, 'metadata', 'namespace') : placeIn(resource, ...selectorPath(kind)),
      cluster: realm.config.name,
      resource,
      severity: workloads.every((selected) => isOutOnPurpose(mesh, selected)) ? 'warning' : 'info',
      aliases: kind === 'AuthorizationPolicy' ? ['IST0127'] : [],
      fix: 'Take the workload into the mesh, by a label of its namespace or pod template, or delete the policy.',
      also: workloads.slice(0, 3).map(({ member, workload }) => ({
        place: workload.resource.place,
        cluster: member.name,
        message: `${describe(workload.resource)} is outside of the mesh`,
      })),
    },
    {
      kind,
      name: `${resource.namespace}/${resource.name}`,
      cluster: realm.config.name,
      selects: labels === undefined ? 'is for' : 'selects',
      workload: describe(first.workload.resource),
      more: workloads.length === 1 ? '' : ` and ${workloads.length - 1} more`,
    },
  );
};

const mayObey = ({ gateway, injected, ambient }: Workload): boolean => gateway || injected !== 'no' || ambient !== 'no';

/** A namespace without a label in the files may have got one from a script. */
const isOutOnPurpose = (mesh: Mesh, { member, workload }: Selection['workloads'][number]): boolean =>
  workload.labels['sidecar.istio.io/inject'] !== undefined ||
  workload.annotations['sidecar.istio.io/inject'] !== undefined ||
  workload.spec['hostNetwork'] === true ||
  namespaceLabels(member, workload.namespace)?.['istio-injection'] !== undefined ||
  mesh.settings.complete.includes('Namespace');
