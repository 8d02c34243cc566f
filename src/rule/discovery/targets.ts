// Which cluster a remote secret stands for. The rules of discovery ask it together, so that one slip is told once.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { RemoteSecret } from '../../facts/remoteSecrets.ts';
import { hostOf } from '../../facts/role.ts';
import { within } from '../../facts/minors.ts';
import { filled, get, isTemplate, sightingsOf, valueOf } from '../../model/index.ts';
import { oncePerMember, oncePerMesh } from '../scope.ts';
import { isForeign, registryNamespaces } from './visible.ts';

/** A remote secret and the cluster that it leads to. */
export interface HeldSecret {
  readonly holder: Member;
  readonly secret: RemoteSecret;
  /** Clusters whose id is its key: several where they share the id. */
  readonly keyed: readonly Member[];
  /** The key is the id of the holder itself. */
  readonly ownKey: boolean;
  /** Another Secret of the holder has the same key. */
  readonly isDouble: boolean;
  /** The cluster that its server, name, annotation or the kubeconfig itself points to, apart from the key. */
  readonly pointed: Member | undefined;
  readonly pointedBy: 'server' | 'name' | undefined;
  /** What it is most likely meant for: the cluster of its key, else the one it points to. */
  readonly target: Member | undefined;
}

/** The id of a cluster, where it is known. Up to 1.5 peers choose the key of a cluster that names itself Kubernetes by default. */
export const knownId = (mesh: Mesh, member: Member): string | undefined => {
  const fact = mesh.idOf(member);
  const isOpen =
    fact.state === 'known' && fact.isDefault === true && within(mesh.versionOf(member).minors, '<=1.5') !== 'outside';
  return isOpen ? undefined : valueOf(fact);
};

/** The id is what Istio takes where no file names one. */
export const isDefaultId = (mesh: Mesh, member: Member): boolean => {
  const fact = mesh.idOf(member);
  return fact.state === 'known' && fact.isDefault === true;
};

/** Members by id. */
export const membersById = oncePerMesh((mesh): ReadonlyMap<string, readonly Member[]> => {
  const found = new Map<string, Member[]>();
  for (const member of mesh.members) {
    const id = knownId(mesh, member);
    if (id === undefined) continue;
    const held = found.get(id);
    if (held === undefined) found.set(id, [member]);
    else held.push(member);
  }
  return found;
});

/** The remote secrets in the files of a member, with what they stand for. */
export const heldSecrets = oncePerMember((mesh, holder): readonly HeldSecret[] =>
  holder.remoteSecrets
    .filter((secret) => !isForeign(secret, idsOf(mesh), registryNamespaces(mesh, holder)))
    .map((secret) => held(mesh, holder, secret)),
);

const idsOf = oncePerMesh((mesh): ReadonlySet<string> => new Set(membersById(mesh).keys()));

const held = (mesh: Mesh, holder: Member, secret: RemoteSecret): HeldSecret => {
  const keyed = secret.key === undefined ? [] : (membersById(mesh).get(secret.key) ?? []);
  const ownKey = keyed.includes(holder);
  const byServer = serverOwner(mesh, secret);
  const byName = namedMember(mesh, holder, secret);
  const pointed = byServer ?? byName;
  // Of two secrets of one key, the one that points elsewhere has a wrong key.
  const isDouble = holder.remoteSecrets.some(
    (other) => secret.key !== undefined && other.key === secret.key && other.secretName !== secret.secretName,
  );
  const byKey = ownKey || (isDouble && pointed !== undefined) ? undefined : keyedMember(keyed, secret.key, pointed);
  return {
    holder,
    secret,
    keyed,
    ownKey,
    isDouble,
    pointed,
    pointedBy: byServer !== undefined ? 'server' : byName !== undefined ? 'name' : undefined,
    target: byKey ?? pointed ?? (ownKey ? holder : (directoryOf(mesh, secret.key) ?? calledMember(mesh, secret.key))),
  };
};

/** Of clusters that share an id the one that the secret points to, or whose directory has the name. */
const keyedMember = (
  keyed: readonly Member[],
  key: string | undefined,
  pointed: Member | undefined,
): Member | undefined =>
  keyed.find((member) => member === pointed) ?? keyed.find(({ name }) => name === key) ?? keyed[0];

const directoryOf = (mesh: Mesh, name: string | undefined): Member | undefined =>
  name === undefined ? undefined : mesh.members.find((member) => member.name === name);

/** A cluster that some of its own places call so, though not the one that counts. */
const calledMember = (mesh: Mesh, name: string | undefined): Member | undefined =>
  name === undefined
    ? undefined
    : mesh.members.find((member) => sightingsOf(member.clusterId).some(({ value }) => value === name));

/** By the name of the Secret, its annotation, or what the kubeconfig calls its cluster; a name that is the key tells nothing more. */
const namedMember = (mesh: Mesh, holder: Member, secret: RemoteSecret): Member | undefined => {
  for (const hint of [secret.hint, secret.kubeconfig?.calls]) {
    if (hint === undefined) continue;
    const owners = membersById(mesh).get(hint) ?? [];
    // Of clusters that share the name the directory tells, else it is the one that is not the holder.
    const found =
      owners.length === 1 ? owners[0] : (directoryOf(mesh, hint) ?? owners.find((owner) => owner !== holder));
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The cluster whose API server it is: by its own files, else by what other remote secrets with a known key say. */
const serverOwner = (mesh: Mesh, secret: RemoteSecret): Member | undefined => {
  const { server, kubeconfig } = secret;
  if (server === undefined || isLoopback(hostOf(server))) return undefined;
  if (ownServers(mesh).has(addressOf(server, 443))) return declaredOwner(mesh, server);
  const others = (keyedServers(mesh).get(serverKey(server, kubeconfig?.route ?? '')) ?? []).filter(
    (claim) => claim.secret !== secret,
  );
  const named = new Set(others.map((claim) => claim.owner));
  return named.size === 1 ? [...named][0] : undefined;
};

/** The cluster whose own files (kubeadm, Cluster API) name the server; undefined where none or several do. */
export const declaredOwner = (mesh: Mesh, server: string): Member | undefined => {
  const owners = [...(ownServers(mesh).get(addressOf(server, 443)) ?? [])];
  return owners.length === 1 ? owners[0] : undefined;
};

/** `https://A:443/` and `https://a` are one server. */
export const serverKey = (server: string, route: string): string =>
  `${server
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/^(https:\/\/[^/]*?):443(?=\/|$)/, '$1')} ${route}`;

/** `host:port` of API servers after kubeadm and Cluster API. */
const ownServers = oncePerMesh((mesh): ReadonlyMap<string, ReadonlySet<Member>> => {
  const found = new Map<string, Set<Member>>();
  const add = (member: Member | undefined, written: string | undefined): void => {
    if (member === undefined || written === undefined || isTemplate(written) || isLoopback(hostOf(written))) return;
    const address = addressOf(written, 6443);
    found.set(address, (found.get(address) ?? new Set()).add(member));
  };
  for (const member of mesh.members) {
    for (const object of member.resources.ofKind('ClusterConfiguration'))
      add(member, filled(get(object.value, 'controlPlaneEndpoint')));
    for (const object of member.resources.ofKind('Cluster', 'cluster.x-k8s.io')) {
      // A management cluster keeps the objects of others.
      const host = filled(get(object.value, 'spec', 'controlPlaneEndpoint', 'host'));
      const port = filled(get(object.value, 'spec', 'controlPlaneEndpoint', 'port')) ?? '6443';
      add(directoryOf(mesh, object.name), host === undefined ? undefined : `${host}:${port}`);
    }
  }
  return found;
});

/** `host:port` of a URL or address. */
const addressOf = (written: string, port: number): string => {
  const authority = written.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/.*$/, '');
  const said = /:(\d+)$/.exec(authority)?.[1];
  return `${hostOf(written).toLowerCase()}:${said ?? port}`;
};

interface ServerClaim {
  readonly owner: Member;
  readonly secret: RemoteSecret;
}

/** Servers of remote secrets whose key is the id of another loaded cluster. */
const keyedServers = oncePerMesh((mesh): ReadonlyMap<string, readonly ServerClaim[]> => {
  const found = new Map<string, ServerClaim[]>();
  for (const holder of mesh.members)
    for (const secret of holder.remoteSecrets) {
      const keyed = secret.key === undefined ? [] : (membersById(mesh).get(secret.key) ?? []);
      const [owner] = keyed;
      if (secret.server === undefined || owner === undefined || keyed.length > 1 || owner === holder) continue;
      const key = serverKey(secret.server, secret.kubeconfig?.route ?? '');
      const claims = found.get(key) ?? [];
      found.set(key, claims);
      claims.push({ owner, secret });
    }
  return found;
});

/** Hosts that mean the machine of whoever asks. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|.*\.localhost|127(\.\d{1,3}){1,3}|0\.0\.0\.0|\[?::1\]?|\[?(::ffff:)?127\.[\d.]+\]?|\[?0*(:0*)*:0*1\]?)$/i.test(
    host,
  );
