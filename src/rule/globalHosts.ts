// `.global` hosts, by which clusters with control planes of their own call each other up to Istio 1.7.
import { installedGateways } from '../facts/installedGateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { AUTO_PASSTHROUGH_PORT } from '../facts/gateways.ts';
import { valueSightings } from '../facts/sources.ts';
import type { Place, Resource } from '../model/index.ts';
import { filled, get, integer, isTemplate, list, placeIn, record, text, texts } from '../model/index.ts';
import { serversOf } from './gateways.ts';
import { addressesOf } from './gatewayTargets.ts';
import { UNSTATED } from './hosts.ts';
import { statementsOf } from './objects.ts';
import { routesOf } from './routes.ts';
import { oncePerMember, oncePerMesh } from './scope.ts';
import type { MeshService } from './services.ts';
import { serviceTable } from './services.ts';
import { textsOf } from './uses.ts';

/** What a `.global` host stands for. */
export interface GlobalName {
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
}

/** An endpoint of an entry: the gateway of another cluster. */
export interface GlobalEndpoint {
  readonly address: string;
  readonly place: Place;
  /** The ports of the endpoint by the names of the entry's ports, with those that it does not name as in the entry. */
  readonly ports: readonly { readonly name: string; readonly number: number; readonly place: Place }[];
}

/** A host of a ServiceEntry that stands for a Service of another cluster. */
export interface GlobalEntry extends GlobalName {
  readonly member: Member;
  readonly resource: Resource;
  readonly place: Place;
  readonly ports: readonly { readonly name: string; readonly number: number; readonly place: Place }[];
  readonly endpoints: readonly GlobalEndpoint[];
}

/** A call of a `.global` host that the files of a cluster show. */
export interface GlobalCall extends GlobalName {
  readonly place: Place;
  readonly resource: Resource;
  /** `env CART_URL of Deployment shop/web` */
  readonly source: string;
}

const SUFFIX = 'global';

const suffixesOf = oncePerMesh((mesh): ReadonlySet<string> => {
  const said = mesh.members.flatMap(({ cluster }) =>
    valueSightings(cluster, ['operator', 'istiod'], ['global', 'multiCluster', 'globalDomainSuffix']).flatMap(
      ({ value }) => filled(value) ?? [],
    ),
  );
  return new Set([SUFFIX, ...said]);
});

/** `cart.shop.global`. The suffix is a domain of the Internet too: only namespaces of the mesh count. */
const globalName = (mesh: Mesh, host: string): GlobalName | undefined => {
  const [name, namespace, ...suffix] = host.toLowerCase().split('.');
  if (name === undefined || namespace === undefined || !suffixesOf(mesh).has(suffix.join('.'))) return undefined;
  return name === '' || name.startsWith('*') || isTemplate(host) ? undefined : { host, name, namespace };
};

/** Entries of the mesh's `.global` hosts in the files of a cluster. */
export const globalEntries = oncePerMember((mesh, member): readonly GlobalEntry[] =>
  statementsOf(member.resources.ofKind('ServiceEntry', 'networking.istio.io')).flatMap(({ resource, ambiguous }) => {
    const spec = resource.value['spec'];
    if (ambiguous || get(spec, 'location') === 'MESH_EXTERNAL') return [];
    const ports = list(get(spec, 'ports')).flatMap((port, index) => {
      const number = integer(get(port, 'number'));
      const place = placeIn(resource, 'spec', 'ports', index, 'number');
      return number === undefined ? [] : [{ name: text(get(port, 'name')) ?? '', number, place }];
    });
    const endpoints = list(get(spec, 'endpoints')).flatMap((endpoint, index): readonly GlobalEndpoint[] => {
      const address = filled(get(endpoint, 'address'));
      if (address === undefined || isTemplate(address)) return [];
      const own = record(get(endpoint, 'ports'));
      return [
        {
          address,
          place: placeIn(resource, 'spec', 'endpoints', index, 'address'),
          ports: ports.map(({ name, number }) => {
            const said = integer(own[name]);
            const at = ['spec', 'endpoints', index, ...(said === undefined ? ['address'] : ['ports', name])];
            return { name, number: said ?? number, place: placeIn(resource, ...at) };
          }),
        },
      ];
    });
    return texts(get(spec, 'hosts')).flatMap((host, index) => {
      const named = globalName(mesh, host);
      return named === undefined
        ? []
        : [{ ...named, member, resource, place: placeIn(resource, 'spec', 'hosts', index), ports, endpoints }];
    });
  }),
);

const HOST = /(?<![\w.-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+(?![\w-]|\.\w)/gi;

/** Calls by the texts of workloads and by routes, each host of a place once. */
export const globalCalls = oncePerMember((mesh, member): readonly GlobalCall[] => {
  const found: GlobalCall[] = [];
  const add = (host: string, call: Omit<GlobalCall, keyof GlobalName>): void => {
    const named = globalName(mesh, host);
    if (named !== undefined) found.push({ ...named, ...call });
  };
  for (const workload of member.workloads) {
    if (workload.gateway || workload.injected === 'no') continue;
    for (const written of textsOf(member, workload))
      for (const [host] of written.value.matchAll(HOST))
        add(host, { place: written.place(), resource: written.resource, source: written.source() });
  }
  for (const { resource, hosts, destinations } of routesOf(mesh, member))
    for (const { host, place } of [...hosts, ...destinations])
      add(host, { place, resource, source: `${resource.kind} ${resource.namespace ?? ''}/${resource.name}` });
  return found;
});

/** A Service that states no namespace may be the one. */
export const serviceOfGlobal = (mesh: Mesh, { name, namespace }: GlobalName): MeshService | undefined =>
  serviceTable(mesh).find(namespace, name) ?? serviceTable(mesh).find(UNSTATED, name);

/** Addresses that the gateways of a cluster provably have. */
export const gatewayAddresses = oncePerMember((_mesh, member): ReadonlySet<string> => {
  const services = member.resources
    .ofKind('Service', '')
    .filter(
      (service) =>
        get(service.value, 'spec', 'type') === 'LoadBalancer' ||
        get(service.value, 'spec', 'externalIPs') !== undefined,
    )
    .flatMap(addressesOf);
  const installed = installedGateways(member.cluster).flatMap((gateway) => {
    const service = get(gateway.resource?.value, ...gateway.place.path, 'k8s', 'service');
    return [get(service, 'loadBalancerIP'), ...list(get(service, 'externalIPs'))];
  });
  const stated = ['istio-ingressgateway', 'istio-egressgateway'].flatMap((name) =>
    valueSightings(member.cluster, ['operator', 'istiod'], ['gateways', name, 'loadBalancerIP']).map(
      ({ value }) => value,
    ),
  );
  return new Set([...services, ...installed, ...stated].flatMap((written) => filled(written) ?? []));
});

/** Ports on which gateways of a cluster take calls for other clusters; empty where no file opens one. */
export const globalPorts = oncePerMember((_mesh, member): ReadonlySet<number> => {
  const opened = serversOf(member)
    .filter(({ mode }) => mode === 'AUTO_PASSTHROUGH')
    .flatMap(({ port }) => port ?? []);
  if (opened.length === 0) return new Set();
  const mapped = member.resources.ofKind('Service', '').flatMap((service) =>
    list(get(service.value, 'spec', 'ports')).flatMap((port) => {
      const target = integer(get(port, 'targetPort')) ?? integer(get(port, 'port'));
      return target === undefined || !opened.includes(target)
        ? []
        : [integer(get(port, 'port')), integer(get(port, 'nodePort'))].flatMap((number) => number ?? []);
    }),
  );
  return new Set([AUTO_PASSTHROUGH_PORT, ...opened, ...mapped]);
});
