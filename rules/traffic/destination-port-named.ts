import type { Member } from '../../src/facts/mesh.ts';
import type { Resource } from '../../src/model/index.ts';
import { describe, isTemplate, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serversOf } from '../../src/rule/gateways.ts';
import type { Resolution } from '../../src/rule/resolve.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import type { Route } from '../../src/rule/routes.ts';
import { routesOf } from '../../src/rule/routes.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';
import { portsOfHost } from '../../src/rule/traffic/destinations.ts';

export default defineRule({
  id: 'traffic/destination-port-named',
  severity: 'error',
  istio: 'all',
  summary: 'A route to a host with several ports names the port.',
  why: 'Without a port the call goes to the port that it came in on. At a gateway that is the port of the gateway, which the Service seldom has, and the answer is 503; from sidecars it works only for clients that call the very port that the destination has.',
  fix: 'Write destination.port.number.',
  reads: ['VirtualService', 'Service', 'ServiceEntry', 'Gateway'],
  aliases: ['IST0112'],
  messages: {
    gateway:
      '{route} in {cluster} sends calls of {gateway} to {host} without a port: they arrive on {arrivals}, and {host} has {ports}',
    mesh: '{route} in {cluster} sends to {host} without a port: it has {ports}, and each client needs to call the right one',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const route of routesOf(mesh, config)) {
        if (route.resource.kind !== 'VirtualService') continue;
        for (const { host, place, port } of route.destinations) {
          if (port !== undefined || host === '' || isTemplate(host)) continue;
          const found = resolveHost(mesh, config, host);
          if (found.state !== 'here' && found.state !== 'elsewhere') continue;
          const ports = portsOfHost(found);
          if (ports === undefined || ports.length < 2) continue;
          const arrivals = gatewayPortsOf(config, route);
          const missed = arrivals.filter((arrival) => !ports.includes(arrival));
          const isGateway = missed.length > 0;
          // Rules for the host itself keep the port that the client calls.
          if (!isGateway && isSelf(route, host)) continue;
          report(
            isGateway ? 'gateway' : 'mesh',
            {
              at: place,
              cluster: config.name,
              resource: route.resource,
              severity: isGateway ? 'error' : 'info',
              also: [relatedOf(found)],
            },
            {
              route: describe(route.resource),
              cluster: config.name,
              host,
              gateway: inWords(route.gateways),
              arrivals: `port ${inWords(missed.map(String))}`,
              ports: `ports ${inWords(ports.map(String))}`,
            },
          );
        }
      }
  },
});

const isSelf = (route: Route, host: string): boolean => route.hosts.some((called) => called.host === host);

const relatedOf = (
  found: Extract<Resolution, { readonly resource: Resource }>,
): { readonly place: Resource['place']; readonly cluster: string; readonly message: string } => ({
  place: placeIn(found.resource, 'spec', 'ports'),
  cluster: found.members[0]!.name,
  message: describe(found.resource),
});

/** Ports of the Gateways that a route hangs on. */
const gatewayPortsOf = (config: Member, route: Route): readonly number[] =>
  route.gateways.length === 0
    ? []
    : [
        ...new Set(
          serversOf(config)
            .filter(({ gateway }) => route.gateways.includes(`${gateway.namespace ?? '?'}/${gateway.name}`))
            .flatMap(({ port }) => port ?? []),
        ),
      ].toSorted((a, b) => a - b);
