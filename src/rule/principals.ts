// Identities of callers: trust domain, namespace, service account.
import type { Member, Mesh } from '../facts/mesh.ts';
import { hidesKind } from '../facts/sources.ts';
import type { Place, Resource } from '../model/index.ts';
import { compareText, describe, filled, get, list, sightingsOf, texts, valueOf } from '../model/index.ts';
import { isRemote } from './controlPlane/roles.ts';
import { mayMakeObjectsIn, namesOfGateway } from './installers.ts';
import { knownNamespaces } from './knownNamespaces.ts';
import { nearest } from './nearest.ts';
import { istioNamespaceOf, oncePerMesh, someInWords } from './scope.ts';

/** A principal as Istio reads it: `<trust domain>/ns/<namespace>/sa/<service account>`, any part a wildcard. */
export interface Principal {
  readonly domain: string;
  /** Undefined for wildcards. */
  readonly namespace: string | undefined;
  readonly account: string | undefined;
  /** Istio translates principals of five only. */
  readonly segments: number;
}

/** Undefined where the trust domain is a wildcard for all. */
export const parsePrincipal = (written: string): Principal | undefined => {
  const steps = written.split('/');
  const [domain, ns, namespace, sa, account] = steps;
  const isWhole = steps.length === 5 && ns === 'ns' && sa === 'sa';
  if (domain === undefined || domain === '' || (domain.endsWith('*') && !(domain === '*' && isWhole))) return undefined;
  // `*/sa/cart` and `*cart` are ends of identities, not trust domains.
  if (domain.startsWith('*') && steps.length !== 5) return undefined;
  const plain = (part: string | undefined): string | undefined =>
    part !== undefined && !part.includes('*') ? part : undefined;
  // `<trust domain>/ns/shop/*` is for all of a namespace.
  const isStart = steps.length === 4 && ns === 'ns' && sa === '*';
  return {
    domain,
    namespace: isWhole || isStart ? plain(namespace) : undefined,
    account: isWhole ? plain(account) : undefined,
    segments: steps.length,
  };
};

/** The trust domains of a mesh, as one control plane sees them. */
export interface TrustDomains {
  /** Domain → clusters whose workloads carry it, in the order of names. */
  readonly all: ReadonlyMap<string, readonly Member[]>;
  /** Domains and aliases of any cluster, with cluster.local. */
  readonly known: ReadonlySet<string>;
  /** What the control plane takes for its own: its domain, its aliases, cluster.local. */
  readonly translated: ReadonlySet<string>;
  /** The domain of every cluster is known. */
  readonly isComplete: boolean;
  readonly places: readonly { readonly place: Place; readonly cluster: string; readonly message: string }[];
}

const domainsOfMesh = oncePerMesh((mesh): Omit<TrustDomains, 'translated'> => {
  const all = new Map<string, Member[]>();
  const known = new Set(['cluster.local']);
  let isComplete = true;
  for (const member of mesh.members) {
    const planes = isRemote(mesh, member) ? mesh.primariesOf(member) : [member];
    // 1.29+ reads the mesh config of a remote cluster; an own word of it counts in any version.
    const own = valueOf(member.trustDomain);
    const domains = own === undefined ? [...new Set(planes.map((plane) => valueOf(plane.trustDomain)))] : [own];
    if (domains.length === 0 || domains.includes(undefined)) isComplete = false;
    for (const domain of domains) if (domain !== undefined) all.set(domain, [...(all.get(domain) ?? []), member]);
    if (member.trustDomainAliases.state === 'unknown' && own !== undefined) isComplete = false;
    for (const { value } of sightingsOf(member.trustDomainAliases)) for (const alias of value) known.add(alias);
  }
  const sorted = new Map([...all].toSorted(([a], [b]) => compareText(a, b)));
  for (const domain of sorted.keys()) known.add(domain);
  const places = mesh.members.flatMap((member) =>
    sightingsOf(member.trustDomain)
      .slice(0, 1)
      .map(({ place, value }) => ({ place, cluster: member.name, message: `trust domain ${value}` })),
  );
  return { all: sorted, known, isComplete, places };
});

/** Istio expands the own domain, its aliases and cluster.local to all of them. */
export const translatedDomains = (config: Member): ReadonlySet<string> =>
  new Set([
    'cluster.local',
    valueOf(config.trustDomain) ?? 'cluster.local',
    ...sightingsOf(config.trustDomainAliases).flatMap(({ value }) => value),
  ]);

export const trustDomainsOf = (mesh: Mesh, config: Member): TrustDomains => ({
  ...domainsOfMesh(mesh),
  translated: translatedDomains(config),
});

/** A domain, or an end of one behind `*`. */
export const isDomainKnown = ({ known }: TrustDomains, domain: string): boolean =>
  domain.startsWith('*')
    ? [...known].some((name) => name.endsWith(domain.slice(1)))
    : domain.endsWith('*')
      ? [...known].some((name) => name.startsWith(domain.slice(0, -1)))
      : known.has(domain);

/** Whether a service account is in some cluster, and where workloads run under it. */
export interface AccountState {
  readonly state: 'yes' | 'no' | 'unknown';
  readonly members: readonly Member[];
  /** `; west has carts`, where another name is there. */
  readonly near: string;
  /** `ns/shop/sa/cart`: accounts one of which was probably meant. */
  readonly meant?: readonly string[] | undefined;
  readonly also: readonly { readonly place: Place; readonly cluster: string; readonly message: string }[];
}

const UNKNOWN: AccountState = { state: 'unknown', members: [], near: '', also: [] };

export const accountState = (mesh: Mesh, namespace: string, account: string): AccountState => {
  const holders = holdersOf(mesh, namespace, account);
  if (holders.length > 0) return { state: 'yes', members: holders, near: '', also: [] };
  const isStated = mesh.members.some(
    ({ resources }) => resources.find('ServiceAccount', namespace, account, '').length > 0,
  );
  if (isStated || account === 'default') return { ...UNKNOWN, state: 'yes' };
  const elsewhere = namespacesWith(mesh, account);
  const { names: namespaces } = knownNamespaces(mesh);
  if (
    namespaces?.has(namespace) === false &&
    elsewhere.length > 0 &&
    isNamedOtherwise(mesh, namespace, account, elsewhere)
  )
    return {
      state: 'no',
      members: [],
      near: ` (the namespace is in no cluster; ${account} is an account of ${someInWords(elsewhere, 3)})`,
      meant: elsewhere.slice(0, 3).map((held) => `ns/${held}/sa/${account}`),
      also: workloadsRunning(
        mesh,
        (held, name) => name === account && held !== undefined && elsewhere.includes(held),
      ).slice(0, 3),
    };
  const isOpen = (member: Member): boolean =>
    mesh.absent(member, `workload:${namespace}`) === 'unknown' || mayHide(mesh, member, namespace, account);
  if (!mesh.tracks(`workload:${namespace}`) || mesh.members.some(isOpen)) return UNKNOWN;
  const others = workloadsRunning(mesh, (held) => held === namespace);
  const all = [...new Set(others.map((other) => other.account))];
  const alike = nearest(account, all);
  const names = alike === undefined ? all.toSorted().slice(0, 3) : [alike];
  return {
    state: 'no',
    members: [],
    near: names.length === 0 ? '' : `; what runs there uses ${names.join(', ')}`,
    meant: names.map((name) => `ns/${namespace}/sa/${name}`),
    also: others.slice(0, 3).map(({ place, cluster, message }) => ({ place, cluster, message })),
  };
};

/** Workloads by their namespace and account. */
const workloadsRunning = (mesh: Mesh, wanted: (namespace: string | undefined, account: string) => boolean) =>
  mesh.members.flatMap((member) =>
    member.workloads
      .filter(({ namespace, serviceAccount }) => wanted(namespace, serviceAccount ?? 'default'))
      .map((workload) => ({
        place:
          workload.serviceAccount === undefined
            ? workload.specPlace
            : { ...workload.specPlace, path: [...workload.specPlace.path, 'serviceAccountName'] },
        cluster: member.name,
        message: `${workload.resource.kind} ${workload.name} runs as ${workload.serviceAccount ?? 'default'}`,
        account: workload.serviceAccount ?? 'default',
      })),
  );

/** A policy of one name admits the account in a namespace that is there in one cluster, and in one that is not in another. */
const isNamedOtherwise = (mesh: Mesh, namespace: string, account: string, elsewhere: readonly string[]): boolean => {
  const names = (policy: Resource, held: string): boolean =>
    list(get(policy.value, 'spec', 'rules')).some((rule) =>
      list(get(rule, 'from')).some((from) =>
        texts(get(from, 'source', 'principals')).some((written) => written.endsWith(`/ns/${held}/sa/${account}`)),
      ),
    );
  const policies = mesh.members.flatMap((member) =>
    member.resources.ofKind('AuthorizationPolicy').map((policy) => ({ member, policy })),
  );
  return policies
    .filter(({ policy }) => names(policy, namespace))
    .some((odd) =>
      policies.some(
        ({ member, policy }) =>
          member !== odd.member &&
          describe(policy) === describe(odd.policy) &&
          elsewhere.some((held) => names(policy, held)),
      ),
    );
};

/** Namespaces in which something runs under an account of that name. */
const namespacesWith = (mesh: Mesh, account: string): readonly string[] =>
  [...accounts(mesh).keys()]
    .flatMap((key) => (key.endsWith(`/${account}`) && !key.startsWith('?/') ? [key.slice(0, -account.length - 1)] : []))
    .toSorted(compareText);

/** Members that run something under an account, by `namespace/account`: workloads, virtual machines and their groups. */
const accounts = oncePerMesh((mesh): ReadonlyMap<string, readonly Member[]> => {
  const found = new Map<string, Member[]>();
  const add = (member: Member, namespace: string | undefined, account: string | undefined): void => {
    const key = `${namespace ?? '?'}/${account ?? 'default'}`;
    const held = found.get(key);
    if (held === undefined) found.set(key, [member]);
    else if (held.at(-1) !== member) held.push(member);
  };
  for (const member of mesh.members) {
    for (const { namespace, serviceAccount } of member.workloads) add(member, namespace, serviceAccount);
    for (const { namespace, value } of member.resources.ofKind('WorkloadEntry'))
      add(member, namespace, filled(get(value, 'spec', 'serviceAccount')));
    for (const { namespace, value } of member.resources.ofKind('WorkloadGroup'))
      add(member, namespace, filled(get(value, 'spec', 'template', 'serviceAccount')));
  }
  return found;
});

/** Members that run something under the account; what states no namespace may be in any. */
const holdersOf = (mesh: Mesh, namespace: string, account: string): readonly Member[] => {
  const table = accounts(mesh);
  const found = [`${namespace}/${account}`, `?/${account}`].flatMap((key) => table.get(key) ?? []);
  return mesh.members.filter((member) => found.includes(member));
};

/** Charts, gateways and operators make accounts of their own; ServiceEntries name those of others. */
const mayHide = (mesh: Mesh, member: Member, namespace: string, account: string): boolean => {
  const { cluster, resources } = member;
  if (namespace === istioNamespaceOf(member) || namespace.startsWith('kube-') || /istio/.test(namespace)) return true;
  if (hidesKind(cluster, ['ServiceAccount', 'Deployment', 'StatefulSet', 'DaemonSet', 'Pod'])) return true;
  if (cluster.values.some((values) => values.namespace === namespace)) return true;
  if (resources.ofKind('ServiceEntry').some(({ value }) => get(value, 'spec', 'subjectAltNames') !== undefined))
    return true;
  return (
    mayMakeObjectsIn(mesh, member, namespace) ||
    resources
      .inNamespace('Gateway', namespace, 'gateway.networking.k8s.io')
      .some((gateway) => namesOfGateway(mesh, member, gateway).includes(account))
  );
};
