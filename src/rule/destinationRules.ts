import { meshConfigSightings } from '../facts/sources.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Minors } from '../facts/minors.ts';
import type { Resource } from '../model/index.ts';
import { compareText, get, list, text, texts } from '../model/index.ts';
import { bySpecificity, expandHost, isWildcard, patternsOf, UNSTATED } from './hosts.ts';
import { statementsOf } from './objects.ts';
import { clusterDomainOf, oncePerMember, rootNamespaceOf } from './scope.ts';
import type { Labels } from './selectors.ts';
import { matchLabels, selects } from './selectors.ts';

/** A DestinationRule as the look-up sees it. */
export interface DestinationRule {
  readonly resource: Resource;
  /** `UNSTATED` where the object states none. */
  readonly namespace: string;
  /** Expanded: a short name carries its namespace and the cluster domain. */
  readonly host: string;
  /** Visible in its own namespace only. */
  readonly isPrivate: boolean;
  /** Namespaces that see it; undefined is all of them. */
  readonly exportedTo: readonly string[] | undefined;
  /** Clients in its own namespace that it is for (1.14+); undefined is all of them. */
  readonly selector: Labels | undefined;
  /** Another document states the same object differently. */
  readonly ambiguous: boolean;
}

/** What the look-up for a client namespace and a host ends with. */
export interface Governing {
  /** Rules of one host and namespace, which Istio merges. Empty where only rules with a selector are there. */
  readonly rules: readonly DestinationRule[];
  /** Rules for some workloads of the client namespace; they come before `rules`. */
  readonly selecting: readonly DestinationRule[];
  readonly step: 'client' | 'service' | 'root';
}

/** DestinationRules of a config cluster, with indexes by host. */
export interface DestinationRules {
  readonly all: readonly DestinationRule[];
  /** All rules of any namespace that cover a host, the most specific first. */
  covering(host: string): readonly DestinationRule[];
  /** The rules that a client in that namespace obeys for a Service; undefined where there is none. */
  governing(clientNamespace: string, host: string, serviceNamespace: string): Governing | undefined;
}

/**
 * The DestinationRules in force in a config cluster. The look-up is Istio's: the client's namespace, then the
 * service's, then the root namespace; the most specific host of a step ends the search, even without tls.
 */
export const destinationRulesOf = oncePerMember((mesh: Mesh, config: Member): DestinationRules => {
  const { minors } = mesh.versionOf(config);
  const root = rootNamespaceOf(config);
  const defaults = defaultExport(config);
  const all = statementsOf(config.resources.ofKind('DestinationRule', 'networking.istio.io'))
    .map(({ resource, ambiguous }) => parseRule(resource, ambiguous, config, minors, defaults))
    .filter((rule) => rule !== undefined);
  const byHost = new Map<string, DestinationRule[]>();
  for (const rule of all) {
    const held = byHost.get(rule.host);
    if (held === undefined) byHost.set(rule.host, [rule]);
    else held.push(rule);
  }
  // Wildcards that end amid a label (`*-cart.shop`) are rare enough to be tried one by one.
  const odd = [...byHost.keys()].filter((host) => /^\*[^.]/.test(host));

  const hasWildcards = [...byHost.keys()].some(isWildcard);
  const covered = new Map<string, readonly DestinationRule[]>();

  const findCovering = (host: string): readonly DestinationRule[] => {
    const patterns = [...patternsOf(host), ...odd.filter((pattern) => host.endsWith(pattern.slice(1)))];
    return patterns.toSorted(bySpecificity).flatMap((pattern) => byHost.get(pattern) ?? []);
  };
  const covering = (host: string): readonly DestinationRule[] => {
    if (!hasWildcards) return byHost.get(host) ?? NONE;
    let found = covered.get(host);
    if (found === undefined) covered.set(host, (found = findCovering(host)));
    return found;
  };
  const governing = (clientNamespace: string, host: string, serviceNamespace: string): Governing | undefined => {
    const candidates = covering(host);
    if (candidates.length === 0) return undefined;
    const inClient = candidates.filter(
      (rule) => rule.namespace === clientNamespace && countsForClient(rule, clientNamespace, root, minors),
    );
    const client = mostSpecific(inClient, 'client');
    if (client !== undefined) return client;
    const inService = candidates.filter(
      (rule) => (rule.namespace === serviceNamespace || rule.namespace === UNSTATED) && !rule.isPrivate,
    );
    const service = exported(mostSpecific(inService, 'service'), clientNamespace);
    if (service !== undefined) return service;
    const inRoot = candidates.filter((rule) => rule.namespace === root && !rule.isPrivate);
    return exported(mostSpecific(inRoot, 'root'), clientNamespace);
  };
  return { all, covering, governing };
});

const NONE: readonly DestinationRule[] = [];

/** `exportTo` of rules that state none, from the mesh config. */
const defaultExport = (config: Member): readonly string[] => {
  const said = meshConfigSightings(config.cluster, ['defaultDestinationRuleExportTo'])[0];
  const names = texts(said?.value);
  return names.length > 0 ? names : ['*'];
};

const parseRule = (
  resource: Resource,
  ambiguous: boolean,
  config: Member,
  minors: Minors,
  defaults: readonly string[],
): DestinationRule | undefined => {
  const spec = resource.value['spec'];
  const written = text(get(spec, 'host'));
  if (written === undefined || written === '') return undefined;
  const stated = texts(get(spec, 'exportTo'));
  const exportTo = stated.length > 0 ? stated : defaults;
  const namespace = resource.namespace ?? UNSTATED;
  return {
    resource,
    namespace,
    host: expandHost(written, resource.namespace, clusterDomainOf(config)),
    ...visibility(exportTo, namespace, minors),
    selector: minors.high >= 14 ? matchLabels(spec, 'workloadSelector') : undefined,
    ambiguous,
  };
};

/** Up to 1.6 only the first entry of exportTo counts, and a name acts as `*`. */
const visibility = (
  exportTo: readonly string[],
  namespace: string,
  minors: Minors,
): Pick<DestinationRule, 'isPrivate' | 'exportedTo'> => {
  if (minors.high <= 6) {
    const isPrivate = exportTo[0] === '.';
    return { isPrivate, exportedTo: isPrivate ? [namespace] : undefined };
  }
  if (exportTo.includes('*')) return { isPrivate: false, exportedTo: undefined };
  return {
    isPrivate: exportTo.length === 1 && exportTo[0] === '.',
    exportedTo: exportTo.flatMap((entry) => (entry === '~' ? [] : [entry === '.' ? namespace : entry])),
  };
};

const isVisible = (rule: DestinationRule, clientNamespace: string): boolean =>
  rule.exportedTo === undefined || rule.exportedTo.includes(clientNamespace);

/** Clients of the root namespace obey only the private rules among its own at this step (up to 1.7 none). */
const countsForClient = (rule: DestinationRule, clientNamespace: string, root: string, minors: Minors): boolean => {
  if (clientNamespace === root) return rule.isPrivate && minors.high >= 8;
  return minors.high <= 6 || isVisible(rule, clientNamespace);
};

/** Rules of the most specific host; candidates come in that order. A selector acts in the client's own namespace only. */
const mostSpecific = (candidates: readonly DestinationRule[], step: Governing['step']): Governing | undefined => {
  const first = candidates[0];
  if (first === undefined) return undefined;
  const winners = candidates.filter((rule) => rule.host === first.host);
  return {
    rules: winners.filter((rule) => rule.selector === undefined),
    selecting: step === 'client' ? winners.filter((rule) => rule.selector !== undefined) : [],
    step,
  };
};

/** A winner that is exported to others only leads to the next step, not to a shorter wildcard. */
const exported = (winner: Governing | undefined, clientNamespace: string): Governing | undefined => {
  if (winner === undefined) return undefined;
  const rules = winner.rules.filter((rule) => isVisible(rule, clientNamespace));
  // Only rules with a selector for clients of another namespace: they end the search and say nothing.
  if (winner.rules.length === 0) return winner;
  return rules.length === 0 ? undefined : { ...winner, rules };
};

/** The rules that a client with those labels obeys: one with a matching selector alone, or all without one. */
export const rulesFor = (governing: Governing, clientLabels: Labels | undefined): readonly DestinationRule[] => {
  const selecting =
    clientLabels === undefined
      ? undefined
      : governing.selecting.find((rule) => selects(rule.selector ?? {}, clientLabels) === 'yes');
  return selecting === undefined ? governing.rules : [selecting];
};

/** Names of all subsets of merged rules, in the order of names. */
export const subsetsOf = (rules: readonly DestinationRule[]): readonly string[] => {
  const names = rules.flatMap((rule) =>
    list(get(rule.resource.value, 'spec', 'subsets')).flatMap((subset) => text(get(subset, 'name')) ?? []),
  );
  return [...new Set(names)].toSorted(compareText);
};

/** Whether a rule defines a subset of that name. */
export const hasSubset = (rule: DestinationRule, name: string): boolean =>
  list(get(rule.resource.value, 'spec', 'subsets')).some((subset) => get(subset, 'name') === name);
