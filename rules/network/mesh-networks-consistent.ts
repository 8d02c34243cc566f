import type { Mesh } from '../../src/facts/mesh.ts';
import type { Place } from '../../src/model/index.ts';
import { comparePlaces } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { cidrFaults } from '../../src/rule/meshNetworks/cidrs.ts';
import type { MeshNetworkFault, NetworkReader } from '../../src/rule/meshNetworks/fault.ts';
import { readersOf } from '../../src/rule/meshNetworks/fault.ts';
import { gatewayFaults } from '../../src/rule/meshNetworks/gateways.ts';
import { primaryFaults } from '../../src/rule/meshNetworks/primaries.ts';
import { registryFaults } from '../../src/rule/meshNetworks/registries.ts';

export default defineRule({
  id: 'network/mesh-networks-consistent',
  severity: 'error',
  istio: 'all',
  summary: 'meshNetworks names registries, ranges and gateways that exist, and all control planes have the same.',
  why: 'istiod reads meshNetworks without a word of protest: a registry of another name leaves a cluster in no network, a wrong port or address sends every call of the other network nowhere.',
  fix: 'Name each cluster by its cluster name (the key of its remote secret; up to 1.5 the own one is Kubernetes), give each network the address and port of its gateway, and keep meshNetworks alike in all control planes. From 1.8 labels do without it.',
  reads: ['meshNetworks', 'clusterId', 'remoteSecrets', 'network', 'podCidrs', 'eastWestGateways', 'Service'],
  aliases: ['IST0126'],
  models: [
    'shared-control-plane',
    'multi-primary-networks',
    'primary-remote-networks',
    'replicated-control-planes',
    'hybrid-cloud',
  ],
  messages: {
    registry: '{cluster}: fromRegistry "{value}" of {network} names no cluster; no network of meshNetworks has {other}',
    'stray-registry':
      '{cluster}: fromRegistry "{value}" of {network} names no cluster: neither {cluster} itself nor one of its remote secrets has that name',
    'own-registry':
      '{cluster}: fromRegistry "{value}" of {network} names {cluster} by its cluster name, but up to Istio 1.5 the own registry is called {other}',
    twice: '{cluster}: fromRegistry "{value}" stands in {network} and in {other}; only one of them counts',
    'no-endpoints': '{cluster}: {network} of meshNetworks has no endpoints, so no pod belongs to it',
    'no-gateways': '{cluster}: {network} of meshNetworks has no gateways, so other networks find no way into it',
    unlike: '{cluster}: meshNetworks puts {value} on {network}, but {peer} is on {other}',
    'host-name':
      '{cluster}: gateway {value} of {network} is a host name; up to Istio 1.12 it is resolved once, when the configuration is read{suffix}',
    template: '{cluster}: gateway address of {network} is the template {value}, {other} has a real one',
    'service-1.1':
      '{cluster}: {network} has its gateway by registryServiceName {value} only, which Istio 1.1 does not read{suffix}',
    service: '{cluster}: registryServiceName {value} of {network} is no Service of {peer}, whose gateways are {other}',
    port: '{cluster}: meshNetworks sends calls for {network} to port {value}, but {other}',
    missing: '{cluster}: meshNetworks lacks {network}, which that of {peer} has with a gateway',
    none: '{cluster} has no meshNetworks and no label tells of {network}, which meshNetworks of {peer} has with a gateway',
    differs: '{cluster}: meshNetworks names gateway {value} for {network}, that of {peer} names {other}',
    'cidr-overlap': '{cluster}: fromCidr {value} of {network} overlaps {other}',
    'cidr-outside':
      '{cluster}: pods of {peer} ({other}) lie outside fromCidr {value} of {network}, their network{suffix}',
    'cidr-inside':
      '{cluster}: pods of {peer} ({other}) lie in fromCidr {value} of {network}, which is not their network{suffix}',
  },
  check(mesh, report) {
    const said: Place[] = [];
    for (const { reader, fault } of faultsOf(mesh)) {
      if (said.some((place) => comparePlaces(place, fault.at) === 0)) continue;
      said.push(fault.at);
      const { message, severity, at, also, network, value, other, peer, suffix } = fault;
      const cluster = reader.member.name;
      report(message, { at, cluster, severity, also }, { cluster, network, value, other, peer, suffix });
    }
  },
});

const faultsOf = (mesh: Mesh): readonly { readonly reader: NetworkReader; readonly fault: MeshNetworkFault }[] => {
  const readers = readersOf(mesh);
  return [
    ...readers.flatMap((reader) =>
      [...registryFaults(mesh, reader), ...gatewayFaults(mesh, reader), ...cidrFaults(mesh, reader)].map((fault) => ({
        reader,
        fault,
      })),
    ),
    ...primaryFaults(mesh, readers),
  ];
};
