import { describe } from '../../src/model/index.ts';
import type { Bypassed } from '../../src/rule/ambient/bypassed.ts';
import { bypassedOf } from '../../src/rule/ambient/bypassed.ts';
import { tracksWaypoints } from '../../src/rule/ambient/waypointLabels.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'ambient/route-needs-waypoint',
  severity: 'warning',
  istio: '1.22+',
  summary: 'Routes and DestinationRules for calls in ambient mode have a waypoint that reads them.',
  why: 'ztunnel carries connections. It reads no VirtualService, no HTTPRoute and no DestinationRule, so that retries, splits, timeouts and outlier detection stay without effect until a waypoint stands before the Service.',
  fix: 'Label the Service or its namespace with istio.io/use-waypoint, keep the object in the namespace of the Service, or take it out.',
  reads: ['VirtualService', 'HTTPRoute', 'GRPCRoute', 'DestinationRule', 'Service', 'Namespace', 'workloads'],
  models: ['ambient-networks'],
  aliases: ['KIA0210', 'KIA0211', 'KIA0212', 'KIA1109', 'KIA1113', 'KIA1114'],
  messages: {
    unserved:
      '{object} in {cluster}{field} has no effect: Service {service} is ambient and has no waypoint, and no sidecar{orGateway} reads it',
    foreign:
      '{object} in {cluster}{field} has no effect: the waypoint of Service {service} reads those of namespace {home}, and no sidecar{orGateway} reads it',
    client:
      '{object} in {cluster}{field} has no effect: namespace {namespace} is ambient, {host} has no waypoint, and no sidecar{orGateway} reads it',
  },
  check(mesh, report) {
    // ambient/l7-for-all-callers tells of the others.
    if (!tracksWaypoints(mesh)) return;
    for (const found of bypassedOf(mesh)) {
      if (found.readers.length > 0) continue;
      const { config, resource, at, aliases, also } = found;
      const where = { at, cluster: config.name, resource, aliases, also };
      const slots = {
        object: describe(resource),
        cluster: config.name,
        field: fieldInWords(found),
        orGateway: resource.kind === 'DestinationRule' ? ' or gateway' : '',
      };
      if (found.reason === 'client')
        report('client', where, { ...slots, namespace: resource.namespace ?? '', host: found.called });
      else report(found.reason, where, { ...slots, service: found.called, home: found.home });
    }
  },
});

const fieldInWords = ({ field }: Bypassed): string => (field === undefined ? '' : ` (${field})`);
