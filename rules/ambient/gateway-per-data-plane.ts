import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { compareText } from '../../src/model/index.ts';
import { ambientWorkloads } from '../../src/rule/ambient/dataPlane.ts';
import { usedWaypoint } from '../../src/rule/ambient/waypoints.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { NetworkGateway } from '../../src/rule/gateways.ts';
import { gatewaysOf } from '../../src/rule/gateways.ts';
import { networksOf } from '../../src/rule/networks.ts';
import type { Route } from '../../src/rule/routes.ts';
import { inWords, networkOf, oncePerMember } from '../../src/rule/scope.ts';
import type { MeshService } from '../../src/rule/services.ts';
import { nameOfService, workloadsOf } from '../../src/rule/services.ts';
import type { Use } from '../../src/rule/uses.ts';
import { clientsOfRoute, usesIn } from '../../src/rule/uses.ts';
import { usedServices } from '../../src/rule/users.ts';
import { workloadsIn } from '../../src/rule/workloadsIn.ts';

const messages = {
  tunnel:
    '{gateway} is the gateway for {network} and offers HBONE (15008) only; sidecars of {cluster} use {service} there and cannot open such a tunnel{suffix}',
  passthrough:
    '{gateway} is the gateway for {network} and offers {port} only; ambient workloads of {cluster} use {service} there and need HBONE on 15008{suffix}',
  mixed: 'namespace {namespace} runs with sidecars in {sidecars}, in ambient mode in {ambient}{suffix}',
} as const;

export default defineRule({
  id: 'ambient/gateway-per-data-plane',
  severity: 'error',
  istio: '1.27+',
  summary:
    'A network has a gateway for each kind of data plane that calls it: AUTO_PASSTHROUGH for sidecars, HBONE for ambient.',
  why: 'Sidecars cannot open the tunnels that an HBONE gateway expects, and ztunnel cannot use AUTO_PASSTHROUGH. The endpoints of that network vanish for callers of the other kind.',
  fix: 'Add the missing gateway to the network: class istio-east-west on 15008 for ambient callers, a gateway with AUTO_PASSTHROUGH on 15443 for sidecars.',
  reads: ['workloads', 'eastWestGateways', 'Service', 'network'],
  models: ['ambient-networks'],
  messages,
  check(mesh, report) {
    reportGateways(mesh, report);
    reportNamespaces(mesh, report);
  },
});

const reportGateways = (mesh: Mesh, report: Report<typeof messages>): void => {
  if (networksOf(mesh).size < 2) return;
  for (const network of [...networksOf(mesh).keys()].toSorted(compareText)) {
    const gateways = mesh.members.flatMap(gatewaysOf).filter((gateway) => gateway.network === network);
    const [first] = gateways;
    if (first === undefined || gateways.some((gateway) => gateway.sidecar === 'unknown' || gateway.hbone === 'unknown'))
      continue;
    const offers = {
      sidecar: gateways.some((gateway) => gateway.sidecar === 'yes'),
      ambient: gateways.some((gateway) => gateway.hbone === 'yes'),
    };
    if (offers.sidecar === offers.ambient) continue;
    const kind = offers.sidecar ? 'ambient' : 'sidecar';
    if (mesh.members.some((member) => clientsOf(mesh, member, kind).length > 0)) reportUsers(mesh, first, kind, report);
  }
};

/** One finding for each cluster whose callers of that kind find no gateway that they can use. */
const reportUsers = (
  mesh: Mesh,
  gateway: NetworkGateway,
  kind: 'ambient' | 'sidecar',
  report: Report<typeof messages>,
): void => {
  const seen = new Set<Member>();
  for (const { service, users } of usedServices(mesh)) {
    const isThere = service.statements.some(
      ({ member, resource }) => networkOf(member) === gateway.network && workloadsOf(mesh, member, resource).length > 0,
    );
    if (!isThere) continue;
    for (const { member } of users) {
      const far = networkOf(member);
      if (far === undefined || far === gateway.network || seen.has(member)) continue;
      const use = useOf(mesh, member, service, kind);
      if (use === undefined) continue;
      const speaks = speaksFor(mesh.versionOf(member).minors, '1.27+', 'error');
      if (speaks === undefined) continue;
      seen.add(member);
      const related: readonly Related[] = [{ place: use.place, cluster: member.name, message: use.source }];
      report(
        kind === 'sidecar' ? 'tunnel' : 'passthrough',
        {
          at: gateway.place,
          cluster: gateway.member.name,
          resource: gateway.resource,
          severity: speaks.severity,
          also: related,
        },
        {
          gateway: gateway.name,
          network: gateway.network,
          cluster: member.name,
          service: nameOfService(service),
          port: gateway.gatewayPort,
          suffix: speaks.suffix,
        },
      );
    }
  }
};

/** A call of the Service by workloads of that kind. */
const useOf = (mesh: Mesh, member: Member, service: MeshService, kind: 'ambient' | 'sidecar'): Use | undefined =>
  usesIn(mesh, member).find((use) => {
    if (use.service !== service || use.gatewayOnly) return false;
    if (use.workload !== undefined) return isOf(kind)(use.workload);
    if (clientsOf(mesh, member, kind).length === 0) return false;
    return use.route === undefined || kind === 'sidecar' || showsAmbientCallers(mesh, member, use.route, service);
  });

/** Callers in ambient mode read no routes: those of their waypoint tell of calls, and those that nobody else could obey. */
const showsAmbientCallers = (mesh: Mesh, member: Member, route: Route, service: MeshService): boolean => {
  const hasWaypoint = service.statements.some(
    (statement) => usedWaypoint(statement.member, statement.resource)?.name !== undefined,
  );
  const isHere = service.statements.some(
    (statement) =>
      networkOf(statement.member) === networkOf(member) &&
      workloadsOf(mesh, statement.member, statement.resource).length > 0,
  );
  return hasWaypoint || (!isHere && clientsOfRoute(member, route).every(isOf('ambient')));
};

const isOf =
  (kind: 'ambient' | 'sidecar') =>
  (workload: Workload): boolean =>
    kind === 'ambient' ? workload.ambient === 'yes' : workload.injected === 'yes' && !workload.gateway;

const clientsOf = (mesh: Mesh, member: Member, kind: 'ambient' | 'sidecar'): readonly Workload[] =>
  clientsByKind(mesh, member)[kind];

const clientsByKind = oncePerMember((_mesh, member) => ({
  ambient: member.workloads.filter(isOf('ambient')),
  sidecar: member.workloads.filter(isOf('sidecar')),
}));

const reportNamespaces = (mesh: Mesh, report: Report<typeof messages>): void => {
  const namespaces = new Set(
    mesh.members.flatMap((member) => ambientWorkloads(mesh, member).flatMap(({ namespace }) => namespace ?? [])),
  );
  for (const namespace of [...namespaces].toSorted(compareText)) {
    const found = mesh.members.flatMap((member): readonly Mode[] => {
      const here = workloadsIn(mesh, member, namespace).filter((workload) => !workload.gateway);
      const first = here[0];
      if (first === undefined) return [];
      const place = first.resource.place;
      if (here.every(isOf('ambient'))) return [{ member, mode: 'ambient', place }];
      return here.every(isOf('sidecar')) ? [{ member, mode: 'sidecar', place }] : [];
    });
    const [sidecars, ambient] = (['sidecar', 'ambient'] as const).map((mode) =>
      found.filter((held) => held.mode === mode),
    );
    const odd = sidecars?.[0];
    if (odd === undefined || sidecars === undefined || ambient === undefined || ambient.length === 0) continue;
    const speaks = speaksFor(mesh.versionOf(odd.member).minors, '1.27+', 'info');
    if (speaks === undefined) continue;
    report(
      'mixed',
      {
        at: odd.place,
        cluster: odd.member.name,
        severity: speaks.severity,
        also: ambient.map(({ member, place }): Related => ({ place, cluster: member.name, message: 'ambient' })),
      },
      {
        namespace,
        sidecars: inWords(sidecars.map(({ member }) => member.name)),
        ambient: inWords(ambient.map(({ member }) => member.name)),
        suffix: speaks.suffix,
      },
    );
  }
};

interface Mode {
  readonly member: Member;
  readonly mode: 'ambient' | 'sidecar';
  readonly place: Place;
}
