import type { Mesh } from '../../src/facts/mesh.ts';
import type { Related, Resource } from '../../src/model/index.ts';
import { describe, filled, get, isTemplate, placeIn, sameNamespace } from '../../src/model/index.ts';
import type { L7Policy } from '../../src/rule/ambient/l7Policies.ts';
import { l7PoliciesOf } from '../../src/rule/ambient/l7Policies.ts';
import { wideTelemetries } from '../../src/rule/ambient/telemetries.ts';
import { tracksWaypoints, waypointLabels } from '../../src/rule/ambient/waypointLabels.ts';
import { isWaypoint, namesWaypoint, usedWaypoint, waypointNamed } from '../../src/rule/ambient/waypoints.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { namespaceLabels } from '../../src/rule/ambient/scopes.ts';

/** Kinds, with Kiali's codes for a target without waypoint and for no target at all. */
const KINDS = {
  AuthorizationPolicy: { waypoint: ['KIA0109'], target: 'KIA0110' },
  RequestAuthentication: { waypoint: ['KIA1110'], target: 'KIA1115' },
  WasmPlugin: { waypoint: ['KIA1111'], target: 'KIA1116' },
  Telemetry: { waypoint: ['KIA1112'], target: 'KIA1117' },
} as const;

/** Kiali's word for the workloads of an AuthorizationPolicy. */
const OPEN_WORKLOAD = 'KIA1317';

const messages = {
  target:
    '{policy} in {cluster} looks into HTTP calls ({field}) and has no targetRefs; {namespace} is ambient, and ztunnel does not read them',
  telemetry:
    '{policy} in {cluster} ({field}) is for namespace {namespace}, which is ambient and holds no waypoint: no proxy reads it',
  unused:
    '{policy} in {cluster} looks into HTTP calls ({field}) at waypoint {waypoint}, which no label istio.io/use-waypoint names',
  waypoint: '{policy} in {cluster} looks into HTTP calls ({field}) of Service {service}, which has no waypoint',
} as const;

export default defineRule({
  id: 'ambient/l7-needs-waypoint',
  severity: 'warning',
  istio: '1.22+',
  summary: 'A policy that looks into HTTP calls hangs, in an ambient namespace, on a Service with a waypoint.',
  why: 'ztunnel sees connections and no requests. It leaves a RequestAuthentication or WasmPlugin out, and an AuthorizationPolicy with methods, paths or hosts denies more than it says; only a waypoint reads them, and only those with targetRefs.',
  fix: 'Give the policy targetRefs with the Service or the waypoint, and the Service (or namespace) a waypoint by the label istio.io/use-waypoint.',
  reads: [
    'AuthorizationPolicy',
    'RequestAuthentication',
    'WasmPlugin',
    'Telemetry',
    'Namespace',
    'Service',
    'workloads',
  ],
  models: ['ambient-networks'],
  aliases: [...Object.values(KINDS).flatMap(({ waypoint, target }) => [...waypoint, target]), OPEN_WORKLOAD],
  messages,
  check(mesh, report) {
    for (const policy of l7PoliciesOf(mesh)) {
      if (policy.targets.length > 0) {
        checkServices(policy, report);
        checkWaypoints(mesh, policy, report);
      }
      // Telemetry of a namespace reaches its waypoints without targetRefs.
      else if (policy.kind !== 'Telemetry' && !policy.isForOthers) reportTarget(policy, report);
    }
    reportTelemetries(mesh, report);
  },
});

const slotsOf = ({ realm, resource, field }: L7Policy) => ({
  policy: describe(resource),
  cluster: realm.config.name,
  field: field.name,
});

const reportTarget = (policy: L7Policy, report: Report<typeof messages>): void => {
  const { realm, resource, kind, namespace, field, pods } = policy;
  const bare = pods.filter(({ member, workload }) => !namesWaypoint(member, workload));
  const isBare = pods.length === 0 ? !namesWaypoint(realm.config, { labels: {}, namespace }) : bare.length > 0;
  const codes = [KINDS[kind].target, ...(isBare ? KINDS[kind].waypoint : [])];
  const isOpen = kind === 'AuthorizationPolicy' && bare.length > 0;
  report(
    'target',
    {
      at: placeIn(resource, ...field.path),
      cluster: realm.config.name,
      resource,
      aliases: isOpen ? [...codes, OPEN_WORKLOAD] : codes,
      also: bare.slice(0, 4).map(({ member, workload }): Related => ({
        place: workload.resource.place,
        cluster: member.name,
        message: `${describe(workload.resource)} has no waypoint`,
      })),
    },
    { ...slotsOf(policy), namespace },
  );
};

const checkServices = (policy: L7Policy, report: Report<typeof messages>): void => {
  const { realm, resource, kind, namespace, field, targets } = policy;
  for (const { value, path } of targets) {
    const held = realm.members.flatMap((member) =>
      servicesOf(member.resources, namespace, value).map((service) => ({ member, service })),
    );
    const used = held.map(({ member, service }) => usedWaypoint(member, service));
    const [first] = held;
    if (first === undefined || used.some((waypoint) => waypoint === undefined || waypoint.name !== undefined)) continue;
    report(
      'waypoint',
      {
        at: placeIn(resource, ...path, 'name'),
        cluster: realm.config.name,
        resource,
        aliases: KINDS[kind].waypoint,
        also: [{ place: first.service.place, cluster: first.member.name, message: describe(first.service) }],
      },
      { ...slotsOf(policy), field: field.name, service: `${namespace}/${first.service.name}` },
    );
  }
};

/** A policy at a waypoint to which no call is sent. */
const checkWaypoints = (mesh: Mesh, policy: L7Policy, report: Report<typeof messages>): void => {
  const { realm, resource, kind, namespace, targets } = policy;
  for (const { value, path } of targets) {
    const name = filled(get(value, 'name'));
    if (get(value, 'kind') !== 'Gateway' || name === undefined) continue;
    const found = realm.members.flatMap((member) =>
      member.resources
        .find('Gateway', namespace, name, 'gateway.networking.k8s.io')
        .map((gateway) => ({ member, gateway })),
    );
    const [first] = found;
    if (first === undefined || !isWaypoint(first.gateway) || !isUnused(mesh, namespace, name)) continue;
    report(
      'unused',
      {
        at: placeIn(resource, ...path, 'name'),
        cluster: realm.config.name,
        resource,
        aliases: KINDS[kind].waypoint,
        also: [{ place: first.gateway.place, cluster: first.member.name, message: describe(first.gateway) }],
        fix: 'Name the waypoint in the label istio.io/use-waypoint of the Service or of its namespace.',
      },
      { ...slotsOf(policy), waypoint: `${namespace}/${name}` },
    );
  }
};

/** The files hold such labels, and none of them names it. */
const isUnused = (mesh: Mesh, namespace: string, name: string): boolean => {
  const labels = mesh.members.flatMap((member) => waypointLabels(mesh, member));
  if (labels.length === 0 && !mesh.settings.complete.includes('Namespace')) return false;
  return !labels.some((label) => label.name === name && sameNamespace(label.namespace, namespace));
};

const servicesOf = (
  resources: L7Policy['realm']['config']['resources'],
  namespace: string,
  target: unknown,
): readonly Resource[] => {
  const name = filled(get(target, 'name'));
  if (get(target, 'kind') !== 'Service' || name === undefined || isTemplate(name)) return [];
  return resources.find('Service', namespace, name, '').slice(0, 1);
};

const reportTelemetries = (mesh: Mesh, report: Report<typeof messages>): void => {
  if (!tracksWaypoints(mesh)) return;
  for (const { policy, isServed } of wideTelemetries(mesh)) {
    if (isServed) continue;
    const { realm, resource, kind, namespace, field } = policy;
    const isElsewhere = waypointNamed(namespaceLabels(realm.config, namespace)) !== undefined;
    report(
      'telemetry',
      {
        at: placeIn(resource, ...field.path),
        cluster: realm.config.name,
        resource,
        aliases: isElsewhere ? [KINDS[kind].target] : [...KINDS[kind].waypoint, KINDS[kind].target],
      },
      { ...slotsOf(policy), namespace },
    );
  }
};
