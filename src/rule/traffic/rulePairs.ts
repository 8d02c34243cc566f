// DestinationRules that speak of the same hosts to the same clients.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { get, isRecord } from '../../model/index.ts';
import { ambientNamespaces } from '../ambient/scopes.ts';
import { tlsOf } from '../clientTls.ts';
import type { DestinationRule } from '../destinationRules.ts';
import { destinationRulesOf, subsetsOf } from '../destinationRules.ts';
import { isWildcard, isWithin } from '../hosts.ts';
import { importsHost, sharedNamespace } from '../imports.ts';
import { clusterDomainOf, oncePerMember, realmsOf } from '../scope.ts';

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
  const judged = new Map(
    rules.map((rule): [DestinationRule, Judged] => [
      rule,
      {
        rule,
        isMeshWideMtls: isMeshWideMtls(mesh, config, rule),
        subsets: subsetsOf([rule]),
        policy: policyOf(rule),
      },
    ]),
  );
  return rules.flatMap((rule) => {
    const near = new Set([
      ...(byHost.get(rule.host) ?? []),
      ...wild.filter(({ host }) => isWithin(rule.host, host)),
      ...(isWildcard(rule.host) ? rules.filter(({ host }) => isWithin(host, rule.host)) : []),
    ]);
    return [...near].flatMap((other) => pairOf(mesh, config, judged.get(rule)!, judged.get(other)!) ?? []);
  });
});

/** A rule with what is asked of it for each pair. */
interface Judged {
  readonly rule: DestinationRule;
  readonly isMeshWideMtls: boolean;
  readonly subsets: readonly string[];
  /** Its trafficPolicy as text; undefined where it has none. */
  readonly policy: string | undefined;
}

const policyOf = ({ resource }: DestinationRule): string | undefined => {
  const policy = get(resource.value, 'spec', 'trafficPolicy');
  return isRecord(policy) ? JSON.stringify(policy) : undefined;
};

const pairOf = (mesh: Mesh, config: Member, first: Judged, second: Judged): RulePair | undefined => {
  const [rule, other] = [first.rule, second.rule];
  if (rule === other || first.isMeshWideMtls || second.isMeshWideMtls) return undefined;
  const shared = first.subsets.find((name) => second.subsets.includes(name));
  if (shared === undefined && first.subsets.length > 0 && second.subsets.length > 0) return undefined;
  const isNear = rule.namespace === other.namespace;
  // A waypoint obeys rules of its own namespace alone.
  if (!isNear && [rule, other].some(({ namespace }) => isAmbient(mesh, config, namespace))) return undefined;
  const client = sharedNamespace(rule.exportedTo, other.exportedTo);
  const narrow = isWithin(rule.host, other.host) ? rule.host : other.host;
  if (client === undefined || (client !== '*' && !importsHost(mesh, config, client, narrow))) return undefined;
  const both = shared === undefined ? 'trafficPolicy' : `subset ${shared}`;
  if (!isNear || rule.host !== other.host) return { rule, other, kind: 'overlap', both };
  // istiod merges rules of one namespace and host: it joins the subsets, and takes one trafficPolicy.
  if (shared === undefined && (first.policy === undefined || second.policy === undefined)) return undefined;
  const isEqual = first.policy === second.policy && shared === undefined;
  return { rule, other, kind: isEqual ? 'overlap' : 'lost', both };
};

const isMeshWideMtls = (mesh: Mesh, config: Member, rule: DestinationRule): boolean =>
  (isWithin(`*.svc.${clusterDomainOf(config)}`, rule.host) ||
    rule.host === `*.${rule.namespace}.svc.${clusterDomainOf(config)}`) &&
  tlsOf([rule], undefined, undefined, mesh.versionOf(config).minors).mode === 'ISTIO_MUTUAL';

/** Whether a namespace is in ambient mode in some cluster that obeys the objects of a config cluster. */
export const isAmbient = (mesh: Mesh, config: Member, namespace: string): boolean =>
  realmsOf(mesh).some(
    (realm) =>
      realm.config === config && realm.members.some((member) => ambientNamespaces(mesh, member).has(namespace)),
  );
