import type { Place, Resource } from '../../src/model/index.ts';
import { describe, filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'gatewayapi/listener-unique',
  severity: 'error',
  istio: '1.16+',
  summary: 'The listeners of a Gateway differ in port, protocol or hostname, and no two Gateways ask for one address.',
  why: 'Listeners of one port, protocol and hostname are refused by the API server, or set to Conflicted and not served. Of two Gateways with one address, only one gets it.',
  fix: 'Give one of the listeners another hostname or port, or take it out.',
  reads: ['Gateway'],
  aliases: ['KIA1502', 'KIA1503'],
  messages: {
    listener: '{gateway} in {cluster}: listeners {name} and {other} both serve {host} on port {port} with {protocol}',
    address: '{gateway} in {cluster} asks for address {address}, as {others} {do}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const gateways = statementsOf(config.resources.ofKind('Gateway', 'gateway.networking.k8s.io'));
      const addresses = new Map<string, Asked[]>();
      for (const { resource } of gateways) {
        const held = new Map<string, string>();
        for (const [index, listener] of list(get(resource.value, 'spec', 'listeners')).entries()) {
          const [name, host, port, protocol] = ['name', 'hostname', 'port', 'protocol'].map(
            (key) => filled(get(listener, key)) ?? '',
          ) as [string, string, string, string];
          if ([host, port, protocol].some(isTemplate)) continue;
          const key = `${host.toLowerCase()}\0${port}\0${protocol}`;
          const other = held.get(key);
          held.set(key, other ?? name);
          if (other === undefined || other === name) continue;
          report(
            'listener',
            {
              at: placeIn(resource, 'spec', 'listeners', index),
              cluster: config.name,
              resource,
              aliases: ['KIA1503'],
            },
            {
              gateway: describe(resource),
              cluster: config.name,
              name,
              other,
              host: host === '' ? 'all hosts' : host,
              port,
              protocol,
            },
          );
        }
        for (const [index, address] of list(get(resource.value, 'spec', 'addresses')).entries()) {
          const value = filled(get(address, 'value'));
          const type = filled(get(address, 'type')) ?? 'IPAddress';
          // A host name is the Service that deploys the proxies, which Gateways may share.
          if (value === undefined || isTemplate(value) || type !== 'IPAddress') continue;
          const asked = addresses.get(value) ?? [];
          const place = placeIn(resource, 'spec', 'addresses', index, 'value');
          if (asked.every((other) => other.resource !== resource))
            addresses.set(value, [...asked, { resource, place }]);
        }
      }
      for (const [address, asked] of addresses)
        for (const one of asked.length < 2 ? [] : asked) {
          const others = asked.filter((other) => other !== one);
          report(
            'address',
            {
              at: one.place,
              cluster: config.name,
              resource: one.resource,
              severity: 'warning',
              aliases: ['KIA1502'],
              fix: 'Give one of the Gateways another address.',
              also: others.map((other) => ({
                place: other.place,
                cluster: config.name,
                message: describe(other.resource),
              })),
            },
            {
              gateway: describe(one.resource),
              cluster: config.name,
              address,
              others: inWords(others.map((other) => describe(other.resource))),
              do: others.length === 1 ? 'does' : 'do',
            },
          );
        }
    }
  },
});

interface Asked {
  readonly resource: Resource;
  readonly place: Place;
}
