import type { Place, Related } from '../../src/model/index.ts';
import { below, describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Meeting } from '../../src/rule/gateway/clashes.ts';
import { collides, doubledServers, meetings } from '../../src/rule/gateway/clashes.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';

export default defineRule({
  id: 'gateway/server-unique',
  severity: 'error',
  istio: 'all',
  summary: 'Two Gateways on the same pods do not claim one host and port for different protocols, or twice for TLS.',
  why: 'istiod joins the Gateways of a workload to one listener per port. A server with another protocol than the one before it, or with a TLS host that is taken, is left out whole: its hosts answer nothing. Which of the two is the younger is another in every cluster.',
  fix: 'Put the hosts into one Gateway, or give one of the servers a port, a host or gateway pods of its own.',
  reads: ['Gateway', 'workloads'],
  aliases: ['IST0145', 'KIA0301'],
  messages: {
    protocol:
      '{cluster}: {gateway} opens port {port} for {protocol}, {other} for {otherProtocol}; only the older one counts',
    host: '{cluster}: {gateway} and {other} both serve {host} on TLS port {port}; the younger server is left out',
    twice:
      '{cluster}: {gateway} serves {host} on TLS port {port} in a server before this one, which is left out with its certificate',
    tcp: '{cluster}: {gateway} and {other} both take all TCP calls on port {port}; only one of them can',
  },
  check(mesh, report) {
    for (const meeting of doubledServers(mesh)) {
      const { first, second } = meeting;
      report(
        'twice',
        {
          at: placeOf(second, 'host'),
          cluster: second.member.name,
          resource: second.gateway,
          also: [relatedOf(first)],
          aliases: [],
          fix: 'Put the hosts into one server, or give one of the servers a host or a port of its own.',
        },
        {
          cluster: second.member.name,
          gateway: describe(second.gateway),
          host: hostOf(meeting),
          port: second.port ?? '',
        },
      );
    }
    const told = new Set<GatewayServer>();
    for (const meeting of meetings(mesh)) {
      const kind = collides(meeting);
      // Without a host in common, gateway/port-one-protocol speaks.
      if (kind === undefined || meeting.hosts === undefined) continue;
      for (const [server, other] of [
        [meeting.first, meeting.second],
        [meeting.second, meeting.first],
      ] as const) {
        if (told.has(server)) continue;
        told.add(server);
        const cluster = server.member.name;
        report(
          kind,
          { at: placeOf(server, kind), cluster, resource: server.gateway, also: [relatedOf(other)] },
          {
            cluster,
            gateway: describe(server.gateway),
            other: describe(other.gateway),
            port: server.port ?? '',
            protocol: server.protocol,
            otherProtocol: other.protocol,
            host: hostOf(meeting),
          },
        );
      }
    }
  },
});

const hostOf = ({ hosts }: Meeting): string => hosts?.[0].replace(/^.*\//, '') ?? '';

const placeOf = (server: GatewayServer, kind: 'protocol' | 'host' | 'tcp'): Place =>
  kind === 'host' ? below(server.place, 'hosts') : below(server.place, 'port');

const relatedOf = (server: GatewayServer): Related => ({
  place: server.place,
  cluster: server.member.name,
  message: `${describe(server.gateway)}: ${server.protocol} on ${server.hosts.join(', ')}`,
});
