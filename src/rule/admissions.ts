// Whom the rules of AuthorizationPolicies admit by identity.
import type { Resource } from '../model/index.ts';
import { get, isTemplate, list, text, texts } from '../model/index.ts';

/** A service account of a namespace, in any trust domain. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/**
 * `named`: a rule names the account, or a pattern that covers it; `open`: a rule may admit it for another reason
 * (no source, a namespace, an address, a request); `no`: every rule names other callers.
 */
export type Admission = 'named' | 'open' | 'no';

/** How one ALLOW policy takes calls of an account. A policy without rules admits nobody. */
export const admissionOf = (policy: Resource, account: Account): Admission => {
  const found = list(get(policy.value, 'spec', 'rules')).flatMap((rule): readonly Admission[] => {
    const sources = list(get(rule, 'from')).map((from) => get(from, 'source'));
    return sources.length === 0 ? ['open'] : sources.map((source) => bySource(source, policy, account));
  });
  return found.includes('named') ? 'named' : found.includes('open') ? 'open' : 'no';
};

/** Whether a policy is one of the kind that admits by name. */
export const allows = (policy: Resource): boolean => (text(get(policy.value, 'spec', 'action')) ?? 'ALLOW') === 'ALLOW';

const bySource = (source: unknown, policy: Resource, account: Account): Admission => {
  const principals = texts(get(source, 'principals'));
  if (principals.length > 0) {
    if (principals.some((principal) => principal === '*' || isTemplate(principal))) return 'open';
    return principals.some((principal) => coversAccount(principal, account)) ? 'named' : 'no';
  }
  const accounts = texts(get(source, 'serviceAccounts'));
  if (accounts.length > 0)
    return accounts.some((written) => isAccount(written, policy.namespace, account)) ? 'named' : 'no';
  const namespaces = texts(get(source, 'namespaces'));
  if (namespaces.length === 0) return 'open';
  return namespaces.some((pattern) => isTemplate(pattern) || pattern.includes('*') || pattern === account.namespace)
    ? 'open'
    : 'no';
};

/** `ns/account`, or an account of the policy's own namespace (Istio 1.26+). */
const isAccount = (written: string, namespace: string | undefined, account: Account): boolean => {
  const slash = written.indexOf('/');
  return slash < 0
    ? written === account.name && namespace === account.namespace
    : written === `${account.namespace}/${account.name}`;
};

/** The trust domain does not count: policy/principal-known tells of a wrong one. */
const coversAccount = (principal: string, { namespace, name }: Account): boolean => {
  const plain = principal.replace(/^spiffe:\/\//, '');
  const identity = `/ns/${namespace}/sa/${name}`;
  if (plain.startsWith('*')) return identity.endsWith(plain.slice(1)) || plain.slice(1).endsWith(identity);
  const slash = plain.indexOf('/');
  const path = slash < 0 ? '' : plain.slice(slash);
  if (!plain.endsWith('*')) return path === identity;
  return slash < 0 || identity.startsWith(path.slice(0, -1));
};
