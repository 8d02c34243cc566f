// The network of an endpoint, and whether a caller reaches it through the gateway of another network.
import type { Member, Mesh } from '../facts/mesh.ts';
import { NETWORK_LABEL } from '../facts/network.ts';
import { within } from '../facts/minors.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Tri } from '../model/index.ts';
import { isTemplate } from '../model/index.ts';
import { gatewayNetworks, networkOf } from './scope.ts';
import type { Labels } from './selectors.ts';

/**
 * The network that the control plane of `reader` gives to a pod of a cluster; '' where none is set, undefined where it
 * is not known. The pod's label counts from Istio 1.8: before the cluster's network, but after the label of the system
 * namespace in 1.11 to 1.14.
 */
export const endpointNetwork = (mesh: Mesh, reader: Member, member: Member, labels: Labels): string | undefined => {
  const ofCluster = clusterNetwork(member);
  const label = labels[NETWORK_LABEL];
  const { minors } = mesh.versionOf(reader);
  if (label === undefined || label === ofCluster || within(minors, '<=1.7') === 'inside') return ofCluster;
  if (isTemplate(label)) return undefined;
  const ofNamespace = member.network.places.find((place) => place.side === 'namespace')?.value;
  if (ofNamespace === undefined || ofNamespace === label) return label;
  const namespaceFirst = within(minors, '1.11-1.14');
  if (namespaceFirst === 'partly' || within(minors, '<=1.7') === 'partly') return undefined;
  return namespaceFirst === 'inside' ? ofNamespace : label;
};

/** The network of a cluster; '' where its files set none, undefined where they do not tell. */
export const clusterNetwork = (member: Member): string | undefined =>
  member.network.fact.state === 'absent' ? '' : networkOf(member);

/** How calls of a cluster reach a pod. */
export interface Reach {
  /** Through the gateway of another network. */
  readonly byGateway: Tri;
  /** Network of the pod; '' where none is set, undefined where it is not known. */
  readonly network: string | undefined;
}

/**
 * Whether calls from a cluster reach a pod through a gateway: the networks differ, and a gateway of the pod's network
 * is known. Where no gateway is in the files it is unknown. A caller without network calls pods of any network directly
 * in Istio 1.11 to 1.29, and from 1.30 through their gateway.
 */
export const reach = (mesh: Mesh, from: Member, to: Member, workload: Pick<Workload, 'labels'>): Reach => {
  const reader = mesh.configCluster(from) ?? from;
  const network = endpointNetwork(mesh, reader, to, workload.labels);
  const near = clusterNetwork(from);
  const state = (byGateway: Tri): Reach => ({ byGateway, network });
  if (near === undefined || network === undefined) return state('unknown');
  if (near === network) return state('no');
  const known: Tri = gatewayNetworks(mesh).has(network) ? 'yes' : 'unknown';
  const { minors } = mesh.versionOf(reader);
  if (network === '') return state(within(minors, '1.11+') === 'inside' ? 'no' : 'unknown');
  if (near !== '') return state(known);
  if (within(minors, '1.11-1.29') === 'inside') return state('no');
  return state(within(minors, '1.11-1.29') === 'outside' ? known : 'unknown');
};

/** Whether the networks of a caller and a pod differ, with or without a gateway between them. */
export const isOfOtherNetwork = (mesh: Mesh, from: Member, to: Member, workload: Pick<Workload, 'labels'>): Tri => {
  const near = clusterNetwork(from);
  const { byGateway, network } = reach(mesh, from, to, workload);
  if (near === undefined || network === undefined) return 'unknown';
  if (near === network || byGateway === 'no') return 'no';
  return near === '' || network === '' ? byGateway : 'yes';
};
