import { below, describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { collides, collidingServers, meetings } from '../../src/rule/gateway/clashes.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';

export default defineRule({
  id: 'gateway/server-hosts-apart',
  severity: 'info',
  istio: 'all',
  preset: 'strict',
  summary: 'Hosts of Gateways on one port of the same pods do not overlap.',
  why: 'istiod joins plain HTTP servers of one port, and with wildcards the longer host counts. That works, yet settings such as httpsRedirect of one Gateway reach the hosts of the other.',
  fix: 'Keep a host in one Gateway, and let VirtualServices of several teams share it.',
  reads: ['Gateway', 'workloads'],
  aliases: ['IST0145', 'KIA0301'],
  messages: {
    overlap: '{cluster}: {gateway} serves {host} on port {port}, {other} {otherHost}',
  },
  check(mesh, report) {
    // One finding for each server.
    const told = new Set<GatewayServer>(collidingServers(mesh));
    for (const meeting of meetings(mesh)) {
      const { first, second, hosts } = meeting;
      if (hosts === undefined || collides(meeting) !== undefined) continue;
      for (const [server, other, host, otherHost] of [
        [first, second, hosts[0], hosts[1]],
        [second, first, hosts[1], hosts[0]],
      ] as const) {
        if (told.has(server)) continue;
        told.add(server);
        const cluster = server.member.name;
        report(
          'overlap',
          {
            at: below(server.place, 'hosts'),
            cluster,
            resource: server.gateway,
            also: [
              { place: below(other.place, 'hosts'), cluster: other.member.name, message: describe(other.gateway) },
            ],
          },
          {
            cluster,
            gateway: describe(server.gateway),
            other: describe(other.gateway),
            host,
            otherHost,
            port: server.port ?? '',
          },
        );
      }
    }
  },
});
