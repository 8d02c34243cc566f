// Whether the AuthorizationPolicies in front of a workload surely refuse a caller.
import type { Member, Mesh } from '../facts/mesh.ts';
import { hidesKind } from '../facts/sources.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Resource, Tri } from '../model/index.ts';
import { get, isRecord, isTemplate, list, scalar, text, textMap, texts } from '../model/index.ts';
import type { Account } from './admissions.ts';
import { admissionOf, allows } from './admissions.ts';
import { installersIn } from './installers.ts';
import { knownNamespaces } from './knownNamespaces.ts';
import { statementsOf } from './objects.ts';
import { principalFault, principalsIn } from './principalFaults.ts';
import { trustDomainsOf } from './principals.ts';
import { oncePerMember, rootNamespaceOf } from './scope.ts';
import { selects } from './selectors.ts';

/** What refuses: `closed` nobody is let in, `leftOut` others are, `denied` a DENY rule covers every call. */
export interface Refusal {
  readonly why: 'closed' | 'leftOut' | 'denied';
  /** Those that refuse, in the order of the files. */
  readonly policies: readonly Resource[];
}

/** A caller; without an account it is anybody. */
export interface Call {
  readonly account: Account | undefined;
  /** Ports of the pods that the Service leads to. */
  readonly ports: readonly number[];
}

interface Covering {
  readonly resource: Resource;
  readonly ambiguous: boolean;
  readonly covers: Tri;
}

/** Undefined where the call may be admitted, as far as the files tell. */
export const refusalOf = (mesh: Mesh, holder: Member, target: Workload, call: Call): Refusal | undefined => {
  const config = mesh.configCluster(holder);
  if (config === undefined || target.namespace === undefined || !isEnforced(target)) return undefined;
  const covering = coveringPolicies(mesh, config, target);
  const denying = covering.filter(
    ({ resource, ambiguous, covers }) => covers === 'yes' && !ambiguous && denies(mesh, config, resource, call),
  );
  if (denying.length > 0) return { why: 'denied', policies: denying.map(({ resource }) => resource) };
  const allowing = covering.filter(({ resource }) => allows(resource));
  const sure = allowing.filter(({ covers, ambiguous }) => covers === 'yes' && !ambiguous);
  if (sure.length === 0 || covering.some(({ resource }) => isOpen(resource))) return undefined;
  if (mayHoldOthers(mesh, config, target.namespace)) return undefined;
  const policies = sure.map(({ resource }) => resource);
  if (allowing.every(({ resource, ambiguous }) => !ambiguous && admitsNobody(resource)))
    return { why: 'closed', policies };
  const { account } = call;
  const refuses = ({ resource, ambiguous }: Covering): boolean =>
    account !== undefined &&
    !ambiguous &&
    admissionOf(resource, account) === 'no' &&
    !isMistaken(mesh, config, resource);
  // Those without rules only close: whoever wants to let the caller in opens another.
  return allowing.every(refuses)
    ? { why: 'leftOut', policies: policies.filter((resource) => !admitsNobody(resource)) }
    : undefined;
};

/** `spec: {}`, which lets in nobody. */
export const admitsNobody = ({ value }: Resource): boolean => {
  const rules = get(value, 'spec', 'rules');
  return rules === undefined || rules === null || (Array.isArray(rules) && rules.length === 0);
};

const ACTIONS: readonly unknown[] = ['ALLOW', 'DENY', 'AUDIT', 'CUSTOM', undefined, null];

/** Its action or its rules are filled in later, or have a form that the rules of family schema refuse. */
const isOpen = ({ value }: Resource): boolean => {
  const rules = get(value, 'spec', 'rules');
  return (
    !ACTIONS.includes(get(value, 'spec', 'action')) || (rules !== undefined && rules !== null && !Array.isArray(rules))
  );
};

/** A proxy in front of each port. */
const isEnforced = ({ injected, gateway, annotations }: Workload): boolean =>
  injected === 'yes' &&
  !gateway &&
  !Object.keys(annotations).some((key) => /^traffic\.sidecar\.istio\.io\/(in|ex)cludeInboundPorts$/.test(key));

/** Charts that are installed into the namespace, and files that cannot be read, may hold a policy that admits. */
const mayHoldOthers = (mesh: Mesh, config: Member, namespace: string): boolean =>
  hidesKind(config.cluster, ['AuthorizationPolicy']) || installersIn(mesh, config, namespace).length > 0;

const coveringPolicies = (mesh: Mesh, config: Member, { namespace, labels }: Workload): readonly Covering[] => {
  const { byNamespace, anywhere } = policiesOf(mesh, config);
  const root = rootNamespaceOf(config);
  const own = [...new Set([namespace, root])].flatMap((at) => byNamespace.get(at ?? '') ?? []);
  return [...own, ...anywhere].flatMap((statement) => {
    const selector = textMap(get(statement.resource.value, 'spec', 'selector', 'matchLabels'));
    const fits = selects(selector, labels);
    if (fits === 'no') return [];
    return [{ ...statement, covers: statement.resource.namespace === undefined ? 'unknown' : fits }];
  });
};

/** By namespace; `anywhere` are those that state none. Trial policies and those for waypoints refuse no call of a sidecar. */
const policiesOf = oncePerMember((_mesh, config) => {
  const all = statementsOf(config.resources.ofKind('AuthorizationPolicy', 'security.istio.io')).filter(
    ({ resource: { value, annotations } }) =>
      annotations['istio.io/dry-run'] !== 'true' &&
      get(value, 'spec', 'targetRef') === undefined &&
      get(value, 'spec', 'targetRefs') === undefined,
  );
  const byNamespace = new Map<string, typeof all>();
  for (const statement of all) {
    const { namespace } = statement.resource;
    if (namespace !== undefined && !isTemplate(namespace))
      byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), statement]);
  }
  return {
    byNamespace,
    anywhere: all.filter(({ resource: { namespace } }) => namespace === undefined || isTemplate(namespace)),
  };
});

/** It names a caller or a namespace that nobody is: rules of this family tell that, and the caller may be meant. */
const isMistaken = (mesh: Mesh, config: Member, policy: Resource): boolean => {
  const known = knownNamespaces(mesh).names;
  const namespaces = list(get(policy.value, 'spec', 'rules')).flatMap((rule) =>
    list(get(rule, 'from')).flatMap((from) => texts(get(from, 'source', 'namespaces'))),
  );
  return (
    namespaces.some((name) => known?.has(name) === false && !name.includes('*')) ||
    principalsIn(policy).some(
      (named) =>
        !named.isNegated && principalFault(mesh, trustDomainsOf(mesh, config), named, named.together) !== undefined,
    )
  );
};

// ---- DENY ----

const denies = (mesh: Mesh, config: Member, policy: Resource, call: Call): boolean =>
  text(get(policy.value, 'spec', 'action')) === 'DENY' &&
  list(get(policy.value, 'spec', 'rules')).some(
    (rule) =>
      isRecord(rule) &&
      list(rule['when']).length === 0 &&
      isForAll(rule['to'], (to) => coversCalls(get(to, 'operation'), call.ports)) &&
      isForAll(rule['from'], (from) => coversCaller(mesh, config, policy, get(from, 'source'), call.account)),
  );

/** A list that is not there asks for nothing. */
const isForAll = (written: unknown, covers: (item: unknown) => boolean): boolean =>
  list(written).length === 0 || list(written).some(covers);

const coversCalls = (operation: unknown, ports: readonly number[]): boolean =>
  isRecord(operation) &&
  Object.entries(operation).every(([key, written]) => {
    const values = list(written).map((value) => scalar(value) ?? '');
    if (values.length === 0) return true;
    if (key === 'ports') return ports.length > 0 && ports.every((port) => values.includes(String(port)));
    if (key === 'paths') return values.some((path) => path === '*' || path === '/*');
    return ['hosts', 'methods'].includes(key) && values.includes('*');
  });

const coversCaller = (
  mesh: Mesh,
  config: Member,
  policy: Resource,
  source: unknown,
  account: Account | undefined,
): boolean => {
  // Before 1.5 callers have no identity by default.
  if (account === undefined || !isRecord(source) || mesh.versionOf(config).minors.low < 5) return false;
  const entries = Object.entries(source).filter(([, written]) => list(written).length > 0);
  return (
    entries.length === 1 &&
    entries.every(([key, written]) => {
      if (key === 'namespaces') return texts(written).some((name) => name === '*' || name === account.namespace);
      if (key !== 'principals' && key !== 'serviceAccounts') return false;
      return (
        texts(written).includes('*') ||
        (admissionOf(only(policy, source), account) === 'named' && !isMistaken(mesh, config, policy))
      );
    })
  );
};

/** The policy with one source alone. */
const only = (policy: Resource, source: unknown): Resource => ({
  ...policy,
  value: { ...policy.value, spec: { rules: [{ from: [{ source }] }] } },
});
