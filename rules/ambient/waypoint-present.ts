import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { isComplete } from '../../src/facts/mesh/tracks.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Related, Resource, Severity } from '../../src/model/index.ts';
import { compareText, describe, get, list, placeIn, sameNamespace } from '../../src/model/index.ts';
import { keyOfWaypoint, missingTwinWaypoints } from '../../src/rule/ambient/twinWaypoints.ts';
import type { WaypointLabel } from '../../src/rule/ambient/waypointLabels.ts';
import { waypointLabels } from '../../src/rule/ambient/waypointLabels.ts';
import { isWaypoint } from '../../src/rule/ambient/waypoints.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { admitsNamespace } from '../../src/rule/listeners.ts';
import { inWords, oncePerMesh, someInWords } from '../../src/rule/scope.ts';
import { isMistyped } from '../../src/rule/slips.ts';

const messages = {
  absent:
    '{holders} in {cluster} {verb} waypoint {waypoint}, and {cluster} has no such Gateway{known}: calls go on without a waypoint',
  refused:
    '{holders} in {cluster} {verb} waypoint {waypoint}, no listener of which admits namespace {namespace}: calls go on without a waypoint',
} as const;

export default defineRule({
  id: 'ambient/waypoint-present',
  severity: 'error',
  istio: '1.22+',
  summary: 'The waypoint that a label names is a Gateway of that cluster and namespace, and admits who names it.',
  why: 'Where no Gateway has the name, ztunnel sends the calls straight to the pods: no route and no policy of the waypoint acts, and nothing fails.',
  fix: 'Write the name of the waypoint into istio.io/use-waypoint (and its namespace into istio.io/use-waypoint-namespace), or create the Gateway of class istio-waypoint there.',
  reads: ['Gateway', 'Namespace', 'Service', 'ServiceEntry', 'workloads'],
  models: ['ambient-networks'],
  aliases: ['KIA1313'],
  messages,
  check(mesh, report) {
    for (const member of mesh.members) checkMember(mesh, member, report);
  },
});

const checkMember = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  const labels = waypointLabels(mesh, member);
  if (labels.length === 0 || hidesKind(member.cluster, ['Gateway'])) return;
  const gateways = gatewaysFor(mesh, member);
  const groups = new Map<string, WaypointLabel[]>();
  checkAdmission(member, labels, gateways, report);
  for (const label of labels) {
    if (label.namespace === undefined || holds(gateways, label)) continue;
    const key = `${label.namespace}/${label.name}`;
    groups.set(key, [...(groups.get(key) ?? []), label]);
  }
  for (const [key, group] of [...groups].toSorted(([a], [b]) => compareText(a, b))) {
    const first = group[0]!;
    const severity = certainty(mesh, gateways, first);
    if (severity === undefined || toldOfTwins(mesh).has(`${member.name} ${key}`)) continue;
    const near = nearOf(gateways, first);
    const peers = mesh.members.filter((peer) => peer !== member && holds(gatewaysFor(mesh, peer), first));
    report(
      'absent',
      {
        at: first.place,
        cluster: member.name,
        resource: first.holder,
        severity,
        also: [
          ...near.map((gateway): Related => ({
            place: gateway.place,
            cluster: member.name,
            message: describe(gateway),
          })),
          ...group.slice(1, 5).map(({ holder, place }): Related => ({
            place,
            cluster: member.name,
            message: describe(holder),
          })),
        ],
      },
      {
        holders: someInWords(group.map(({ holder }) => describe(holder))),
        verb: group.length === 1 ? 'names' : 'name',
        cluster: member.name,
        waypoint: first.namespace === first.of ? first.name : key,
        known:
          near.length > 0
            ? ` (namespace ${first.namespace} has ${inWords(near.map(({ name }) => name))})`
            : peers.length > 0
              ? `, while ${inWords(peers.map(({ name }) => name))} has it`
              : '',
      },
    );
  }
};

/** A waypoint serves its own namespace unless its listeners admit others. */
const checkAdmission = (
  member: Member,
  labels: readonly WaypointLabel[],
  gateways: readonly Resource[],
  report: Report<typeof messages>,
): void => {
  const told = new Set<string>();
  for (const label of labels) {
    const { namespace, of } = label;
    if (namespace === undefined || of === undefined || namespace === of) continue;
    const found = gateways.filter((gateway) => gateway.name === label.name && gateway.namespace === namespace);
    const [gateway] = found;
    const key = `${namespace}/${label.name} ${of}`;
    // Several documents may state other listeners.
    if (gateway === undefined || found.length > 1 || !isWaypoint(gateway) || told.has(key)) continue;
    const listeners = list(get(gateway.value, 'spec', 'listeners'));
    if (listeners.length === 0 || listeners.some((one) => admitsNamespace(member, gateway, one, of) !== 'no')) continue;
    told.add(key);
    const holders = labels.filter(
      (other) => other.of === of && other.name === label.name && other.namespace === namespace,
    );
    report(
      'refused',
      {
        at: label.place,
        cluster: member.name,
        resource: label.holder,
        aliases: [],
        also: [{ place: placeIn(gateway, 'spec', 'listeners'), cluster: member.name, message: describe(gateway) }],
        fix: 'Set allowedRoutes.namespaces of the listener of the waypoint to All, or to a Selector that the labels of the namespace fit.',
      },
      {
        holders: someInWords(holders.map(({ holder }) => describe(holder))),
        verb: holders.length === 1 ? 'names' : 'name',
        cluster: member.name,
        waypoint: `${namespace}/${label.name}`,
        namespace: of,
      },
    );
  }
};

/** Gateways of the Gateway API that a control plane takes for waypoints of a cluster. */
const gatewaysFor = (mesh: Mesh, member: Member): readonly Resource[] => {
  const config = mesh.configCluster(member);
  const members = config === undefined || config === member ? [member] : [member, config];
  return members.flatMap(({ resources }) => resources.ofKind('Gateway', 'gateway.networking.k8s.io'));
};

const holds = (gateways: readonly Resource[], { name, namespace }: WaypointLabel): boolean =>
  gateways.some((gateway) => gateway.name === name && sameNamespace(gateway.namespace, namespace));

/** Waypoints of the namespace: a mistyped one, else all. */
const nearOf = (gateways: readonly Resource[], { name, namespace }: WaypointLabel): readonly Resource[] => {
  const inNamespace = gateways.filter((gateway) => isWaypoint(gateway) && gateway.namespace === namespace);
  const mistyped = inNamespace.filter((gateway) => isMistyped(name, gateway.name));
  return mistyped.length > 0 ? mistyped : inNamespace;
};

/** Waypoints are often created by hand: only files that hold such Gateways tell that one is missing. */
const certainty = (mesh: Mesh, gateways: readonly Resource[], label: WaypointLabel): Severity | undefined => {
  if (isComplete(mesh.settings.complete, 'config:Gateway') || nearOf(gateways, label).length > 0) return 'error';
  return gateways.some(isWaypoint) ? 'warning' : undefined;
};

/** `cluster namespace/name` of what ambient/waypoint-agrees holds against the other clusters. */
const toldOfTwins = oncePerMesh(
  (mesh): ReadonlySet<string> =>
    new Set(missingTwinWaypoints(mesh).map(({ member, waypoint }) => `${member.name} ${keyOfWaypoint(waypoint)}`)),
);
