// Questions about gateways that several rules ask: which workload is which gateway, and which servers it opens.
import type { EastWestGateway, GatewayPort } from '../facts/gateways.ts';
import { AUTO_PASSTHROUGH_PORT, compareGateways, MESH_EXPANSION_PORT } from '../facts/gateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { envSightings, hidesKind } from '../facts/sources.ts';
import type { Place, Resource, Tri } from '../model/index.ts';
import { filled, flag, get, integer, list, placeIn, sameNamespace, text, textMap, texts } from '../model/index.ts';
import { selects } from './selectors.ts';

/** One gateway of a cluster with all that its files say of it. */
export interface NetworkGateway {
  readonly member: Member;
  readonly name: string;
  readonly namespace: string | undefined;
  /** Network it serves; '' where no file says one. */
  readonly network: string;
  readonly networkPlace: Place | undefined;
  readonly networkUnknown: boolean;
  /** Each file that states it: its Service first, then IstioOperator and Helm values. */
  readonly statements: readonly EastWestGateway[];
  readonly podLabels: Readonly<Record<string, string>> | undefined;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly ports: readonly GatewayPort[] | undefined;
  readonly gatewayPort: number;
  readonly sidecar: Tri;
  readonly hbone: Tri;
  readonly place: Place;
  readonly resource: Resource | undefined;
  readonly shared: boolean;
}

/** One `servers` entry of an Istio Gateway. */
export interface GatewayServer {
  /** The cluster whose files hold it. */
  readonly member: Member;
  readonly gateway: Resource;
  readonly index: number;
  readonly port: number | undefined;
  readonly protocol: string;
  /** `tls.mode`, '' where there is none. */
  readonly mode: string;
  /** As written, with `ns/` prefixes. */
  readonly hosts: readonly string[];
  readonly selector: Readonly<Record<string, string>>;
  /** The server itself. */
  readonly place: Place;
}

const ORDER: Readonly<Record<EastWestGateway['evidence'], number>> = {
  service: 0,
  'gateway-api': 1,
  operator: 2,
  chart: 3,
  passthrough: 4,
  meshNetworks: 5,
};

const grouped = new WeakMap<Member, readonly NetworkGateway[]>();

/** The gateways of a cluster by namespace and name, without those that meshNetworks names. */
export const gatewaysOf = (member: Member): readonly NetworkGateway[] => {
  const held = grouped.get(member);
  if (held !== undefined) return held;
  const byName = new Map<string, EastWestGateway[][]>();
  const statements = member.eastWestGateways
    .filter((gateway) => gateway.evidence !== 'meshNetworks')
    .toSorted(compareGateways);
  for (const statement of statements) {
    // The Service of a Gateway API gateway is Istio's own, so another Service of that name is another gateway.
    const key = `${statement.evidence === 'gateway-api' ? 'api' : 'classic'} ${statement.name}`;
    const groups = byName.get(key) ?? [];
    byName.set(key, groups);
    const group = groups.find((candidate) =>
      candidate.every((other) => sameNamespace(other.namespace, statement.namespace)),
    );
    if (group === undefined) groups.push([statement]);
    else group.push(statement);
  }
  const found = [...byName.values()].flat().map((group) => gatewayOfStatements(member, group));
  grouped.set(member, found);
  return found;
};

const gatewayOfStatements = (member: Member, group: readonly EastWestGateway[]): NetworkGateway => {
  const statements = group.toSorted(
    (a, b) => ORDER[a.evidence] - ORDER[b.evidence] || Number(a.shared) - Number(b.shared),
  );
  const first = statements[0];
  if (first === undefined) throw new Error('a gateway has a statement');
  const labelled = statements.find((statement) => statement.network !== '');
  const withPorts = statements.find((statement) => statement.ports !== undefined);
  return {
    member,
    name: first.name,
    namespace: statements.find((statement) => statement.namespace !== undefined)?.namespace,
    network: labelled?.network ?? '',
    networkPlace: labelled?.networkPlace,
    networkUnknown: labelled === undefined && statements.some((statement) => statement.networkUnknown === true),
    statements,
    podLabels: statements.find((statement) => statement.podLabels !== undefined)?.podLabels,
    selector: statements.find((statement) => statement.selector !== undefined)?.selector,
    ports: withPorts?.ports,
    gatewayPort:
      statements.find((statement) => statement.gatewayPort !== AUTO_PASSTHROUGH_PORT)?.gatewayPort ??
      AUTO_PASSTHROUGH_PORT,
    sidecar: strongest(statements.map((statement) => statement.sidecar)),
    hbone: strongest(statements.map((statement) => statement.hbone)),
    place: first.place,
    resource: first.resource,
    shared: statements.every((statement) => statement.shared),
  };
};

const strongest = (values: readonly Tri[]): Tri =>
  values.includes('yes') ? 'yes' : values.includes('unknown') ? 'unknown' : 'no';

const servers = new WeakMap<Member, readonly GatewayServer[]>();

/** All servers of the Istio Gateways in the files of a cluster. */
export const serversOf = (member: Member): readonly GatewayServer[] => {
  const held = servers.get(member);
  if (held !== undefined) return held;
  const found = member.resources.ofKind('Gateway', 'networking.istio.io').flatMap((gateway) =>
    list(get(gateway.value, 'spec', 'servers')).map((server, index) => ({
      member,
      gateway,
      index,
      port: integer(get(server, 'port', 'number')),
      protocol: text(get(server, 'port', 'protocol')) ?? '',
      mode: filled(get(server, 'tls', 'mode')) ?? '',
      hosts: texts(get(server, 'hosts')),
      selector: textMap(get(gateway.value, 'spec', 'selector')),
      place: placeIn(gateway, 'spec', 'servers', index),
    })),
  );
  servers.set(member, found);
  return found;
};

/** A server that forwards by SNI to the services of its network; 1.1's telemetry server of meshexpansion is none. */
export const isAutoPassthrough = (server: GatewayServer): boolean =>
  server.mode === 'AUTO_PASSTHROUGH' && server.port !== MESH_EXPANSION_PORT;

/** A server for HTTP or for TLS that ends here: what clients outside the mesh call. */
export const isNorthSouth = (server: GatewayServer): boolean =>
  server.mode !== 'AUTO_PASSTHROUGH' &&
  (/^(HTTPS?|HTTP2|GRPC)$/i.test(server.protocol) || server.mode === 'SIMPLE' || server.mode === 'MUTUAL');

/** Whether the Gateway of a server is applied to the pods of a gateway. */
export const opens = (server: GatewayServer, gateway: Pick<NetworkGateway, 'podLabels' | 'selector'>): Tri => {
  if (gateway.podLabels !== undefined) return selects(server.selector, gateway.podLabels);
  const held = gateway.selector ?? {};
  const wanted = Object.entries(server.selector);
  // The pods have at least the labels of the selector.
  const told = wanted.filter(([key]) => held[key] !== undefined);
  const fits = selects(Object.fromEntries(told), held);
  return fits === 'yes' && told.length < wanted.length ? 'unknown' : fits;
};

/** Clusters whose Gateways count for a gateway, and whether these are all its files may hold. */
export interface GatewaySources {
  readonly members: readonly Member[];
  /** No file can hold more Gateways than are seen. */
  readonly certain: boolean;
  /** A file that was not read names the kind Gateway, or nobody knows whose Gateways count. */
  readonly hidden: boolean;
}

/** The clusters whose Gateways the proxies of a cluster may be given. */
export const gatewaySources = (mesh: Mesh, member: Member): GatewaySources => {
  const config = mesh.configCluster(member);
  if (config === undefined) return { members: mesh.members, certain: false, hidden: true };
  const hidden = config.cluster.unread.some((unread) => unread.kinds.includes('Gateway'));
  return { members: [config], certain: !hidesKind(config.cluster, ['Gateway']), hidden };
};

/** Servers that the pods of a gateway open, and whether there may be others that the files do not show. */
export const serversOn = (
  mesh: Mesh,
  gateway: Pick<NetworkGateway, 'member' | 'namespace' | 'podLabels' | 'selector'>,
): { readonly servers: readonly GatewayServer[]; readonly certain: boolean; readonly hidden: boolean } => {
  const sources = gatewaySources(mesh, gateway.member);
  const all = sources.members.flatMap((member) => serversOf(member).filter((server) => inReach(server, gateway)));
  const unsure = all.some((server) => opens(server, gateway) === 'unknown');
  return {
    servers: all.filter((server) => opens(server, gateway) === 'yes'),
    certain: sources.certain && !unsure,
    hidden: sources.hidden || unsure,
  };
};

/** With PILOT_SCOPE_GATEWAY_TO_NAMESPACE istiod gives a Gateway to pods of its own namespace only. */
const inReach = (server: GatewayServer, gateway: Pick<NetworkGateway, 'namespace'>): boolean =>
  sameNamespace(server.gateway.namespace, gateway.namespace) || !scopesGateways(server.member);

const scoped = new WeakMap<Member, boolean>();

/** Whether istiod gives Gateways only to pods of their own namespace. */
export const scopesGateways = (member: Member): boolean => {
  const held = scoped.get(member);
  if (held !== undefined) return held;
  const found = envSightings(member.cluster, 'istiod', 'PILOT_SCOPE_GATEWAY_TO_NAMESPACE').some(
    (sighting) => flag(sighting.value) === true,
  );
  scoped.set(member, found);
  return found;
};

/** Whether a gateway answers AUTO_PASSTHROUGH on some port: proven, proven not, or not to be told. */
export const answersNetworks = (mesh: Mesh, gateway: NetworkGateway): Tri => {
  if (gateway.statements.some((statement) => statement.evidence === 'gateway-api'))
    return strongest([gateway.sidecar, gateway.hbone]);
  const { servers: found, certain } = serversOn(mesh, gateway);
  if (found.some(isAutoPassthrough)) return 'yes';
  if (gateway.hbone === 'yes') return 'yes';
  return certain && mesh.tracks('config:Gateway') ? 'no' : 'unknown';
};

/** Host of a server without the namespace that may stand before it. */
export const hostName = (host: string): string => host.slice(host.indexOf('/') + 1);

/** Whether a host pattern covers every service of a cluster domain: `*`, or `*.` and a suffix of `svc.<domain>`. */
export const coversServices = (host: string, domain: string): boolean => {
  const name = hostName(host);
  return name === '*' || (name.startsWith('*.') && `.svc.${domain}`.endsWith(name.slice(1)));
};

/** Ports on which calls to a port of a gateway's Service arrive at its pods. */
export const arrivals = (gateway: Pick<NetworkGateway, 'ports'>, port: number): readonly number[] => [
  port,
  ...(gateway.ports ?? []).flatMap((held) =>
    (held.port === port || held.nodePort === port) && typeof held.targetPort === 'number' ? [held.targetPort] : [],
  ),
];

/** `Service istio-system/istio-eastwestgateway`, without the kind where only values name it. */
export const gatewayTitle = (gateway: NetworkGateway): string =>
  gateway.namespace === undefined ? gateway.name : `${gateway.namespace}/${gateway.name}`;

/** Whether its ports may be those of a gateway for data. */
export const servesData = (gateway: NetworkGateway): boolean => gateway.sidecar !== 'no' || gateway.hbone !== 'no';
