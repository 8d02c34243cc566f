import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Place, Related, Resource } from '../../src/model/index.ts';
import { compareText, describe, get, isTemplate, placeIn, textMap } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serviceOf, UNSTATED } from '../../src/rule/hosts.ts';
import { installersIn, isNamedAfterOperated, mayMakeObjectsIn } from '../../src/rule/installers.ts';
import { nearest } from '../../src/rule/nearest.ts';
import { routesOf } from '../../src/rule/routes.ts';
import { clusterDomainOf, inWords, oncePerMember, oncePerMesh, realmsOf, someInWords } from '../../src/rule/scope.ts';
import type { Labels } from '../../src/rule/selectors.ts';
import { labelsInWords, selects } from '../../src/rule/selectors.ts';
import type { MeshService, ServiceStatement } from '../../src/rule/services.ts';
import { isPlatformService, nameOfService, serviceTable, workloadsOf } from '../../src/rule/services.ts';
import { isNameSlip } from '../../src/rule/slips.ts';
import { usersOfService } from '../../src/rule/users.ts';
import { workloadsPerhapsIn } from '../../src/rule/workloadsIn.ts';

const messages = {
  empty: '{service} selects {selector}, which no workload of {clusters} has{near}; {calls}: there is nothing to answer',
  slip: '{service} in {clusters} selects {selector}, which no workload there has; {workload} has {labels}, and no Service selects it',
} as const;

export default defineRule({
  id: 'services/runs-somewhere',
  severity: 'warning',
  istio: 'all',
  summary:
    'A Service that is called or routed to selects pods in some cluster of the mesh, and those that stand beside it.',
  why: 'A Service may have its pods in another cluster. Where no cluster has any, calls end with 503 in all of them, and each cluster for itself looks as if the pods were elsewhere. A slip in the selector hides pods in the same way, and where another cluster has some, all calls go there.',
  fix: 'Give the Service the labels of its pods as selector, or apply its workload in one of the clusters.',
  reads: ['Service', 'workloads', 'routes', 'hosts used'],
  messages,
  check(mesh, report) {
    for (const service of serviceTable(mesh).all) {
      if (service.namespace === UNSTATED || isPlatformService(mesh, service)) continue;
      const slips = service.statements.flatMap((statement) => slipOf(mesh, statement) ?? []);
      if (slips.length > 0) reportSlips(service, slips, report);
      else reportEmpty(mesh, service, report);
    }
  },
});

const reportEmpty = (mesh: Mesh, service: MeshService, report: Report<typeof messages>): void => {
  const calls = callsOf(mesh, service);
  const [first, ...others] = service.statements;
  if (calls === undefined || first === undefined || !isEmpty(mesh, service)) return;
  const selector = selectorOf(first);
  report(
    'empty',
    {
      at: placeIn(first.resource, 'spec', 'selector'),
      cluster: first.member.name,
      resource: first.resource,
      also: [...others.slice(0, 3).map(relatedTo), ...calls.also],
    },
    {
      service: nameOfService(service),
      selector: labelsInWords(selector),
      clusters: inWords(service.statements.map(({ member }) => member.name)),
      near: nearInWords(mesh, service, selector),
      calls: calls.words,
    },
  );
};

const relatedTo = ({ member, resource }: ServiceStatement): Related => ({
  place: placeIn(resource, 'spec', 'selector'),
  cluster: member.name,
  message: 'Service',
});

/** Who calls a Service or routes to it. */
const callsOf = (
  mesh: Mesh,
  service: MeshService,
): { readonly words: string; readonly also: readonly Related[] } | undefined => {
  const users = usersOfService(mesh, service);
  if (users.length > 0)
    return {
      words: `${someInWords(users.map(({ member }) => member.name))} ${users.length === 1 ? 'calls' : 'call'} it`,
      also: users
        .slice(0, 2)
        .map(({ member, use }) => ({ place: use.place, cluster: member.name, message: use.source })),
    };
  const routed = routesTo(mesh).get(`${service.namespace}/${service.name}`);
  if (routed === undefined) return undefined;
  const { config, place, resource } = routed;
  return {
    words: `${describe(resource)} in ${config.name} routes to it`,
    also: [{ place, cluster: config.name, message: describe(resource) }],
  };
};

interface Routed {
  readonly config: Member;
  readonly place: Place;
  readonly resource: Resource;
}

/** The first route to each Service, by `namespace/name`, whether or not the gateway that obeys it is among the files. */
const routesTo = oncePerMesh((mesh): ReadonlyMap<string, Routed> => {
  const found = new Map<string, Routed>();
  for (const { config } of realmsOf(mesh))
    for (const { resource, destinations } of routesOf(mesh, config))
      for (const { host, place } of destinations) {
        const named = serviceOf(host, clusterDomainOf(config));
        const key = named === undefined ? '' : `${named.namespace}/${named.name}`;
        if (!found.has(key)) found.set(key, { config, place, resource });
      }
  return found;
});

// ---- a slip in the selector ----

interface Slip {
  readonly statement: ServiceStatement;
  readonly workload: Workload;
  readonly key: string;
}

/** One finding for all clusters whose Service has the same selector. */
const reportSlips = (service: MeshService, slips: readonly Slip[], report: Report<typeof messages>): void => {
  const byWords = new Map<string, Slip[]>();
  for (const slip of slips) {
    const words = `${labelsInWords(selectorOf(slip.statement))}\0${slip.workload.name}`;
    byWords.set(words, [...(byWords.get(words) ?? []), slip]);
  }
  for (const [first, ...others] of byWords.values()) {
    if (first === undefined) continue;
    const { statement, workload, key } = first;
    report(
      'slip',
      {
        at: placeIn(statement.resource, 'spec', 'selector'),
        cluster: statement.member.name,
        resource: statement.resource,
        fix: 'Make the selector of the Service and the labels of its pods say the same.',
        also: [
          { place: workload.resource.place, cluster: statement.member.name, message: describe(workload.resource) },
          ...others.slice(0, 3).map((other) => relatedTo(other.statement)),
        ],
      },
      {
        service: nameOfService(service),
        clusters: inWords([first, ...others].map((slip) => slip.statement.member.name)),
        selector: labelsInWords(selectorOf(statement)),
        workload: describe(workload.resource),
        labels: `${key}: ${workload.labels[key] ?? ''}`,
      },
    );
  }
};

/** The workload beside a Service that would be selected but for one slip, where no other is and no other Service does. */
const slipOf = (mesh: Mesh, statement: ServiceStatement): Slip | undefined => {
  const { member, resource } = statement;
  const { namespace } = resource;
  const selector = selectorOf(statement);
  if (namespace === undefined || Object.keys(selector).length === 0 || Object.values(selector).some(isTemplate))
    return undefined;
  if (get(resource.value, 'spec', 'type') === 'ExternalName' || hidesKind(member.cluster, KINDS)) return undefined;
  if (workloadsOf(mesh, member, resource).length > 0 || hasEndpoints(member, resource.name, namespace))
    return undefined;
  const beside = workloadsPerhapsIn(mesh, member, namespace);
  if (beside.some(({ labels }) => selects(selector, labels) !== 'no')) return undefined;
  if (bringsInto(mesh, member, namespace) || isNamedAfterOperated(mesh, member, namespace, resource.name))
    return undefined;
  for (const workload of beside) {
    const key = slippedKey(selector, workload.labels);
    if (key !== undefined && !workload.gateway && !isSelected(member, namespace, workload))
      return { statement, workload, key };
  }
  return undefined;
};

/** The label of the workload that one pair of the selector misses by a slip, where all others fit. */
const slippedKey = (selector: Labels, labels: Labels): string | undefined => {
  const missed = Object.entries(selector).filter(([key, value]) => labels[key] !== value);
  const [first, ...others] = missed;
  if (first === undefined || others.length > 0) return undefined;
  const [key, value] = first;
  const held = labels[key];
  if (held !== undefined) return isNameSlip(value, held) ? key : undefined;
  return Object.keys(labels)
    .toSorted(compareText)
    .find((other) => labels[other] === value && isNameSlip(key, other));
};

const isSelected = (member: Member, namespace: string, { labels }: Workload): boolean =>
  member.resources.inNamespace('Service', namespace, '').some((service) => {
    const selector = textMap(get(service.value, 'spec', 'selector'));
    return Object.keys(selector).length > 0 && selects(selector, labels) !== 'no';
  });

/** Whether something is known to install into the namespace, so that pods may be there which no file shows. */
const bringsInto = (mesh: Mesh, member: Member, namespace: string): boolean =>
  installersIn(mesh, member).some(({ namespaces }) => namespaces?.includes(namespace) === true);

// ---- no pods in any cluster ----

const selectorOf = ({ resource }: ServiceStatement): Readonly<Record<string, string>> =>
  textMap(get(resource.value, 'spec', 'selector'));

/** Every cluster that has the Service shows its workloads, and none of them fits. */
const isEmpty = (mesh: Mesh, { name, namespace, statements }: MeshService): boolean =>
  statements.every((statement) => {
    const { member, resource } = statement;
    const selector = selectorOf(statement);
    if (Object.keys(selector).length === 0 || get(resource.value, 'spec', 'type') === 'ExternalName') return false;
    if (!showsWorkloads(mesh, member).has(namespace)) return false;
    return !hasEndpoints(member, name, namespace);
  }) &&
  mesh.members.every((member) =>
    workloadsPerhapsIn(mesh, member, namespace).every(({ labels }) =>
      statements.every((statement) => selects(selectorOf(statement), labels) === 'no'),
    ),
  );

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod', 'Job', 'ReplicaSet', 'Rollout'];

/** Endpoints that are listed by hand, and machines of the namespace. */
const hasEndpoints = (member: Member, service: string, namespace: string): boolean =>
  ['Endpoints', 'EndpointSlice', 'WorkloadEntry', 'WorkloadGroup'].some((kind) =>
    member.resources
      .inNamespace(kind, namespace)
      .some((object) => kind.startsWith('Workload') || object.name.startsWith(service)),
  );

/** Namespaces with workloads of their own, where nothing else is known to bring more. */
const showsWorkloads = oncePerMember((mesh, member): ReadonlySet<string> => {
  if (hidesKind(member.cluster, KINDS)) return new Set();
  const shown = member.workloads.flatMap(({ gateway, namespace }) =>
    gateway || namespace === undefined ? [] : [namespace],
  );
  return new Set(shown.filter((namespace) => !mayMakeObjectsIn(mesh, member, namespace)));
});

/** ` (app: inventry is there)`, where a workload of the namespace has nearly the label. */
const nearInWords = (mesh: Mesh, { namespace }: MeshService, selector: Readonly<Record<string, string>>): string => {
  for (const [key, wanted] of Object.entries(selector)) {
    const values = mesh.members.flatMap((member) =>
      workloadsPerhapsIn(mesh, member, namespace).flatMap(({ labels }) =>
        labels[key] === undefined ? [] : [labels[key]],
      ),
    );
    const found = values.includes(wanted) ? undefined : nearest(wanted, [...new Set(values)].toSorted(compareText));
    if (found !== undefined) return ` (${key}: ${found} is there)`;
  }
  return '';
};
