import { gatewayClass } from '../facts/gateways.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Role } from '../facts/role.ts';
import { filled, get, isRecord, list, sightingsOf, texts, valueOf } from '../model/index.ts';

/** The name that Istio's documentation has for the way in which the clusters of a mesh belong together. */
export const deploymentModel = (mesh: Mesh): string => {
  const { members } = mesh;
  if (members.length === 1) return 'single cluster';
  const is = (...roles: Role[]): readonly Member[] => members.filter((member) => roles.includes(mesh.roleOf(member)));
  const planes = is('primary', 'external');
  const remotes = is('remote', 'config');
  const unknown = is('unknown');

  if (is('external').some((member) => mesh.configCluster(member) !== member)) return 'external control plane';
  const prefix = members.some(isAmbient) ? 'ambient, ' : '';
  const networks = networkSpan(mesh);
  if (remotes.length > 0) {
    const minors = Math.max(...members.map((member) => mesh.versionOf(member).minors.high));
    // The documentation speaks of primary and remote clusters from 1.8 on.
    if (minors <= 7) return `shared control plane, ${networks} (Istio ${versionText(mesh)})`;
    if (planes.length > 1) return `${prefix}multi-primary and primary-remote on ${networks}`;
    return `${prefix}primary-remote on ${networks}`;
  }
  if (isFederation(mesh)) return 'federation of separate meshes';
  if (members.some(callsGlobalNames)) return 'replicated control planes (.global)';
  if (unknown.length > 0 && !readEachOther(mesh)) return 'unknown: no file says which clusters run a control plane';
  return `${prefix}multi-primary on ${networks}`;
};

/** How several meshes belong together: by federation, or not at all as far as the files tell. */
export const fleetModel = (meshes: readonly Mesh[]): string | undefined =>
  meshes.length > 1 && meshes.some((mesh) => mesh.members.some(federates))
    ? 'federation of separate meshes'
    : undefined;

const versionText = (mesh: Mesh): string => {
  const minors = mesh.members.map((member) => mesh.versionOf(member).minors);
  const [low, high] = [Math.min(...minors.map((span) => span.low)), Math.max(...minors.map((span) => span.high))];
  return low === high ? `1.${low}` : `1.${low} to 1.${high}`;
};

/** `one network`, `several networks`, or that it cannot be told. */
const networkSpan = ({ members }: Mesh): string => {
  const named = members.map((member) => valueOf(member.network.fact));
  if (new Set(named.filter((name) => name !== undefined)).size > 1) return 'several networks';
  if (members.every((member) => member.network.fact.state === 'absent')) return 'one network';
  if (named.every((name) => name !== undefined)) return 'one network';
  // Only gateways between networks take what other clusters send through them unopened.
  return members.some(passesThrough) ? 'several networks' : 'networks that no file names';
};

/** Port of the telemetry server of 1.1, which is no gateway between networks. */
const TELEMETRY_PORT = 15004;

const passesThrough = (member: Member): boolean =>
  member.resources
    .ofKind('Gateway', 'networking.istio.io')
    .some((gateway) =>
      list(get(gateway.value, 'spec', 'servers')).some(
        (server) =>
          get(server, 'tls', 'mode') === 'AUTO_PASSTHROUGH' && get(server, 'port', 'number') !== TELEMETRY_PORT,
      ),
    );

const isAmbient = (member: Member): boolean =>
  member.cluster.values.some(
    (source) =>
      source.chart === 'ztunnel' ||
      filled(get(source.object?.value, 'spec', 'profile')) === 'ambient' ||
      source.values['profile'] === 'ambient',
  ) ||
  member.resources
    .ofKind('Gateway', 'gateway.networking.k8s.io')
    .some((gateway) => gatewayClass(gateway) === 'istio-east-west') ||
  member.resources.ofKind('DaemonSet').some((set) => set.name === 'ztunnel');

/** Names of Istio 1.1 to 1.7 for services of other clusters. */
const callsGlobalNames = (member: Member): boolean =>
  member.resources
    .ofKind('ServiceEntry')
    .some((entry) => texts(get(entry.value, 'spec', 'hosts')).some((host) => host.endsWith('.global')));

const FEDERATION_KINDS = [
  'ServiceMeshPeer',
  'ExportedServiceSet',
  'ImportedServiceSet',
  'MeshFederation',
  'FederatedService',
];

const federates = (member: Member): boolean =>
  FEDERATION_KINDS.some((kind) => member.resources.ofKind(kind).length > 0) ||
  // Values of OpenShift's federation controller.
  member.cluster.looseConfigs.some((config) => isRecord(get(config.value, 'federation', 'meshPeers')));

/** Clusters of different mesh ids that do not read each other's services, or kinds that join meshes. */
const isFederation = (mesh: Mesh): boolean => {
  if (mesh.members.some((member) => FEDERATION_KINDS.some((kind) => member.resources.ofKind(kind).length > 0)))
    return true;
  const ids = new Set(
    mesh.members.flatMap((member) =>
      sightingsOf(member.meshId)
        .slice(0, 1)
        .map((sighting) => sighting.value),
    ),
  );
  return ids.size > 1 && !mesh.links.some((link) => link.kind === 'secret');
};

/** Each cluster reads another one, or is read: enough to tell control planes of equal rank. */
const readEachOther = (mesh: Mesh): boolean => {
  const readers = new Set(mesh.links.filter((link) => link.kind === 'secret').map((link) => link.from));
  return mesh.members.every(
    (member) => readers.has(member.name) || ['primary', 'external'].includes(mesh.roleOf(member)),
  );
};
