import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Resource } from '../../src/model/index.ts';
import { compareText, get, placeIn, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { UNSTATED } from '../../src/rule/hosts.ts';
import { nearest } from '../../src/rule/nearest.ts';
import { inWords, oncePerMember, someInWords } from '../../src/rule/scope.ts';
import { labelsInWords, selects } from '../../src/rule/selectors.ts';
import type { MeshService, ServiceStatement } from '../../src/rule/services.ts';
import { isPlatformService, nameOfService } from '../../src/rule/services.ts';
import { usedServices } from '../../src/rule/users.ts';

export default defineRule({
  id: 'services/runs-somewhere',
  severity: 'warning',
  istio: 'all',
  summary: 'A Service that workloads call selects pods in some cluster of the mesh.',
  why: 'A Service may have its pods in another cluster. Where no cluster has any, calls end with 503 in all of them, and each cluster for itself looks as if the pods were elsewhere.',
  fix: 'Give the Service the labels of its pods as selector, or apply its workload in one of the clusters.',
  reads: ['Service', 'workloads', 'hosts used'],
  messages: {
    empty:
      '{service} selects {selector}, which no workload of {clusters} has{near}; {callers} {call} it: there is nothing to answer',
  },
  check(mesh, report) {
    for (const { service, users } of usedServices(mesh)) {
      if (service.namespace === UNSTATED || isPlatformService(mesh, service) || !isEmpty(mesh, service)) continue;
      const [first, ...others] = service.statements;
      if (first === undefined) continue;
      const selector = selectorOf(first);
      report(
        'empty',
        {
          at: placeIn(first.resource, 'spec', 'selector'),
          cluster: first.member.name,
          resource: first.resource,
          also: [
            ...others.slice(0, 3).map(({ member, resource }) => ({
              place: placeIn(resource, 'spec', 'selector'),
              cluster: member.name,
              message: 'Service',
            })),
            ...users.slice(0, 2).map(({ member, use }) => ({
              place: use.place,
              cluster: member.name,
              message: use.source,
            })),
          ],
        },
        {
          service: nameOfService(service),
          selector: labelsInWords(selector),
          clusters: inWords(service.statements.map(({ member }) => member.name)),
          near: nearInWords(mesh, service, selector),
          callers: someInWords(users.map(({ member }) => member.name)),
          call: users.length === 1 ? 'calls' : 'call',
        },
      );
    }
  },
});

const selectorOf = ({ resource }: ServiceStatement): Readonly<Record<string, string>> =>
  textMap(get(resource.value, 'spec', 'selector'));

/** Every cluster that has the Service shows its workloads, and none of them fits. */
const isEmpty = (mesh: Mesh, { name, namespace, statements }: MeshService): boolean =>
  statements.every((statement) => {
    const { member, resource } = statement;
    const selector = selectorOf(statement);
    if (Object.keys(selector).length === 0 || get(resource.value, 'spec', 'type') === 'ExternalName') return false;
    if (!showsWorkloads(mesh, member).has(namespace)) return false;
    const hasEndpoints = ['Endpoints', 'EndpointSlice', 'WorkloadEntry', 'WorkloadGroup'].some((kind) =>
      member.resources
        .inNamespace(kind, namespace)
        .some((object) => kind.startsWith('Workload') || object.name.startsWith(name)),
    );
    return !hasEndpoints;
  }) &&
  mesh.members.every((member) =>
    workloadsIn(member, namespace).every(({ labels }) =>
      statements.every((statement) => selects(selectorOf(statement), labels) === 'no'),
    ),
  );

const workloadsIn = (member: Member, namespace: string): readonly Workload[] =>
  member.workloads.filter((workload) => workload.namespace === undefined || workload.namespace === namespace);

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod', 'Job', 'ReplicaSet', 'Rollout'];
const BRINGERS = ['HelmRelease', 'HelmChart', 'Application', 'ApplicationSet', 'Kustomization'];

/** Groups whose objects run no pods. */
const WITHOUT_PODS =
  /^(|apps|batch|autoscaling|policy|rbac\.authorization\.k8s\.io|networking\.k8s\.io|discovery\.k8s\.io|gateway\.networking\.k8s\.io|(.+\.)?istio\.io|monitoring\.coreos\.com|cert-manager\.io|external-secrets\.io|bitnami\.com|argoproj\.io|keda\.sh|kustomize\.config\.k8s\.io|multicluster\.x-k8s\.io)$/;

/** Namespaces with workloads of their own, where nothing else is known to bring more. */
const showsWorkloads = oncePerMember((_mesh, member): ReadonlySet<string> => {
  const { cluster, resources } = member;
  if (hidesKind(cluster, KINDS)) return new Set();
  const brings = BRINGERS.some((kind) =>
    resources.ofKind(kind).some(({ group }) => group !== 'kustomize.config.k8s.io'),
  );
  if (brings) return new Set();
  const shown = member.workloads.flatMap(({ gateway, namespace }) =>
    gateway || namespace === undefined ? [] : [namespace],
  );
  const operated = new Set(
    resources.all.flatMap(({ group, namespace }: Resource) =>
      namespace === undefined || WITHOUT_PODS.test(group) ? [] : [namespace],
    ),
  );
  return new Set(shown.filter((namespace) => !operated.has(namespace)));
});

/** ` (app: inventry is there)`, where a workload of the namespace has nearly the label. */
const nearInWords = (mesh: Mesh, { namespace }: MeshService, selector: Readonly<Record<string, string>>): string => {
  for (const [key, wanted] of Object.entries(selector)) {
    const values = mesh.members.flatMap((member) =>
      workloadsIn(member, namespace).flatMap(({ labels }) => (labels[key] === undefined ? [] : [labels[key]])),
    );
    const found = values.includes(wanted) ? undefined : nearest(wanted, [...new Set(values)].toSorted(compareText));
    if (found !== undefined) return ` (${key}: ${found} is there)`;
  }
  return '';
};
