// Servers of Istio Gateways that get in each other's way on one port of one gateway.
import type { Member, Mesh } from '../facts/mesh.ts';
import { installedGateways } from '../facts/installedGateways.ts';
import { within } from '../facts/minors.ts';
import type { Tri } from '../model/index.ts';
import { comparePlaces, compareText, filled, get, isTemplate, list, placeKey } from '../model/index.ts';
import type { GatewayServer } from './gateways.ts';
import { isAutoPassthrough, serversOf, serversOn } from './gateways.ts';
import { isWithin, splitHost } from './hosts.ts';

/** Two servers, the second by the order of files, with the hosts they clash on. */
export interface ServerClash {
  readonly first: GatewayServer;
  readonly second: GatewayServer;
  /**
   * `mode`: one host, two modes, the younger server is left out whole. `overlap`: hosts of two AUTO_PASSTHROUGH servers
   * cover the same services, Envoy refuses the listener. `lost`: a shared host takes the other hosts of the younger server along.
   */
  readonly kind: 'mode' | 'overlap' | 'lost';
  readonly host: string;
  readonly other: string;
  /** Whether some version of the clusters concerned does not act like this. */
  readonly certain: Tri;
  /** The cluster whose gateway opens both. */
  readonly member: Member;
}

/** All clashes with an AUTO_PASSTHROUGH server in them, one for each later server. */
export const serverClashes = (mesh: Mesh): readonly ServerClash[] => {
  const found: ServerClash[] = [];
  const told = new Set<string>();
  for (const member of mesh.members)
    for (const servers of portsOf(mesh, member))
      for (const [index, second] of servers.entries()) {
        const key = placeKey(second.place);
        if (told.has(key)) continue;
        const clash = firstClash(mesh, member, servers.slice(0, index), second);
        if (clash === undefined) continue;
        told.add(key);
        found.push(clash);
      }
  return found;
};

const firstClash = (
  mesh: Mesh,
  member: Member,
  before: readonly GatewayServer[],
  second: GatewayServer,
): ServerClash | undefined => {
  for (const first of before) {
    const clash = clashOf(mesh, member, first, second);
    if (clash !== undefined) return clash;
  }
  return undefined;
};

/** Servers by the gateway that opens them, then by port and bind address; in the order of their Gateways. */
const portsOf = (mesh: Mesh, member: Member): readonly (readonly GatewayServer[])[] =>
  podsOf(member).flatMap((gateway) => {
    const ports = new Map<string, GatewayServer[]>();
    for (const server of serversOn(mesh, { member, ...gateway, selector: undefined }).servers) {
      if (server.port === undefined || server.mode === '') continue;
      const key = `${server.port} ${bindOf(server)}`;
      const held = ports.get(key);
      if (held === undefined) ports.set(key, [server]);
      else held.push(server);
    }
    return [...ports.values()]
      .filter((servers) => servers.length > 1 && servers.some(isAutoPassthrough))
      .map((servers) => servers.toSorted(inOrder));
  });

const bindOf = (server: GatewayServer): string =>
  filled(get(list(get(server.gateway.value, 'spec', 'servers'))[server.index], 'bind')) ?? '';

const inOrder = (a: GatewayServer, b: GatewayServer): number =>
  compareText(a.gateway.namespace ?? '', b.gateway.namespace ?? '') ||
  compareText(a.gateway.name, b.gateway.name) ||
  a.index - b.index ||
  comparePlaces(a.place, b.place);

interface Pods {
  readonly namespace: string | undefined;
  readonly podLabels: Readonly<Record<string, string>>;
}

/** Labels of all gateways of a cluster, and those that an AUTO_PASSTHROUGH server wants where no gateway is to be seen. */
const podsOf = (member: Member): readonly Pods[] => {
  const workloads = member.workloads
    .filter((workload) => workload.gateway)
    .map((workload): Pods => ({ namespace: workload.namespace, podLabels: workload.labels }));
  const installed = installedGateways(member.cluster).flatMap((gateway): readonly Pods[] =>
    gateway.podLabels === undefined ? [] : [{ namespace: gateway.namespace, podLabels: gateway.podLabels }],
  );
  const wanted = serversOf(member)
    .filter((server) => isAutoPassthrough(server) && Object.keys(server.selector).length > 0)
    .map((server): Pods => ({ namespace: server.gateway.namespace, podLabels: server.selector }));
  // Many servers ask for the same pods.
  const byLabels = new Map(
    [...workloads, ...installed, ...wanted].map((pods) => [
      JSON.stringify([pods.namespace, Object.entries(pods.podLabels).toSorted(([a], [b]) => compareText(a, b))]),
      pods,
    ]),
  );
  return [...byLabels.values()];
};

const clashOf = (mesh: Mesh, member: Member, first: GatewayServer, second: GatewayServer): ServerClash | undefined => {
  if (!isAutoPassthrough(first) && !isAutoPassthrough(second)) return undefined;
  if (isSameObject(first, second) || [first, second].some((server) => server.hosts.some(isTemplate))) return undefined;
  const [ours, theirs] = [hostsOf(first), hostsOf(second)];
  const shared = ours.find((host) => theirs.includes(host));
  const clash = { first, second, member, certain: 'yes' as const };
  if (first.mode !== second.mode)
    return shared === undefined ? undefined : { ...clash, kind: 'mode', host: shared, other: shared };
  if (shared !== undefined) {
    const same = ours.length === theirs.length && ours.every((host) => theirs.includes(host));
    return same ? undefined : { ...clash, kind: 'lost', host: shared, other: shared };
  }
  // Up to 1.7 each pattern is one chain with its own match; later each service that it covers is one.
  const chains = within(mesh.versionOf(member).minors, '1.8+');
  if (chains === 'outside') return undefined;
  for (const host of ours)
    for (const other of theirs)
      if (isWithin(host, other) || isWithin(other, host))
        return { ...clash, kind: 'overlap', host, other, certain: chains === 'inside' ? 'yes' : 'unknown' };
  return undefined;
};

/** Two statements of one Gateway: a base and its overlay, or alternatives. */
const isSameObject = (first: GatewayServer, second: GatewayServer): boolean =>
  first.gateway !== second.gateway &&
  first.gateway.name === second.gateway.name &&
  first.gateway.namespace === second.gateway.namespace;

/** Istio takes `*` + `/host` for the host, and `./host` for the Gateway's own namespace. */
const hostsOf = (server: GatewayServer): readonly string[] =>
  server.hosts.map((written) => {
    const { namespace, host } = splitHost(written);
    if (namespace === undefined || namespace === '*') return host;
    return `${namespace === '.' ? (server.gateway.namespace ?? '.') : namespace}/${host}`;
  });
