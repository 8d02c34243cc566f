// Questions about networks that several rules ask.
import { CONTROL_PLANE } from '../facts/sources.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Resource } from '../model/index.ts';
import { compareText, get, textMap, valueOf } from '../model/index.ts';
import { serviceHost } from './hosts.ts';
import { clusterDomainOf, istioNamespaceOf, networkOf, oncePerMember } from './scope.ts';
import { selects } from './selectors.ts';
import { isClusterLocal } from './services.ts';
import { workloadsPerhapsIn } from './workloadsIn.ts';
import { usersOf } from './uses.ts';
import type { Workload } from '../facts/workloads.ts';

const sorted = new WeakMap<Mesh, ReadonlyMap<string, readonly Member[]>>();

/** Names of networks with the clusters in them, by name; clusters by name. */
export const networksOf = (mesh: Mesh): ReadonlyMap<string, readonly Member[]> => {
  const held = sorted.get(mesh);
  if (held !== undefined) return held;
  const found = new Map<string, Member[]>();
  for (const member of mesh.members) {
    const name = networkOf(member);
    if (name !== undefined) found.set(name, [...(found.get(name) ?? []), member]);
  }
  const networks = new Map([...found].toSorted(([a], [b]) => compareText(a, b)));
  sorted.set(mesh, networks);
  return networks;
};

/** How two clusters stand to each other: one network, two, or not to be told. */
export const networksCompare = (a: Member, b: Member): 'same' | 'different' | 'unknown' => {
  const [left, right] = [a.network.fact, b.network.fact];
  if (left.state === 'absent' && right.state === 'absent') return 'same';
  const [one, other] = [valueOf(left), valueOf(right)];
  if (one === undefined || other === undefined) return 'unknown';
  return one === other ? 'same' : 'different';
};

/** `shop/cart` of the Services that lead to a workload which is no gateway, in one cluster. */
export const servicesWithWorkloads = (mesh: Mesh, member: Member): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const { service } of servedWorkloads(mesh, member))
    if (service.namespace !== undefined) names.add(`${service.namespace}/${service.name}`);
  return names;
};

/** Whether clusters of other networks have a Service of the same name, and either side states no namespace. */
export const mayBeCalledElsewhere = (mesh: Mesh, network: string, members: readonly Member[]): boolean => {
  const others = mesh.members.filter((member) => ![undefined, network].includes(networkOf(member)));
  const elsewhere = new Map<string, (string | undefined)[]>();
  for (const { namespace, name } of others.flatMap((member) => member.resources.ofKind('Service', '')))
    elsewhere.set(name, [...(elsewhere.get(name) ?? []), namespace]);
  return members.some((member) =>
    servedWorkloads(mesh, member).some(({ service: { namespace, name } }) =>
      elsewhere.get(name)?.some((other) => namespace === undefined || other === undefined),
    ),
  );
};

/** Pairs of a Service and a workload behind it; gateways and the control plane are left out. */
export const servedWorkloads = oncePerMember(
  (mesh, member): readonly { readonly service: Resource; readonly workload: Workload }[] => {
    const system = istioNamespaceOf(member);
    return member.resources.ofKind('Service', '').flatMap((service) => {
      const selector = textMap(get(service.value, 'spec', 'selector'));
      if (Object.keys(selector).length === 0) return [];
      const near =
        service.namespace === undefined ? member.workloads : workloadsPerhapsIn(mesh, member, service.namespace);
      return near
        .filter(
          (workload) =>
            !workload.gateway && workload.namespace !== system && selects(selector, workload.labels) === 'yes',
        )
        .map((workload) => ({ service, workload }));
    });
  },
);

/** `shop/cart` of Services that other networks have as well, or provably call, apart from cluster-local ones. */
export const servicesElsewhere = (mesh: Mesh, network: string): ReadonlySet<string> => {
  const names = new Set<string>(calledFromElsewhere(mesh, network).keys());
  for (const member of mesh.members) {
    const other = networkOf(member);
    if (other === undefined || other === network) continue;
    const config = mesh.configCluster(member) ?? member;
    for (const { namespace, name } of member.resources.ofKind('Service', ''))
      if (
        namespace !== undefined &&
        !isClusterLocal(mesh, config, serviceHost(name, namespace, clusterDomainOf(config)))
      )
        names.add(`${namespace}/${name}`);
  }
  return names;
};

/** `shop/cart` of Services that clusters of other networks provably call, with the first of these clusters. */
export const calledFromElsewhere = (mesh: Mesh, network: string): ReadonlyMap<string, Member> => {
  const found = new Map<string, Member>();
  for (const [service, users] of usersOf(mesh)) {
    const user = users.find((member) => networkOf(member) !== undefined && networkOf(member) !== network);
    if (user !== undefined) found.set(service, user);
  }
  return found;
};

/** Whether the cluster runs workloads of the mesh, as far as its files show. */
export const runsWorkloads = (member: Member): boolean =>
  member.workloads.some((workload) => !workload.gateway && workload.injected !== 'no');

/** Files of the cluster install a part of Istio. */
export const installsIstio = (member: Member): boolean =>
  member.cluster.values.some((values) => CONTROL_PLANE.includes(values.chart) || values.chart === 'gateway') ||
  member.cluster.injectors.length > 0 ||
  member.cluster.meshConfigs.length > 0;
