import type { Cluster, Fact, Place, Resource, Sighting, ValuesSource } from '../model/index.ts';
import { filled, get, isTemplate, list, placeIn, record, settle, valueOf } from '../model/index.ts';
import { gatewayClass } from './gatewayPorts.ts';
import type { Facts } from './index.ts';
import {
  concrete,
  CONTROL_PLANE,
  envSightings,
  hidesKind,
  hidesValues,
  injectionTargets,
  injectorEnvSightings,
  injectorSightings,
  namespacesNamed,
  templated,
  valueSightings,
} from './sources.ts';

/** Label that names the network of a namespace's cluster, a pod or a gateway. */
export const NETWORK_LABEL = 'topology.istio.io/network';

/** Which of the roles of section network/name-agrees a place plays. */
export type NetworkSide =
  /** mesh-lint.yaml: over all others, and never compared with them. */
  | 'config'
  /** System namespace label: what istiod says of endpoints. */
  | 'namespace'
  /** Pods get it by injection: istiod values, injector ConfigMap, injection path. */
  | 'proxy'
  /** Env or values of gateways that are not injected. */
  | 'gateway'
  /** Label of an east-west gateway: the network it serves. */
  | 'served'
  /** meshNetworks fromRegistry of this cluster's id. */
  | 'registry';

export interface NetworkSighting extends Sighting<string> {
  readonly side: NetworkSide;
  /** How a proxy gets it: the injection path is over the injector ConfigMap, that over Helm values. */
  readonly via?: 'path' | 'injector' | 'values' | undefined;
}

/** Name of the network, and every (place, name) pair. '' counts as not said. */
export interface NetworkFact {
  readonly fact: Fact<string>;
  readonly places: readonly NetworkSighting[];
  /** Objects that could name the network and provably do not. */
  readonly unset?: {
    /** The Namespace of the control plane. */
    readonly namespace: Place | undefined;
    /** Values of istiod. */
    readonly values: Place | undefined;
    /** The injector ConfigMap. */
    readonly injector: Place | undefined;
  };
}

/**
 * The network of a cluster. Up to 1.7 meshNetworks is the first source, later the label of the control
 * plane's namespace, then what injection gives to pods, meshNetworks and the env of gateways.
 */
export const network = (cluster: Cluster, facts: Facts): NetworkFact => {
  const said = statements(cluster, facts);
  const places = said.filter((sighting) => !isTemplate(sighting.value));
  const unset = unsetPlaces(cluster, facts, said);
  const legacy = facts.istioVersion.bounds.high <= 7;
  const order: readonly NetworkSide[] = legacy
    ? ['config', 'registry', 'namespace', 'proxy', 'gateway']
    : ['config', 'namespace', 'proxy', 'registry', 'gateway'];
  const config = places.filter((sighting) => sighting.side === 'config');
  const sources =
    config.length > 0 ? config : order.flatMap((side) => places.filter((sighting) => sighting.side === side));
  const all = [
    ...order.flatMap((side) => places.filter((sighting) => sighting.side === side)),
    ...places.filter((sighting) => sighting.side === 'served'),
  ];
  return { fact: settle(sources, otherwise(said, unset), Object.is), places: all, unset };
};

const otherwise = (said: readonly NetworkSighting[], unset: NonNullable<NetworkFact['unset']>): Fact<string> => {
  const template = said.find((sighting) => sighting.side !== 'served' && isTemplate(sighting.value));
  if (template !== undefined)
    return {
      state: 'unknown',
      reason: `${template.source} is the template ${template.value}`,
      place: template.place,
      sightings: [template],
    };
  if (unset.values !== undefined || unset.injector !== undefined) return { state: 'absent' };
  return { state: 'unknown', reason: 'no values of istiod are in the set' };
};

const statements = (cluster: Cluster, facts: Facts): readonly NetworkSighting[] => {
  const onSide = (
    side: NetworkSide,
    sightings: readonly Sighting<unknown>[],
    via?: NetworkSighting['via'],
  ): readonly NetworkSighting[] =>
    [...concrete(sightings), ...templated(sightings)].map((sighting) => ({ ...sighting, side, via }));
  const plane = { ...cluster, values: cluster.values.filter((source) => !installsGatewaysOnly(source)) };
  const gateways = { ...cluster, values: cluster.values.filter(rendersGatewaysOnly) };
  return [
    ...onSide('config', configured(cluster)),
    ...onSide('namespace', namespaceLabels(cluster, facts)),
    ...onSide(
      'proxy',
      injectionTargets(cluster).map((target) => ({ ...target, value: target.network, source: `${target.source} net` })),
      'path',
    ),
    ...onSide('proxy', injectorSightings(cluster, ['global', 'network']), 'injector'),
    ...onSide('proxy', injectorEnvSightings(cluster, 'ISTIO_META_NETWORK'), 'injector'),
    ...onSide('proxy', valueSightings(plane, CONTROL_PLANE, ['global', 'network'], 'global.network'), 'values'),
    ...onSide('registry', registry(facts)),
    ...onSide(
      'gateway',
      valueSightings(gateways, ['operator'], ['global', 'network'], 'global.network of the gateways'),
    ),
    ...onSide('gateway', envSightings(cluster, 'gateway', 'ISTIO_META_NETWORK')),
    // ztunnel takes its own network from its chart.
    ...onSide('gateway', valueSightings(cluster, ['ztunnel'], ['network'], 'network of ztunnel')),
    ...onSide('served', served(facts)),
  ];
};

const configured = (cluster: Cluster): readonly Sighting<unknown>[] => {
  const { network: name, place } = cluster.settings;
  if (name === undefined || place === undefined) return [];
  return [{ value: name, place: { ...place, path: [...place.path, 'network'] }, source: 'mesh-lint.yaml network' }];
};

const systemNamespace = (facts: Facts): string => valueOf(facts.istioNamespace) ?? 'istio-system';

const namespaceLabels = (cluster: Cluster, facts: Facts): readonly Sighting<unknown>[] =>
  namespacesNamed(cluster, systemNamespace(facts)).map((namespace) => ({
    value: namespace.labels[NETWORK_LABEL],
    place: placeIn(namespace, 'metadata', 'labels', NETWORK_LABEL),
    source: 'Namespace label',
    shared: namespace.shared,
  }));

const registry = (facts: Facts): readonly Sighting<unknown>[] => {
  const id = valueOf(facts.clusterId);
  const entries = valueOf(facts.meshNetworks);
  if (id === undefined || entries === undefined) return [];
  return entries.flatMap((entry) =>
    entry.endpoints
      .filter((endpoint) => endpoint.fromRegistry === id)
      .map((endpoint) => ({ value: entry.name, place: endpoint.place, source: 'meshNetworks fromRegistry' })),
  );
};

const served = (facts: Facts): readonly Sighting<unknown>[] => [
  ...facts.eastWestGateways.flatMap((gateway) =>
    gateway.evidence === 'meshNetworks' || gateway.networkPlace === undefined || standsForAnother(gateway.resource)
      ? []
      : [
          {
            value: gateway.network,
            place: gateway.networkPlace,
            source: `label of gateway ${gateway.name}`,
            shared: gateway.shared,
          },
        ],
  ),
  ...facts.workloads
    .filter((workload) => workload.gateway && workload.labels[NETWORK_LABEL] !== undefined)
    .map((workload) => ({
      value: workload.labels[NETWORK_LABEL],
      place: placeIn(
        workload.resource,
        ...(workload.resource.kind === 'Pod' ? [] : ['spec', 'template']),
        'metadata',
        'labels',
        NETWORK_LABEL,
      ),
      source: `pod label of gateway ${workload.name}`,
      shared: workload.shared,
    })),
];

/** A Gateway of class istio-remote or a Service without selector tells of the gateway of another cluster. */
const standsForAnother = (resource: Resource | undefined): boolean =>
  (resource?.kind === 'Gateway' && gatewayClass(resource) === 'istio-remote') ||
  (resource?.kind === 'Service' && Object.keys(record(get(resource.value, 'spec', 'selector'))).length === 0);

/** An IstioOperator of profile empty without a control plane: its `global` values reach its gateways only. */
const installsGatewaysOnly = (source: ValuesSource): boolean => {
  const spec = get(source.object?.value, 'spec');
  if (source.origin !== 'IstioOperator' || filled(get(spec, 'profile')) !== 'empty') return false;
  return !['pilot', 'istiodRemote'].some((component) => get(spec, 'components', component, 'enabled') === true);
};

/** Gateways that are injected take their network from the injector, not from the file that installs them. */
const rendersGatewaysOnly = (source: ValuesSource): boolean => {
  if (!installsGatewaysOnly(source)) return false;
  const components = get(source.object?.value, 'spec', 'components');
  const key = list(get(components, 'ingressGateways')).length > 0 ? 'istio-ingressgateway' : 'istio-egressgateway';
  const any = ['ingressGateways', 'egressGateways'].some((name) => list(get(components, name)).length > 0);
  return any && filled(get(source.values, 'gateways', key, 'injectionTemplate')) === undefined;
};

const unsetPlaces = (
  cluster: Cluster,
  facts: Facts,
  said: readonly NetworkSighting[],
): NonNullable<NetworkFact['unset']> => {
  const says = (side: NetworkSide, via?: NetworkSighting['via']): boolean =>
    said.some((sighting) => sighting.side === side && (via === undefined || sighting.via === via));
  const namespace = namespacesNamed(cluster, systemNamespace(facts))[0];
  const values = cluster.values.find(
    (source) => ['operator', 'istiod', 'istiod-remote'].includes(source.chart) && !installsGatewaysOnly(source),
  );
  // 1.1 has the template only, and writes the variable into it only where a network is set.
  const injector = cluster.injectors.find(
    (source) => source.values !== undefined || source.template?.text.includes('ISTIO_META_NETWORK') === false,
  );
  const hidden =
    hidesValues(cluster) ||
    hidesKind(cluster, ['IstioOperator', 'Istio', 'HelmRelease', 'Application', 'ApplicationSet']);
  const byProxy = says('proxy');
  return {
    namespace:
      namespace === undefined || says('namespace') || hidesKind(cluster, ['Namespace'])
        ? undefined
        : placeIn(namespace, 'metadata', 'labels'),
    // What an unread file may say has not reached the injector that is there.
    values: values === undefined || byProxy || (hidden && injector === undefined) ? undefined : values.place,
    injector:
      injector === undefined || says('proxy', 'injector') || says('proxy', 'path')
        ? undefined
        : (injector.values ?? injector.template)?.place,
  };
};
