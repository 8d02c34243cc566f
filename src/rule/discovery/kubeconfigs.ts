// Whether istiod can use the kubeconfigs of remote secrets.
import { isPrivateAddress } from '../../facts/cidr.ts';
import { placeInKubeconfig } from '../../facts/remoteSecrets.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import { hostOf } from '../../facts/role.ts';
import type { Place, Severity } from '../../model/index.ts';
import type { HeldSecret } from './targets.ts';
import { declaredOwner, heldSecrets, isLoopback, serverKey } from './targets.ts';
import { hiddenBecause } from './visible.ts';

export interface KubeconfigFault {
  readonly what:
    | 'loopback'
    | 'local'
    | 'service'
    | 'plain'
    | 'unverified'
    | 'foreign'
    | 'server'
    | 'expired'
    | 'expiring'
    | 'token';
  readonly entry: HeldSecret;
  readonly severity: Severity;
  readonly at: Place;
  /** The cluster whose API server it is. */
  readonly owner?: Member | undefined;
  /** The secret that has the same server or token. */
  readonly other?: { readonly entry: HeldSecret; readonly at: Place } | undefined;
  /** Milliseconds since 1970. */
  readonly expires?: number | undefined;
}

const DAY = 86_400_000;
const SOON = 30 * DAY;

/** What is wrong with the kubeconfigs of a mesh, in the order of clusters and secrets. */
export const kubeconfigFaults = (mesh: Mesh): readonly KubeconfigFault[] => {
  const entries = mesh.members.flatMap((member) =>
    heldSecrets(mesh, member).filter(
      (entry) => entry.secret.kubeconfig !== undefined && !(entry.ownKey && isForItself(entry)),
    ),
  );
  const index = indexOf(entries);
  const seen = new Set<HeldSecret>();
  return entries.flatMap((entry) => {
    const address = addressFault(entry) ?? foreignServer(mesh, entry);
    const same = address === undefined ? sameServer(mesh, index, entry, seen) : undefined;
    if (same !== undefined) seen.add(entry);
    return [
      address,
      same,
      unverified(entry),
      ...(same === undefined && address?.what !== 'foreign' ? tokenFaults(mesh, index, entry) : []),
    ].filter((fault) => fault !== undefined);
  });
};

/** Secrets by what they may have in common; each list in the order of all. */
interface Index {
  readonly position: ReadonlyMap<HeldSecret, number>;
  readonly byServer: ReadonlyMap<string | undefined, readonly HeldSecret[]>;
  readonly byToken: ReadonlyMap<string | undefined, readonly HeldSecret[]>;
  readonly byTarget: ReadonlyMap<Member | undefined, readonly HeldSecret[]>;
}

const indexOf = (entries: readonly HeldSecret[]): Index => ({
  position: new Map(entries.map((entry, index) => [entry, index])),
  byServer: groupBy(entries, keyOfServer),
  byToken: groupBy(entries, ({ secret }) => secret.kubeconfig?.token?.digest),
  byTarget: groupBy(entries, ({ target }) => target),
});

const groupBy = <K>(entries: readonly HeldSecret[], key: (entry: HeldSecret) => K): Map<K, HeldSecret[]> => {
  const groups = new Map<K, HeldSecret[]>();
  for (const entry of entries) {
    const held = groups.get(key(entry));
    if (held === undefined) groups.set(key(entry), [entry]);
    else held.push(entry);
  }
  return groups;
};

/** istiod skips a secret for its own cluster, whatever it says. */
const isForItself = ({ target, holder }: HeldSecret): boolean => target === undefined || target === holder;

const serverAt = ({ secret }: HeldSecret): Place =>
  placeInKubeconfig(secret, secret.kubeconfig?.serverPath ?? ['clusters']);

const addressFault = (entry: HeldSecret): KubeconfigFault | undefined => {
  const { server } = entry.secret;
  if (server === undefined) return undefined;
  const fault = (what: KubeconfigFault['what'], severity: Severity): KubeconfigFault => ({
    what,
    entry,
    severity,
    at: serverAt(entry),
  });
  const host = hostOf(server).toLowerCase().replace(/\.$/, '');
  if (isLoopback(host)) return fault('loopback', 'error');
  if (/^kubernetes(\.default(\.svc(\..*)?)?)?$/.test(host)) return fault('local', 'error');
  if (/\.svc(\..+)?$/.test(host)) return fault('service', 'warning');
  // client-go takes an address without scheme for http.
  return /^https:\/\//i.test(server) ? undefined : fault('plain', 'error');
};

/** The API server of a cluster that the key does not mean. */
const foreignServer = (mesh: Mesh, entry: HeldSecret): KubeconfigFault | undefined => {
  const { secret, keyed, ownKey } = entry;
  const owner = secret.server === undefined ? undefined : declaredOwner(mesh, secret.server);
  if (owner === undefined || ownKey || entry.isDouble || keyed.length !== 1 || keyed[0] === owner) return undefined;
  // Through a proxy the address may mean another machine, and so may a private one elsewhere.
  if (secret.kubeconfig?.route.trim() !== '') return undefined;
  const isSure = owner === entry.holder || !isPrivate(hostOf(secret.server ?? ''));
  return { what: 'foreign', entry, severity: isSure ? 'error' : 'warning', at: serverAt(entry), owner };
};

const unverified = (entry: HeldSecret): KubeconfigFault | undefined => {
  const path = entry.secret.kubeconfig?.unverified;
  return path === undefined
    ? undefined
    : { what: 'unverified', entry, severity: 'warning', at: placeInKubeconfig(entry.secret, path) };
};

/** One API server serves one cluster; the earlier secret is taken for right, unless its own target is another's server. */
const sameServer = (
  mesh: Mesh,
  index: Index,
  entry: HeldSecret,
  reported: ReadonlySet<HeldSecret>,
): KubeconfigFault | undefined => {
  const key = keyOfServer(entry);
  // Whose server it is, is known: a secret of another cluster that has it is told already.
  if (
    key === undefined ||
    entry.secret.key === undefined ||
    declaredOwner(mesh, entry.secret.server ?? '') !== undefined
  )
    return undefined;
  const first = index.byServer
    .get(key)
    ?.find((other) => !reported.has(other) && differInTarget(mesh, entry, other) && isRight(index, other, entry));
  if (first === undefined) return undefined;
  const severity = first.holder === entry.holder || !isPrivate(hostOf(entry.secret.server ?? '')) ? 'error' : 'warning';
  return { what: 'server', entry, severity, at: serverAt(entry), other: { entry: first, at: serverAt(first) } };
};

const keyOfServer = ({ secret }: HeldSecret): string | undefined =>
  secret.server === undefined ? undefined : serverKey(secret.server, secret.kubeconfig?.route ?? '');

/** Secrets for two clusters, as far as their keys tell. A key that is wrong is another rule's. */
const differInTarget = (mesh: Mesh, a: HeldSecret, b: HeldSecret): boolean => {
  if (a === b || a.secret.key === b.secret.key) return false;
  if (a.ownKey || b.ownKey || a.isDouble || b.isDouble) return false;
  if ([a, b].some((entry) => hiddenBecause(mesh, entry.holder, entry.secret).length > 0)) return false;
  return a.keyed.length > 0 && b.keyed.length > 0 ? a.keyed[0] !== b.keyed[0] : a.target !== b.target;
};

/** Whether the server is that of the one cluster rather than of the other: other secrets for both clusters tell, else the order. */
const isRight = ({ position, byTarget }: Index, one: HeldSecret, other: HeldSecret): boolean => {
  const votes = (entry: HeldSecret): number => {
    const peers = byTarget.get(entry.target) ?? [];
    return 2 * peers.filter((peer) => keyOfServer(peer) === keyOfServer(entry)).length - peers.length;
  };
  const [a, b] = [votes(one), votes(other)];
  return a === b ? (position.get(one) ?? 0) < (position.get(other) ?? 0) : a > b;
};

/** Such addresses, and names without a domain, may mean another machine in each network. */
const isPrivate = (host: string): boolean => isPrivateAddress(host) || !/[.:]/.test(host);

const tokenFaults = (mesh: Mesh, index: Index, entry: HeldSecret): readonly KubeconfigFault[] => {
  const token = entry.secret.kubeconfig?.token;
  if (token === undefined) return [];
  const at = placeInKubeconfig(entry.secret, token.path);
  const found: KubeconfigFault[] = [];
  const left = (token.expires ?? Number.POSITIVE_INFINITY) - mesh.settings.now.getTime();
  if (left < SOON)
    found.push({
      what: left < 0 ? 'expired' : 'expiring',
      entry,
      severity: left < 0 ? 'error' : 'warning',
      at,
      expires: token.expires,
    });
  const twins = index.byToken.get(token.digest) ?? [];
  const other = twins.slice(0, twins.indexOf(entry)).find((peer) => differInTarget(mesh, peer, entry));
  const path = other?.secret.kubeconfig?.token?.path;
  if (other !== undefined && path !== undefined)
    found.push({
      what: 'token',
      entry,
      severity: 'error',
      at,
      other: { entry: other, at: placeInKubeconfig(other.secret, path) },
    });
  return found;
};
