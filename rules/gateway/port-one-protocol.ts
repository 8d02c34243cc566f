import type { Related } from '../../src/model/index.ts';
import { below, describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { collides, collidingServers, meetings } from '../../src/rule/gateway/clashes.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';

export default defineRule({
  id: 'gateway/port-one-protocol',
  severity: 'error',
  istio: 'all',
  summary: 'Gateways on the same pods agree about the protocol of a port, whatever their hosts are.',
  why: 'A port has one listener, and hosts only tell servers apart for HTTP or for TLS. istiod leaves out the server that came later: its hosts answer nothing.',
  fix: 'Give one of the servers another port, or other gateway pods.',
  reads: ['Gateway', 'workloads'],
  messages: {
    protocol:
      '{cluster}: {gateway} opens port {port} for {protocol}, {other} for {otherProtocol}; only the older one counts',
    tcp: '{cluster}: {gateway} and {other} both take TCP calls on port {port}; without TLS nothing tells their hosts apart',
  },
  check(mesh, report) {
    const told = new Set<GatewayServer>(collidingServers(mesh));
    for (const meeting of meetings(mesh)) {
      const kind = meeting.hosts === undefined ? collides(meeting) : undefined;
      if (kind !== 'protocol' && kind !== 'tcp') continue;
      for (const [server, other] of [
        [meeting.first, meeting.second],
        [meeting.second, meeting.first],
      ] as const) {
        if (told.has(server)) continue;
        told.add(server);
        const cluster = server.member.name;
        report(
          kind,
          { at: below(server.place, 'port'), cluster, resource: server.gateway, also: [relatedOf(other)] },
          {
            cluster,
            gateway: describe(server.gateway),
            other: describe(other.gateway),
            port: server.port ?? '',
            protocol: server.protocol,
            otherProtocol: other.protocol,
          },
        );
      }
    }
  },
});

const relatedOf = (server: GatewayServer): Related => ({
  place: server.place,
  cluster: server.member.name,
  message: `${describe(server.gateway)}: ${server.protocol} on ${server.hosts.join(', ')}`,
});
