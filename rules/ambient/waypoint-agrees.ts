import { speaksFor } from '../../src/facts/version.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Related, Resource } from '../../src/model/index.ts';
import { compareText, placeIn, placeKey, sameNamespace } from '../../src/model/index.ts';
import { ambientMembers } from '../../src/rule/ambient/dataPlane.ts';
import { globalTwins } from '../../src/rule/ambient/globalServices.ts';
import { GLOBAL_LABEL, scopeOf } from '../../src/rule/ambient/scopes.ts';
import type { UsedWaypoint } from '../../src/rule/ambient/waypoints.ts';
import { usedWaypoint, waypointsOf } from '../../src/rule/ambient/waypoints.ts';
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
    const used = globalTwins(mesh).flatMap(({ service, statements }) => {
      const uses = statements.flatMap(({ member, resource }): readonly Use[] => {
        const waypoint = usedWaypoint(member, resource);
        return waypoint === undefined ? [] : [{ member, waypoint, service }];
      });
      // Of two clusters the one without a waypoint deviates.
      return uses.length < 2 ? [] : [uses.toSorted((a, b) => Number(isNone(b)) - Number(isNone(a)))];
    });
    reportDifferences(mesh, used, report);
    reportWaypoints(mesh, used.flat(), report);
  },
});

/** What a Service uses in a cluster. */
interface Use {
  readonly member: Member;
  readonly waypoint: UsedWaypoint;
  readonly service: MeshService;
}

const isNone = ({ waypoint }: Use): boolean => waypoint.name === undefined;

const keyOf = ({ waypoint }: Use): string => `${waypoint.namespace ?? ''}/${waypoint.name ?? ''}`;

const inText = ({ waypoint, service }: Use): string =>
  waypoint.name === undefined
    ? 'no waypoint'
    : `waypoint ${waypoint.namespace === service.namespace ? '' : `${waypoint.namespace}/`}${waypoint.name}`;

/** One finding for all Services that one label decides on. */
const reportDifferences = (mesh: Mesh, used: readonly (readonly Use[])[], report: Report<typeof messages>): void => {
  const found = new Map<string, { odd: Use; peers: readonly Use[]; services: MeshService[] }>();
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

const reportWaypoints = (mesh: Mesh, uses: readonly Use[], report: Report<typeof messages>): void => {
  const named = new Map<string, Use[]>();
  for (const use of uses) {
    if (use.waypoint.name === undefined) continue;
    const key = `${use.member.name}\0${keyOf(use)}`;
    named.set(key, [...(named.get(key) ?? []), use]);
  }
  for (const [, ofOne] of [...named].toSorted(([a], [b]) => compareText(a, b))) {
    const [first] = ofOne;
    if (first === undefined) continue;
    const { member, waypoint } = first;
    const speaks = speaksFor(mesh.versionOf(member).minors, '1.27+', 'error');
    if (speaks === undefined) continue;
    const others = ambientMembers(mesh).filter(
      (other) => other !== member && waypointFor(other, waypoint) !== undefined,
    );
    const slots = { cluster: member.name, waypoint: waypoint.name ?? '', suffix: speaks.suffix };
    const own = waypointFor(member, waypoint);
    if (own === undefined) {
      // Gateways of a cluster may be kept elsewhere altogether.
      if (
        others.length === 0 ||
        hidesKind(member.cluster, ['Gateway']) ||
        hasOfAnotherClass(member, waypoint) ||
        mesh.absent(member, 'config:Gateway') === 'yes'
      )
        continue;
      const also = others.map((other): Related => waypointPlace(other, waypoint));
      const where = { at: waypoint.place, cluster: member.name, severity: speaks.severity, also };
      report('absent', where, {
        ...slots,
        services: someInWords(ofOne.map(({ service }) => nameOfService(service))),
        others: inWords(others.map((other) => other.name)),
      });
      continue;
    }
    const global = others.filter((other) => isGlobal(mesh, other, waypoint));
    if (scopeOf(mesh, member, member, own) !== 'LOCAL' || global.length === 0) continue;
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
      { ...slots, others: inWords(global.map((other) => other.name)) },
    );
  }
};

const waypointFor = (member: Member, { name, namespace }: UsedWaypoint): Resource | undefined =>
  waypointsOf(member).find((gateway) => gateway.name === name && sameNamespace(gateway.namespace, namespace));

/** Another implementation, or a mistyped class, of which gatewayapi/class-known tells. */
const hasOfAnotherClass = (member: Member, { name, namespace }: UsedWaypoint): boolean =>
  member.resources
    .ofKind('Gateway', 'gateway.networking.k8s.io')
    .some((gateway) => gateway.name === name && sameNamespace(gateway.namespace, namespace));

const isGlobal = (mesh: Mesh, member: Member, waypoint: UsedWaypoint): boolean => {
  const gateway = waypointFor(member, waypoint);
  return gateway !== undefined && scopeOf(mesh, member, member, gateway) === 'GLOBAL';
};

const waypointPlace = (member: Member, waypoint: UsedWaypoint): Related => ({
  place: waypointFor(member, waypoint)!.place,
  cluster: member.name,
  message: `waypoint ${waypoint.name} of ${member.name}`,
});
