import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Place, Resource } from '../model/index.ts';
import { below, compareText, describe, get, list, placeIn, record, text, textMap } from '../model/index.ts';
import { serviceOf, UNSTATED } from './hosts.ts';
import type { Route } from './routes.ts';
import { routesOf } from './routes.ts';
import { clusterDomainOf, oncePerMember, oncePerMesh } from './scope.ts';
import { selects } from './selectors.ts';
import type { MeshService, ServiceTable } from './services.ts';
import { serviceTable } from './services.ts';

/** A call of a Service of the mesh that the files of a cluster (or of its config cluster) show. */
export interface Use {
  readonly service: MeshService;
  /**
   * `host`: clients call it by name (VirtualService hosts, parents of routes); `text`: an env value, argument or
   * ConfigMap of a workload names it; `destination`: routes send to it and no client resolves it; `config`: mesh-lint.yaml.
   */
  readonly evidence: 'host' | 'text' | 'destination' | 'config';
  readonly place: Place;
  readonly resource: Resource | undefined;
  /** `VirtualService shop/cart`, `env CART_URL of Deployment shop/web`. */
  readonly source: string;
  /** The workload whose text names it. */
  readonly workload: Workload | undefined;
  /** The route that names it. */
  readonly route: Route | undefined;
  /** Only gateways obey the route: no client resolves the name. */
  readonly gatewayOnly: boolean;
}

/** Services of the mesh that are used in a cluster, on explicit evidence only. In the order of their places of evidence. */
export const usesIn = oncePerMember((mesh, member): readonly Use[] => [
  ...routeUses(mesh, member),
  ...textUses(mesh, member),
  ...configUses(mesh, member),
]);

/** Workloads with a sidecar (or ambient) in the namespaces to which a route is visible. */
export const clientsOfRoute = (member: Member, route: Route): readonly Workload[] =>
  meshWorkloads(member).filter(
    (workload) =>
      route.exportedTo === undefined ||
      (workload.namespace !== undefined && route.exportedTo.includes(workload.namespace)),
  );

const meshCache = new WeakMap<Member, readonly Workload[]>();

const meshWorkloads = (member: Member): readonly Workload[] => {
  let found = meshCache.get(member);
  if (found === undefined)
    meshCache.set(
      member,
      (found = member.workloads.filter(
        (workload) => (workload.injected === 'yes' || workload.ambient === 'yes') && !workload.gateway,
      )),
    );
  return found;
};

const find = (mesh: Mesh, host: string, domain: string): MeshService | undefined => {
  const named = serviceOf(host, domain);
  return named === undefined ? undefined : serviceTable(mesh).find(named.namespace, named.name);
};

// ---- (a) routes ----

const routeUses = (mesh: Mesh, member: Member): readonly Use[] => {
  const config = mesh.configCluster(member);
  if (config === undefined) return [];
  const found: Use[] = [];
  for (const { route, hosts, destinations } of namedByRoutes(mesh, config)) {
    const byClients = route.ofMesh && hasClients(member, route);
    if (!byClients && !route.gateways.some((gateway) => runsGateway(member, config, gateway))) continue;
    const source = describe(route.resource);
    const add = ({ service, place }: NamedService, evidence: Use['evidence']): void => {
      const { resource } = route;
      found.push({
        service,
        evidence,
        place,
        resource,
        source,
        workload: undefined,
        route,
        gatewayOnly: !byClients,
      });
    };
    if (byClients) for (const named of hosts) add(named, 'host');
    for (const named of destinations) add(named, 'destination');
  }
  return found;
};

interface NamedService {
  readonly service: MeshService;
  readonly place: Place;
}

/** Routes of a config cluster with the Services that they name: the same for all clusters that it rules. */
const namedByRoutes = oncePerMember((mesh, config) => {
  const domain = clusterDomainOf(config);
  const servicesOf = (hosts: Route['hosts']): readonly NamedService[] =>
    hosts.flatMap(({ host, place }) => {
      const service = find(mesh, host, domain);
      return service === undefined ? [] : [{ service, place }];
    });
  return routesOf(mesh, config).map((route) => ({
    route,
    hosts: servicesOf(route.hosts),
    destinations: servicesOf(route.destinations),
  }));
});

const hasClients = (member: Member, route: Route): boolean =>
  route.exportedTo === undefined
    ? meshWorkloads(member).length > 0
    : route.exportedTo.some((namespace) => meshNamespaces(member).has(namespace));

const namespaceCache = new WeakMap<Member, ReadonlySet<string>>();

/** Namespaces with workloads of the mesh. */
export const meshNamespaces = (member: Member): ReadonlySet<string> => {
  let found = namespaceCache.get(member);
  if (found === undefined)
    namespaceCache.set(
      member,
      (found = new Set(
        meshWorkloads(member).flatMap((workload) => (workload.namespace === undefined ? [] : [workload.namespace])),
      )),
    );
  return found;
};

/** Whether the cluster runs pods that an Istio Gateway of the config cluster selects. */
const runsGateway = (member: Member, config: Member, written: string): boolean => {
  const slash = written.indexOf('/');
  const [namespace, name] = [written.slice(0, slash), written.slice(slash + 1)];
  const gateways = config.resources.find(
    'Gateway',
    namespace === UNSTATED ? undefined : namespace,
    name,
    'networking.istio.io',
  );
  return gateways.some((gateway) => {
    const selector = textMap(get(gateway.value, 'spec', 'selector'));
    return (
      Object.keys(selector).length > 0 &&
      member.workloads.some((workload) => workload.gateway && selects(selector, workload.labels) === 'yes')
    );
  });
};

// ---- (c) texts of workloads ----

/** Containers that Istio brings itself: what they name is not what the application calls. */
const ISTIO_CONTAINERS: ReadonlySet<string> = new Set([
  'istio-proxy',
  'istio-init',
  'istio-validation',
  'discovery',
  'mixer',
]);
const PLATFORM = /^(istiod|istio-|ztunnel|coredns|kube-)/;

const textUses = (mesh: Mesh, member: Member): readonly Use[] =>
  member.workloads
    .filter(
      (workload) =>
        !workload.gateway &&
        !PLATFORM.test(workload.name) &&
        !(workload.injected === 'no' && workload.ambient !== 'yes'),
    )
    .flatMap((workload) => {
      const found = new Map<string, Use>();
      for (const { value, place, source, resource } of textsOf(member, workload))
        for (const service of servicesNamed(mesh, member, value, workload.namespace)) {
          const key = `${service.namespace}/${service.name}`;
          if (!found.has(key))
            found.set(key, {
              service,
              evidence: 'text',
              place: place(),
              resource,
              source: source(),
              workload,
              route: undefined,
              gatewayOnly: false,
            });
        }
      return [...found.values()];
    });

/** A text; most of them name nothing, and nobody asks where they stand. */
export interface Written {
  readonly value: string;
  readonly place: () => Place;
  readonly source: () => string;
  readonly resource: Resource;
}

/** Env values, arguments and values of the ConfigMaps that a workload refers to. */
export const textsOf = (member: Member, workload: Workload): readonly Written[] => {
  const { resource, specPlace } = workload;
  const owner = (): string => describe(resource);
  const found: Written[] = [];
  const maps = new Set<string>();
  for (const key of ['containers', 'initContainers'])
    for (const [index, container] of list(workload.spec[key]).entries()) {
      if (ISTIO_CONTAINERS.has(text(get(container, 'name')) ?? '')) continue;
      for (const [position, entry] of list(get(container, 'env')).entries()) {
        const value = text(get(entry, 'value'));
        const map = text(get(entry, 'valueFrom', 'configMapKeyRef', 'name'));
        if (map !== undefined) maps.add(map);
        if (value !== undefined && mayName(value))
          found.push({
            value,
            place: () => below(specPlace, key, index, 'env', position, 'value'),
            source: () => `env ${text(get(entry, 'name')) ?? ''} of ${owner()}`,
            resource,
          });
      }
      for (const entry of list(get(container, 'envFrom'))) {
        const map = text(get(entry, 'configMapRef', 'name'));
        if (map !== undefined) maps.add(map);
      }
      for (const words of ['command', 'args'])
        for (const [position, word] of list(get(container, words)).entries())
          if (typeof word === 'string' && mayName(word))
            found.push({
              value: word,
              place: () => below(specPlace, key, index, words, position),
              source: () => `${words} of ${owner()}`,
              resource,
            });
    }
  for (const volume of list(workload.spec['volumes'])) {
    const map = text(get(volume, 'configMap', 'name'));
    if (map !== undefined) maps.add(map);
  }
  for (const name of [...maps].toSorted(compareText))
    for (const map of member.resources.find('ConfigMap', workload.namespace, name, ''))
      for (const [key, value] of Object.entries(record(map.value['data'])))
        if (typeof value === 'string' && mayName(value))
          found.push({
            value,
            place: () => placeIn(map, 'data', key),
            source: () => `ConfigMap ${workload.namespace ?? ''}/${name} of ${owner()}`,
            resource: map,
          });
  return found;
};

/** A name of a Service comes with its namespace, a scheme or a port. */
const mayName = (value: string): boolean => value.includes('.') || value.includes(':');

/** Longer texts (scripts, dashboards) are not configuration of calls. */
const LONGEST_TEXT = 65_536;
/** A host name with what stands before it (`http://`, `user@`) and after it (`:8080`). */
const HOST =
  /(?<![\w.-])(?:([a-z][a-z0-9+.-]*):\/\/(?:[^\s/@'"]*@)?)?([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)\.?(:\d{1,5})?(?![\w-]|\.[\w])/gi;

/**
 * Services that a text names as `svc.ns`, `svc.ns.svc` or in full, or, in their own namespace, in short with a scheme or a
 * port. The name ends there: `cart.shop.example.com` is not cart.shop.
 */
const servicesNamed = (
  mesh: Mesh,
  member: Member,
  value: string,
  namespace: string | undefined,
): readonly MeshService[] => {
  if (value.length > LONGEST_TEXT) return [];
  const table = serviceTable(mesh);
  const domain = clusterDomainOf(member);
  const found: MeshService[] = [];
  for (const [, scheme, host, port] of value.matchAll(HOST)) {
    const name = host!.toLowerCase();
    const dotted = name.includes('.')
      ? (serviceOf(name, domain, true) ?? serviceOf(name, 'cluster.local', true))
      : undefined;
    const short = !name.includes('.') && (scheme !== undefined || port !== undefined) && namespace !== undefined;
    const service =
      dotted === undefined
        ? short
          ? table.find(namespace, name)
          : undefined
        : table.find(dotted.namespace, dotted.name);
    const called = service ?? podOf(table, name, domain);
    if (called !== undefined) found.push(called);
  }
  return found;
};

/** The headless Service whose single pod a name means: `db-0.db.shop`, in short or in full. */
const podOf = (table: ServiceTable, name: string, domain: string): MeshService | undefined => {
  const dot = name.indexOf('.');
  const named = dot < 0 ? undefined : serviceOf(name.slice(dot + 1), domain, true);
  const service = named === undefined ? undefined : table.find(named.namespace, named.name);
  return service?.statements.some(({ resource }) => get(resource.value, 'spec', 'clusterIP') === 'None') === true
    ? service
    : undefined;
};

// ---- (d) mesh-lint.yaml ----

const configUses = (mesh: Mesh, member: Member): readonly Use[] =>
  (Object.hasOwn(mesh.settings.uses, member.name) ? mesh.settings.uses[member.name]! : []).flatMap((host) => {
    const named = serviceOf(host, clusterDomainOf(member), true);
    const service = named === undefined ? undefined : serviceTable(mesh).find(named.namespace, named.name);
    const statement = service?.statements[0];
    if (service === undefined || statement === undefined) return [];
    const source = 'uses of mesh-lint.yaml';
    return [
      {
        service,
        evidence: 'config',
        place: placeIn(statement.resource, 'metadata', 'name'),
        resource: statement.resource,
        source,
        workload: undefined,
        route: undefined,
        gatewayOnly: false,
      },
    ];
  });

/** Members in which a Service is used, by `namespace/name`. */
export const usersOf = oncePerMesh((mesh): ReadonlyMap<string, readonly Member[]> => {
  const found = new Map<string, Member[]>();
  for (const member of mesh.members)
    for (const { service } of usesIn(mesh, member)) {
      const key = `${service.namespace}/${service.name}`;
      const held = found.get(key);
      if (held === undefined) found.set(key, [member]);
      else if (held.at(-1) !== member) held.push(member);
    }
  return found;
});
