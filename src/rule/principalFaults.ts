// Principals of AuthorizationPolicies that no caller can have.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Place, Resource } from '../model/index.ts';
import { get, isTemplate, list, placeIn, text, texts } from '../model/index.ts';
import type { TrustDomains } from './principals.ts';
import { knownNamespaces } from './knownNamespaces.ts';
import { accountState, isDomainKnown, parsePrincipal } from './principals.ts';

/** A principal of a rule, or one of its `trustDomains` (1.30+). */
export interface Named {
  readonly value: string;
  readonly place: Place;
  readonly isDomain: boolean;
  /** In `not…`. */
  readonly isNegated: boolean;
  /** In `principals` of an ALLOW rule; what `not…` names excludes nobody where it matches nobody. */
  readonly isAllow: boolean;
  /** All that the rule admits by identity; one entry stands for a source without principals, which admits anybody. */
  readonly together: readonly Pick<Named, 'value' | 'isDomain'>[];
}

const LISTS = ['principals', 'notPrincipals', 'trustDomains', 'notTrustDomains'] as const;

/** All principals and trust domains that a policy names, in the order of the file. */
export const principalsIn = (policy: Resource): readonly Named[] => {
  const spec = policy.value['spec'];
  const allows = (text(get(spec, 'action')) ?? 'ALLOW') === 'ALLOW';
  return list(get(spec, 'rules')).flatMap((rule, ruleIndex) => {
    const sources = list(get(rule, 'from')).map((from) => get(from, 'source'));
    const together = sources.flatMap((source) => {
      const principals = texts(get(source, 'principals')).map((value) => ({ value, isDomain: false }));
      const domains = texts(get(source, 'trustDomains')).map((value) => ({ value, isDomain: true }));
      const all = principals.length > 0 ? principals : domains;
      return all.length > 0 ? all : [{ value: '*', isDomain: false }];
    });
    return sources.flatMap((source, index) =>
      LISTS.flatMap((key) =>
        texts(get(source, key)).map((value, at) => ({
          value,
          place: placeIn(policy, 'spec', 'rules', ruleIndex, 'from', index, 'source', key, at),
          isDomain: key === 'trustDomains' || key === 'notTrustDomains',
          isNegated: key.startsWith('not'),
          isAllow: allows && (key === 'principals' || key === 'trustDomains'),
          together,
        })),
      ),
    );
  });
};

/** Why a principal does not match who is meant. */
export type PrincipalFault = {
  readonly known: readonly string[];
  readonly also: readonly { readonly place: Place; readonly cluster: string; readonly message: string }[];
  readonly matchesNobody: boolean;
} & (
  | { readonly why: 'domain'; readonly domain: string }
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
  { value, isDomain }: Pick<Named, 'value' | 'isDomain'>,
  together: Named['together'],
): PrincipalFault | undefined => {
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
  if (held.state === 'no')
    return {
      why: 'account',
      account,
      namespace,
      near: held.near,
      meant: held.meant ?? [],
      known: [],
      also: held.also,
      matchesNobody: true,
    };
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
