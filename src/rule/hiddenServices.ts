// Services that the gateway of their network may not see, so that callers of other networks do not reach them.
import type { Member, Mesh } from '../facts/mesh.ts';
import { speaksFor, within } from '../facts/minors.ts';
import type { Severity } from '../model/index.ts';
import { compareText } from '../model/index.ts';
import type { Export } from './clients.ts';
import { exportOfService, statementFor } from './clients.ts';
import { isExported } from './crossNetwork.ts';
import { reach } from './endpoints.ts';
import type { NetworkGateway } from './gateways.ts';
import { gatewaysOf } from './gateways.ts';
import { oncePerMesh } from './scope.ts';
import type { Target } from './servers.ts';
import { targetsOf } from './servers.ts';
import type { MeshService } from './services.ts';
import { isClusterLocal } from './services.ts';
import type { User } from './users.ts';
import { usersOfService } from './users.ts';

/** A Service that no gateway of a network may see. */
export interface Hidden {
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

/** All of them, by Service. Istio 1.8+. */
export const hiddenServices = oncePerMesh((mesh): readonly Hidden[] =>
  targetsOf(mesh).flatMap((target) => hiddenFrom(mesh, target)),
);

const hiddenFrom = (mesh: Mesh, target: Target): readonly Hidden[] => {
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
