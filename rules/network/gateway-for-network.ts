import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { placeOf } from '../../src/model/index.ts';
import { ambientMembers } from '../../src/rule/ambient/dataPlane.ts';
import { defineRule } from '../../src/rule/define.ts';
import { gatewaysOf, isAutoPassthrough, serversOf } from '../../src/rule/gateways.ts';
import {
  labelledGateway,
  networksWithoutGateway,
  offersGateway,
  readsMeshNetworksOnly,
  unlabelledGateway,
} from '../../src/rule/networkOffers.ts';
import { networksOf } from '../../src/rule/networks.ts';

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
    const good = [...networksOf(mesh).keys()].find((network) => offersGateway(mesh, network) === 'yes');
    for (const { network, members, severity, podLabel, chartKey } of networksWithoutGateway(mesh)) {
      const [member] = members;
      const at = placeOf(member.network.fact) ?? member.cluster.values[0]?.place;
      if (at === undefined) continue;
      const slots = { cluster: member.name, network };
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
          { at, cluster: member.name, severity, also, fix: creationFix(mesh, members, network) },
          { ...slots, other: good, peer: peer.cluster, gateway: peer.gateway },
        );
      }
    }
  },
});

/** Where nothing looks like a gateway of the network, there is nothing to label yet. */
const creationFix = (mesh: Mesh, members: readonly Member[], network: string): string | undefined => {
  if (members.some((member) => gatewaysOf(member).length > 0 || serversOf(member).some(isAutoPassthrough)))
    return undefined;
  const label = `topology.istio.io/network: ${network}`;
  return members.some((member) => ambientMembers(mesh).includes(member))
    ? `Create a Gateway of class istio-east-west in ${members[0]!.name}, with label ${label} and an HBONE listener on port 15008 (istioctl and the docs call it the east-west gateway).`
    : `Create an east-west gateway in ${members[0]!.name}: a Deployment of Istio's gateway with a Service of type LoadBalancer and port 15443, label ${label} on the Service (chart gateway: networkGateway: ${network}), and an Istio Gateway with AUTO_PASSTHROUGH for it.`;
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
