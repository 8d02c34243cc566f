import type { Cluster, Place, Resource, Tri } from '../model/index.ts';
import {
  below,
  compareText,
  get,
  integer,
  isTemplate,
  list,
  placeIn,
  sameNamespace,
  sightingsOf,
  textMap,
} from '../model/index.ts';
import type { Facts } from './index.ts';
import {
  AUTO_PASSTHROUGH_PORT,
  gatewayClass,
  gatewayPortOf,
  HBONE_PORT,
  kinds,
  MESH_EXPANSION_PORT,
  PORT_LABEL,
  portsOf,
  servedNetwork,
} from './gatewayPorts.ts';
import type { GatewayPort } from './gatewayPorts.ts';
import { installedGateways } from './installedGateways.ts';
import { NETWORK_LABEL } from './network.ts';
import { selects } from './selectors.ts';
export {
  AUTO_PASSTHROUGH_PORT,
  DISCOVERY_PORT,
  gatewayClass,
  HBONE_PORT,
  MESH_EXPANSION_PORT,
  WEBHOOK_PORT,
} from './gatewayPorts.ts';
export type { GatewayPort } from './gatewayPorts.ts';
import type { Workload } from './workloads.ts';

/** A gateway that other networks can call (or may be able to). */
export interface EastWestGateway {
  readonly name: string;
  readonly namespace: string | undefined;
  /** Network it serves, '' where no place says one. */
  readonly network: string;
  readonly networkPlace: Place | undefined;
  /** The label that names the network is a template: what it serves is not known. */
  readonly networkUnknown?: boolean | undefined;
  /** What shows it: a Service label, meshNetworks, a Gateway of the Gateway API, a workload with AUTO_PASSTHROUGH, a chart, an operator. */
  readonly evidence: 'service' | 'meshNetworks' | 'gateway-api' | 'passthrough' | 'chart' | 'operator';
  /** Labels of its pods; undefined where they are not in the set. */
  readonly podLabels: Readonly<Record<string, string>> | undefined;
  /** Labels that its pods have at least: the selector of its Service. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  /** Service ports with the container port they lead to; undefined where unknown. */
  readonly ports: readonly GatewayPort[] | undefined;
  /** 15443, or what label gatewayPort or meshNetworks says. */
  readonly gatewayPort: number;
  readonly sidecar: Tri;
  readonly hbone: Tri;
  readonly place: Place;
  readonly resource: Resource | undefined;
  readonly shared: boolean;
  /** meshNetworks only: where the gateway is. */
  readonly address?: string | undefined;
  readonly registryServiceName?: string | undefined;
}

/**
 * Everything in the files of a cluster that is, or may be, a gateway for a network. One gateway that several
 * files state (a Service and an IstioOperator) is there once for each.
 */
export const eastWestGateways = (cluster: Cluster, facts: Facts): readonly EastWestGateway[] => {
  const installed = installedGateways(cluster);
  const labelled = new Set(
    installed.filter((gateway) => gateway.networkPlace !== undefined).map((gateway) => gateway.name),
  );
  const services = cluster.resources
    .ofKind('Service', '')
    .filter((service) => NETWORK_LABEL in service.labels || labelled.has(service.name))
    .map((service) => serviceGateway(service, facts.workloads));
  const served = new Set(services.map((service) => service.name));
  return [
    ...services,
    ...meshNetworkGateways(facts),
    ...cluster.resources.ofKind('Gateway', 'gateway.networking.k8s.io').flatMap(apiGateway),
    ...passthroughWorkloads(cluster, facts.workloads).filter((gateway) => !served.has(gateway.name)),
    // Gateways without the label only matter where another file of theirs has it.
    ...installed.filter((gateway) => gateway.networkPlace !== undefined || served.has(gateway.name)),
  ];
};

const serviceGateway = (service: Resource, workloads: readonly Workload[]): EastWestGateway => {
  const selector = textMap(get(service.value, 'spec', 'selector'));
  const ports = portsOf(get(service.value, 'spec', 'ports'), placeIn(service, 'spec', 'ports'));
  const gatewayPort = gatewayPortOf(service.labels[PORT_LABEL]);
  return {
    name: service.name,
    namespace: service.namespace,
    ...servedNetwork(service.labels[NETWORK_LABEL], placeIn(service, 'metadata', 'labels', NETWORK_LABEL)),
    evidence: 'service',
    podLabels: selectedLabels(service.namespace, selector, workloads),
    selector,
    ports,
    gatewayPort,
    ...kinds(ports, gatewayPort),
    place: service.place,
    resource: service,
    shared: service.shared,
  };
};

const selectedLabels = (
  namespace: string | undefined,
  selector: Readonly<Record<string, string>>,
  workloads: readonly Workload[],
): Readonly<Record<string, string>> | undefined => {
  if (Object.keys(selector).length === 0) return undefined;
  return workloads.find(
    (workload) => sameNamespace(workload.namespace, namespace) && selects(selector, workload.labels) === 'yes',
  )?.labels;
};

const meshNetworkGateways = (facts: Facts): readonly EastWestGateway[] => {
  const place = sightingsOf(facts.meshNetworks)[0];
  return (place?.value ?? []).flatMap((network) =>
    network.gateways.map((gateway): EastWestGateway => {
      const unsaid = gateway.address === undefined || isTemplate(gateway.address);
      return {
        name: gateway.registryServiceName ?? gateway.address ?? network.name,
        namespace: undefined,
        network: network.name,
        networkPlace: network.place,
        evidence: 'meshNetworks',
        podLabels: undefined,
        ports: undefined,
        gatewayPort: gateway.port ?? AUTO_PASSTHROUGH_PORT,
        sidecar: unsaid && gateway.registryServiceName === undefined ? 'unknown' : 'yes',
        hbone: 'unknown',
        place: gateway.place,
        resource: undefined,
        shared: place?.shared === true,
        address: gateway.address,
        registryServiceName: gateway.registryServiceName,
      };
    }),
  );
};

/** Classes for which Istio runs the gateway itself, so that a Service with the same labels comes to be. */
const apiGateway = (gateway: Resource): readonly EastWestGateway[] => {
  const own = gateway.labels[NETWORK_LABEL] !== undefined;
  const path = own ? ['metadata', 'labels', NETWORK_LABEL] : ['spec', 'infrastructure', 'labels', NETWORK_LABEL];
  const label = get(gateway.value, ...path);
  if (label === undefined || gatewayClass(gateway) === 'istio-waypoint') return [];
  const gatewayPort = gatewayPortOf(gateway.labels[PORT_LABEL]);
  const listeners = list(get(gateway.value, 'spec', 'listeners'));
  const place = placeIn(gateway, 'spec', 'listeners');
  const ports = listeners.flatMap((listener, index) => {
    const port = integer(get(listener, 'port'));
    return port === undefined ? [] : [{ port, targetPort: port, place: below(place, index) }];
  });
  return [
    {
      name: gateway.name,
      namespace: gateway.namespace,
      ...servedNetwork(label, placeIn(gateway, ...path)),
      evidence: 'gateway-api',
      podLabels: undefined,
      ports,
      gatewayPort,
      sidecar: listeners.some((listener) => isAutoPassthrough(listener, gatewayPort)) ? 'yes' : 'no',
      hbone: listeners.some((listener) => get(listener, 'protocol') === 'HBONE' || get(listener, 'port') === HBONE_PORT)
        ? 'yes'
        : 'no',
      place: gateway.place,
      resource: gateway,
      shared: gateway.shared,
    },
  ];
};

/** A listener in mode Passthrough that has the option, or the gateway port of a labelled Gateway (Istio 1.19+). */
const isAutoPassthrough = (listener: unknown, gatewayPort: number): boolean => {
  const mode = get(listener, 'tls', 'mode');
  if (mode !== undefined && mode !== 'Passthrough') return false;
  const option = get(listener, 'tls', 'options', 'gateway.istio.io/listener-protocol');
  return option === 'auto-passthrough' || get(listener, 'port') === gatewayPort;
};

/** Workloads that a Gateway of this cluster opens with AUTO_PASSTHROUGH, by the Services that lead to them. */
const passthroughWorkloads = (cluster: Cluster, workloads: readonly Workload[]): readonly EastWestGateway[] => {
  const selectors = cluster.resources
    .ofKind('Gateway', 'networking.istio.io')
    .filter((gateway) => list(get(gateway.value, 'spec', 'servers')).some(opensNetwork))
    .map((gateway) => textMap(get(gateway.value, 'spec', 'selector')));
  return workloads
    .filter(
      (workload) => workload.gateway && selectors.some((selector) => selects(selector, workload.labels) === 'yes'),
    )
    .flatMap((workload) => {
      const services = cluster.resources.ofKind('Service', '').filter((service) => leadsTo(service, workload));
      if (services.length > 0)
        return services.map((service) => ({
          ...serviceGateway(service, workloads),
          evidence: 'passthrough' as const,
          podLabels: workload.labels,
        }));
      return [workloadGateway(workload)];
    })
    .filter(
      (gateway, index, all) =>
        all.findIndex((other) => other.name === gateway.name && other.namespace === gateway.namespace) === index,
    );
};

const opensNetwork = (server: unknown): boolean =>
  get(server, 'tls', 'mode') === 'AUTO_PASSTHROUGH' && integer(get(server, 'port', 'number')) !== MESH_EXPANSION_PORT;

const leadsTo = (service: Resource, workload: Workload): boolean => {
  const selector = textMap(get(service.value, 'spec', 'selector'));
  return (
    Object.keys(selector).length > 0 &&
    sameNamespace(service.namespace, workload.namespace) &&
    selects(selector, workload.labels) === 'yes'
  );
};

const workloadGateway = (workload: Workload): EastWestGateway => ({
  name: workload.name,
  namespace: workload.namespace,
  network: '',
  networkPlace: undefined,
  evidence: 'passthrough',
  podLabels: workload.labels,
  ports: undefined,
  gatewayPort: AUTO_PASSTHROUGH_PORT,
  sidecar: 'unknown',
  hbone: 'unknown',
  place: workload.resource.place,
  resource: workload.resource,
  shared: workload.shared,
});

/** By namespace and name, for deterministic output. */
export const compareGateways = (a: EastWestGateway, b: EastWestGateway): number =>
  compareText(a.namespace ?? '', b.namespace ?? '') ||
  compareText(a.name, b.name) ||
  compareText(a.evidence, b.evidence);
