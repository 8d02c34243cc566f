// Whether a network has a gateway that istiod would find.
import { gatewayClass } from '../facts/gateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import type { EastWestGateway } from '../facts/gateways.ts';
import { installedGateways } from '../facts/installedGateways.ts';
import { NETWORK_LABEL } from '../facts/network.ts';
import { hidesKind } from '../facts/sources.ts';
import { within } from '../facts/minors.ts';
import type { Place, Severity, Tri } from '../model/index.ts';
import { below, filled, get, isTemplate, placeIn, valueOf } from '../model/index.ts';
import { eastWestGateways, isOfWrongClass, tunnelGateways } from './ambient/dataPlane.ts';
import type { NetworkGateway } from './gateways.ts';
import { gatewaySources, gatewaysOf, isAutoPassthrough, opens, serversOf } from './gateways.ts';
import { networkDisagreement } from './networkNames.ts';
import {
  installsIstio,
  mayBeCalledElsewhere,
  networksOf,
  servicesElsewhere,
  servicesWithWorkloads,
} from './networks.ts';
import { networkOf, oncePerMesh } from './scope.ts';

/** Whether some source offers a gateway for a network: proven, proven not, or not to be told. */
export const offersGateway = (mesh: Mesh, network: string): Tri => {
  const named = namedByMeshNetworks(mesh, network);
  if (named === 'yes' || readsMeshNetworksOnly(mesh)) return named;
  const members = networksOf(mesh).get(network) ?? [];
  if (
    mesh.members.some((member) => labelledGateway(mesh, member, network) !== undefined || chartNames(member, network))
  )
    return 'yes';
  const unsure = members.some(
    (member) =>
      gatewaysOf(member).some((gateway) => gateway.networkUnknown) ||
      (unlabelledGateway(mesh, [member]) === undefined &&
        hidesKind(member.cluster, ['Service', 'IstioOperator', 'HelmRelease', 'Application'])),
  );
  return unsure ? 'unknown' : 'no';
};

/** A gateway that an AUTO_PASSTHROUGH server opens although no file labels it: plainly the one of the network. */
export const unlabelledGateway = (
  mesh: Mesh,
  members: readonly Member[],
): (EastWestGateway & { readonly member: Member }) | undefined => {
  for (const member of members) {
    const { cluster } = member;
    // A Gateway without a selector is for every gateway, and so tells nothing of this one.
    const servers = gatewaySources(mesh, member)
      .members.flatMap(serversOf)
      .filter((server) => isAutoPassthrough(server) && Object.keys(server.selector).length > 0);
    const found = [
      ...member.eastWestGateways.filter(
        ({ evidence, resource }) => evidence === 'passthrough' && resource?.kind === 'Service',
      ),
      ...installedGateways(cluster),
    ].find(
      (gateway) =>
        gateway.network === '' &&
        gateway.networkUnknown !== true &&
        servers.some((server) => opens(server, { podLabels: gateway.podLabels, selector: gateway.selector }) === 'yes'),
    );
    if (found !== undefined) return { ...found, member };
  }
  return undefined;
};

/** Up to 1.7 a label is not read: every client's istiod knows gateways from its meshNetworks only. */
export const readsMeshNetworksOnly = (mesh: Mesh): boolean =>
  mesh.members.every((member) => within(mesh.versionOf(member).minors, '<=1.7') === 'inside');

/** A gateway of the cluster that carries the label where istiod reads it. */
export const labelledGateway = (mesh: Mesh, member: Member, network: string): NetworkGateway | undefined =>
  gatewaysOf(member).find(
    (gateway) =>
      gateway.network === network &&
      gateway.statements.some((statement) => statement.network === network && countsAsGateway(mesh, member, statement)),
  );

const countsAsGateway = (mesh: Mesh, member: Member, statement: NetworkGateway['statements'][number]): boolean => {
  if (statement.evidence === 'passthrough') return false;
  if (statement.evidence !== 'gateway-api') return true;
  if (gatewayClass(statement.resource) === 'istio-remote')
    return mesh.members.some((held) => mesh.configCluster(held) === member);
  return statement.sidecar === 'yes' || statement.hbone === 'yes';
};

/** Values of the gateway chart whose release name no file tells, so that they are no gateway of their own yet. */
const chartNames = (member: Member, network: string): boolean =>
  member.cluster.values.some((source) => {
    if (source.chart !== 'gateway') return false;
    const value = filled(get(source.values, 'networkGateway')) ?? filled(get(source.values, 'labels', NETWORK_LABEL));
    return value !== undefined && (value === network || (isTemplate(value) && networkOf(member) === network));
  });

/** What the meshNetworks of the control planes say; an address that is a template may be one. */
const namedByMeshNetworks = (mesh: Mesh, network: string): Tri => {
  const facts = mesh.members
    .filter((member) => (mesh.configCluster(member) ?? member) === member)
    .map((member) => member.meshNetworks);
  const entries = facts.flatMap((fact) => valueOf(fact) ?? []).filter((entry) => entry.name === network);
  if (
    entries.some((entry) =>
      entry.gateways.some((gateway) => gateway.address !== undefined || gateway.registryServiceName !== undefined),
    )
  )
    return 'yes';
  const planes = mesh.members.map((member) => mesh.configCluster(member));
  return planes.includes(undefined) || facts.some((fact) => fact.state === 'unknown') ? 'unknown' : 'no';
};

/**
 * How sure it is that a network is called: its Services stand elsewhere too (surely, or by name where files state no
 * namespace); or no file shows any workload of the mesh. Undefined where nothing tells of calls.
 */
export const callGravity = (mesh: Mesh, network: string, members: readonly Member[]): Severity | undefined => {
  const elsewhere = servicesElsewhere(mesh, network);
  if (members.some((member) => [...servicesWithWorkloads(mesh, member)].some((service) => elsewhere.has(service))))
    return 'error';
  const installOnly = mesh.members.every((member) =>
    member.workloads.every((workload) => workload.gateway || workload.namespace === 'istio-system'),
  );
  return installOnly || mayBeCalledElsewhere(mesh, network, members) ? 'warning' : undefined;
};

/** A network that is called and has no gateway (network/gateway-for-network tells). */
export interface NetworkLack {
  readonly network: string;
  /** Its clusters, by name. */
  readonly members: readonly [Member, ...Member[]];
  readonly severity: Severity;
  /** The label where it does not count: on the pods of a gateway, or as a key that the gateway chart does not read. */
  readonly podLabel: { readonly name: string; readonly place: Place } | undefined;
  readonly chartKey: Place | undefined;
}

/** Networks that provably have no gateway, save where another rule tells why. */
export const networksWithoutGateway = oncePerMesh((mesh): readonly NetworkLack[] => {
  const networks = networksOf(mesh);
  if (networks.size < 2) return [];
  return [...networks].flatMap(([network, members]): readonly NetworkLack[] => {
    const [first, ...others] = members;
    if (first === undefined || offersGateway(mesh, network) !== 'no' || !members.some(installsIstio)) return [];
    if (members.some((held) => networkDisagreement(mesh, held)?.what === 'names')) return [];
    // Told by ambient/gateway-shape, at that gateway.
    if (members.flatMap(eastWestGateways).some(({ labels }) => labels[NETWORK_LABEL] === undefined)) return [];
    if (members.some((held) => speaksOfClass(mesh, held) && tunnelGateways(held).some(isOfWrongClass))) return [];
    const severity = callGravity(mesh, network, members);
    if (severity === undefined) return [];
    const podLabel = labelledPods(members, network);
    const chartKey = podLabel === undefined ? wrongChartKey(members) : undefined;
    return [{ network, members: [first, ...others], severity, podLabel, chartKey }];
  });
});

const speaksOfClass = (mesh: Mesh, member: Member): boolean =>
  within(mesh.versionOf(member).minors, '1.27+') !== 'outside';

const labelledPods = (
  members: readonly Member[],
  network: string,
): { readonly name: string; readonly place: Place } | undefined => {
  for (const member of members)
    for (const workload of member.workloads) {
      if (!workload.gateway || workload.labels[NETWORK_LABEL] !== network) continue;
      const path = workload.resource.kind === 'Pod' ? [] : ['spec', 'template'];
      return { name: workload.name, place: placeIn(workload.resource, ...path, 'metadata', 'labels', NETWORK_LABEL) };
    }
  return undefined;
};

/** `--set topology.istio.io/network=x` becomes a key that the chart does not read. */
const wrongChartKey = (members: readonly Member[]): Place | undefined => {
  for (const member of members)
    for (const { chart, values, place } of member.cluster.values) {
      if (chart !== 'gateway') continue;
      if (filled(values[NETWORK_LABEL]) !== undefined) return below(place, NETWORK_LABEL);
      if (filled(get(values, 'topology', 'istio', 'io/network')) !== undefined)
        return below(place, 'topology', 'istio', 'io/network');
    }
  return undefined;
};
