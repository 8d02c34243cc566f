// Endpoints that callers of other networks lose because they take no mTLS.
import type { Member, Mesh } from '../facts/mesh.ts';
import { envSightings } from '../facts/sources.ts';
import { speaksFor } from '../facts/minors.ts';
import type { Place, Related, Resource, Severity } from '../model/index.ts';
import { below, describe, flag, get, textMap } from '../model/index.ts';
import { saysTls } from './clientTls.ts';
import { clientGroups } from './clients.ts';
import { destinationRulesOf } from './destinationRules.ts';
import { reach } from './endpoints.ts';
import { modesOf } from './contradictions.ts';
import type { EffectiveMtls } from './mtls.ts';
import { switchesOff } from './mtls.ts';
import { gatewayNetworks, networkOf, oncePerMesh, realmsOf } from './scope.ts';
import type { MeshService } from './services.ts';
import { isClusterLocal } from './services.ts';
import type { Server, Target } from './servers.ts';
import { modeSeenBy, targetsOf } from './servers.ts';
import type { User } from './users.ts';
import { usersOfService } from './users.ts';

/** A server of a Service whose endpoints a caller of another network does not get. */
export interface Refusal {
  readonly target: Target;
  readonly server: Server;
  readonly user: User;
  /** `policy`: by its own policies; `caller`: by those of the caller's config cluster; `pod`: it has no sidecar. */
  readonly cause: 'policy' | 'caller' | 'pod';
  /** The field to change, and the cluster in whose files it stands. */
  readonly place: Place;
  /** The object that decides, where one does: a policy, not a setting of the mesh. */
  readonly policy?: Resource | undefined;
  readonly cluster: Member;
  /** `PeerAuthentication shop/off: DISABLE`. */
  readonly reason: string;
  readonly also: readonly Related[];
  readonly severity: Severity;
  /** The caller has pods of its own for the Service, which answer it: only the others are missing. */
  readonly hasOwn?: boolean | undefined;
  /** ` (from Istio 1.8)` where the version is not certain. */
  readonly suffix: string;
}

/** All of them, by Service, then by cluster of the server and of the caller. */
export const refusals = oncePerMesh((mesh): readonly Refusal[] => {
  if (gatewayNetworks(mesh).size === 0) return [];
  const mayBeOff = realmsOf(mesh).some(({ config }) => switchesOff(mesh, config));
  return targetsOf(mesh).flatMap((target) => {
    const { service } = target;
    if (service === undefined) return [];
    const off = mayBeOff ? target.ports.flatMap((port) => modesOf(mesh, target, port).filter(isOff)) : [];
    const suspects = new Set([
      ...target.servers.filter((server) => server.speaksMtls === 'no'),
      ...off.map((mode) => mode.server),
    ]);
    // Most often nobody refuses, and it does not matter who calls.
    const users = mayBeOff || suspects.size > 0 ? usersOfService(mesh, service) : [];
    return users.flatMap((user) => refusalsOf(mesh, target, service, suspects, user));
  });
});

/** Policies by which callers of other networks provably lose endpoints (mtls/cross-network-accepts-mtls tells), with the Services. */
export const refusingPolicies = oncePerMesh((mesh): ReadonlyMap<Resource, ReadonlySet<Target>> => {
  const found = new Map<Resource, Set<Target>>();
  for (const { policy, target, severity, hasOwn } of refusals(mesh)) {
    if (policy === undefined || (severity !== 'error' && !hasOwn)) continue;
    found.set(policy, (found.get(policy) ?? new Set()).add(target));
  }
  return found;
});

const isOff = ({ mtls }: { readonly mtls: EffectiveMtls }): boolean => mtls.mode === 'DISABLE';

const refusalsOf = (
  mesh: Mesh,
  target: Target,
  service: MeshService,
  suspects: ReadonlySet<Server>,
  user: User,
): readonly Refusal[] => {
  const reader = mesh.configCluster(user.member);
  if (reader === undefined) return [];
  const candidates = switchesOff(mesh, reader) ? target.servers : [...suspects];
  if (candidates.length === 0 || isClusterLocal(mesh, reader, target.hostIn(reader))) return [];
  const far = candidates.filter(
    (server) =>
      server.workload !== undefined &&
      reach(mesh, user.member, server.member, server.workload).byGateway === 'yes' &&
      isExported(mesh, reader, server.member, service),
  );
  return [
    ...far.flatMap((server) => podRefusal(mesh, reader, target, server, user)),
    ...policyRefusals(
      mesh,
      reader,
      target,
      far.filter((server) => server.speaksMtls !== 'no'),
      user,
    ),
  ];
};

/** With service discovery by MCS (1.11+) endpoints without ServiceExport stay in their cluster. */
export const isExported = (mesh: Mesh, reader: Member, member: Member, service: MeshService): boolean => {
  const says = (config: Member, name: string): boolean =>
    envSightings(config.cluster, 'istiod', name).some((sighting) => flag(sighting.value) === true);
  if (!says(reader, 'ENABLE_MCS_SERVICE_DISCOVERY')) return true;
  return (
    says(mesh.configCluster(member) ?? member, 'ENABLE_MCS_AUTO_EXPORT') ||
    member.resources.find('ServiceExport', service.namespace, service.name).length > 0
  );
};

// ---- pods without sidecar ----

const podRefusal = (mesh: Mesh, reader: Member, target: Target, server: Server, user: User): readonly Refusal[] => {
  const said = speaksFor(mesh.versionOf(reader).minors, '1.7+', 'error');
  const found = server.speaksMtls === 'no' ? podReason(server) : undefined;
  if (said === undefined || found === undefined) return [];
  // Where no cluster gives it a sidecar and callers have their own copy, each cluster is meant to keep to itself.
  const isOutside =
    target.servers.every((other) => other.speaksMtls === 'no') &&
    target.servers.some((other) => networkOf(other.member) === networkOf(user.member));
  return [
    { target, server, user, cause: 'pod', cluster: server.member, ...found, ...said, ...(isOutside ? MILD : {}) },
  ];
};

const MILD = { severity: 'info' } as const;

/** The label that says something about sidecars, misspelt ones among them. */
const injectionLabel = ({ labels }: Resource): readonly string[] =>
  Object.keys(labels)
    .filter((name) => /^istio[.-]/.test(name))
    .slice(0, 1);

const podReason = (server: Server): Pick<Refusal, 'place' | 'reason' | 'also'> | undefined => {
  const { workload } = server;
  if (workload === undefined) return undefined;
  const owner = describe(workload.resource);
  const specPath = workload.specPlace.path;
  const metadata = (...path: string[]): Place =>
    below({ ...workload.specPlace, path: specPath.slice(0, -1) }, 'metadata', ...path);
  if (workload.labels['security.istio.io/tlsMode'] === 'disabled')
    return {
      place: metadata('labels', 'security.istio.io/tlsMode'),
      reason: `${owner} has label security.istio.io/tlsMode: disabled`,
      also: [],
    };
  const key = 'sidecar.istio.io/inject';
  const reason = `${owner} has no sidecar`;
  if (workload.labels[key] !== undefined) return { place: metadata('labels', key), reason, also: [] };
  if (workload.annotations[key] !== undefined) return { place: metadata('annotations', key), reason, also: [] };
  const namespaces = server.member.resources
    .ofKind('Namespace', '')
    .filter((namespace) => namespace.name === workload.namespace);
  return {
    place: workload.specPlace,
    reason,
    also: namespaces.slice(0, 1).map((namespace) => ({
      place: below(namespace.place, 'metadata', 'labels', ...injectionLabel(namespace)),
      cluster: server.member.name,
      message: `Namespace ${namespace.name} is not injected`,
    })),
  };
};

// ---- policies ----

const policyRefusals = (
  mesh: Mesh,
  reader: Member,
  target: Target,
  servers: readonly Server[],
  user: User,
): readonly Refusal[] => {
  const said = speaksFor(mesh.versionOf(reader).minors, '1.8+', 'error');
  if (said === undefined || servers.length === 0) return [];
  const isDecided = saysTlsFor(mesh, reader, target);
  const isOwn = hasPodsOf(target, user.member);
  return servers.flatMap((server): readonly Refusal[] => {
    const config = mesh.configCluster(server.member);
    const own = config === undefined ? undefined : offSeenBy(mesh, config, target, server);
    const seen = isDecided ? undefined : offSeenBy(mesh, reader, target, server);
    const mtls = own ?? seen;
    const cluster = own === undefined ? reader : config;
    if (mtls?.place === undefined || cluster === undefined) return [];
    const also =
      own === undefined || seen?.place === undefined || config === reader
        ? []
        : [{ place: seen.place, cluster: reader.name, message: `${seen.source}: DISABLE` }];
    return [
      {
        target,
        server,
        user,
        cause: own === undefined ? 'caller' : 'policy',
        place: mtls.place,
        policy: mtls.policy,
        cluster,
        reason: `${mtls.source}: DISABLE`,
        also,
        ...said,
        ...(isOwn && selectsPods(mtls.policy) ? mildnessOf(target, said.severity) : {}),
      },
    ];
  });
};

const hasPodsOf = ({ servers }: Target, member: Member): boolean =>
  servers.some((server) => server.member === member && server.workload !== undefined);

const selectsPods = (policy: Resource | undefined): boolean =>
  Object.keys(textMap(get(policy?.value, 'spec', 'selector', 'matchLabels'))).length > 0;

/** A policy for some pods is meant as it stands; where each caller runs pods, no call fails but for those that were to be answered elsewhere. */
const mildnessOf = ({ service }: Target, severity: Severity): Pick<Refusal, 'severity' | 'hasOwn'> => {
  // Most databases of that kind are run by each cluster for itself.
  const isHeadless = service?.statements.some(({ resource }) => get(resource.value, 'spec', 'clusterIP') === 'None');
  return { severity: isHeadless === true || severity === 'info' ? 'info' : 'warning', hasOwn: severity === 'error' };
};

/** The policy by which a config cluster has mTLS switched off on the first port of a server where it does. */
const offSeenBy = (mesh: Mesh, config: Member, target: Target, server: Server): EffectiveMtls | undefined =>
  target.ports
    .map((port) => modeSeenBy(mesh, config, target, port, server))
    .find((mtls) => mtls !== undefined && isOff({ mtls }));

/** Whether clients of a config cluster obey a DestinationRule with a tls of its own: it wins over what policies say of the server. */
export const saysTlsFor = (mesh: Mesh, config: Member, target: Target): boolean => {
  const host = target.hostIn(config);
  if (!destinationRulesOf(mesh, config).covering(host).some(saysTls)) return false;
  const realm = realmsOf(mesh).find((candidate) => candidate.config === config);
  if (realm === undefined) return false;
  const groups = clientGroups(mesh, realm, { host, namespace: target.namespace, service: target.service });
  return groups.some((group) => group.rules.some(saysTls));
};
