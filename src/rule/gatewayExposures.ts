// The load balancers before network gateways, and what keeps TCP from passing through them. network/gateway-stays-l4 reports it.
import type { EastWestGateway } from '../facts/gateways.ts';
import { HBONE_PORT } from '../facts/gateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { hidesKind, meshConfigSightings } from '../facts/sources.ts';
import type { Place, Severity } from '../model/index.ts';
import { below, filled, get, integer, list, placeIn, sameNamespace, text, textMap } from '../model/index.ts';
import { envoysOf } from './gatewayEnv.ts';
import type { NetworkGateway } from './gateways.ts';
import { gatewaysOf, servesData } from './gateways.ts';
import { gatewayTargets } from './gatewayTargets.ts';
import type { ExposedPort, LoadBalancerFault } from './loadBalancers.ts';
import { loadBalancerFaults } from './loadBalancers.ts';

/** A gateway with the port of its Service that other networks call. */
export interface Exposure {
  readonly gateway: NetworkGateway;
  readonly network: string;
  readonly port: ExposedPort;
}

/** One thing that is done to the calls of a gateway port. */
export interface ExposureFault {
  readonly message: LoadBalancerFault['what'] | 'ingress';
  readonly at: Place;
  readonly severity: Severity;
  readonly key: string;
  readonly value: string;
}

/** Gateways with the label, and those that an address in meshNetworks means. */
export const exposures = (mesh: Mesh): readonly Exposure[] => {
  const labelled = mesh.members
    .flatMap(gatewaysOf)
    .filter((gateway) => gateway.network !== '' && servesData(gateway))
    .map((gateway) => exposure(gateway, gateway.network, gateway.sidecar === 'no' ? HBONE_PORT : gateway.gatewayPort));
  const named = gatewayTargets(mesh).flatMap(({ named: entry, gateways, network }) =>
    entry === undefined ||
    gateways.length !== 1 ||
    labelled.some((held) => held.gateway.resource === gateways[0]!.resource)
      ? []
      : [exposure(gateways[0]!, network, entry.gatewayPort)],
  );
  return [...labelled, ...named];
};

const exposure = (gateway: NetworkGateway, network: string, number: number): Exposure => ({
  gateway,
  network,
  port: { number, name: portName(gateway, number) },
});

const portName = (gateway: NetworkGateway, number: number): string | undefined =>
  gateway.resource?.kind !== 'Service'
    ? undefined
    : text(
        get(
          list(get(gateway.resource.value, 'spec', 'ports')).find((port) => integer(get(port, 'port')) === number),
          'name',
        ),
      );

/** Faults of annotations on the Service, then of an Ingress that leads to it. */
export const exposureFaults = (mesh: Mesh, exposure: Exposure): readonly ExposureFault[] => [
  ...annotationFaults(mesh, exposure),
  ...ingressFaults(exposure),
];

const annotationFaults = (mesh: Mesh, { gateway, port }: Exposure): readonly ExposureFault[] => {
  const statements =
    gateway.statements.length > 0
      ? gateway.statements.map((statement) => annotationsOf(gateway.member, statement))
      : [plainAnnotations(gateway)];
  return statements.flatMap(({ annotations, place }) =>
    loadBalancerFaults(annotations, port).flatMap(({ what, key, value }): readonly ExposureFault[] => {
      if (what === 'proxy' && takesProxyHeader(mesh, gateway)) return [];
      return [
        {
          message: what,
          at: below(place, key),
          severity: gravityOf(gateway, key),
          key: key.slice(key.indexOf('/') + 1),
          value,
        },
      ];
    }),
  );
};

/** Google's annotation is for HTTP load balancers: one of type LoadBalancer does not read it. */
const gravityOf = (gateway: NetworkGateway, key: string): Severity =>
  key.endsWith('app-protocols') && filled(get(gateway.resource?.value, 'spec', 'type')) === 'LoadBalancer'
    ? 'warning'
    : 'error';

interface Annotated {
  readonly annotations: Readonly<Record<string, string>>;
  readonly place: Place;
}

/** What a statement writes on the Service of the gateway. */
const annotationsOf = (member: Member, statement: EastWestGateway): Annotated => {
  const { place, resource } = statement;
  const at = (...path: readonly (string | number)[]): Annotated => ({
    annotations: textMap(get(resource?.value, ...path)),
    place: resource === undefined ? place : placeIn(resource, ...path),
  });
  if (statement.evidence === 'operator') {
    const path = [...place.path.slice(-4), 'k8s', 'serviceAnnotations'];
    const ofAll = ['spec', 'values', 'gateways', 'istio-ingressgateway', 'serviceAnnotations'];
    const own = {
      annotations: textMap(get(resource?.value, ...path)),
      place: below(place, 'k8s', 'serviceAnnotations'),
    };
    return Object.keys(own.annotations).length > 0 ? own : at(...ofAll);
  }
  if (statement.evidence === 'chart') {
    const source = member.cluster.values.find((values) => values.place === place);
    return {
      annotations: textMap(get(source?.values, 'service', 'annotations')),
      place: below(place, 'service', 'annotations'),
    };
  }
  if (statement.evidence === 'gateway-api') {
    const infrastructure = at('spec', 'infrastructure', 'annotations');
    return Object.keys(infrastructure.annotations).length > 0 ? infrastructure : at('metadata', 'annotations');
  }
  return resource?.kind === 'Service' ? at('metadata', 'annotations') : { annotations: {}, place };
};

const plainAnnotations = (gateway: NetworkGateway): Annotated => ({
  annotations: gateway.resource?.annotations ?? {},
  place: below(gateway.place, 'metadata', 'annotations'),
});

/** Something may tell the gateway's Envoy to expect the header, also something that was not read. */
const takesProxyHeader = (mesh: Mesh, gateway: NetworkGateway): boolean => {
  const config = mesh.configCluster(gateway.member);
  if (config === undefined || hidesKind(config.cluster, ['EnvoyFilter'])) return true;
  const filters = config.resources.ofKind('EnvoyFilter', 'networking.istio.io');
  if (filters.some((filter) => JSON.stringify(filter.value).includes('proxy_protocol'))) return true;
  if (saysTopology(config) || saysTopology(gateway.member)) return true;
  return envoysOf(gateway).some((envoy) => /proxyProtocol/.test(envoy.annotations['proxy.istio.io/config'] ?? ''));
};

const saysTopology = (member: Member): boolean =>
  meshConfigSightings(member.cluster, ['defaultConfig', 'gatewayTopology']).some(
    (sighting) => get(sighting.value, 'proxyProtocol') !== undefined,
  );

/** An Ingress that leads to the gateway port, unless its controller passes TLS through. */
const ingressFaults = ({ gateway, port }: Exposure): readonly ExposureFault[] =>
  gateway.member.resources.ofKind('Ingress').flatMap((ingress) => {
    if (!sameNamespace(ingress.namespace, gateway.namespace)) return [];
    if (Object.keys(ingress.annotations).some((key) => key.endsWith('/ssl-passthrough'))) return [];
    const paths = list(get(ingress.value, 'spec', 'rules')).flatMap((rule, index) =>
      list(get(rule, 'http', 'paths')).map((path, at) => ({
        path,
        place: placeIn(ingress, 'spec', 'rules', index, 'http', 'paths', at, 'backend'),
      })),
    );
    const hit = paths.find(({ path }) => {
      const name = text(get(path, 'backend', 'service', 'name')) ?? text(get(path, 'backend', 'serviceName'));
      const number = get(path, 'backend', 'service', 'port', 'number') ?? get(path, 'backend', 'servicePort');
      const named = text(get(path, 'backend', 'service', 'port', 'name')) ?? text(number);
      return name === gateway.name && (integer(number) === port.number || (named !== undefined && named === port.name));
    });
    return hit === undefined
      ? []
      : [{ message: 'ingress' as const, at: hit.place, severity: 'error' as const, key: '', value: ingress.name }];
  });
