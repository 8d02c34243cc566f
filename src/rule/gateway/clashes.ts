// Servers of two Gateways that meet on one port of the same pods.
import type { Mesh } from '../../facts/mesh.ts';
import { sameNamespace } from '../../model/index.ts';
import type { GatewayServer } from '../gateways.ts';
import { scopesGateways } from '../gateways.ts';
import { isWithin, splitHost } from '../hosts.ts';
import { oncePerMesh } from '../scope.ts';
import type { Labels } from '../selectors.ts';
import type { SelectedGateway } from './selected.ts';
import { bindOf, classOf, holdsAll, selectedGateways } from './selected.ts';

/** What two servers of one port and address have in common. */
export interface Meeting {
  readonly first: GatewayServer;
  readonly second: GatewayServer;
  /** A host that both have, or two hosts of which one covers the other; undefined where none do. */
  readonly hosts: readonly [string, string] | undefined;
}

/** All pairs of servers of different Gateways on one port, address and set of pods. */
export const meetings = oncePerMesh((mesh: Mesh): readonly Meeting[] => {
  const byPort = new Map<string, { readonly of: SelectedGateway; readonly server: GatewayServer }[]>();
  // Who selects nothing meets nobody.
  const arePodsKnown = holdsAll(mesh, 'Pod');
  for (const of of selectedGateways(mesh))
    for (const server of of.pods.length === 0 && arePodsKnown ? [] : of.servers) {
      // Rules of the family network speak of those.
      if (server.port === undefined || server.mode === 'AUTO_PASSTHROUGH') continue;
      const key = `${of.realm.config.name} ${server.port} ${bindOf(server)}`;
      const held = byPort.get(key);
      if (held === undefined) byPort.set(key, [{ of, server }]);
      else held.push({ of, server });
    }
  const found: Meeting[] = [];
  for (const group of byPort.values())
    for (const [index, b] of group.entries())
      for (const a of group.slice(0, index))
        if (a.of !== b.of && sharePods(a.of, b.of))
          found.push({ first: a.server, second: b.server, hosts: sharedHosts(a.server, b.server) });
  return found;
});

/** One selector lies within the other, or some pod satisfies both. */
const sharePods = (a: SelectedGateway, b: SelectedGateway): boolean => {
  if (scopesGateways(a.realm.config) && !sameNamespace(a.gateway.namespace, b.gateway.namespace)) return false;
  return (
    contains(a.selector, b.selector) || contains(b.selector, a.selector) || a.pods.some((pod) => b.pods.includes(pod))
  );
};

/** Whether each pod that the first selects is selected by the second as well. */
export const contains = (narrow: Labels, wide: Labels): boolean =>
  Object.entries(wide).every(([key, value]) => Object.hasOwn(narrow, key) && narrow[key] === value);

const sharedHosts = (a: GatewayServer, b: GatewayServer): readonly [string, string] | undefined => {
  const pairs = a.hosts
    .flatMap((left) => b.hosts.map((right) => [left, right] as const))
    .filter(([left, right]) => meet(a, left, b, right));
  return pairs.find(([left, right]) => splitHost(left).host === splitHost(right).host) ?? pairs[0];
};

const meet = (a: GatewayServer, left: string, b: GatewayServer, right: string): boolean => {
  const [one, other] = [splitHost(left), splitHost(right)];
  const [from, to] = [namespaceOf(a, one.namespace), namespaceOf(b, other.namespace)];
  if (from !== undefined && to !== undefined && from !== to) return false;
  return isWithin(one.host, other.host) || isWithin(other.host, one.host);
};

/** Undefined stands for all namespaces. */
const namespaceOf = (server: GatewayServer, written: string | undefined): string | undefined =>
  written === '.' ? server.gateway.namespace : written === '*' ? undefined : written;

/** Why istiod leaves out the younger of two servers: other protocols, a TLS host twice, or plain TCP twice. */
export const collides = ({ first, second, hosts }: Meeting): 'protocol' | 'host' | 'tcp' | undefined => {
  const [one, other] = [classOf(first), classOf(second)];
  if (one !== other) return 'protocol';
  if (one === 'TCP') return 'tcp';
  return one === 'TLS' && hosts !== undefined && splitHost(hosts[0]).host === splitHost(hosts[1]).host
    ? 'host'
    : undefined;
};

/** Servers of one Gateway that serve a TLS host of a server before them once more. */
export const doubledServers = oncePerMesh((mesh): readonly Meeting[] =>
  selectedGateways(mesh).flatMap((of) =>
    of.servers.flatMap((second, index): readonly Meeting[] => {
      if (classOf(second) !== 'TLS' || second.port === undefined || second.mode === 'AUTO_PASSTHROUGH') return [];
      for (const first of of.servers.slice(0, index)) {
        if (first.port !== second.port || bindOf(first) !== bindOf(second)) continue;
        const meeting = { first, second, hosts: sharedHosts(first, second) };
        if (collides(meeting) === 'host') return [meeting];
      }
      return [];
    }),
  ),
);

/** Servers of which gateway/server-unique speaks. */
export const collidingServers = oncePerMesh(
  (mesh): ReadonlySet<GatewayServer> =>
    new Set(
      meetings(mesh).flatMap((meeting) =>
        meeting.hosts !== undefined && collides(meeting) !== undefined ? [meeting.first, meeting.second] : [],
      ),
    ),
);
