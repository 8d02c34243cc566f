import { describe, filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { realmsOf } from '../../src/rule/scope.ts';

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
    address: '{gateway} in {cluster} asks for address {address}, as {other} does',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const gateways = statementsOf(config.resources.ofKind('Gateway', 'gateway.networking.k8s.io'));
      const addresses = new Map<string, (typeof gateways)[number]['resource'][]>();
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
              at: placeIn(resource, 'spec', 'listeners', index, host === '' ? 'port' : 'hostname'),
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
          const others = addresses.get(value) ?? [];
          addresses.set(value, [...others, resource]);
          const [other] = others;
          if (other === undefined || other === resource) continue;
          report(
            'address',
            {
              at: placeIn(resource, 'spec', 'addresses', index, 'value'),
              cluster: config.name,
              resource,
              severity: 'warning',
              aliases: ['KIA1502'],
              also: [{ place: placeIn(other, 'spec', 'addresses'), cluster: config.name, message: describe(other) }],
            },
            { gateway: describe(resource), cluster: config.name, address: value, other: describe(other) },
          );
        }
      }
    }
  },
});
