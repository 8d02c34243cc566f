// Gateways that an IstioOperator or the gateway chart installs.
import type { Cluster, Resource, ValuesSource } from '../model/index.ts';
import { below, filled, get, isRecord, isTemplate, list, placeIn, textMap } from '../model/index.ts';
import {
  AUTO_PASSTHROUGH_PORT,
  DISCOVERY_PORT,
  gatewayPortOf,
  kinds,
  PORT_LABEL,
  portsOf,
  servedNetwork,
  WEBHOOK_PORT,
} from './gatewayPorts.ts';
import type { EastWestGateway } from './gateways.ts';
import { NETWORK_LABEL } from './network.ts';

/** The ports that the gateway chart opens where `networkGateway` is set. */
const NETWORK_GATEWAY_PORTS = [15021, AUTO_PASSTHROUGH_PORT, DISCOVERY_PORT, WEBHOOK_PORT];

export const chartGateway = (source: ValuesSource): readonly EastWestGateway[] => {
  if (source.chart !== 'gateway') return [];
  const { values, place } = source;
  const name = filled(get(values, 'name')) ?? source.release;
  if (name === undefined || isTemplate(name)) return [];
  const network = filled(get(values, 'networkGateway'));
  const labels = textMap(get(values, 'labels'));
  const at = network === undefined ? below(place, 'labels', NETWORK_LABEL) : below(place, 'networkGateway');
  const stated = portsOf(get(values, 'service', 'ports'), below(place, 'service', 'ports'));
  const ports =
    network === undefined ? stated : NETWORK_GATEWAY_PORTS.map((port) => ({ port, targetPort: port, place: at }));
  const gatewayPort = gatewayPortOf(labels[PORT_LABEL]);
  return [
    {
      name,
      namespace: source.namespace,
      ...servedNetwork(network ?? labels[NETWORK_LABEL], at),
      evidence: 'chart',
      podLabels: { app: name, istio: name.replace(/^istio-/, ''), ...labels },
      ports,
      gatewayPort,
      ...kinds(ports, gatewayPort),
      place,
      resource: source.object,
      shared: source.shared,
    },
  ];
};

const operatorGateways = (cluster: Cluster): readonly EastWestGateway[] =>
  cluster.resources
    .ofKind('IstioOperator', 'install.istio.io')
    .flatMap((operator) =>
      (['ingressGateways', 'egressGateways'] as const).flatMap((key) =>
        list(get(operator.value, 'spec', 'components', key)).flatMap((component, index) =>
          isRecord(component) && component['enabled'] !== false
            ? [operatorGateway(operator, key, component, index)]
            : [],
        ),
      ),
    );

const operatorGateway = (
  operator: Resource,
  key: 'ingressGateways' | 'egressGateways',
  component: Readonly<Record<string, unknown>>,
  index: number,
): EastWestGateway => {
  const base = key === 'ingressGateways' ? 'ingressgateway' : 'egressgateway';
  const place = placeIn(operator, 'spec', 'components', key, index);
  const labels = textMap(component['label']);
  const ports = portsOf(get(component, 'k8s', 'service', 'ports'), below(place, 'k8s', 'service', 'ports'));
  const gatewayPort = gatewayPortOf(labels[PORT_LABEL]);
  return {
    name: filled(component['name']) ?? `istio-${base}`,
    namespace: filled(component['namespace']) ?? filled(get(operator.value, 'spec', 'namespace')) ?? operator.namespace,
    ...servedNetwork(labels[NETWORK_LABEL], below(place, 'label', NETWORK_LABEL)),
    evidence: 'operator',
    podLabels: { app: `istio-${base}`, istio: base, ...labels, ...textMap(get(component, 'k8s', 'podLabels')) },
    ports,
    gatewayPort,
    ...kinds(ports, gatewayPort),
    place,
    resource: operator,
    shared: operator.shared,
  };
};

/** Gateways that IstioOperators and charts of a cluster install, labelled or not. */
export const installedGateways = (cluster: Cluster): readonly EastWestGateway[] => [
  ...operatorGateways(cluster),
  ...cluster.values.flatMap(chartGateway),
];
