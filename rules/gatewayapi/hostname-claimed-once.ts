import type { Place, Resource } from '../../src/model/index.ts';
import { describe, filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'gatewayapi/hostname-claimed-once',
  severity: 'info',
  preset: 'strict',
  istio: '1.16+',
  summary: 'One Gateway of a cluster serves a hostname on a port.',
  why: 'Each Gateway gets proxies and an address of its own. DNS leads to one of them, so that the routes of the other see no calls, unless that is meant.',
  fix: 'Serve the hostname by one Gateway, and let routes of several namespaces share its listener.',
  reads: ['Gateway'],
  aliases: ['KIA1501'],
  messages: {
    shared: '{gateway} in {cluster} serves {host} on port {port}, as {others} does',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const held = new Map<string, { resource: Resource; place: Place; host: string; port: string }[]>();
      for (const { resource } of statementsOf(config.resources.ofKind('Gateway', 'gateway.networking.k8s.io')))
        for (const [index, listener] of list(get(resource.value, 'spec', 'listeners')).entries()) {
          const [host, port, protocol] = ['hostname', 'port', 'protocol'].map((key) => filled(get(listener, key)));
          if (host === undefined || port === undefined || protocol === undefined || isTemplate(host)) continue;
          const key = `${host.toLowerCase()}\0${port}\0${protocol}`;
          const place = placeIn(resource, 'spec', 'listeners', index, 'hostname');
          held.set(key, [...(held.get(key) ?? []), { resource, place, host, port }]);
        }
      for (const group of held.values())
        for (const { resource, place, host, port } of group) {
          const others = group.filter((other) => other.resource !== resource);
          if (others.length === 0) continue;
          report(
            'shared',
            {
              at: place,
              cluster: config.name,
              resource,
              also: others.map((other) => ({
                place: other.place,
                cluster: config.name,
                message: describe(other.resource),
              })),
            },
            {
              gateway: describe(resource),
              cluster: config.name,
              host,
              port,
              others: inWords([...new Set(others.map((other) => describe(other.resource)))]),
            },
          );
        }
    }
  },
});
