import { below, get, isTemplate } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isProtocol, protocolOfPort, protocolOfWord } from '../../src/rule/portNames.ts';
import { isPlatformService, nameOfService, portsOf, serviceTable } from '../../src/rule/services.ts';

export default defineRule({
  id: 'services/app-protocol-known',
  severity: 'info',
  preset: 'strict',
  istio: '1.9+',
  summary: 'appProtocol of a Service port is a protocol that Istio reads.',
  why: 'appProtocol wins over the name of the port. A protocol that Istio does not know makes the port plain TCP: no routes, retries or HTTP metrics, whatever the name says.',
  fix: 'Write one of grpc, grpc-web, http, http2, https, mongo, mysql, redis, tcp, tls, udp, kubernetes.io/h2c, kubernetes.io/ws or kubernetes.io/wss.',
  reads: ['Service'],
  aliases: ['KIA0602', 'IST0118'],
  messages: {
    unknown: 'port {port} of Service {service} in {cluster} has appProtocol {protocol}, which Istio does not know',
    partly:
      'port {port} of Service {service} in {cluster} has appProtocol {protocol}, of which Istio reads {read} and others nothing',
  },
  check(mesh, report) {
    for (const service of serviceTable(mesh).all) {
      if (isPlatformService(mesh, service)) continue;
      for (const { member, resource } of service.statements) {
        // services/external-name-port-named speaks of these.
        if (get(resource.value, 'spec', 'type') === 'ExternalName') continue;
        for (const port of portsOf(resource)) {
          const protocol = port.appProtocol;
          if (protocol === undefined || port.protocol === 'UDP' || isTemplate(protocol) || isProtocol(protocol))
            continue;
          const read = protocolOfWord(protocol);
          const aliases = protocolOfPort(port) === undefined ? ['KIA0602', 'IST0118'] : ['KIA0602'];
          report(
            read === undefined ? 'unknown' : 'partly',
            { at: below(port.place, 'appProtocol'), cluster: member.name, resource, aliases },
            { port: port.number, service: nameOfService(service), cluster: member.name, protocol, read: read ?? '' },
          );
        }
      }
    }
  },
});
