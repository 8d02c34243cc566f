import { meshConfigSightings } from '../facts/sources.ts';
import type { Member } from '../facts/mesh.ts';
import type { Place, Resource } from '../model/index.ts';
import { filled, get, integer, isRecord, isTemplate, list, placeIn, text, texts } from '../model/index.ts';
import { expandHost, serviceHost, UNSTATED } from './hosts.ts';
import { statementsOf } from './objects.ts';
import { clusterDomainOf, oncePerMember } from './scope.ts';

/** A host with the field that names it. */
export interface NamedHost {
  readonly host: string;
  readonly subset: string | undefined;
  /** The port that a destination names. */
  readonly port?: number | undefined;
  readonly place: Place;
}

/** A VirtualService or a route of the Gateway API. */
export interface Route {
  readonly resource: Resource;
  readonly namespace: string;
  /** Hosts that clients call: VS `hosts`, or the Services that a route hangs on. */
  readonly hosts: readonly NamedHost[];
  readonly destinations: readonly NamedHost[];
  /** Whether sidecars obey it; else only the gateways do. */
  readonly ofMesh: boolean;
  /** Names of Istio Gateways, `namespace/name`. */
  readonly gateways: readonly string[];
  /** Namespaces whose clients obey it; undefined is all. */
  readonly exportedTo: readonly string[] | undefined;
}

const GATEWAY_API = 'gateway.networking.k8s.io';

/** All routes of a config cluster. */
export const routesOf = oncePerMember((_mesh, config): readonly Route[] => [
  ...virtualServices(config),
  ...['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'].flatMap((kind) =>
    statementsOf(config.resources.ofKind(kind, GATEWAY_API)).map(({ resource }) => gatewayApiRoute(resource, config)),
  ),
]);

const virtualServices = (config: Member): readonly Route[] => {
  const defaults = texts(meshConfigSightings(config.cluster, ['defaultVirtualServiceExportTo'])[0]?.value);
  return statementsOf(config.resources.ofKind('VirtualService', 'networking.istio.io')).map(({ resource }) =>
    virtualService(resource, config, defaults),
  );
};

const virtualService = (resource: Resource, config: Member, defaults: readonly string[]): Route => {
  const spec = resource.value['spec'];
  const namespace = resource.namespace ?? UNSTATED;
  const expand = (host: string): string => expandHost(host, resource.namespace, clusterDomainOf(config));
  const gateways = texts(get(spec, 'gateways'));
  const stated = texts(get(spec, 'exportTo'));
  const exportTo = stated.length > 0 ? stated : defaults;
  return {
    resource,
    namespace,
    hosts: texts(get(spec, 'hosts')).map((host, index) => ({
      host: expand(host),
      subset: undefined,
      place: placeIn(resource, 'spec', 'hosts', index),
    })),
    destinations: destinationsIn(resource, expand),
    ofMesh: gateways.length === 0 || gateways.includes('mesh'),
    gateways: gateways.filter((name) => name !== 'mesh').map((name) => gatewayNamed(name, namespace)),
    exportedTo:
      exportTo.length === 0 || exportTo.includes('*')
        ? undefined
        : exportTo.map((entry) => (entry === '.' ? namespace : entry)),
  };
};

/**
 * `namespace/name` of a Gateway as a VirtualService of a namespace writes it: `name`, `./name`, or as old releases
 * wanted it, `name.namespace.svc.cluster.local`.
 */
export const gatewayNamed = (written: string, namespace: string): string => {
  const slash = written.indexOf('/');
  if (slash >= 0) return written.startsWith('./') ? `${namespace}${written.slice(slash)}` : written;
  if (isTemplate(written)) return `${namespace}/${written}`;
  const [name, of] = written.split('.');
  return `${filled(of) ?? namespace}/${name}`;
};

const destinationsIn = (resource: Resource, expand: (host: string) => string): readonly NamedHost[] =>
  ['http', 'tls', 'tcp'].flatMap((protocol) =>
    list(get(resource.value, 'spec', protocol)).flatMap((route, index) => {
      const found = (destination: unknown, ...path: (string | number)[]): readonly NamedHost[] => {
        const host = text(get(destination, 'host'));
        if (host === undefined) return [];
        const place = placeIn(resource, 'spec', protocol, index, ...path, 'host');
        const port = integer(get(destination, 'port', 'number'));
        return [{ host: expand(host), subset: text(get(destination, 'subset')), port, place }];
      };
      return [
        ...list(get(route, 'route')).flatMap((entry, at) =>
          found(get(entry, 'destination'), 'route', at, 'destination'),
        ),
        ...found(get(route, 'mirror'), 'mirror'),
        ...list(get(route, 'mirrors')).flatMap((entry, at) =>
          found(get(entry, 'destination'), 'mirrors', at, 'destination'),
        ),
      ];
    }),
  );

const gatewayApiRoute = (resource: Resource, config: Member): Route => {
  const spec = resource.value['spec'];
  const namespace = resource.namespace ?? UNSTATED;
  const service = (reference: unknown): string | undefined => {
    const name = text(get(reference, 'name'));
    const kind = text(get(reference, 'kind')) ?? 'Service';
    const isService = kind === 'Service' && (text(get(reference, 'group')) ?? '') === '';
    return name === undefined || !isService
      ? undefined
      : serviceHost(name, text(get(reference, 'namespace')) ?? namespace, clusterDomainOf(config));
  };
  const parents = list(get(spec, 'parentRefs'));
  const destinations = list(get(spec, 'rules')).flatMap((rule, at) => {
    const references: [unknown, (string | number)[]][] = [
      ...list(get(rule, 'backendRefs')).map((reference, index): [unknown, (string | number)[]] => [
        reference,
        ['backendRefs', index],
      ]),
      ...list(get(rule, 'filters')).flatMap((filter, index): [unknown, (string | number)[]][] =>
        isRecord(get(filter, 'requestMirror'))
          ? [[get(filter, 'requestMirror', 'backendRef'), ['filters', index, 'requestMirror', 'backendRef']]]
          : [],
      ),
    ];
    return references.flatMap(([reference, path]) => {
      const host = service(reference);
      return host === undefined
        ? []
        : [{ host, subset: undefined, place: placeIn(resource, 'spec', 'rules', at, ...path, 'name') }];
    });
  });
  const hosts = parents.flatMap((parent, index) => {
    const host = get(parent, 'kind') === 'Service' ? service(parent) : undefined;
    return host === undefined
      ? []
      : [{ host, subset: undefined, place: placeIn(resource, 'spec', 'parentRefs', index, 'name') }];
  });
  return { resource, namespace, hosts, destinations, ofMesh: hosts.length > 0, gateways: [], exportedTo: undefined };
};

/** Subsets that some route sends to, as `host|subset`. */
export const routedSubsets = oncePerMember(
  (mesh, config): ReadonlySet<string> =>
    new Set(
      routesOf(mesh, config).flatMap((route) =>
        route.destinations.flatMap((destination) =>
          destination.subset === undefined ? [] : [`${destination.host}|${destination.subset}`],
        ),
      ),
    ),
);
