import { filled, get, placeIn, text } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { protocolOfName } from '../../src/rule/portNames.ts';
import { isPlatformService, portsOf, serviceTable } from '../../src/rule/services.ts';

export default defineRule({
  id: 'services/port-name-tells-protocol',
  severity: 'info',
  preset: 'strict',
  istio: 'all',
  summary: 'A Service port tells its protocol, by its name or by appProtocol.',
  why: 'Without a protocol the proxies guess it from the first bytes of each connection. Protocols in which the server speaks first then wait for a timeout, and what is not recognised as HTTP is handled as plain TCP.',
  fix: 'Name the port <protocol>[-<suffix>], such as http or grpc-api, or set appProtocol.',
  reads: ['Service'],
  aliases: ['IST0118', 'KIA0601'],
  messages: {
    name: 'port {port} of Service {service} in {cluster} is called {name}, which tells no protocol',
    none: 'port {port} of Service {service} in {cluster} has no name, so that nothing tells its protocol',
  },
  check(mesh, report) {
    for (const service of serviceTable(mesh).all) {
      if (isPlatformService(mesh, service)) continue;
      for (const { member, resource } of service.statements) {
        if (get(resource.value, 'spec', 'type') === 'ExternalName') continue;
        portsOf(resource).forEach((port, index) => {
          const entry = ['spec', 'ports', index] as const;
          if (port.protocol === 'UDP' || filled(get(resource.value, ...entry, 'appProtocol')) !== undefined) return;
          const name = text(port.name) ?? '';
          if (protocolOfName(name) !== undefined) return;
          const where = {
            at: name === '' ? placeIn(resource, ...entry) : placeIn(resource, ...entry, 'name'),
            cluster: member.name,
            resource,
          };
          const slots = { port: port.number, service: `${service.namespace}/${service.name}`, cluster: member.name };
          if (name === '') report('none', where, slots);
          else report('name', where, { ...slots, name });
        });
      }
    }
  },
});
