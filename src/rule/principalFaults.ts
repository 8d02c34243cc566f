// Principals of AuthorizationPolicies that no caller can have.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Place, Resource } from '../model/index.ts';
import { get, isTemplate, list, placeIn, text, texts } from '../model/index.ts';
import type { AccountState, TrustDomains } from './principals.ts';
import { knownNamespaces } from './knownNamespaces.ts';
import { accountState, isDomainKnown, parsePrincipal } from './principals.ts';

/** An identity as a policy writes it. */
interface Written {
  readonly value: string;
  readonly isDomain: boolean;
  /** For `serviceAccounts` (1.26+) the namespace of the policy, in which an account without a namespace is. */
  readonly accountIn?: string | undefined;
}

/** A principal or service account of a rule, or one of its `trustDomains` (1.30+). */
export interface Named extends Written {
  readonly place: Place;
  /** In `not…`. */
  readonly isNegated: boolean;
  /** In a condition (`when`). */
  readonly isCondition: boolean;
  /** In `principals` of an ALLOW rule; what `not…` names excludes nobody where it matches nobody. */
  readonly isAllow: boolean;
  /** All that the rule admits by identity; one entry stands for a source without principals, which admits anybody. */
  readonly together: readonly Written[];
}

const LISTS = [
  ...['principals', 'notPrincipals', 'trustDomains', 'notTrustDomains'],
  ...['serviceAccounts', 'notServiceAccounts'],
];

/** Conditions on the identity of the caller. */
const CONDITIONS = ['source.principal', 'source.serviceAccount'];

/** All identities that a policy names, in the order of the file. */
export const principalsIn = (policy: Resource): readonly Named[] => {
  const spec = policy.value['spec'];
  const allows = (text(get(spec, 'action')) ?? 'ALLOW') === 'ALLOW';
  const written = (value: string, key: string): Written => ({
    value,
    isDomain: /trustDomains$/i.test(key),
    accountIn: /serviceAccounts?$/i.test(key) ? (policy.namespace ?? '') : undefined,
  });
  return list(get(spec, 'rules')).flatMap((rule, ruleIndex) => {
    const sources = list(get(rule, 'from')).map((from) => get(from, 'source'));
    const together = sources.flatMap((source) => {
      const key = ['principals', 'serviceAccounts', 'trustDomains'].find((one) => texts(get(source, one)).length > 0);
      return key === undefined
        ? [{ value: '*', isDomain: false }]
        : texts(get(source, key)).map((value) => written(value, key));
    });
    const bySource = sources.flatMap((source, index) =>
      LISTS.flatMap((key) =>
        texts(get(source, key)).map((value, at): Named => ({
          ...written(value, key),
          place: placeIn(policy, 'spec', 'rules', ruleIndex, 'from', index, 'source', key, at),
          isNegated: key.startsWith('not'),
          isCondition: false,
          isAllow: allows && !key.startsWith('not'),
          together,
        })),
      ),
    );
    const byCondition = list(get(rule, 'when')).flatMap((when, index) => {
      const key = text(get(when, 'key')) ?? '';
      if (!CONDITIONS.includes(key)) return [];
      const admitted = texts(get(when, 'values')).map((value) => written(value, key));
      return ['values', 'notValues'].flatMap((field) =>
        texts(get(when, field)).map((value, at): Named => ({
          ...written(value, key),
          place: placeIn(policy, 'spec', 'rules', ruleIndex, 'when', index, field, at),
          isNegated: field === 'notValues',
          isCondition: true,
          isAllow: allows && field === 'values',
          together: admitted,
        })),
      );
    });
    return [...bySource, ...byCondition];
  });
};

/** Why a principal does not match who is meant. */
export type PrincipalFault = {
  readonly known: readonly string[];
  readonly also: readonly { readonly place: Place; readonly cluster: string; readonly message: string }[];
  readonly matchesNobody: boolean;
} & (
  | { readonly why: 'domain'; readonly domain: string }
  /** Written as in a certificate; `plain` is the form of policies. */
  | { readonly why: 'prefix'; readonly plain: string }
  | { readonly why: 'form'; readonly plain: string }
  /** All accounts of a namespace that is nowhere. */
  | { readonly why: 'namespace'; readonly namespace: string }
  | { readonly why: 'untranslated'; readonly peers: readonly string[] }
  | { readonly why: 'callers'; readonly peers: readonly string[]; readonly outside: readonly Outside[] }
  | {
      readonly why: 'account';
      readonly account: string;
      readonly namespace: string;
      readonly near: string;
      /** `ns/shop/sa/cart`: what was probably meant. */
      readonly meant: readonly string[];
    }
);

/** A cluster whose callers carry another trust domain than the one that a policy names. */
export interface Outside {
  readonly member: Member;
  readonly domain: string;
}

/** Undefined where a principal is good, or not to be told. */
export const principalFault = (
  mesh: Mesh,
  domains: TrustDomains,
  { value, isDomain, accountIn }: Written,
  together: Named['together'],
): PrincipalFault | undefined => {
  if (accountIn !== undefined) return accountFault(mesh, value, accountIn);
  if (value.startsWith(PREFIX))
    return { why: 'prefix', plain: value.slice(PREFIX.length), known: [], also: [], matchesNobody: true };
  if (value === '' || value === '*' || isTemplate(value)) return undefined;
  const { all, isComplete, places } = domains;
  const parsed = isDomain
    ? { domain: value, namespace: undefined, account: undefined, segments: 1 }
    : parsePrincipal(value);
  if (parsed === undefined) return undefined;
  const { domain, namespace, account, segments } = parsed;
  if (isComplete && !isDomainKnown(domains, domain))
    return { why: 'domain', domain, known: [...all.keys()], also: places, matchesNobody: true };
  if (namespace !== undefined && account === undefined && knownNamespaces(mesh).names?.has(namespace) === false)
    return { why: 'namespace', namespace, known: [], also: [], matchesNobody: true };

  if (!isDomain && segments !== 5 && domain === 'cluster.local' && isComplete) {
    const others = [...all].filter(([name]) => name !== 'cluster.local');
    if (others.length === 0) return undefined;
    return {
      why: 'untranslated',
      known: others.map(([name]) => name),
      peers: [...new Set(others.flatMap(([, members]) => members.map(({ name }) => name)))].toSorted(),
      also: places,
      matchesNobody: others.length === all.size,
    };
  }
  if (namespace === undefined || account === undefined || segments !== 5) return undefined;
  const held = accountState(mesh, namespace, account);
  if (held.state === 'no') return missingAccount(held, namespace, account);
  if (!isComplete || domain.includes('*')) return undefined;
  // The own control plane translates its domain, its aliases and cluster.local; any other stands for itself.
  const admitted = domains.translated.has(domain) ? domains.translated : new Set([domain]);
  const carried = (member: Member): string | undefined => [...all].find(([, members]) => members.includes(member))?.[0];
  // Who names one foreign domain may mean the callers of that cluster only.
  if (admitted !== domains.translated && held.members.some((member) => carried(member) === domain)) return undefined;
  const outside = held.members.flatMap((member) => {
    const found = carried(member);
    const isAdmitted = (name: string): boolean =>
      [`${name}/ns/${namespace}/sa/${account}`, `*/ns/${namespace}/sa/${account}`, '*'].some((own) =>
        together.some((other) => !other.isDomain && other.value === own),
      );
    return found === undefined || admitted.has(found) || isAdmitted(found) ? [] : [{ member, domain: found }];
  });
  if (outside.length === 0) return undefined;
  return {
    why: 'callers',
    outside,
    known: [...new Set(outside.map((one) => one.domain))],
    peers: outside.map(({ member }) => member.name),
    also: places.filter(({ cluster }) => outside.some(({ member }) => member.name === cluster)),
    matchesNobody: outside.length === held.members.length,
  };
};

/** Istio puts it before each principal itself. */
const PREFIX = 'spiffe://';

/** `account` or `namespace/account`; the service account of a whole identity is found nowhere. */
const accountFault = (mesh: Mesh, value: string, own: string): PrincipalFault | undefined => {
  const [, named, last] = /(?:^|\/)ns\/([^/]+)\/sa\/([^/]+)$/.exec(value) ?? [];
  if (named !== undefined && last !== undefined)
    return { why: 'form', plain: `${named}/${last}`, known: [], also: [], matchesNobody: true };
  const steps = value.split('/');
  const [namespace, account] = steps.length === 1 ? [own, value] : steps;
  if (steps.length > 2 || !namespace || !account || isTemplate(value) || value.includes('*')) return undefined;
  const held = accountState(mesh, namespace, account);
  return held.state === 'no' ? missingAccount(held, namespace, account) : undefined;
};

const missingAccount = (held: AccountState, namespace: string, account: string): PrincipalFault => ({
  why: 'account',
  account,
  namespace,
  near: held.near,
  meant: held.meant ?? [],
  known: [],
  also: held.also,
  matchesNobody: true,
});
