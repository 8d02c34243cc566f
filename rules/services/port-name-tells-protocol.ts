import type { Resource } from '../../src/model/index.ts';
import { below, get } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { protocolOfPort } from '../../src/rule/portNames.ts';
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
        if (get(resource.value, 'spec', 'type') === 'ExternalName' || isOfIstio(resource)) continue;
        for (const port of portsOf(resource)) {
          // services/app-protocol-known speaks of an appProtocol.
          if (port.appProtocol !== undefined || protocolOfPort(port) !== undefined) continue;
          const name = port.name ?? '';
          const where = {
            at: name === '' ? port.place : below(port.place, 'name'),
            cluster: member.name,
            resource,
          };
          const slots = { port: port.number, service: `${service.namespace}/${service.name}`, cluster: member.name };
          if (name === '') report('none', where, slots);
          else report('name', where, { ...slots, name });
        }
      }
    }
  },
});

/** Parts of an installation of Istio: label `istio` names the part, older charts call themselves by their release. */
const isOfIstio = ({ labels }: Resource): boolean => labels['istio'] !== undefined || labels['release'] === 'istio';
