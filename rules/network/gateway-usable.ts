import type { EastWestGateway } from '../../src/facts/gateways.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Mesh } from '../../src/facts/mesh.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Fault } from '../../src/rule/gatewayFaults.ts';
import { faultsOf, hasPort, makers, serviceType } from '../../src/rule/gatewayFaults.ts';
import type { NetworkGateway } from '../../src/rule/gateways.ts';
import { gatewaysOf } from '../../src/rule/gateways.ts';
import { offersGateway } from '../../src/rule/networkOffers.ts';
import { networksOf } from '../../src/rule/networks.ts';
import { networkOf } from '../../src/rule/scope.ts';
import { labelsInWords } from '../../src/rule/selectors.ts';

export default defineRule({
  id: 'network/gateway-usable',
  severity: 'error',
  istio: '1.8+',
  summary: 'The Service of a network gateway has an address and the port that other networks call.',
  why: 'istiod gives the address and port of the labelled Service to the proxies of other networks. Without an address the gateway is left out; without the port calls go to one that nobody listens on (from 1.29 the gateway is ignored).',
  fix: 'Give the Service type LoadBalancer (or externalIPs, or NodePort with annotation traffic.istio.io/nodeSelector), the label topology.istio.io/network, and port 15443 or the one in label networking.istio.io/gatewayPort.',
  reads: ['eastWestGateways', 'Service', 'IstioOperator', 'workloads', 'network'],
  models: [
    'shared-control-plane',
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'ambient-networks',
  ],
  messages: {
    port: '{cluster}: gateway {gateway} for {network} opens {ports}, other networks call port {port}{peer}',
    'operator-port': '{cluster}: gateway {gateway} for {network} lists no ports; the default ones lack {port}{peer}',
    address: '{cluster}: gateway {gateway} for {network} is of type {type} {lacking}{peer}',
    number:
      '{cluster}: label networking.istio.io/gatewayPort of gateway {gateway} is {value}, no number; 15443 is used',
    selector:
      '{cluster}: gateway {gateway} for {network} selects {selector}, no gateway of namespace {namespace} has these labels',
    'label-elsewhere': '{cluster}: Service {gateway} lacks label topology.istio.io/network, {other} has it ({network})',
    'port-elsewhere': '{cluster}: {source} of gateway {gateway} lacks port {port}, {other} has it',
  },
  check(mesh, report) {
    if (networksOf(mesh).size < 2) return;
    const gateways = mesh.members.flatMap(gatewaysOf).filter((gateway) => gateway.network !== '');
    for (const gateway of gateways.filter((held) => offersGateway(mesh, held.network) !== 'unknown'))
      for (const fault of faultsOf(mesh, gateway)) {
        const { member, name, network } = gateway;
        const { minors } = mesh.versionOf(member);
        const speaks = speaksFor(minors, fault.message === 'operator-port' ? '1.10+' : '1.8+', fault.severity);
        if (speaks === undefined) continue;
        const peer = COMPARED.has(fault.message) ? peerOf(mesh, gateway) : undefined;
        const other =
          fault.other === undefined
            ? []
            : [{ place: fault.other.place, cluster: member.name, message: title(fault.other) }];
        const compared =
          peer === undefined
            ? []
            : [{ place: peer.place, cluster: peer.member.name, message: `gateway ${peer.name} for ${peer.network}` }];
        report(
          fault.message,
          { at: fault.at, cluster: member.name, severity: speaks.severity, also: [...other, ...compared] },
          {
            cluster: member.name,
            gateway: name,
            network,
            ports: (gateway.ports ?? []).map((port) => port.port).join(', ') || 'no port',
            port: gateway.gatewayPort,
            type: fault.value,
            value: fault.value,
            lacking:
              fault.value === 'NodePort' ? 'without annotation traffic.istio.io/nodeSelector' : 'without externalIPs',
            selector: labelsInWords(gateway.selector ?? {}),
            namespace: gateway.namespace ?? 'istio-system',
            other: fault.other === undefined ? '' : title(fault.other),
            source: fault.source === undefined ? '' : title(fault.source),
            peer: `${peerText(fault, peer)}${speaks.suffix}`,
          },
        );
      }
  },
});

/** Faults for which a gateway of another network shows how it is done. */
const COMPARED: ReadonlySet<Fault['message']> = new Set(['port', 'operator-port', 'address']);

const peerText = (fault: Fault, peer: NetworkGateway | undefined): string => {
  if (peer === undefined) return '';
  const has =
    fault.message === 'address'
      ? `type ${serviceType(peer.member, peer.statements[0]) ?? 'LoadBalancer'}`
      : `port ${peer.gatewayPort}`;
  return `; ${peer.member.name}'s ${peer.name} has ${has}`;
};

/** A gateway of another network, for comparison. */
const peerOf = (mesh: Mesh, gateway: NetworkGateway): NetworkGateway | undefined =>
  mesh.members
    .filter((member) => member !== gateway.member && networkOf(member) !== gateway.network)
    .flatMap(gatewaysOf)
    .find(
      (other) =>
        other.network !== '' &&
        other.network !== gateway.network &&
        makers(other).some((statement) => hasPort(statement, other.gatewayPort)),
    );

const title = (statement: EastWestGateway): string =>
  statement.evidence === 'service'
    ? `Service ${statement.name}`
    : statement.evidence === 'operator'
      ? `IstioOperator ${statement.resource?.name ?? ''}`.trim()
      : `values of chart gateway`;
