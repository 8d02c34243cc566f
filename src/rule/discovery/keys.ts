// Whether the keys of remote secrets are the ids of the clusters they lead to.
import { CLUSTER_LABEL } from '../../facts/identity.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import { within } from '../../facts/minors.ts';
import type { Severity } from '../../model/index.ts';
import { isRecord, sightingsOf, text, valueOf } from '../../model/index.ts';
import { oncePerMember, oncePerMesh } from '../scope.ts';
import { isReader, unreadBy } from './readers.ts';
import { planeRole } from './roles.ts';
import type { HeldSecret } from './targets.ts';
import { heldSecrets, isDefaultId, knownId, membersById } from './targets.ts';
import { hiddenBecause } from './visible.ts';

export type KeyFault =
  /** No cluster has that id; the secret belongs to `owner`, which calls itself otherwise. */
  | {
      readonly what: 'strange';
      readonly entry: HeldSecret;
      readonly owner: Member;
      readonly by: 'server' | 'name' | 'likeness';
      readonly severity: Severity;
    }
  /** No cluster has that id, and all clusters are loaded. */
  | { readonly what: 'unowned'; readonly entry: HeldSecret; readonly severity: Severity }
  /** The id of the reader itself; the secret belongs to `owner`. */
  | { readonly what: 'own'; readonly entry: HeldSecret; readonly owner: Member; readonly severity: Severity }
  /** A secret of the reader for itself. */
  | { readonly what: 'self'; readonly entry: HeldSecret; readonly severity: Severity }
  /** A second secret with that key. */
  | { readonly what: 'double'; readonly entry: HeldSecret; readonly first: HeldSecret; readonly severity: Severity };

/** What is wrong with the keys of the remote secrets of a cluster, in the order of its secrets. */
export const keyFaults = oncePerMember((mesh, reader): readonly KeyFault[] => {
  if (!isReader(mesh, reader)) return [];
  const entries = heldSecrets(mesh, reader).filter(
    ({ secret }) => secret.key !== undefined && hiddenBecause(mesh, reader, secret).length === 0,
  );
  return entries.flatMap((entry) => {
    const double = doubleOf(entries, entry);
    const found = double ?? (entry.ownKey ? ownKeyFault(mesh, entry) : strangeKeyFault(mesh, entry));
    return found === undefined ? [] : [found];
  });
});

/** Clusters that a control plane should read, and holds no remote secret for under any name. */
export const missingReads = (mesh: Mesh, reader: Member): readonly Member[] =>
  unreadBy(mesh, reader).filter((other) => presumedSecret(mesh, reader, other) === undefined);

/** A secret whose key is no id but resembles that of a cluster for which the reader holds none. */
const presumedSecret = (mesh: Mesh, reader: Member, other: Member): HeldSecret | undefined => {
  const id = knownId(mesh, other);
  if (id === undefined || within(mesh.versionOf(reader).minors, '1.5+') === 'outside') return undefined;
  const strange = heldSecrets(mesh, reader).filter(
    (entry) =>
      entry.target === undefined &&
      entry.secret.key !== undefined &&
      hiddenBecause(mesh, reader, entry.secret).length === 0,
  );
  const alike = strange.filter(({ secret }) => isAlike(secret.key!, id) || isAlike(secret.key!, other.name));
  return alike.length === 1 ? alike[0] : undefined;
};

/** One is the other with something before or after it: `west`, `west-prod`; or both differ in notation only. */
const isAlike = (a: string, b: string): boolean => {
  const [shorter, longer] = [a, b]
    .map((word) => word.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'))
    .toSorted((one, other) => one.length - other.length) as [string, string];
  if (shorter.replaceAll('-', '') === longer.replaceAll('-', '')) return true;
  return shorter.length > 2 && `-${longer}-`.includes(`-${shorter}-`);
};

const strangeKeyFault = (mesh: Mesh, entry: HeldSecret): KeyFault | undefined => {
  const { keyed, secret, holder } = entry;
  const key = secret.key!;
  if (keyed.length > 0 || within(mesh.versionOf(holder).minors, '1.5+') === 'outside') return undefined;
  const likeness = entry.target === undefined ? presumedOwner(mesh, entry) : undefined;
  const owner = entry.target ?? likeness;
  if (owner === undefined) return isDeclared(mesh) ? { what: 'unowned', entry, severity: 'warning' } : undefined;
  const id = knownId(mesh, owner);
  if (id === undefined || owner === holder || (membersById(mesh).get(id)?.length ?? 0) > 1) return undefined;
  // Places of its id that disagree are another rule's.
  if (sightingsOf(owner.clusterId).some(({ value }) => value === key)) return undefined;
  const isServed = planeRole(mesh, owner) !== 'primary' && mesh.primariesOf(owner).includes(holder);
  const by = likeness !== undefined ? 'likeness' : (entry.pointedBy ?? 'name');
  const severity = isServed || (configuredIds(mesh).has(id) && !isDefaultId(mesh, owner)) ? 'error' : 'warning';
  return { what: 'strange', entry, owner, by, severity };
};

const presumedOwner = (mesh: Mesh, entry: HeldSecret): Member | undefined => {
  const owners = unreadBy(mesh, entry.holder).filter((other) => presumedSecret(mesh, entry.holder, other) === entry);
  return owners.length === 1 ? owners[0] : undefined;
};

/** mesh-lint.yaml lists the clusters of the mesh, so that there are no others. */
const isDeclared = (mesh: Mesh): boolean => mesh.settings.meshes?.[mesh.name] !== undefined;

const ownKeyFault = (mesh: Mesh, entry: HeldSecret): KeyFault | undefined => {
  const { holder, keyed, pointed, secret } = entry;
  // Clusters of one name: another rule's.
  if (keyed.length > 1) return undefined;
  if (pointed !== undefined && pointed !== holder) return { what: 'own', entry, owner: pointed, severity: 'error' };
  const skips = within(mesh.versionOf(holder).minors, '1.12+') === 'inside';
  if (!skips) return { what: 'self', entry, severity: 'warning' };
  const isBundle =
    secret.resource.shared ||
    mesh.members.some(
      (member) => member !== holder && heldSecrets(mesh, member).some((other) => other.secret.key === secret.key),
    );
  return isBundle && heldSecrets(mesh, holder).length > 1 ? undefined : { what: 'self', entry, severity: 'info' };
};

/** The secret of that key that comes first, where it is another object. */
const doubleOf = (entries: readonly HeldSecret[], entry: HeldSecret): KeyFault | undefined => {
  const same = entries.filter(
    ({ secret }) => secret.key === entry.secret.key && nameOf(secret) !== nameOf(entry.secret),
  );
  const first = same.find((other) => entries.indexOf(other) < entries.indexOf(entry));
  if (first === undefined) return undefined;
  const [one, two] = [first.secret.kubeconfig, entry.secret.kubeconfig];
  const differs = one !== undefined && two !== undefined && one.digest !== two.digest;
  return { what: 'double', entry, first, severity: differs ? 'error' : 'warning' };
};

const nameOf = ({ secretName, resource }: HeldSecret['secret']): string => secretName ?? resource.name;

/** Cluster ids that routing and meshNetworks name. */
const configuredIds = oncePerMesh((mesh): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const member of mesh.members) {
    for (const kind of ['DestinationRule', 'VirtualService'])
      for (const resource of member.resources.ofKind(kind)) collectIds(resource.value['spec'], found);
    for (const network of valueOf(member.meshNetworks) ?? [])
      for (const { fromRegistry } of network.endpoints) if (fromRegistry !== undefined) found.add(fromRegistry);
  }
  return found;
});

/** Labels `topology.istio.io/cluster: id` and entries `topology.istio.io/cluster=id` of failoverPriority. */
const collectIds = (value: unknown, found: Set<string>): void => {
  if (typeof value === 'string' && value.startsWith(`${CLUSTER_LABEL}=`))
    found.add(value.slice(CLUSTER_LABEL.length + 1));
  if (Array.isArray(value)) for (const item of value) collectIds(item, found);
  if (!isRecord(value)) return;
  for (const [key, item] of Object.entries(value)) {
    const id = key === CLUSTER_LABEL ? text(item) : undefined;
    if (id === undefined) collectIds(item, found);
    else found.add(id);
  }
};
