import type { Mesh } from '../../src/facts/mesh.ts';
import { lowered } from '../../src/facts/minors.ts';
import type { Place, Related, Severity } from '../../src/model/index.ts';
import { below, get, isWrittenAlike, placeIn } from '../../src/model/index.ts';
import type { Report, Where } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { UNSTATED } from '../../src/rule/hosts.ts';
import type { Deviation } from '../../src/rule/peers.ts';
import { deviations } from '../../src/rule/peers.ts';
import { inWords, networkOf } from '../../src/rule/scope.ts';
import type { PortDifference } from '../../src/rule/servicePorts.ts';
import { hasPlainPorts, nameOfPort, portDifferences, portInWords, protocolOf } from '../../src/rule/servicePorts.ts';
import type { ServicePort, ServiceStatement } from '../../src/rule/services.ts';
import { nameOfService, portsOf, workloadsOf } from '../../src/rule/services.ts';
import type { TwinService } from '../../src/rule/twins.ts';
import { clusterOf, shapeOf, strangersOf, twinServices } from '../../src/rule/twins.ts';
import { portUsesOf } from '../../src/rule/usedPorts.ts';

const messages = {
  name: '{cluster} has port {number} of {service} {found}, {peers} {expected}: endpoints join a port by its name, so calls from the one never reach the other',
  unread:
    '{cluster} has port {number} of {service} {found}, {peers} {expected}: nothing breaks while {cluster} runs no pods for it',
  disjoint:
    '{cluster} has {found} of {service}, {peers} {expected}: no port has the same name, so none of the endpoints join',
  number: '{cluster} has port {name} of {service} on {found}, {peers} on {expected}{effect}',
  protocol: '{cluster} reads port {port} of {service} as {found}, {peers} as {expected}',
  lacking: '{cluster} lacks port {port} of {service}, which {peers} {have}: calls of it find no endpoints in {cluster}',
  extra: '{cluster} has port {port} of {service}, which {peers} {lack}: calls of it find no endpoints in {peers}',
} as const;

export default defineRule({
  id: 'services/ports-agree',
  severity: 'error',
  istio: 'all',
  summary: 'A Service has the same port names and numbers in every cluster that has it.',
  why: "Clients see the ports of one cluster's Service, and endpoints of the other clusters join a port by its name. Under another name they are silently never used, and through a gateway a port of another number is not found.",
  fix: 'Give the port the same name and number as in the other clusters; targetPort may differ.',
  reads: ['Service', 'workloads', 'hosts used', 'network', 'controlPlaneRole'],
  aliases: ['IST0170'],
  messages,
  check(mesh, report) {
    for (const twin of twinServices(mesh)) {
      const [first] = twin.statements;
      const portsIn = ({ resource }: ServiceStatement): unknown => get(resource.value, 'spec', 'ports');
      // Most Services are written alike everywhere.
      if (first !== undefined && twin.statements.every((other) => isWrittenAlike(portsIn(first), portsIn(other))))
        continue;
      const statements = twin.statements.filter(
        ({ resource }) => hasPlainPorts(resource) && shapeOf(resource) !== 'ExternalName',
      );
      const found = deviations(statements, signatureOf);
      // services/name-means-same speaks: these are two applications.
      if (found.length > 0 && strangersOf(mesh, twin).length > 0) continue;
      for (const deviation of found) checkDeviation(mesh, twin, deviation, report);
    }
  },
});

const checkDeviation = (
  mesh: Mesh,
  twin: TwinService,
  deviation: Deviation<ServiceStatement>,
  report: Report<typeof messages>,
): void => {
  const { odd, peers } = deviation;
  const differences = portDifferences(odd.resource, peers[0]!.resource);
  const slots = {
    cluster: odd.member.name,
    service: nameOfService(twin.service),
    peers: inWords(peers.map(clusterOf)),
  };
  const standing = (severity: Severity, at: Place, also: readonly Related[]): Where => ({
    at,
    cluster: odd.member.name,
    resource: odd.resource,
    also,
    // Objects that state no namespace may lie in two.
    severity: twin.service.namespace === UNSTATED ? lowered(severity) : severity,
  });
  if (isDisjoint(differences)) {
    const also = peers.map((peer) => related(peer, undefined, portsInWords(peer)));
    const where = standing('error', placeIn(odd.resource, 'spec', 'ports'), also);
    report('disjoint', where, { ...slots, found: portsInWords(odd), expected: portsInWords(peers[0]!) });
    return;
  }
  for (const difference of differences) {
    const severity = severityOf(mesh, twin, deviation, differences, difference);
    const also = peers.map((peer) => related(peer, difference));
    const where = standing(severity, placeOfDifference(odd, difference), also);
    const { kind, own, peer } = difference;
    switch (kind) {
      case 'name':
        report(severity === 'info' ? 'unread' : 'name', where, {
          ...slots,
          number: own.number,
          found: nameInWords(own),
          expected: nameInWords(peer),
        });
        break;
      case 'number': {
        const name = nameOfPort(own) === '' ? 'without a name' : `"${nameOfPort(own)}"`;
        const effect = severity === 'warning' ? '' : effectOf(mesh, deviation) || REMOTE_EFFECT;
        report('number', where, { ...slots, name, found: own.number, expected: peer.number, effect });
        break;
      }
      case 'protocol': {
        const expected = protocolInWords(peer);
        report('protocol', where, { ...slots, port: portInWords(own), found: protocolInWords(own), expected });
        break;
      }
      case 'lacking':
        report('lacking', where, { ...slots, port: portInWords(peer), have: plural(peers, 'has', 'have') });
        break;
      case 'extra':
        report('extra', where, { ...slots, port: portInWords(own), lack: plural(peers, 'lacks', 'lack') });
    }
  }
};

const REMOTE_EFFECT =
  ': its clients call a number that their sidecars, which see the ports of the primary, do not know';

const signatureOf = ({ resource }: ServiceStatement): string =>
  portsOf(resource)
    .map((port) => `${nameOfPort(port)} ${port.number} ${port.protocol} ${protocolOf(port)}`)
    .toSorted()
    .join('\n');

/** Both sides have ports that the other lacks, and no name in common. */
const isDisjoint = (differences: readonly PortDifference[]): boolean =>
  differences.some(({ kind }) => kind === 'lacking') &&
  differences.some(({ kind }) => kind === 'extra') &&
  differences.every(({ kind }) => kind === 'lacking' || kind === 'extra');

/** Ports that are scraped pod by pod, and not called. */
const TELEMETRY = /(^|-)(metrics?|prom|prometheus|monitoring|status|admin|health|healthz|debug|probe|stats)(-|$)/;

const severityOf = (
  mesh: Mesh,
  { service }: TwinService,
  deviation: Deviation<ServiceStatement>,
  all: readonly PortDifference[],
  difference: PortDifference,
): Severity => {
  const { odd, peers } = deviation;
  const uses = portUsesOf(mesh, service);
  const isUsed = (port: ServicePort): boolean => uses.some((use) => use.port === port.number);
  switch (difference.kind) {
    case 'protocol':
      return 'warning';
    case 'number':
      return effectOf(mesh, deviation) !== '' || uses.some(({ member, port }) => isRemoteOwn(mesh, odd, member, port))
        ? 'error'
        : 'warning';
    case 'name': {
      const isScraped = TELEMETRY.test(nameOfPort(difference.own)) && TELEMETRY.test(nameOfPort(difference.peer));
      const isOnly = all.length === portsOf(odd.resource).length;
      if (isScraped && !isOnly && !isUsed(difference.own)) return isUnreadStub(mesh, odd, peers) ? 'info' : 'warning';
      return isUnreadStub(mesh, odd, peers) ? 'info' : 'error';
    }
    case 'lacking':
    case 'extra':
      return isUsed(difference.own ?? difference.peer) ? 'error' : 'warning';
  }
};

/** Clients of a remote see the ports of their primary; without pods the remote's own Service only gives DNS a record. */
const isUnreadStub = (mesh: Mesh, odd: ServiceStatement, peers: readonly ServiceStatement[]): boolean => {
  const config = mesh.configCluster(odd.member);
  return (
    config !== undefined &&
    config !== odd.member &&
    peers.some((peer) => peer.member === config) &&
    odd.member.workloads.length > 0 &&
    workloadsOf(mesh, odd.member, odd.resource).length === 0
  );
};

/** Clients of a remote that call the number of their own Service, while their sidecars know that of the primary. */
const isRemoteOwn = (mesh: Mesh, odd: ServiceStatement, caller: ServiceStatement['member'], port: number): boolean => {
  const config = mesh.configCluster(odd.member);
  return (
    caller === odd.member &&
    config !== undefined &&
    config !== odd.member &&
    portsOf(odd.resource).some((own) => own.number === port)
  );
};

/** What a port of another number does across networks, where it is known to break calls. */
const effectOf = (mesh: Mesh, { odd, peers }: Deviation<ServiceStatement>): string => {
  const network = networkOf(odd.member);
  const config = mesh.configCluster(odd.member);
  const isApart = peers.some((peer) => {
    const [far, ruler] = [networkOf(peer.member), mesh.configCluster(peer.member)];
    return network !== undefined && far !== undefined && far !== network && config !== ruler;
  });
  return isApart ? ': a call through the gateway names the number, which the other side does not know' : '';
};

const placeOfDifference = ({ resource }: ServiceStatement, { kind, own }: PortDifference): Place => {
  if (own === undefined) return placeIn(resource, 'spec', 'ports');
  if (kind === 'number') return below(own.place, 'port');
  if (kind === 'extra') return own.place;
  const key = kind === 'protocol' && hasKey(resource, own, 'appProtocol') ? 'appProtocol' : 'name';
  return hasKey(resource, own, key) ? below(own.place, key) : below(own.place, 'port');
};

const hasKey = (resource: ServiceStatement['resource'], port: ServicePort, key: string): boolean =>
  get(resource.value, ...port.place.path.slice(resource.place.path.length), key) !== undefined;

/** The port of a peer that stands for the difference, or all of its ports. */
const related = (
  { member, resource }: ServiceStatement,
  difference: PortDifference | undefined,
  message?: string,
): Related => {
  const wanted = difference?.peer;
  const port =
    wanted === undefined
      ? undefined
      : portsOf(resource).find((candidate) => nameOfPort(candidate) === nameOfPort(wanted));
  return {
    place: port?.place ?? placeIn(resource, 'spec', 'ports'),
    cluster: member.name,
    message:
      message ??
      (port === undefined
        ? 'lacks it'
        : difference?.kind === 'protocol'
          ? `${portInWords(port)} read as ${protocolInWords(port)}`
          : portInWords(port)),
  };
};

const portsInWords = ({ resource }: ServiceStatement): string => inWords(portsOf(resource).map(portInWords));

const nameInWords = (port: ServicePort): string => (nameOfPort(port) === '' ? 'without a name' : `as "${port.name}"`);

const protocolInWords = (port: ServicePort): string => {
  const protocol = protocolOf(port);
  return protocol === '' ? 'whatever it finds out at run time' : protocol;
};

const plural = (peers: readonly unknown[], one: string, many: string): string => (peers.length === 1 ? one : many);
