// Gateways that calls of other networks are sent to, with the port at which they arrive.
import { AUTO_PASSTHROUGH_PORT, HBONE_PORT } from '../facts/gateways.ts';
import type { EastWestGateway } from '../facts/gateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { within } from '../facts/minors.ts';
import type { Resource } from '../model/index.ts';
import { get, integer, list, sameNamespace, textMap } from '../model/index.ts';
import type { NetworkGateway } from './gateways.ts';
import { arrivals, gatewaysOf } from './gateways.ts';
import { networksOf } from './networks.ts';
import { networkOf } from './scope.ts';
import { selects } from './selectors.ts';

/** One way into a network: any of `gateways` may be the one that is meant. */
export interface GatewayTarget {
  readonly network: string;
  /** Cluster in whose files the gateways stand. */
  readonly member: Member;
  readonly gateways: readonly NetworkGateway[];
  /** Ports of the pods at which calls arrive. */
  readonly ports: readonly number[];
  /** The meshNetworks entry that names it, where one does. */
  readonly named: EastWestGateway | undefined;
}

/** Gateways for sidecars: those with the label (1.8+) and those that meshNetworks names. */
export const gatewayTargets = (mesh: Mesh): readonly GatewayTarget[] => {
  const networks = networksOf(mesh);
  return [...mesh.members.flatMap((member) => labelled(mesh, member)), ...namedTargets(mesh, networks)];
};

const labelled = (mesh: Mesh, member: Member): readonly GatewayTarget[] => {
  if (within(mesh.versionOf(member).minors, '1.8+') === 'outside') return [];
  return gatewaysOf(member)
    .filter((gateway) => gateway.network !== '' && takesSidecars(gateway))
    .map((gateway) => ({
      network: gateway.network,
      member,
      gateways: [gateway],
      ports: arrivals(gateway, gateway.gatewayPort),
      named: undefined,
    }));
};

/** Gateway API gateways state their listeners themselves; a gateway with 15008 only is for ambient. */
const takesSidecars = (gateway: NetworkGateway): boolean =>
  gateway.sidecar !== 'no' && gateway.statements.every((statement) => statement.evidence !== 'gateway-api');

const namedTargets = (mesh: Mesh, networks: ReadonlyMap<string, readonly Member[]>): readonly GatewayTarget[] => {
  const seen = new Set<string>();
  const found: GatewayTarget[] = [];
  for (const reader of mesh.members)
    for (const named of reader.eastWestGateways) {
      if (named.evidence !== 'meshNetworks') continue;
      for (const member of networks.get(named.network) ?? []) {
        const key = JSON.stringify([named.network, named.name, named.gatewayPort, member.name]);
        if (seen.has(key)) continue;
        seen.add(key);
        const gateways = candidates(member, named);
        if (gateways.length > 0)
          found.push({
            network: named.network,
            member,
            gateways,
            ports: gateways.flatMap((gateway) => arrivals(gateway, named.gatewayPort)),
            named,
          });
      }
    }
  return found;
};

/** The gateway Services of a cluster that a meshNetworks entry may mean: the one it names, the one with its address, or all. */
const candidates = (member: Member, named: EastWestGateway): readonly NetworkGateway[] => {
  const services = gatewayServices(member);
  if (named.registryServiceName !== undefined) {
    const [name, namespace] = named.registryServiceName.split('.');
    return services.filter((gateway) => gateway.name === name && sameNamespace(gateway.namespace, namespace));
  }
  const addressed = services.filter(
    (gateway) => gateway.resource !== undefined && addressesOf(gateway.resource).includes(named.address ?? ''),
  );
  return addressed.length > 0 ? addressed : services;
};

/** Services that lead to the Envoy of a gateway, whatever labels they carry. */
const gatewayServices = (member: Member): readonly NetworkGateway[] => {
  const envoys = member.workloads.filter((workload) => workload.gateway);
  if (envoys.length === 0) return [];
  return member.resources.ofKind('Service', '').flatMap((service) => {
    const selector = textMap(get(service.value, 'spec', 'selector'));
    if (Object.keys(selector).length === 0) return [];
    const envoy = envoys.find(
      (workload) =>
        sameNamespace(workload.namespace, service.namespace) && selects(selector, workload.labels) === 'yes',
    );
    return envoy === undefined ? [] : [plainGateway(member, service, envoy.labels)];
  });
};

const plainGateway = (
  member: Member,
  service: Resource,
  podLabels: Readonly<Record<string, string>>,
): NetworkGateway => ({
  member,
  name: service.name,
  namespace: service.namespace,
  network: networkOf(member) ?? '',
  networkPlace: undefined,
  networkUnknown: false,
  statements: [],
  podLabels,
  selector: undefined,
  ports: list(get(service.value, 'spec', 'ports')).flatMap((entry, index) => {
    const port = integer(get(entry, 'port'));
    if (port === undefined) return [];
    const targetPort = integer(get(entry, 'targetPort')) ?? port;
    return [
      {
        port,
        targetPort,
        nodePort: integer(get(entry, 'nodePort')),
        place: { ...service.place, path: ['spec', 'ports', index] },
      },
    ];
  }),
  gatewayPort: AUTO_PASSTHROUGH_PORT,
  sidecar: 'unknown',
  hbone: list(get(service.value, 'spec', 'ports')).some((entry) => get(entry, 'port') === HBONE_PORT) ? 'yes' : 'no',
  place: service.place,
  resource: service,
  shared: service.shared,
});

/** Addresses that a Service provably has. */
export const addressesOf = (service: Resource): readonly string[] =>
  [
    get(service.value, 'spec', 'loadBalancerIP'),
    ...list(get(service.value, 'spec', 'externalIPs')),
    ...list(get(service.value, 'status', 'loadBalancer', 'ingress')).flatMap((entry) => [
      get(entry, 'ip'),
      get(entry, 'hostname'),
    ]),
  ].filter((address) => typeof address === 'string');

/** Whether a Service of the target may open the port that meshNetworks names for it. */
export const opensNamedPort = ({ named, gateways }: GatewayTarget): boolean =>
  named === undefined ||
  gateways.some(
    ({ ports }) =>
      ports === undefined ||
      ports.length === 0 ||
      ports.some((held) => held.port === named.gatewayPort || held.nodePort === named.gatewayPort),
  );
