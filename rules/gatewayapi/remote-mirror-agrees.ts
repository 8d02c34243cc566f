import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { AUTO_PASSTHROUGH_PORT, gatewayClass, HBONE_PORT } from '../../src/facts/gateways.ts';
import { gatewayPortOf, PORT_LABEL } from '../../src/facts/gatewayPorts.ts';
import { NETWORK_LABEL } from '../../src/facts/network.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Related, Resource, Severity } from '../../src/model/index.ts';
import { describe, filled, get, integer, isTemplate, list, placeIn, placeOf, text } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { gatewaysOf } from '../../src/rule/gateways.ts';
import { knownInWords, knownNetworks } from '../../src/rule/known.ts';
import { networksOf } from '../../src/rule/networks.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, networkOf, realmsOf } from '../../src/rule/scope.ts';

const messages = {
  stale: '{cluster} mirrors network {network} with {gateway}; {peers} and no mirror names it{suffix}',
  unnamed:
    '{gateway} in {cluster} is of class istio-remote without label topology.istio.io/network: it is a gateway for no network{suffix}',
  own: '{gateway} in {cluster} mirrors network {network}, the own network of {cluster}{suffix}',
  addresses:
    '{gateway} in {cluster} mirrors network {network} without spec.addresses: nobody knows where it is{suffix}',
  value: '{gateway} in {cluster} mirrors network {network} with an address that has no value{suffix}',
  type: '{gateway} in {cluster} mirrors network {network} at {address} without a type: istiod reads typed addresses only{suffix}',
  unread:
    '{gateway} of class istio-remote stands in {cluster}, where no control plane reads it: Gateways count in {configs}{suffix}',
  ports:
    '{gateway} in {cluster} calls port {port} of the gateway for {network}; {peer} of {owner} opens {ports}{suffix}',
} as const;

export default defineRule({
  id: 'gatewayapi/remote-mirror-agrees',
  severity: 'error',
  istio: '1.19+',
  summary: 'A Gateway of class istio-remote names a network, an address and a port as the cluster there has them.',
  why: 'Such a Gateway tells istiod where the gateway of another network is. With a stale name, no address or another port, calls to that network go nowhere.',
  fix: 'Give it the label topology.istio.io/network with the network of the other cluster, spec.addresses with type and value, and the ports of the gateway there; keep it in the cluster from which istiod reads its configuration.',
  reads: ['Gateway', 'network', 'eastWestGateways'],
  models: [
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'ambient-networks',
    'hybrid-cloud',
  ],
  messages,
  check(mesh, report) {
    for (const member of mesh.members) {
      const mirrors = mirrorsIn(member);
      if (mirrors.length === 0) continue;
      const speaks = speaksFor(mesh.versionOf(member).minors, '1.19+', 'error');
      if (speaks === undefined) continue;
      const configs = realmsOf(mesh).map((realm) => realm.config);
      const isRead = configs.includes(member);
      // Whose configuration counts is not told by every set of files.
      const isDead = !isRead && mesh.configCluster(member) !== undefined;
      if (!isRead && !isDead) continue;
      for (const gateway of mirrors) {
        const say: Say = (message, where, slots) =>
          report(
            message,
            { severity: speaks.severity, ...where, cluster: member.name, resource: gateway },
            { ...NO_SLOTS, ...slots, gateway: describe(gateway), cluster: member.name, suffix: speaks.suffix },
          );
        if (isDead)
          say(
            'unread',
            { at: placeIn(gateway, 'spec', 'gatewayClassName') },
            { configs: inWords(configs.map((config) => config.name)) },
          );
        else checkMirror(mesh, member, gateway, mirrors, speaks.severity, say);
      }
    }
  },
});

const NO_SLOTS = { network: '', peers: '', address: '', configs: '', port: '', peer: '', owner: '', ports: '' };

type Say = (
  message: keyof typeof messages,
  where: Omit<Parameters<Report<typeof messages>>[1], 'cluster' | 'resource'>,
  slots: Partial<typeof NO_SLOTS>,
) => void;

const mirrorsIn = (member: Member): readonly Resource[] =>
  statementsOf(member.resources.ofKind('Gateway', 'gateway.networking.k8s.io')).flatMap(({ resource, ambiguous }) =>
    !ambiguous && gatewayClass(resource) === 'istio-remote' ? [resource] : [],
  );

const networkNamed = (gateway: Resource): string | undefined =>
  filled(gateway.labels[NETWORK_LABEL]) ??
  filled(get(gateway.value, 'spec', 'infrastructure', 'labels', NETWORK_LABEL));

const checkMirror = (
  mesh: Mesh,
  member: Member,
  gateway: Resource,
  mirrors: readonly Resource[],
  severity: Severity,
  say: Say,
): void => {
  const network = networkNamed(gateway);
  const label = placeIn(gateway, 'metadata', 'labels', NETWORK_LABEL);
  if (network === undefined) {
    say('unnamed', { at: label }, {});
    return;
  }
  if (isTemplate(network)) return;
  checkAddresses(gateway, network, severity, say);
  if (isOwn(mesh, member, network)) {
    say('own', { at: label, also: placesOf([member]) }, { network });
    return;
  }
  const peers = networksOf(mesh).get(network);
  if (peers !== undefined) checkPorts(gateway, network, peers, say);
  else if (!knownNetworks(mesh).names.has(network)) checkStale(mesh, member, network, mirrors, label, say);
};

/** Everything that this control plane serves lies in the network, so that nobody goes through the gateway. */
const isOwn = (mesh: Mesh, member: Member, network: string): boolean =>
  networkOf(member) === network &&
  mesh.members.every((other) => mesh.configCluster(other) !== member || networkOf(other) === network);

/** A network that no cluster has, while that of a cluster is not mirrored: else the peer may not be among the files. */
const checkStale = (
  mesh: Mesh,
  member: Member,
  network: string,
  mirrors: readonly Resource[],
  at: Related['place'],
  say: Say,
): void => {
  const known = knownNetworks(mesh);
  if (!known.complete) return;
  const mirrored = new Set(mirrors.map(networkNamed));
  const forgotten = [...networksOf(mesh)].filter(([name]) => name !== networkOf(member) && !mirrored.has(name));
  const [first] = forgotten;
  if (first === undefined) return;
  const [name, members] = first;
  say(
    'stale',
    { at, also: placesOf(members) },
    {
      network,
      peers:
        forgotten.length === 1
          ? `${inWords(members.map((peer) => peer.name))} ${members.length === 1 ? 'calls itself' : 'call themselves'} ${name}`
          : `the mesh has ${knownInWords(known)}`,
    },
  );
};

const placesOf = (members: readonly Member[]): readonly Related[] =>
  members.flatMap((member): readonly Related[] => {
    const place = placeOf(member.network.fact);
    return place === undefined ? [] : [{ place, cluster: member.name, message: `network ${networkOf(member) ?? ''}` }];
  });

const checkAddresses = (gateway: Resource, network: string, severity: Severity, say: Say): void => {
  const addresses = list(get(gateway.value, 'spec', 'addresses'));
  if (addresses.length === 0) {
    say('addresses', { at: placeIn(gateway, 'spec', 'addresses') }, { network });
    return;
  }
  for (const [index, address] of addresses.entries()) {
    const at = placeIn(gateway, 'spec', 'addresses', index);
    const value = filled(get(address, 'value'));
    if (value === undefined) say('value', { at }, { network });
    else if (text(get(address, 'type')) === undefined) {
      // The API server fills in IPAddress, which fits an address but no host name.
      const isAddress = /^[\d.]+$|:/.test(value) || isTemplate(value);
      say('type', { at, severity: isAddress ? lowered(severity) : severity }, { network, address: value });
    }
  }
};

/** Ports for data that the mirror lists and no gateway of that network opens. */
const checkPorts = (gateway: Resource, network: string, peers: readonly Member[], say: Say): void => {
  const own = gatewayPortOf(gateway.labels[PORT_LABEL]);
  const held = peers.flatMap(gatewaysOf).filter((candidate) => candidate.network === network);
  const opened = held.flatMap((candidate) => candidate.ports ?? []);
  const [first] = held;
  if (first === undefined || held.some((candidate) => candidate.ports === undefined || candidate.ports.length === 0))
    return;
  for (const [index, listener] of list(get(gateway.value, 'spec', 'listeners')).entries()) {
    const port = integer(get(listener, 'port'));
    if (port === undefined || !isForData(listener, port, own)) continue;
    if (opened.some((candidate) => candidate.port === port || candidate.nodePort === port)) continue;
    say(
      'ports',
      {
        at: placeIn(gateway, 'spec', 'listeners', index, 'port'),
        also: [{ place: first.place, cluster: first.member.name, message: `gateway ${first.name}` }],
      },
      {
        network,
        port: String(port),
        peer: first.name,
        owner: first.member.name,
        ports: [...new Set(opened.map((candidate) => candidate.port))].join(', '),
      },
    );
  }
};

const isForData = (listener: unknown, port: number, gatewayPort: number): boolean =>
  [gatewayPort, AUTO_PASSTHROUGH_PORT, HBONE_PORT].includes(port) ||
  ['HBONE', 'TLS'].includes(text(get(listener, 'protocol')) ?? '');
