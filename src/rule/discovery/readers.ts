// Which control planes read which clusters, and whether the files tell all of it.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { CONTROL_PLANE, envSightings, hidesKind, overriddenValues } from '../../facts/sources.ts';
import type { Place } from '../../model/index.ts';
import { below, filled, sightingsOf, valueOf } from '../../model/index.ts';
import { installPlace } from '../controlPlane/install.ts';
import { oncePerMember, oncePerMesh } from '../scope.ts';
import { planeRole } from './roles.ts';
import type { HeldSecret } from './targets.ts';
import { heldSecrets, knownId, membersById } from './targets.ts';

/** Kinds that Kubernetes, or a controller, makes remote secrets of. */
const SECRET_KINDS = ['Secret', 'SealedSecret', 'ExternalSecret', 'SecretProviderClass'];

/**
 * A cluster whose remote secrets an istiod reads: a primary, the config cluster of an external one, or one that holds
 * some where no file tells its role.
 */
export const isReader = (mesh: Mesh, member: Member): boolean => {
  const role = planeRole(mesh, member);
  return (
    role === 'primary' ||
    externalPlanes(mesh, member).length > 0 ||
    (role === 'unknown' && member.remoteSecrets.some((secret) => secret.evidence !== 'kubeconfig'))
  );
};

/** Clusters that run an external istiod which has its configuration, and its remote secrets, in this cluster. */
export const externalPlanes = oncePerMember((mesh, config): readonly Member[] =>
  planeRole(mesh, config) === 'config'
    ? mesh.members.filter(
        (member) =>
          member !== config && planeRole(mesh, member) === 'external' && mesh.configCluster(member) === config,
      )
    : [],
);

/** Clusters that a control plane serves, wherever it runs. */
const serves = (mesh: Mesh, reader: Member, other: Member): boolean =>
  [reader, ...externalPlanes(mesh, reader)].some((plane) => mesh.primariesOf(other).includes(plane));

/** Clusters that hold a remote secret for a member, by the member. */
export const readersOf = oncePerMesh((mesh): ReadonlyMap<Member, readonly HeldSecret[]> => {
  const found = new Map<Member, HeldSecret[]>();
  for (const holder of mesh.members)
    for (const entry of heldSecrets(mesh, holder)) {
      if (entry.target === undefined || entry.target === holder) continue;
      const held = found.get(entry.target);
      if (held === undefined) found.set(entry.target, [entry]);
      else held.push(entry);
    }
  return found;
});

/** Whether the remote secrets that istiod of this cluster reads are among the files, as far as no other object makes some. */
const tellsSecrets = oncePerMember((mesh, member): boolean => {
  const { cluster } = member;
  if (cluster.settings.remoteSecrets === 'elsewhere' || planeRole(mesh, member) === 'external') return false;
  if (!mesh.tracks('remote-secret') || hidesKind(cluster, SECRET_KINDS)) return false;
  if (member.remoteSecrets.length === 0 && mesh.absent(member, 'remote-secret') !== 'yes') return false;
  const readsFile = (plane: Member): boolean =>
    envSightings(plane.cluster, 'istiod', 'PILOT_MULTICLUSTER_KUBECONFIG_PATH').some(
      ({ value }) => filled(value) !== undefined,
    );
  const planes = externalPlanes(mesh, member);
  if ([member, ...planes].some(readsFile)) return false;
  if (planes.some((plane) => plane.cluster.settings.remoteSecrets === 'elsewhere')) return false;
  // Something whose cluster nobody can tell may be for any.
  if (heldSecrets(mesh, member).some((entry) => entry.target === undefined && entry.secret.key === undefined))
    return false;
  return true;
});

const MADE = /istio\/multiCluster|istio-remote-secret|create-remote-secret/;
const READ = new Set(['Secret', 'SealedSecret', 'ExternalSecret', 'CustomResourceDefinition']);

/** Jobs that run istioctl, generators of kustomize, stores and other kinds that will bring remote secrets. */
const makesSecrets = oncePerMember(
  (_mesh, { cluster, resources }): boolean =>
    resources.all.some((resource) => !READ.has(resource.kind) && MADE.test(JSON.stringify(resource.value))) ||
    cluster.looseConfigs.some((config) => MADE.test(JSON.stringify(config.value))) ||
    cluster.values.some((source) => MADE.test(JSON.stringify(source.values))),
);

/** Whether a control plane should read the other cluster. */
const isWanted = (mesh: Mesh, reader: Member, other: Member): boolean => {
  const role = planeRole(mesh, other);
  if (other === reader || role === 'external' || role === 'config') return false;
  if (role === 'remote' && serves(mesh, reader, other)) return true;
  const read = readersOf(mesh).get(other) ?? [];
  if (read.length > 0 || heldSecrets(mesh, other).some((entry) => entry.target === reader)) return true;
  if (role === 'unknown' || !isEvident(mesh, other)) return false;
  return (
    other.workloads.some((workload) => !workload.gateway && workload.injected !== 'no') ||
    other.eastWestGateways.length > 0 ||
    heldSecrets(mesh, other).length > 0
  );
};

/** Its files tell of this mesh; a directory that only lies beside the others may be a mesh of its own. */
const isEvident = (mesh: Mesh, member: Member): boolean =>
  mesh.links.some((link) => link.from === member.name || link.to === member.name);

/** Clusters that a control plane should read and holds no remote secret for. */
export const unreadBy = oncePerMember((mesh, reader): readonly Member[] => {
  if (!isReader(mesh, reader) || !isEvident(mesh, reader) || !tellsSecrets(mesh, reader)) return [];
  const entries = heldSecrets(mesh, reader);
  const planes = externalPlanes(mesh, reader);
  const held = [...entries, ...planes.flatMap((plane) => heldSecrets(mesh, plane))];
  const targets = new Set(held.map((entry) => entry.target));
  const hasStrange = entries.some((entry) => entry.target === undefined);
  const unread = mesh.members.filter((other) => {
    if (targets.has(other) || !isWanted(mesh, reader, other)) return false;
    // Clusters of one name: discovery/unique-cluster-name tells it.
    const id = knownId(mesh, other);
    if (id !== undefined && (membersById(mesh).get(id)?.length ?? 0) > 1) return false;
    // Its secret lies in the cluster itself: discovery/remote-secret-visible tells it.
    if (planeRole(mesh, other) === 'remote' && keepsOwnSecret(mesh, other)) return false;
    // A key that is no id of a loaded cluster may be what this reader calls it.
    return id !== undefined || !hasStrange;
  });
  return unread.length > 0 && makesSecrets(mesh, reader) ? [] : unread;
});

const keepsOwnSecret = (mesh: Mesh, member: Member): boolean =>
  heldSecrets(mesh, member).some((entry) => entry.target === member && !entry.secret.resource.shared);

/** Clusters whose Services and pods istiod of this one reads, itself among them; all of them where no remote secrets are kept. */
export const readBy = oncePerMember((mesh, reader): readonly Member[] => {
  const targets = new Set(heldSecrets(mesh, reader).map((entry) => entry.target));
  const tracked = tellsSecrets(mesh, reader) && !makesSecrets(mesh, reader);
  return mesh.members.filter(
    (other) => other === reader || !tracked || targets.has(other) || mesh.primariesOf(other).includes(reader),
  );
});

/** The place that names a cluster, or where the name would stand. */
export const namePlace = (mesh: Mesh, member: Member): Place => {
  const said = sightingsOf(mesh.idOf(member))[0]?.place ?? takenName(member);
  if (said !== undefined) return said;
  const source = member.cluster.values.find(({ chart }) => chart === 'operator' || chart === 'istiod');
  return source === undefined ? installPlace(member) : below(source.place, 'global', 'multiCluster', 'clusterName');
};

/** An overlay that takes the name away which its base gives (`clusterName: null`). */
export const takenName = ({ cluster }: Member): Place | undefined =>
  overriddenValues(cluster, CONTROL_PLANE, ['global', 'multiCluster', 'clusterName'])[0]?.place;

/** What a cluster calls itself, for a message. */
export const idInWords = (mesh: Mesh, member: Member): string => valueOf(mesh.idOf(member)) ?? member.name;
