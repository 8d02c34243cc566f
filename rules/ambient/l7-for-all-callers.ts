import { describe, placeIn } from '../../src/model/index.ts';
import { bypassedOf } from '../../src/rule/ambient/bypassed.ts';
import type { L7Policy } from '../../src/rule/ambient/l7Policies.ts';
import { wideTelemetries } from '../../src/rule/ambient/telemetries.ts';
import type { Report } from '../../src/rule/define.ts';
import { tracksWaypoints } from '../../src/rule/ambient/waypointLabels.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';

const messages = {
  unserved:
    '{object} in {cluster}{field} is obeyed by {readers}: Service {service} is ambient and has no waypoint, so its callers in ambient mode pass it by',
  foreign:
    '{object} in {cluster}{field} is obeyed by {readers}: the waypoint of Service {service} reads those of namespace {home}',
  client:
    '{object} in {cluster}{field} is obeyed by {readers}: namespace {namespace} is ambient, and {host} has no waypoint',
  telemetry:
    '{object} in {cluster} ({field}) has no targetRefs: in ambient namespace {namespace} waypoints report for it, while ztunnel reports what it always does',
} as const;

export default defineRule({
  id: 'ambient/l7-for-all-callers',
  severity: 'info',
  istio: '1.22+',
  preset: 'strict',
  summary: 'What is said for HTTP calls holds for callers with sidecars and for callers in ambient mode.',
  why: 'Sidecars and gateways obey VirtualServices and DestinationRules themselves; for callers in ambient mode a waypoint has to. Where none does, the same call is retried, split or timed out from one caller and not from the other.',
  fix: 'Give the Service a waypoint, and keep the object in the namespace of the Service; give a Telemetry targetRefs with the waypoint.',
  reads: [
    'VirtualService',
    'HTTPRoute',
    'GRPCRoute',
    'DestinationRule',
    'Telemetry',
    'Service',
    'Namespace',
    'workloads',
  ],
  models: ['ambient-networks'],
  aliases: ['KIA0210', 'KIA0211', 'KIA0212', 'KIA1109', 'KIA1113', 'KIA1114', 'KIA1117'],
  messages,
  check(mesh, report) {
    // ambient/route-needs-waypoint tells of what nobody obeys, where it can tell.
    for (const { config, resource, at, aliases, also, readers, reason, field, called, home } of bypassedOf(mesh)) {
      if (readers.length === 0 && tracksWaypoints(mesh)) continue;
      const where = { at, cluster: config.name, resource, aliases, also };
      const slots = {
        object: describe(resource),
        cluster: config.name,
        field: field === undefined ? '' : ` (${field})`,
        readers: readers.length === 0 ? 'no proxy in these files' : `${inWords(readers)} only`,
      };
      if (reason === 'client') report('client', where, { ...slots, namespace: resource.namespace ?? '', host: called });
      else report(reason, where, { ...slots, service: called, home });
    }
    for (const { policy, isServed } of wideTelemetries(mesh)) if (isServed) reportTelemetry(policy, report);
  },
});

const reportTelemetry = ({ realm, resource, field, namespace }: L7Policy, report: Report<typeof messages>): void =>
  report(
    'telemetry',
    { at: placeIn(resource, ...field.path), cluster: realm.config.name, resource, aliases: ['KIA1117'] },
    { object: describe(resource), cluster: realm.config.name, field: field.name, namespace },
  );
