import { isComplete } from '../../src/facts/mesh/tracks.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Resource } from '../../src/model/index.ts';
import { describe, get, isTemplate, list, placeIn, sameNamespace, text, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { holdsAll } from '../../src/rule/gateway/selected.ts';
import { serviceOf } from '../../src/rule/hosts.ts';
import { mayMakeObjectsIn } from '../../src/rule/installers.ts';
import { networksOf } from '../../src/rule/networks.ts';
import { routedSubsets } from '../../src/rule/routes.ts';
import { clusterDomainOf, inWords, oncePerMesh, realmsOf } from '../../src/rule/scope.ts';
import type { Labels } from '../../src/rule/selectors.ts';
import { selects } from '../../src/rule/selectors.ts';
import type { MeshService } from '../../src/rule/services.ts';
import { nameOfService, serviceTable, workloadsOf } from '../../src/rule/services.ts';

export default defineRule({
  id: 'traffic/subset-selects-pods',
  severity: 'error',
  istio: 'all',
  summary: 'Each subset of a DestinationRule selects pods of its Service in some cluster of the mesh.',
  why: 'A subset without pods has no endpoints: calls that a route sends there get 503.',
  fix: 'Write the labels that the pods have, or take the subset out.',
  reads: ['DestinationRule', 'Service', 'workloads', 'WorkloadEntry', 'WorkloadGroup', 'VirtualService'],
  aliases: ['IST0173', 'KIA0203'],
  messages: {
    empty:
      '{rule} in {cluster}: subset {subset} ({labels}) selects no pod of {service} in {clusters}; they have {found}',
    none: '{rule} in {cluster}: subset {subset} ({labels}) selects no pod, as {service} has none in {clusters}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource, host, ambiguous } of destinationRulesOf(mesh, config).all) {
        const subsets = list(get(resource.value, 'spec', 'subsets'));
        if (subsets.length === 0 || ambiguous || isTemplate(host)) continue;
        const named = serviceOf(host, clusterDomainOf(config));
        const service = named === undefined ? undefined : serviceTable(mesh).find(named.namespace, named.name);
        const pods = service === undefined ? undefined : podLabelsOf(mesh, service);
        if (service === undefined || pods === undefined) continue;
        for (const [index, subset] of subsets.entries()) {
          const wanted = chosen(textMap(get(subset, 'labels')), seesNodes(mesh));
          if (wanted === undefined || pods.some((labels) => selects(wanted, labels) !== 'no')) continue;
          const name = text(get(subset, 'name')) ?? '';
          report(
            pods.length === 0 ? 'none' : 'empty',
            {
              at: placeIn(resource, 'spec', 'subsets', index, 'labels'),
              cluster: config.name,
              resource,
              severity:
                routedSubsets(mesh, config).has(`${host}|${name}`) &&
                !isRightElsewhere(mesh, config, resource, name, pods)
                  ? 'error'
                  : 'warning',
              also: service.statements.map((statement) => ({
                place: placeIn(statement.resource, 'metadata', 'name'),
                cluster: statement.member.name,
                message: describe(statement.resource),
              })),
            },
            {
              rule: describe(resource),
              cluster: config.name,
              subset: name,
              labels: labelsInWords(wanted, Object.keys(wanted)),
              service: nameOfService(service),
              clusters: inWords(service.statements.map(({ member }) => member.name)),
              found: foundInWords(pods, Object.keys(wanted)),
            },
          );
        }
      }
  },
});

/** Another primary's copy of the rule selects pods by this subset: network/subset-known-at-gateway tells what breaks. */
const isRightElsewhere = (
  mesh: Mesh,
  config: Member,
  { namespace, name }: Resource,
  subset: string,
  pods: readonly Labels[],
): boolean =>
  networksOf(mesh).size > 1 &&
  realmsOf(mesh).some(
    (realm) =>
      realm.config !== config &&
      realm.config.resources
        .find('DestinationRule', namespace, name)
        .flatMap(({ value }) => list(get(value, 'spec', 'subsets')))
        .filter((other) => get(other, 'name') === subset)
        .some((other) => pods.some((labels) => selects(textMap(get(other, 'labels')), labels) === 'yes')),
  );

/** What istiod adds to endpoints, and what a rollout controller adds to pods. */
const ADDED =
  /^(topology\.(istio|kubernetes)\.io\/|kubernetes\.io\/hostname$|failure-domain\.beta\.kubernetes\.io\/|istio-locality$|security\.istio\.io\/tlsMode$|rollouts-pod-template-hash$|pod-template-hash$|controller-revision-hash$)/;

/** What endpoints have from the node of their pod. */
const OF_NODES = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];

const seesNodes = (mesh: Mesh): boolean =>
  isComplete(mesh.settings.complete, 'node') && !mesh.members.some((member) => hidesKind(member.cluster, ['Node']));

/** The labels that only a manifest gives; undefined where nothing is left to compare. */
const chosen = (labels: Labels, withNodes: boolean): Labels | undefined => {
  const entries = Object.entries(labels).filter(([key]) => !ADDED.test(key) || (withNodes && OF_NODES.includes(key)));
  return entries.length === 0 || entries.some(([, value]) => isTemplate(value))
    ? undefined
    : Object.fromEntries(entries);
};

/** Labels of the endpoints of a workload: one set for each node that its pods may run on. */
const endpointsOf = (member: Member, workload: Workload): readonly Labels[] => {
  const wanted = text(workload.spec['nodeName']);
  const nodes = member.resources.ofKind('Node', '').filter(({ name }) => wanted === undefined || name === wanted);
  const sets = nodes.map(({ labels }) =>
    Object.fromEntries(OF_NODES.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]]))),
  );
  const distinct = new Map(sets.map((set) => [JSON.stringify(set), set]));
  return distinct.size === 0
    ? [workload.labels]
    : [...distinct.values()].map((set) => ({ ...set, ...workload.labels }));
};

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod', 'Rollout', 'HelmRelease', 'Canary'];

/** Labels of all pods and machines behind a Service; undefined where some may not be among the files. */
const podLabelsOf = (mesh: Mesh, service: MeshService): readonly Labels[] | undefined => {
  const held = podLabels(mesh);
  // What was found may be undefined.
  if (!held.has(service)) held.set(service, findPodLabels(mesh, service));
  return held.get(service);
};

const podLabels = oncePerMesh(() => new Map<MeshService, readonly Labels[] | undefined>());

const findPodLabels = (mesh: Mesh, service: MeshService): readonly Labels[] | undefined => {
  const found: Labels[] = [];
  const isAll = holdsAll(mesh, 'Pod');
  for (const { member, resource } of service.statements) {
    const selector = textMap(get(resource.value, 'spec', 'selector'));
    if (Object.keys(selector).length === 0 || get(resource.value, 'spec', 'type') === 'ExternalName') return undefined;
    const labels = [
      ...workloadsOf(mesh, member, resource).flatMap((workload) =>
        seesNodes(mesh) ? endpointsOf(member, workload) : [workload.labels],
      ),
      ...machinesOf(member, resource.namespace).filter((held) => selects(selector, held) === 'yes'),
    ];
    if (!isAll && (labels.length === 0 || bringsMore(mesh, member, resource.namespace))) return undefined;
    found.push(...labels);
  }
  return found;
};

/** Documents that could not be read, and controllers that make workloads of their own. */
const bringsMore = (mesh: Mesh, member: Member, namespace: string | undefined): boolean =>
  hidesKind(member.cluster, WORKLOADS) || mayMakeObjectsIn(mesh, member, namespace);

const machinesOf = (member: Member, namespace: string | undefined): readonly Labels[] => [
  ...member.resources
    .ofKind('WorkloadEntry', 'networking.istio.io')
    .filter((entry) => sameNamespace(entry.namespace, namespace))
    .map((entry) => textMap(get(entry.value, 'spec', 'labels'))),
  ...member.resources
    .ofKind('WorkloadGroup', 'networking.istio.io')
    .filter((group) => sameNamespace(group.namespace, namespace))
    .map((group) => textMap(get(group.value, 'spec', 'metadata', 'labels'))),
];

const labelsInWords = (labels: Labels, keys: readonly string[]): string =>
  keys.map((key) => `${key}: ${labels[key] ?? 'none'}`).join(', ');

const foundInWords = (pods: readonly Labels[], keys: readonly string[]): string =>
  [...new Set(pods.map((labels) => labelsInWords(labels, keys)))].toSorted().join(' or ');
