import { envSightings } from '../../src/facts/sources.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Resource, Severity } from '../../src/model/index.ts';
import { below, flag, get, isTemplate } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { protocolOfPort } from '../../src/rule/portNames.ts';
import { portsOf } from '../../src/rule/services.ts';

/** A listener for it takes all of the port; Istio tells the others apart by SNI or not at all. */
const OPAQUE = new Set(['tcp']);

export default defineRule({
  id: 'services/external-name-port-named',
  severity: 'warning',
  istio: 'all',
  summary: 'The ports of an ExternalName Service are named after a protocol with hosts, such as http.',
  why: 'An ExternalName Service has no address. Up to Istio 1.20 its port becomes, for TCP, a listener on all addresses, which also swallows calls to other services on that port.',
  fix: 'Name the port after its protocol (http, https, grpc …), or take the ports off the Service.',
  reads: ['Service', 'istioVersion', 'ENABLE_EXTERNAL_NAME_ALIAS of istiod'],
  aliases: ['IST0150'],
  messages: {
    tcp: 'port {port} of ExternalName Service {service} in {cluster} is called {name}: {taken}',
    none: 'port {port} of ExternalName Service {service} in {cluster} has no name: {taken}',
    unknown:
      'port {port} of ExternalName Service {service} in {cluster} has appProtocol {name}, which Istio does not know: {taken}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const taking = takes(mesh, member);
      for (const resource of member.resources.ofKind('Service', '')) {
        if (get(resource.value, 'spec', 'type') !== 'ExternalName' || isOfSystem(resource)) continue;
        for (const port of portsOf(resource)) {
          const protocol = protocolOfPort(port);
          if (protocol !== undefined && !OPAQUE.has(protocol)) continue;
          const told = port.appProtocol ?? port.name ?? '';
          if (isTemplate(told)) continue;
          const key = port.appProtocol === undefined ? 'name' : 'appProtocol';
          const where = {
            at: told === '' ? port.place : below(port.place, key),
            cluster: member.name,
            resource,
            severity: taking.severity,
          };
          const service = resource.namespace === undefined ? resource.name : `${resource.namespace}/${resource.name}`;
          const slots = { port: port.number, service, cluster: member.name, taken: taking.inWords(port.number) };
          if (told === '') report('none', where, slots);
          else report(key === 'name' ? 'tcp' : 'unknown', where, { ...slots, name: told });
        }
      }
    }
  },
});

const isOfSystem = ({ namespace, labels }: Resource): boolean =>
  ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'].includes(namespace ?? '') ||
  labels['istio'] !== undefined;

interface Taking {
  readonly severity: Severity;
  /** What happens to calls of that port. */
  inWords(port: number): string;
}

const ALIAS = 'ENABLE_EXTERNAL_NAME_ALIAS';

/** From Istio 1.21 an ExternalName Service is another name of its target, unless a variable of istiod (up to 1.23) says otherwise. */
const takes = (mesh: Mesh, member: Member): Taking => {
  const config = mesh.configCluster(member) ?? member;
  const isOff = envSightings(config.cluster, 'istiod', ALIAS).some(({ value }) => flag(value) === false);
  const speaks = speaksFor(mesh.versionOf(config).minors, isOff ? '1.1-1.23' : '1.1-1.20', 'warning');
  if (speaks !== undefined)
    return {
      severity: speaks.severity,
      inWords: (port) => `it takes all TCP traffic on ${port}, also that of other services${speaks.suffix}`,
    };
  return {
    severity: 'info',
    inWords: (port) =>
      `Istio up to 1.20 sends all TCP traffic on ${port} to it, while later releases take the Service for another name of its target`,
  };
};
