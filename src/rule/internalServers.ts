// Gateway servers that are plainly meant for calls from other clusters, judged by their hosts alone: before 1.8 no file
// need say which gateway serves which network, so these are seen even where no way into a network can be named.
import { installedGateways } from '../facts/installedGateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { hidesKind } from '../facts/sources.ts';
import type { Place, Severity } from '../model/index.ts';
import { below, get, list, placeIn, texts, valueOf } from '../model/index.ts';
import type { GatewayServer } from './gateways.ts';
import { coversServices, gatewaySources, hostName, isAutoPassthrough, opens, serversOf } from './gateways.ts';
import { networksOf } from './networks.ts';

export interface InternalServerFault {
  readonly message: 'internal-mode' | 'internal-hosts' | 'internal-selector';
  readonly severity: Severity;
  readonly at: Place;
  readonly server: GatewayServer;
  readonly domain: string;
  /** A cluster whose gateway the Gateway would have to select. */
  readonly gateway: { readonly name: string; readonly member: Member; readonly place: Place } | undefined;
}

/** Servers for names of the mesh that let no call in. */
export const internalServerFaults = (mesh: Mesh): readonly InternalServerFault[] => {
  if (mesh.members.length < 2 || networksOf(mesh).size === 0) return [];
  const replicated = mesh.members.every((member) => mesh.roleOf(member) !== 'remote');
  return mesh.members
    .filter((member) => mesh.configCluster(member) === member)
    .flatMap((member) => serversOf(member).flatMap((server) => faultOf(mesh, server, replicated) ?? []));
};

const faultOf = (mesh: Mesh, server: GatewayServer, replicated: boolean): InternalServerFault | undefined => {
  if (server.protocol.toUpperCase() !== 'TLS') return undefined;
  const domain = valueOf(server.member.clusterDomain);
  if (domain === undefined) return undefined;
  const names = server.hosts.map(hostName);
  const found = { server, domain, gateway: undefined };
  if (
    server.mode === 'PASSTHROUGH' &&
    names.length > 0 &&
    names.every((name) => name !== '*' && coversServices(name, domain))
  )
    return isRouted(server)
      ? undefined
      : { ...found, message: 'internal-mode', severity: 'error', at: below(server.place, 'tls', 'mode') };
  if (!isAutoPassthrough(server) || names.length === 0) return undefined;
  const replaced = replicated && names.every((name) => name.endsWith('.global'));
  if (!replaced && !names.some((name) => coversServices(name, domain) || name.endsWith(`.svc.${domain}`)))
    return { ...found, message: 'internal-hosts', severity: 'error', at: below(server.place, 'hosts') };
  const missed = unselected(mesh, server);
  return missed === undefined
    ? undefined
    : {
        ...found,
        gateway: missed,
        message: 'internal-selector',
        severity: 'warning',
        at: placeIn(server.gateway, 'spec', 'selector'),
      };
};

/** A VirtualService, also one in a file that was not read, may carry what arrives by SNI; then PASSTHROUGH is meant. */
const isRouted = (server: GatewayServer): boolean => {
  const { gateway } = server;
  if (hidesKind(server.member.cluster, ['VirtualService'])) return true;
  const names = new Set([gateway.name, `${gateway.namespace ?? ''}/${gateway.name}`]);
  return server.member.resources
    .ofKind('VirtualService')
    .some(
      (service) =>
        list(get(service.value, 'spec', 'tls')).length > 0 &&
        texts(get(service.value, 'spec', 'gateways')).some(
          (name) => names.has(name) || name.endsWith(`/${gateway.name}`),
        ),
    );
};

/** A gateway that the Gateway would have to select, where it selects none of those in the files. */
const unselected = (mesh: Mesh, server: GatewayServer): InternalServerFault['gateway'] => {
  const governed = mesh.members.filter((member) => gatewaySources(mesh, member).members.includes(server.member));
  const gateways = governed.flatMap((member) =>
    member.workloads
      .filter((workload) => workload.gateway)
      .map((workload) => ({ name: workload.name, member, place: workload.specPlace, labels: workload.labels })),
  );
  const first = gateways[0];
  if (
    first === undefined ||
    gateways.some(({ labels }) => opens(server, { podLabels: labels, selector: undefined }) !== 'no') ||
    governed.some((member) => mayInstallGateway(member, server))
  )
    return undefined;
  // The files of a cluster that runs no gateway may leave out the one that is meant.
  return governed.every((member) => member === first.member || member.workloads.length > 0) ? first : undefined;
};

/** An IstioOperator or a chart brings the gateway that is meant, or a file that was not read may. */
const mayInstallGateway = (member: Member, server: GatewayServer): boolean =>
  hidesKind(member.cluster, ['Deployment', 'DaemonSet', 'IstioOperator', 'HelmRelease', 'Application']) ||
  installedGateways(member.cluster).some(
    (gateway) => opens(server, { podLabels: gateway.podLabels, selector: gateway.selector }) !== 'no',
  );
