import { speaksFor } from '../../src/facts/minors.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Related } from '../../src/model/index.ts';
import { placeIn, placeKey } from '../../src/model/index.ts';
import { GLOBAL_LABEL, scopeOf } from '../../src/rule/ambient/scopes.ts';
import type { TwinUse } from '../../src/rule/ambient/twinWaypoints.ts';
import {
  keyOfWaypoint,
  missingTwinWaypoints,
  twinUses,
  twinWaypoints,
  waypointFor,
} from '../../src/rule/ambient/twinWaypoints.ts';
import type { UsedWaypoint } from '../../src/rule/ambient/waypoints.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { deviations } from '../../src/rule/peers.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';
import type { MeshService } from '../../src/rule/services.ts';
import { nameOfService } from '../../src/rule/services.ts';

const messages = {
  differs:
    '{services} {verb} {waypoint} in {cluster}, {peer} in {others}: calls between them pass by the policies of one side{suffix}',
  absent: '{cluster} names waypoint {waypoint} for {services}, but has no such Gateway; {others} has it{suffix}',
  local:
    'waypoint {waypoint} serves global Services in {cluster}, but is local itself; in {others} it is global{suffix}',
} as const;

export default defineRule({
  id: 'ambient/waypoint-agrees',
  severity: 'error',
  istio: '1.27+',
  summary: 'A global Service uses the same waypoint in each cluster, and that waypoint is there and global.',
  why: 'The cluster of the caller decides on the waypoint. Where the label differs, or the waypoint is missing or local, calls from one side do not pass the policies and routes of the waypoint.',
  fix: 'Label the Service or its namespace with the same istio.io/use-waypoint in each cluster, and create that waypoint there, with the labels that make it global.',
  reads: ['Service', 'Namespace', 'Gateway', 'meshConfig.serviceScopeConfigs'],
  models: ['ambient-networks'],
  messages,
  check(mesh, report) {
    reportDifferences(mesh, twinUses(mesh), report);
    reportMissing(mesh, report);
    reportLocal(mesh, report);
  },
});

const keyOf = ({ waypoint }: TwinUse): string => keyOfWaypoint(waypoint);

const inText = ({ waypoint, service }: TwinUse): string =>
  waypoint.name === undefined
    ? 'no waypoint'
    : `waypoint ${waypoint.namespace === service.namespace ? '' : `${waypoint.namespace}/`}${waypoint.name}`;

/** One finding for all Services that one label decides on. */
const reportDifferences = (
  mesh: Mesh,
  used: readonly (readonly TwinUse[])[],
  report: Report<typeof messages>,
): void => {
  const found = new Map<string, { odd: TwinUse; peers: readonly TwinUse[]; services: MeshService[] }>();
  for (const { odd, peers } of used.flatMap((uses) => deviations(uses, keyOf))) {
    const key = `${odd.member.name} ${placeKey(odd.waypoint.place)} ${keyOf(odd)} ${keyOf(peers[0]!)}`;
    const held = found.get(key);
    if (held === undefined) found.set(key, { odd, peers, services: [odd.service] });
    else held.services.push(odd.service);
  }
  for (const { odd, peers, services } of found.values()) {
    const speaks = speaksFor(mesh.versionOf(odd.member).minors, '1.27+', 'error');
    if (speaks === undefined) continue;
    report(
      'differs',
      {
        at: odd.waypoint.place,
        cluster: odd.member.name,
        severity: speaks.severity,
        also: peers.map((peer): Related => ({
          place: peer.waypoint.place,
          cluster: peer.member.name,
          message: inText(peer),
        })),
      },
      {
        services: someInWords(services.map(nameOfService)),
        verb: services.length === 1 ? 'uses' : 'use',
        waypoint: inText(odd),
        cluster: odd.member.name,
        peer: inText(peers[0]!),
        others: inWords(peers.map((peer) => peer.member.name)),
        suffix: speaks.suffix,
      },
    );
  }
};

const reportMissing = (mesh: Mesh, report: Report<typeof messages>): void => {
  for (const { member, waypoint, services, others, speaks } of missingTwinWaypoints(mesh))
    report(
      'absent',
      {
        at: waypoint.place,
        cluster: member.name,
        severity: speaks.severity,
        also: others.map((other): Related => waypointPlace(other, waypoint)),
      },
      {
        cluster: member.name,
        waypoint: waypoint.name ?? '',
        services: someInWords(services.map(nameOfService)),
        others: inWords(others.map((other) => other.name)),
        suffix: speaks.suffix,
      },
    );
};

const reportLocal = (mesh: Mesh, report: Report<typeof messages>): void => {
  for (const { member, waypoint, own, others, speaks } of twinWaypoints(mesh)) {
    const global = others.filter((other) => isGlobal(mesh, other, waypoint));
    if (own === undefined || global.length === 0 || scopeOf(mesh, member, member, own) !== 'LOCAL') continue;
    report(
      'local',
      {
        at: placeIn(own, 'metadata', 'labels'),
        cluster: member.name,
        resource: own,
        severity: speaks.severity,
        also: global.map((other): Related => waypointPlace(other, waypoint)),
        fix: `Give the Gateway the labels that it has elsewhere, as a rule ${GLOBAL_LABEL}: "true".`,
      },
      {
        cluster: member.name,
        waypoint: waypoint.name ?? '',
        others: inWords(global.map((other) => other.name)),
        suffix: speaks.suffix,
      },
    );
  }
};

const isGlobal = (mesh: Mesh, member: Member, waypoint: UsedWaypoint): boolean => {
  const gateway = waypointFor(member, waypoint);
  return gateway !== undefined && scopeOf(mesh, member, member, gateway) === 'GLOBAL';
};

const waypointPlace = (member: Member, waypoint: UsedWaypoint): Related => ({
  place: waypointFor(member, waypoint)!.place,
  cluster: member.name,
  message: `waypoint ${waypoint.name} of ${member.name}`,
});
