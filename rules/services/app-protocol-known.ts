import { filled, get, isTemplate, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isPlatformService, nameOfService, portsOf, serviceTable } from '../../src/rule/services.ts';

/** What istiod reads in appProtocol, in small letters. */
const KNOWN = new Set([
  'grpc',
  'grpc-web',
  'http',
  'http2',
  'https',
  'mongo',
  'mysql',
  'redis',
  'tcp',
  'tls',
  'udp',
  'kubernetes.io/h2c',
  'kubernetes.io/ws',
  'kubernetes.io/wss',
]);

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
  },
  check(mesh, report) {
    for (const service of serviceTable(mesh).all) {
      if (isPlatformService(mesh, service)) continue;
      for (const { member, resource } of service.statements)
        portsOf(resource).forEach((port, index) => {
          const path = ['spec', 'ports', index, 'appProtocol'] as const;
          const protocol = filled(get(resource.value, ...path));
          if (protocol === undefined || port.protocol === 'UDP' || isTemplate(protocol)) return;
          if (KNOWN.has(protocol.toLowerCase())) return;
          report(
            'unknown',
            { at: placeIn(resource, ...path), cluster: member.name, resource },
            { port: port.number, service: nameOfService(service), cluster: member.name, protocol },
          );
        });
    }
  },
});
