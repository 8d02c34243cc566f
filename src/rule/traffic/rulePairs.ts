// DestinationRules that speak of the same hosts to the same clients.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { get, isRecord } from '../../model/index.ts';
import { tlsOf } from '../clientTls.ts';
import type { DestinationRule } from '../destinationRules.ts';
import { destinationRulesOf, subsetsOf } from '../destinationRules.ts';
import { isWildcard, isWithin } from '../hosts.ts';
import { importsHost, sharedNamespace } from '../imports.ts';
import { clusterDomainOf, oncePerMember } from '../scope.ts';

export interface RulePair {
  readonly rule: DestinationRule;
  readonly other: DestinationRule;
  /** `lost`: of one namespace and host, and a part of one is dropped; `overlap`: only one of both counts, by Istio's order. */
  readonly kind: 'lost' | 'overlap';
  /** What both say: `subset v1`, `trafficPolicy`. */
  readonly both: string;
}

/** Pairs of rules, each in both orders. */
export const rulePairs = oncePerMember((mesh, config): readonly RulePair[] => {
  const rules = destinationRulesOf(mesh, config).all.filter((rule) => rule.selector === undefined && !rule.ambiguous);
  const byHost = new Map<string, DestinationRule[]>();
  for (const rule of rules) {
    const held = byHost.get(rule.host);
    if (held === undefined) byHost.set(rule.host, [rule]);
    else held.push(rule);
  }
  const wild = rules.filter(({ host }) => isWildcard(host));
  return rules.flatMap((rule) => {
    const near = new Set([
      ...(byHost.get(rule.host) ?? []),
      ...wild.filter(({ host }) => isWithin(rule.host, host)),
      ...(isWildcard(rule.host) ? rules.filter(({ host }) => isWithin(host, rule.host)) : []),
    ]);
    return [...near].flatMap((other) => pairOf(mesh, config, rule, other) ?? []);
  });
});

const pairOf = (mesh: Mesh, config: Member, rule: DestinationRule, other: DestinationRule): RulePair | undefined => {
  if (rule === other || isMeshWideMtls(mesh, config, rule) || isMeshWideMtls(mesh, config, other)) return undefined;
  const [subsets, others] = [subsetsOf([rule]), subsetsOf([other])];
  const shared = subsets.find((name) => others.includes(name));
  if (shared === undefined && subsets.length > 0 && others.length > 0) return undefined;
  const isNear = rule.namespace === other.namespace;
  // A waypoint obeys rules of its own namespace alone.
  if (!isNear && [rule, other].some(({ namespace }) => isAmbient(mesh, config, namespace))) return undefined;
  const client = sharedNamespace(rule.exportedTo, other.exportedTo);
  const narrow = isWithin(rule.host, other.host) ? rule.host : other.host;
  if (client === undefined || (client !== '*' && !importsHost(mesh, config, client, narrow))) return undefined;
  const specs = [rule, other].map(({ resource }) => resource.value['spec']);
  const policies = specs.map((spec) => get(spec, 'trafficPolicy'));
  const bothPolicies = policies.every(isRecord);
  const both = shared === undefined ? 'trafficPolicy' : `subset ${shared}`;
  if (!isNear || rule.host !== other.host) return { rule, other, kind: 'overlap', both };
  // istiod merges rules of one namespace and host: it joins the subsets, and takes one trafficPolicy.
  if (shared === undefined && !bothPolicies) return undefined;
  const isEqual = JSON.stringify(policies[0]) === JSON.stringify(policies[1]) && shared === undefined;
  return { rule, other, kind: isEqual ? 'overlap' : 'lost', both };
};

const isMeshWideMtls = (mesh: Mesh, config: Member, rule: DestinationRule): boolean =>
  (isWithin(`*.svc.${clusterDomainOf(config)}`, rule.host) ||
    rule.host === `*.${rule.namespace}.svc.${clusterDomainOf(config)}`) &&
  tlsOf([rule], undefined, undefined, mesh.versionOf(config).minors).mode === 'ISTIO_MUTUAL';

const ambientNamespaces = oncePerMember(
  (_mesh, config): ReadonlySet<string> =>
    new Set(
      config.resources
        .ofKind('Namespace', '')
        .filter(({ labels }) => labels['istio.io/dataplane-mode'] === 'ambient')
        .map(({ name }) => name),
    ),
);

export const isAmbient = (mesh: Mesh, config: Member, namespace: string): boolean =>
  ambientNamespaces(mesh, config).has(namespace);
