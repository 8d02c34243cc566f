import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { NETWORK_LABEL } from '../../src/facts/network.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { below, filled, get, placeIn, placeOf } from '../../src/model/index.ts';
import { eastWestGateways } from '../../src/rule/ambient/dataPlane.ts';
import { defineRule } from '../../src/rule/define.ts';
import { gatewaysOf } from '../../src/rule/gateways.ts';
import { networkDisagreement } from '../../src/rule/networkNames.ts';
import {
  callGravity,
  labelledGateway,
  offersGateway,
  readsMeshNetworksOnly,
  unlabelledGateway,
} from '../../src/rule/networkOffers.ts';
import { installsIstio, networksOf } from '../../src/rule/networks.ts';

export default defineRule({
  id: 'network/gateway-for-network',
  severity: 'error',
  istio: 'all',
  summary: 'Every network whose services are called from another one has a gateway that istiod finds.',
  why: 'Without a gateway, sidecars (1.5+) call the pod addresses of the other network, which lead nowhere; ambient proxies and Istio up to 1.4 leave the endpoints out.',
  fix: 'Label the Service of the east-west gateway with topology.istio.io/network (chart gateway: networkGateway; IstioOperator: label of the gateway), or name the gateway in meshNetworks.',
  reads: ['network', 'eastWestGateways', 'meshNetworks', 'Service', 'workloads'],
  models: [
    'shared-control-plane',
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'ambient-networks',
  ],
  messages: {
    missing: '{cluster}: no gateway for network {network}; {peer} has {gateway} for {other}',
    pods: '{cluster}: no gateway for network {network}: the label is on the pods of {gateway}, not on its Service',
    'chart-key':
      '{cluster}: no gateway for network {network}: topology.istio.io/network is no value of the gateway chart, networkGateway is',
    unlabelled:
      '{cluster}: no gateway for network {network}: {gateway} has AUTO_PASSTHROUGH, but no label topology.istio.io/network; {peer} has it for {other}',
    'mesh-networks': '{cluster}: meshNetworks names no gateway for network {network}, it does for {other}',
  },
  check(mesh, report) {
    const networks = networksOf(mesh);
    if (networks.size < 2) return;
    const offers = [...networks.keys()].map((network) => ({ network, offer: offersGateway(mesh, network) }));
    const good = offers.find(({ offer }) => offer === 'yes')?.network;
    for (const { network, offer } of offers) {
      const members = networks.get(network) ?? [];
      const member = members[0];
      if (offer !== 'no' || member === undefined || !members.some(installsIstio)) continue;
      if (members.some((held) => networkDisagreement(mesh, held)?.what === 'names')) continue;
      // Told by ambient/gateway-shape, at that gateway.
      if (members.flatMap(eastWestGateways).some(({ labels }) => labels[NETWORK_LABEL] === undefined)) continue;
      const severity = callGravity(mesh, network, members);
      if (severity === undefined) continue;
      const at = placeOf(member.network.fact) ?? member.cluster.values[0]?.place;
      if (at === undefined) continue;
      const slots = { cluster: member.name, network };
      const podLabel = labelledPods(members, network);
      const chartKey = wrongChartKey(members);
      const also = good === undefined ? [] : goodGateway(mesh, good);
      if (podLabel !== undefined)
        report(
          'pods',
          { at: podLabel.place, cluster: member.name, severity, also },
          { ...slots, gateway: podLabel.name },
        );
      else if (chartKey !== undefined)
        report('chart-key', { at: chartKey, cluster: member.name, severity, also }, slots);
      else if (good !== undefined && readsMeshNetworksOnly(mesh))
        report(
          'mesh-networks',
          { at: entryPlace(mesh, network) ?? at, cluster: member.name, severity, also },
          { ...slots, other: good },
        );
      else if (good !== undefined) {
        const peer = gatewayOfNetwork(mesh, good);
        const own = unlabelledGateway(mesh, members);
        if (own !== undefined) {
          report(
            'unlabelled',
            { at: own.place, cluster: own.member.name, severity, also, resource: own.resource },
            { cluster: own.member.name, network, gateway: own.name, other: good, peer: peer.cluster },
          );
          continue;
        }
        report(
          'missing',
          { at, cluster: member.name, severity, also },
          { ...slots, other: good, peer: peer.cluster, gateway: peer.gateway },
        );
      }
    }
  },
});

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

const gatewayOfNetwork = (
  mesh: Mesh,
  network: string,
): { readonly cluster: string; readonly gateway: string; readonly place: Place | undefined } => {
  for (const member of mesh.members) {
    const gateway = labelledGateway(mesh, member, network);
    if (gateway !== undefined)
      return { cluster: member.name, gateway: gateway.name, place: gateway.networkPlace ?? gateway.place };
  }
  for (const member of mesh.members) {
    const named = member.eastWestGateways.find(
      (gateway) => gateway.evidence === 'meshNetworks' && gateway.network === network,
    );
    if (named !== undefined)
      return { cluster: member.name, gateway: `meshNetworks gateway ${named.name}`, place: named.place };
  }
  const member = networksOf(mesh).get(network)?.[0];
  return {
    cluster: member?.name ?? '',
    gateway: 'a gateway',
    place: member === undefined ? undefined : (gatewaysOf(member)[0]?.place ?? placeOf(member.network.fact)),
  };
};

const goodGateway = (mesh: Mesh, network: string): readonly Related[] => {
  const { cluster, place, gateway } = gatewayOfNetwork(mesh, network);
  return place === undefined ? [] : [{ place, cluster, message: `${gateway} for ${network}` }];
};

/** Where meshNetworks lists the network without a gateway. */
const entryPlace = (mesh: Mesh, network: string): Place | undefined => {
  for (const member of mesh.members) {
    const fact = member.meshNetworks;
    const entry =
      fact.state === 'known' || fact.state === 'conflict'
        ? fact.value.find((held) => held.name === network)
        : undefined;
    if (entry !== undefined) return entry.place;
  }
  return undefined;
};
