import { defineRule } from '../../src/rule/define.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';
import { isAutoPassthrough, serversOf } from '../../src/rule/gateways.ts';
import type { Mesh } from '../../src/facts/mesh.ts';
import { lowered } from '../../src/facts/minors.ts';
import { below } from '../../src/model/index.ts';
import type { ServerClash } from '../../src/rule/serverClashes.ts';
import { oncePerMember } from '../../src/rule/scope.ts';
import { serverClashes } from '../../src/rule/serverClashes.ts';

export default defineRule({
  id: 'network/gateway-listener-unique',
  severity: 'error',
  istio: 'all',
  summary: 'Servers on the port of an AUTO_PASSTHROUGH gateway share no host.',
  why: 'Two servers with one host on one port: istiod leaves the younger one out. Two AUTO_PASSTHROUGH servers that cover the same services make equal filter chains, and Envoy refuses the whole listener: no call of another network arrives any more.',
  fix: 'Keep one AUTO_PASSTHROUGH server per gateway port ("*.local" covers every service), and give other servers a port or a gateway of their own.',
  reads: ['Gateway', 'Deployment', 'eastWestGateways'],
  models: [
    'shared-control-plane',
    'replicated-control-planes',
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'ambient-networks',
  ],
  messages: {
    mode: '{cluster}: {second} ({otherMode}) and {first} ({mode}) both claim {host} on port {port}; the younger of them is left out{peer}',
    overlap:
      '{cluster}: {second} ({other}) and {first} ({host}) both have AUTO_PASSTHROUGH on port {port}; they cover the same services, so Envoy refuses the listener{peer}{from}',
    lost: '{cluster}: {second} and {first} share host {host} on port {port}; the younger of them is left out, with {rest}{peer}',
  },
  check(mesh, report) {
    for (const clash of serverClashes(mesh)) {
      const { first, second, kind, host, other } = clash;
      const cluster = second.member.name;
      const slots = {
        cluster,
        first: titleOf(first, second),
        second: titleOf(second, first),
        host,
        port: second.port ?? '',
        peer: peerText(mesh, clash),
      };
      const at = below(second.place, kind === 'mode' && first.gateway === second.gateway ? 'tls' : 'hosts');
      const also = [
        {
          place: below(first.place, 'hosts'),
          cluster: first.member.name,
          message: `${titleOf(first, second)}: ${first.mode} on ${first.hosts.join(', ')}`,
        },
      ];
      const where = { at, cluster, also, resource: second.gateway };
      if (kind === 'mode') report('mode', where, { ...slots, mode: first.mode, otherMode: second.mode });
      else if (kind === 'overlap')
        report(
          'overlap',
          { ...where, severity: clash.certain === 'yes' ? 'error' : lowered('error') },
          { ...slots, other, from: clash.certain === 'yes' ? '' : ' (from Istio 1.8)' },
        );
      else report('lost', { ...where, severity: 'warning' }, { ...slots, rest: restOf(clash) });
    }
  },
});

const titleOf = (server: GatewayServer, other: GatewayServer): string =>
  server.gateway === other.gateway
    ? `server ${server.index + 1} of Gateway ${server.gateway.name}`
    : `Gateway ${server.gateway.name}`;

/** Hosts that only one of two servers has. */
const restOf = ({ first, second }: ServerClash): string => {
  const rest = [
    ...second.hosts.filter((host) => !first.hosts.includes(host)),
    ...first.hosts.filter((host) => !second.hosts.includes(host)),
  ];
  return rest.join(' or ') || 'all its hosts';
};

/** A cluster in which one AUTO_PASSTHROUGH server has the port alone. */
const peerText = (mesh: Mesh, { member, second }: ServerClash): string => {
  const peer = mesh.members.find(
    (held) =>
      held !== member &&
      held !== second.member &&
      passesAlone(mesh, held) &&
      serversOf(held).filter((server) => server.port === second.port).length === 1,
  );
  return peer === undefined ? '' : `; ${peer.name} has one server there`;
};

const passesAlone = oncePerMember((_mesh, member) => serversOf(member).filter(isAutoPassthrough).length === 1);
