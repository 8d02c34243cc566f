import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor, within } from '../../src/facts/version.ts';
import type { Place, Related, Severity } from '../../src/model/index.ts';
import { compareText, placeIn, placeKey } from '../../src/model/index.ts';
import type { Export } from '../../src/rule/clients.ts';
import { exportOfService, statementFor } from '../../src/rule/clients.ts';
import { isExported } from '../../src/rule/crossNetwork.ts';
import { defineRule } from '../../src/rule/define.ts';
import { reach } from '../../src/rule/endpoints.ts';
import type { NetworkGateway } from '../../src/rule/gateways.ts';
import { gatewaysOf, gatewayTitle } from '../../src/rule/gateways.ts';
import { inWords, oncePerMesh, someInWords } from '../../src/rule/scope.ts';
import type { Target } from '../../src/rule/servers.ts';
import { targetsOf } from '../../src/rule/servers.ts';
import type { MeshService } from '../../src/rule/services.ts';
import { isClusterLocal } from '../../src/rule/services.ts';
import type { User } from '../../src/rule/users.ts';
import { usersOfService } from '../../src/rule/users.ts';

export default defineRule({
  id: 'services/visible-to-gateway',
  severity: 'warning',
  istio: '1.8+',
  summary: 'A Service that is called from another network is exported to the namespace of the gateway in between.',
  why: 'The east-west gateway routes to the Services that its namespace may see. One that is exported to its own namespace only has no route there, and calls from other networks end at the gateway.',
  fix: 'Add the namespace of the gateway to networking.istio.io/exportTo, or take the annotation away; for a Service that is to stay inside, make it cluster-local.',
  reads: ['Service', 'defaultServiceExportTo', 'eastWestGateways', 'network', 'workloads', 'VirtualService'],
  models: [
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  messages: {
    hidden:
      '{services} {exports} to "{written}" in {cluster}: the gateway {gateway} of {network} has no route for calls of {callers}{suffix}',
  },
  check(mesh, report) {
    const found = new Map<string, Hidden[]>();
    for (const target of targetsOf(mesh))
      for (const hidden of hiddenServices(mesh, target)) {
        const { place } = hidden.exported;
        const key = `${placeKey(place)}\0${hidden.network}`;
        found.set(key, [...(found.get(key) ?? []), hidden]);
      }
    for (const [, group] of [...found].toSorted(([a], [b]) => compareText(a, b))) {
      const first = group[0]!;
      report(
        'hidden',
        {
          at: first.exported.place,
          cluster: first.owner.name,
          resource: first.exported.isDefault ? undefined : first.resource,
          also: relatedOf(group),
          severity: first.severity,
        },
        {
          services: someInWords([...new Set(group.map((hidden) => hidden.target.name))]),
          exports: group.every((hidden) => hidden.target === first.target) ? 'exports' : 'export',
          written: first.exported.written,
          cluster: first.owner.name,
          gateway: inWords([...new Set(first.gateways.map(gatewayTitle))]),
          network: first.network,
          callers: inWords([
            ...new Set(group.flatMap((hidden) => hidden.users.map((user) => user.member.name)).toSorted(compareText)),
          ]),
          suffix: first.suffix,
        },
      );
    }
  },
});

/** A Service that no gateway of a network may see. */
interface Hidden {
  readonly target: Target;
  readonly network: string;
  readonly users: readonly User[];
  readonly gateways: readonly NetworkGateway[];
  readonly exported: Export;
  /** The Service that says it, or whose cluster's default says it. */
  readonly resource: ReturnType<typeof statementFor>;
  readonly owner: Member;
  readonly severity: Severity;
  readonly suffix: string;
}

const hiddenServices = (mesh: Mesh, target: Target): readonly Hidden[] => {
  const { service } = target;
  if (service === undefined || !mayBeHidden(mesh, service)) return [];
  const callers = new Map<string, Set<User>>();
  for (const user of usersOfService(mesh, service)) {
    const reader = mesh.configCluster(user.member);
    if (reader === undefined || isClusterLocal(mesh, reader, target.hostIn(reader))) continue;
    for (const server of target.servers) {
      if (server.workload === undefined || !isExported(mesh, reader, server.member, service)) continue;
      const { byGateway, network } = reach(mesh, user.member, server.member, server.workload);
      if (byGateway !== 'yes' || network === undefined) continue;
      callers.set(network, (callers.get(network) ?? new Set()).add(user));
    }
  }
  return [...callers]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([network, users]) => {
      const gateways = dataGateways(mesh).get(network) ?? [];
      const views = gateways.map((gateway) => viewOf(mesh, target, gateway));
      const first = views[0];
      if (first === undefined || !views.every((view) => view !== undefined)) return [];
      return [{ target, network, users: [...users], gateways, ...first }];
    });
};

const mayBeHidden = (mesh: Mesh, service: MeshService): boolean =>
  service.statements.some(
    ({ member, resource }) => exportOfService(mesh.configCluster(member) ?? member, resource) !== undefined,
  );

/** Gateways that the callers of other networks are sent to, by network. */
const dataGateways = oncePerMesh((mesh): ReadonlyMap<string, readonly NetworkGateway[]> => {
  const found = new Map<string, NetworkGateway[]>();
  for (const member of mesh.members)
    for (const gateway of gatewaysOf(member))
      if (gateway.network !== '' && gateway.sidecar !== 'no')
        found.set(gateway.network, [...(found.get(gateway.network) ?? []), gateway]);
  return found;
});

type View = Pick<Hidden, 'exported' | 'resource' | 'owner' | 'severity' | 'suffix'>;

/** How a Service is hidden from a gateway; undefined where it is not, or where that cannot be told. */
const viewOf = (mesh: Mesh, target: Target, gateway: NetworkGateway): View | undefined => {
  const config = mesh.configCluster(gateway.member);
  const { service } = target;
  if (config === undefined || service === undefined || gateway.namespace === undefined) return undefined;
  const said = speaksFor(mesh.versionOf(config).minors, '1.8+', 'warning');
  const resource = statementFor(service, config, gateway.member);
  const exported = exportOfService(config, resource);
  if (said === undefined || exported === undefined || exported.namespaces.includes(gateway.namespace)) return undefined;
  const holder = service.statements.find((statement) => statement.resource === resource)?.member ?? config;
  return {
    exported,
    resource,
    owner: exported.isDefault ? config : holder,
    ...said,
    // Around 1.16 gateways did not honour exportTo.
    ...(within(mesh.versionOf(config).minors, '1.15-1.17') === 'outside' ? {} : { severity: 'info' }),
  };
};

const relatedOf = (group: readonly Hidden[]): readonly Related[] => {
  const found: Related[] = [];
  const seen = new Set<string>();
  const add = (cluster: string, place: Place, message: string): void => {
    const key = `${cluster}\0${message}`;
    if (!seen.has(key)) found.push({ place, cluster, message });
    seen.add(key);
  };
  for (const { gateways, users, target, exported, resource, owner } of group) {
    if (exported.isDefault) add(owner.name, placeIn(resource, 'metadata', 'name'), `Service ${target.name}`);
    for (const gateway of gateways) add(gateway.member.name, gateway.place, `gateway of ${gateway.network}`);
    for (const { member, use } of users) add(member.name, use.place, `${use.source} calls ${target.name}`);
  }
  return found;
};
