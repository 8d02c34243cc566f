import type { Member, Mesh } from '../facts/mesh.ts';
import { NETWORK_LABEL } from '../facts/network.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Place, Resource, Tri } from '../model/index.ts';
import {
  compareText,
  filled,
  get,
  integer,
  isRecord,
  list,
  placeIn,
  scalar,
  text,
  texts,
  textMap,
} from '../model/index.ts';
import { covers, expandHost, serviceHost, UNSTATED } from './hosts.ts';
import { clusterDomainOf, istioNamespaceOf, oncePerMember, oncePerMesh } from './scope.ts';
import type { Labels } from './selectors.ts';
import { selects } from './selectors.ts';

/** A Service of the mesh: equal names in equal namespaces of all clusters are one. */
export interface MeshService {
  readonly name: string;
  /** `UNSTATED` where its objects state none. */
  readonly namespace: string;
  /** One for each cluster that has it, in the order of the clusters' names. */
  readonly statements: readonly ServiceStatement[];
}

export interface ServiceStatement {
  readonly member: Member;
  readonly resource: Resource;
}

export interface ServicePort {
  readonly number: number;
  readonly name: string | undefined;
  readonly protocol: string;
  readonly appProtocol?: string | undefined;
  readonly targetPort: number | string;
  readonly place: Place;
}

export interface ServiceTable {
  /** In the order of namespace and name. */
  readonly all: readonly MeshService[];
  find(namespace: string, name: string): MeshService | undefined;
  /** Services of that name in any namespace. */
  named(name: string): readonly MeshService[];
  inNamespace(namespace: string): readonly MeshService[];
}

/** All Services of a mesh by namespace and name. Built once per mesh. */
export const serviceTable = oncePerMesh((mesh): ServiceTable => {
  const byKey = new Map<string, { name: string; namespace: string; statements: ServiceStatement[] }>();
  for (const member of mesh.members)
    for (const resource of member.resources.ofKind('Service', '')) {
      if (resource.name === '') continue;
      const namespace = resource.namespace ?? UNSTATED;
      const key = `${namespace}/${resource.name}`;
      const held = byKey.get(key);
      if (held === undefined) byKey.set(key, { name: resource.name, namespace, statements: [{ member, resource }] });
      else if (held.statements.at(-1)!.member !== member) held.statements.push({ member, resource });
      else if (held.statements.at(-1)!.resource.shared && !resource.shared)
        held.statements[held.statements.length - 1] = { member, resource };
    }
  const all = [...byKey.values()].toSorted(
    (a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name),
  );
  const names = groupBy(all, (service) => service.name);
  const namespaces = groupBy(all, (service) => service.namespace);
  return {
    all,
    find: (namespace, name) => byKey.get(`${namespace}/${name}`),
    named: (name) => names.get(name) ?? [],
    inNamespace: (namespace) => namespaces.get(namespace) ?? [],
  };
});

const groupBy = <T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const held = groups.get(key(item));
    if (held === undefined) groups.set(key(item), [item]);
    else held.push(item);
  }
  return groups;
};

/** `cart.shop`, as people say it. */
export const nameOfService = (service: Pick<MeshService, 'name' | 'namespace'>): string =>
  service.namespace === UNSTATED ? service.name : `${service.name}.${service.namespace}`;

export const hostOfService = (service: MeshService, config: Member): string =>
  serviceHost(service.name, service.namespace, clusterDomainOf(config));

export const portsOf = (service: Resource): readonly ServicePort[] => {
  let found = ports.get(service);
  if (found === undefined) ports.set(service, (found = readPorts(service)));
  return found;
};

const ports = new WeakMap<Resource, readonly ServicePort[]>();

const readPorts = (service: Resource): readonly ServicePort[] =>
  list(get(service.value, 'spec', 'ports')).flatMap((port, index) => {
    const number = integer(get(port, 'port'));
    if (number === undefined) return [];
    const target = get(port, 'targetPort');
    return [
      {
        number,
        name: text(get(port, 'name')),
        protocol: text(get(port, 'protocol')) ?? 'TCP',
        appProtocol: filled(get(port, 'appProtocol')),
        targetPort: integer(target) ?? text(target) ?? number,
        place: placeIn(service, 'spec', 'ports', index),
      },
    ];
  });

/** The number in the pods that a port of the Service leads to; undefined where a named port cannot be found. */
export const containerPort = (port: ServicePort, workload: Workload): number | undefined => {
  if (typeof port.targetPort === 'number') return port.targetPort;
  for (const container of list(workload.spec['containers']))
    for (const entry of list(get(container, 'ports')))
      if (get(entry, 'name') === port.targetPort) return integer(get(entry, 'containerPort'));
  return undefined;
};

/** Workloads of a cluster that the Service of a cluster selects: `unknown` ones are left out. */
export const workloadsOf = (mesh: Mesh, member: Member, service: Resource): readonly Workload[] => {
  const held = selectedBy(mesh, member);
  let found = held.get(service);
  if (found === undefined) held.set(service, (found = findWorkloads(mesh, member, service)));
  return found;
};

const selectedBy = oncePerMember(() => new Map<Resource, readonly Workload[]>());

const findWorkloads = (mesh: Mesh, member: Member, service: Resource): readonly Workload[] => {
  const selector = textMap(get(service.value, 'spec', 'selector'));
  const pairs = Object.entries(selector);
  if (pairs.length === 0 || get(service.value, 'spec', 'type') === 'ExternalName') return [];
  const index = podsByLabel(mesh, member);
  const near = index.get(service.namespace ?? UNSTATED);
  const smallest = pairs
    .map(([key, value]) => near?.get(key)?.get(value) ?? [])
    .reduce((best, bucket) => (bucket.length < best.length ? bucket : best));
  return smallest.filter((workload) => selects(selector, workload.labels) === 'yes');
};

/** Workloads by namespace, key and value of one label, so that no Service is held against all pods. */
const podsByLabel = oncePerMember(
  (_mesh, member): ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, readonly Workload[]>>> => {
    const index = new Map<string, Map<string, Map<string, Workload[]>>>();
    for (const workload of member.workloads)
      for (const [key, value] of Object.entries(workload.labels)) {
        const keys = heldIn(index, workload.namespace ?? UNSTATED, () => new Map<string, Map<string, Workload[]>>());
        const values = heldIn(keys, key, () => new Map<string, Workload[]>());
        heldIn(values, value, (): Workload[] => []).push(workload);
      }
    return index;
  },
);

const heldIn = <T>(map: Map<string, T>, key: string, make: () => T): T => {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = make()));
  return found;
};

const platform = new WeakMap<MeshService, boolean>();

/** Services that only serve the control plane, its add-ons of old charts, or a gateway in any cluster. */
export const isPlatformService = (mesh: Mesh, service: MeshService): boolean => {
  let found = platform.get(service);
  if (found === undefined) {
    found = service.statements.some(({ member, resource }) => isPlatform(mesh, member, resource));
    platform.set(service, found);
  }
  return found;
};

const isPlatform = (mesh: Mesh, member: Member, service: Resource): boolean => {
  if (['kube-system', 'kube-public', istioNamespaceOf(member)].includes(service.namespace ?? '')) return true;
  if (service.namespace === 'default' && service.name === 'kubernetes') return true;
  if (/^(istiod|istio-(pilot|policy|telemetry|galley|citadel|sidecar-injector))(-|$)/.test(service.name)) return true;
  if (['istiod', 'pilot'].includes(service.labels['istio'] ?? '') || service.labels['app'] === 'istiod') return true;
  if (service.labels[NETWORK_LABEL] !== undefined) return true;
  const selector = textMap(get(service.value, 'spec', 'selector'));
  if (/^(ingress|egress|eastwest)gateway$/.test(selector['istio'] ?? '')) return true;
  return workloadsOf(mesh, member, service).some((workload) => workload.gateway);
};

export { isClusterLocal } from './clusterLocal.ts';

/** A ServiceEntry's hosts as a config cluster sees them. */
export interface ExternalHost {
  readonly host: string;
  readonly resource: Resource;
  readonly inMesh: boolean;
}

/** ServiceEntries of a config cluster by host; wildcards are found by `covers`. */
export const serviceEntryHosts = oncePerMember((_mesh, config): { find(host: string): ExternalHost | undefined } => {
  const exact = new Map<string, ExternalHost>();
  const wild: ExternalHost[] = [];
  for (const resource of config.resources.ofKind('ServiceEntry', 'networking.istio.io'))
    for (const written of texts(get(resource.value, 'spec', 'hosts'))) {
      const host = expandHost(written, resource.namespace, clusterDomainOf(config));
      const entry: ExternalHost = {
        host,
        resource,
        inMesh: scalar(get(resource.value, 'spec', 'location')) === 'MESH_INTERNAL',
      };
      if (host.startsWith('*')) wild.push(entry);
      else exact.set(host, entry);
    }
  return { find: (host) => exact.get(host) ?? wild.find((entry) => covers(entry.host, host)) };
});

/** Whether a pod carries mTLS: its label wins over injection (VMs and endpoints have the label only). */
export const speaksMtls = (injected: Tri, labels: Labels): Tri => {
  const mode = labels['security.istio.io/tlsMode'];
  if (mode === 'istio') return 'yes';
  return mode === 'disabled' ? 'no' : injected;
};

/** Labels of the endpoints of a ServiceEntry of the mesh that say how they take calls. */
export const endpointLabels = (entry: Resource): readonly Labels[] =>
  list(get(entry.value, 'spec', 'endpoints')).flatMap((endpoint) =>
    isRecord(endpoint) ? [textMap(get(endpoint, 'labels'))] : [],
  );
