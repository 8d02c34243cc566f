import { filled, get, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { protocolOfName } from '../../src/rule/portNames.ts';
import { portsOf } from '../../src/rule/services.ts';

/** A listener for it takes all of the port; Istio tells the others apart by SNI or not at all. */
const OPAQUE = new Set(['tcp']);

export default defineRule({
  id: 'services/external-name-port-named',
  severity: 'warning',
  istio: 'all',
  summary: 'The ports of an ExternalName Service are named after a protocol with hosts, such as http.',
  why: 'An ExternalName Service has no address. For TCP its port becomes a listener on all addresses, which also swallows calls to other services on that port.',
  fix: 'Name the port after its protocol (http, https, grpc …), or take the ports off the Service.',
  reads: ['Service'],
  aliases: ['IST0150'],
  messages: {
    tcp: 'port {port} of ExternalName Service {service} in {cluster} is called {name}: it takes all TCP traffic on {port}, also that of other services',
    none: 'port {port} of ExternalName Service {service} in {cluster} has no name: it takes all TCP traffic on {port}, also that of other services',
  },
  check(mesh, report) {
    for (const member of mesh.members)
      for (const resource of member.resources.ofKind('Service', '')) {
        if (get(resource.value, 'spec', 'type') !== 'ExternalName') continue;
        const bad = portsOf(resource).findIndex((port) => {
          const protocol = protocolOfName(port.name ?? '');
          return port.protocol !== 'UDP' && (protocol === undefined || OPAQUE.has(protocol));
        });
        const port = portsOf(resource)[bad];
        if (port === undefined || filled(get(resource.value, 'spec', 'ports', bad, 'appProtocol')) !== undefined)
          continue;
        const name = filled(port.name);
        const where = {
          at: name === undefined ? port.place : placeIn(resource, 'spec', 'ports', bad, 'name'),
          cluster: member.name,
          resource,
        };
        const service = resource.namespace === undefined ? resource.name : `${resource.namespace}/${resource.name}`;
        const slots = { port: port.number, service, cluster: member.name };
        if (name === undefined) report('none', where, slots);
        else report('tcp', where, { ...slots, name });
      }
  },
});
