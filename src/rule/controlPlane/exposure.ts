// How a cluster lets others in to its control plane: Gateway, Service of the gateway, VirtualService, Service of istiod.
import type { GatewayPort } from '../../facts/gatewayPorts.ts';
import { portsOf } from '../../facts/gatewayPorts.ts';
import { chartGateway, installedGateways } from '../../facts/installedGateways.ts';
import { chartsNamed, installers } from '../../facts/installers.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import { hidesKind, operatorSpecs } from '../../facts/sources.ts';
import type { Place, Resource, Tri } from '../../model/index.ts';
import { below, get, integer, list, placeIn, sameNamespace, text, textMap, texts } from '../../model/index.ts';
import type { GatewayServer } from '../gateways.ts';
import { arrivals, opens, serversOf } from '../gateways.ts';
import { expandHost, serviceOf, UNSTATED } from '../hosts.ts';
import { clusterDomainOf, oncePerMember } from '../scope.ts';
import { selects } from '../selectors.ts';
import { workloadsOf } from '../services.ts';

/** A gateway as a Service, an operator or a chart states it. */
export interface PlaneGateway {
  readonly name: string;
  readonly podLabels: Readonly<Record<string, string>> | undefined;
  readonly selector: Readonly<Record<string, string>> | undefined;
  /** Undefined where they are the default ones of its installer. */
  readonly ports: readonly GatewayPort[] | undefined;
  readonly portsPlace: Place;
  readonly place: Place;
}

/** Everything that may be a gateway in the files of a cluster, labelled with a network or not. */
export const planeGateways = oncePerMember((mesh, member): readonly PlaneGateway[] => [
  ...member.resources.ofKind('Service', '').flatMap((service): readonly PlaneGateway[] => {
    const selector = textMap(get(service.value, 'spec', 'selector'));
    const pod = workloadsOf(mesh, member, service)[0];
    // Without pods in the files, its name or selector has to tell that a Service is for a gateway.
    const isNamed = selector['istio'] !== undefined || /gateway|gw/.test(service.name);
    if (pod === undefined ? !isNamed : !pod.gateway) return [];
    const portsPlace = placeIn(service, 'spec', 'ports');
    const ports = portsOf(get(service.value, 'spec', 'ports'), portsPlace);
    return [{ name: service.name, podLabels: pod?.labels, selector, ports, portsPlace, place: service.place }];
  }),
  ...installedGateways(member.cluster).map((gateway) => ({
    name: gateway.name,
    podLabels: gateway.podLabels,
    selector: undefined,
    ports: gateway.ports,
    portsPlace:
      gateway.evidence === 'operator'
        ? below(gateway.place, 'k8s', 'service', 'ports')
        : below(gateway.place, 'service', 'ports'),
    place: gateway.place,
  })),
]);

/** What other clusters ask of one port. */
export interface Wanted {
  readonly port: number;
  /** Services behind it, by name: `istiod`, `istio-pilot`. */
  readonly services: RegExp;
  /** Ports of this Service that answer. */
  readonly targets: readonly number[];
  /** Served by SNI without any VirtualService. */
  readonly automatic?: boolean | undefined;
  /** Whether the cluster has a Service of that name. */
  exists(namespace: string | undefined, name: string): Tri;
}

/** The first thing on the way in that is missing or wrong. */
export interface ExposureFault {
  readonly kind: 'server' | 'mode' | 'selector' | 'port' | 'route' | 'unbound' | 'host' | 'target';
  readonly at: Place;
  readonly server: GatewayServer | undefined;
  readonly gateway: PlaneGateway | undefined;
  /** The mode, selector, Gateway name, host or port that is at fault. */
  readonly value: string;
  /** The VirtualService that is bound to another Gateway. */
  readonly route?: Resource | undefined;
}

export type Exposure = 'open' | 'unknown' | ExposureFault;

/** Whether others get through a gateway of `primary` to one port of its control plane. */
export const exposureOf = (mesh: Mesh, primary: Member, wanted: Wanted): Exposure => {
  const gateways = planeGateways(mesh, primary);
  const all = serversOf(primary);
  const servers = all.filter(
    (server) => server.port === wanted.port || gateways.some((held) => arrivesAt(held, wanted.port, server)),
  );
  const first = servers[0];
  if (first === undefined) return 'unknown';
  const judged = servers.map((server) => judgeServer(mesh, primary, server, wanted));
  if (judged.includes('open')) return 'open';
  return judged.includes('unknown') ? 'unknown' : judged[0]!;
};

/** The Service may lead another port to the one that the Gateway opens. */
const arrivesAt = (gateway: PlaneGateway, port: number, server: GatewayServer): boolean =>
  server.port !== undefined && opens(server, gateway) === 'yes' && arrivals(gateway, port).includes(server.port);

const judgeServer = (mesh: Mesh, primary: Member, server: GatewayServer, wanted: Wanted): Exposure => {
  const blank = { server, gateway: undefined, value: '' };
  const mode = modeFault(primary, server, wanted);
  if (mode) return { ...blank, kind: 'mode', at: below(server.place, 'tls', 'mode'), value: server.mode || 'none' };
  const gateways = planeGateways(mesh, primary);
  const reached = gateways.filter((gateway) => opens(server, gateway) === 'yes');
  if (reached.length === 0) {
    if (!isStray(primary, gateways, server)) return 'unknown';
    const value = Object.entries(server.selector)
      .map(([key, label]) => `${key}: ${label}`)
      .join(', ');
    return { ...blank, kind: 'selector', at: placeIn(server.gateway, 'spec', 'selector'), value };
  }
  const port = portFault(reached, wanted);
  if (port !== undefined) return { ...blank, kind: 'port', at: port.portsPlace, gateway: port };
  return wanted.automatic === true && server.mode === 'AUTO_PASSTHROUGH'
    ? 'open'
    : routeFault(mesh, primary, server, wanted);
};

/** What arrives is TLS of istiod (or of pilot's sidecar) and has to stay so, unless it is opened and closed again. */
const modeFault = (primary: Member, server: GatewayServer, wanted: Wanted): boolean => {
  if (server.mode === 'PASSTHROUGH') return false;
  if (server.mode === 'AUTO_PASSTHROUGH') return wanted.automatic !== true;
  if (server.mode === '') return !['TCP', 'TLS', ''].includes(server.protocol.toUpperCase());
  return !reencrypts(primary, wanted);
};

/** A DestinationRule says how to speak TLS to istiod again. */
const reencrypts = (primary: Member, wanted: Wanted): boolean =>
  hidesKind(primary.cluster, ['DestinationRule']) ||
  primary.resources
    .ofKind('DestinationRule', 'networking.istio.io')
    .some((rule) => wanted.services.test((text(get(rule.value, 'spec', 'host')) ?? '').split('.')[0]!));

/** No gateway of the files has these labels, and none may be hidden. */
const isStray = (primary: Member, gateways: readonly PlaneGateway[], server: GatewayServer): boolean => {
  const { cluster, resources } = primary;
  const isDefault = Object.values(server.selector).every((value) => /^(istio-)?ingressgateway$/.test(value));
  // An operator brings istio-ingressgateway without being asked.
  if (isDefault && (operatorSpecs(cluster).length > 0 || cluster.values.length > 0)) return false;
  if (hidesKind(cluster, ['Deployment', 'Service', 'IstioOperator']) || hasUnnamedGateway(primary)) return false;
  const services = resources.ofKind('Service', '').map((service) => textMap(get(service.value, 'spec', 'selector')));
  return (
    gateways.some((gateway) => gateway.podLabels !== undefined || gateway.selector !== undefined) &&
    gateways.every((gateway) => opens(server, gateway) === 'no') &&
    services.every((selector) => selects(server.selector, selector) === 'no') &&
    primary.workloads.every((workload) => !workload.gateway || selects(server.selector, workload.labels) === 'no')
  );
};

/** A chart installs a gateway whose labels nothing tells. */
const hasUnnamedGateway = ({ cluster, resources }: Member): boolean => {
  const sources = cluster.values.filter((source) => source.chart === 'gateway');
  const objects = new Set(sources.map((source) => source.object));
  return (
    sources.some((source) => chartGateway(source).length === 0) ||
    installers(resources).some(
      (object) => !objects.has(object) && chartsNamed(object).some((chart) => chart.endsWith('gateway')),
    )
  );
};

const portFault = (reached: readonly PlaneGateway[], wanted: Wanted): PlaneGateway | undefined => {
  const has = (gateway: PlaneGateway): boolean =>
    gateway.ports === undefined || gateway.ports.some((held) => held.port === wanted.port);
  return reached.some(has) ? undefined : reached[0];
};

interface PlaneRoute {
  readonly resource: Resource;
  readonly ports: readonly number[];
  readonly host: string;
  readonly hostPlace: Place;
  readonly target: number | undefined;
  readonly targetPlace: Place;
}

/** Routes of VirtualServices with the ports they are for; no port means all. */
const planeRoutes = oncePerMember((_mesh, member): readonly PlaneRoute[] =>
  member.resources.ofKind('VirtualService', 'networking.istio.io').flatMap((resource) => routesIn(resource)),
);

const routesIn = (resource: Resource): readonly PlaneRoute[] =>
  ['tls', 'tcp', 'http'].flatMap((protocol) =>
    list(get(resource.value, 'spec', protocol)).flatMap((route, index) => {
      const matches = list(get(route, 'match'));
      const ports = matches.flatMap((match) => integer(get(match, 'port')) ?? []);
      const isOpen = matches.some((match) => get(match, 'port') === undefined);
      return list(get(route, 'route')).flatMap((entry, at): readonly PlaneRoute[] => {
        const host = text(get(entry, 'destination', 'host'));
        if (host === undefined) return [];
        const place = placeIn(resource, 'spec', protocol, index, 'route', at, 'destination');
        return [
          {
            resource,
            ports: isOpen ? [] : ports,
            host,
            hostPlace: below(place, 'host'),
            target: integer(get(entry, 'destination', 'port', 'number')),
            targetPlace: below(place, 'port', 'number'),
          },
        ];
      });
    }),
  );

const routeFault = (mesh: Mesh, primary: Member, server: GatewayServer, wanted: Wanted): Exposure => {
  const blank = { server, gateway: undefined };
  const routes = planeRoutes(mesh, primary).filter(
    (route) => route.ports.length === 0 || route.ports.includes(server.port ?? wanted.port),
  );
  const bound = routes.filter((route) => isBound(route.resource, server.gateway));
  const first = bound[0];
  if (first === undefined) {
    if (hidesKind(primary.cluster, ['VirtualService', 'TLSRoute', 'TCPRoute'])) return 'unknown';
    const stray = routes.find((route) => wanted.services.test(route.host.split('.')[0]!) && isForGateways(route));
    if (stray !== undefined)
      return {
        ...blank,
        kind: 'unbound',
        at: placeIn(stray.resource, 'spec', 'gateways'),
        value: boundTo(stray.resource).join(', '),
        route: stray.resource,
      };
    return { ...blank, kind: 'route', at: server.place, value: '' };
  }
  const judged = bound.map((route) => destinationFault(primary, server, wanted, route));
  return judged.includes('open') ? 'open' : judged.includes('unknown') ? 'unknown' : judged[0]!;
};

const isForGateways = ({ resource }: PlaneRoute): boolean =>
  texts(get(resource.value, 'spec', 'gateways')).some((gateway) => gateway !== 'mesh');

/** `namespace/name` of the Gateways that a VirtualService names. */
const boundTo = (service: Resource): readonly string[] =>
  texts(get(service.value, 'spec', 'gateways'))
    .filter((written) => written !== 'mesh')
    .map((written) => {
      const slash = written.indexOf('/');
      const namespace = slash < 0 || written.startsWith('./') ? service.namespace : written.slice(0, slash);
      return `${namespace ?? UNSTATED}/${written.slice(slash + 1)}`;
    });

const isBound = (service: Resource, gateway: Resource): boolean =>
  boundTo(service).some((written) => {
    const [namespace, name] = written.split('/');
    return name === gateway.name && sameNamespace(namespace === UNSTATED ? undefined : namespace, gateway.namespace);
  });

const destinationFault = (primary: Member, server: GatewayServer, wanted: Wanted, route: PlaneRoute): Exposure => {
  const blank = { server, gateway: undefined };
  const domain = clusterDomainOf(primary);
  const full = expandHost(route.host, route.resource.namespace, domain);
  const service = serviceOf(full, domain, true);
  // A Service of another name may lead to istiod as well.
  if (service === undefined || !wanted.services.test(service.name)) return 'unknown';
  const namespace = service.namespace === UNSTATED ? undefined : service.namespace;
  if (wanted.exists(namespace, service.name) === 'no')
    return { ...blank, kind: 'host', at: route.hostPlace, value: route.host };
  return route.target === undefined || wanted.targets.includes(route.target)
    ? 'open'
    : { ...blank, kind: 'target', at: route.targetPlace, value: String(route.target) };
};

/** Any route of these VirtualServices leads to a Service of the control plane. */
export const routesToPlane = (mesh: Mesh, member: Member, services: RegExp): boolean =>
  planeRoutes(mesh, member).some((route) => services.test(route.host.split('.')[0]!) && isForGateways(route));
