// Which workloads a policy protects in one config cluster and not in another.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { hidesKind } from '../../facts/sources.ts';
import type { Workload } from '../../facts/workloads.ts';
import type { Place, Resource } from '../../model/index.ts';
import { compareText, describe, get, list, placeIn, text } from '../../model/index.ts';
import { statementsOf } from '../objects.ts';
import type { Realm } from '../scope.ts';
import { oncePerMember, realmsOf, rootNamespaceOf } from '../scope.ts';
import { matchLabels, selects } from '../selectors.ts';
import type { Canonical, Difference } from './canonical.ts';
import { canonical, differences, isSame } from './canonical.ts';
import { isProxy } from './clients.ts';
import { namingOf } from './naming.ts';
import { keepsConfiguration } from './objects.ts';

/** An AuthorizationPolicy or RequestAuthentication as one config cluster states it. */
export interface Policy {
  readonly realm: Realm;
  readonly resource: Resource;
  /** Policies of one kind of effect add up: `AuthorizationPolicy DENY`. */
  readonly effect: string;
  /** The specification as it is written. */
  readonly written: string;
  /** Worked out when first asked for. */
  readonly form: Canonical;
  readonly rules: readonly Canonical[];
  readonly ambiguous: boolean;
}

/** Something that policies protect. */
interface Protected {
  readonly member: Member;
  readonly place: Place;
  readonly resource: Resource;
  /** `Deployment shop/cart` */
  readonly words: string;
  readonly covers: (policy: Policy) => boolean;
}

/** A policy of one config cluster that another lacks for something that runs there. */
export interface Gap {
  readonly holder: Policy;
  /** All policies of other clusters that say the same. */
  readonly holders: readonly Policy[];
  readonly lacking: Realm;
  readonly workload: Pick<Protected, 'place' | 'resource' | 'words'>;
  /** The policy of the same name or scope over there, and in what it differs. */
  readonly twin: Policy | undefined;
  readonly differences: readonly Difference[];
  /** No policy with that effect protects it. */
  readonly isOpen: boolean;
}

const GROUP = 'security.istio.io';
const KINDS = { AuthorizationPolicy: 'rules', RequestAuthentication: 'jwtRules' } as const;

/** Gaps in the order of the policies' kinds and names, then of the clusters that lack them. */
export const policyGaps = (mesh: Mesh): readonly Gap[] => {
  const realms = realmsOf(mesh);
  const policies = new Map(
    realms.map((realm) => [realm, byNamespace(policiesIn(mesh, realm), rootNamespaceOf(realm.config))]),
  );
  const found: Gap[] = [];
  for (const realm of realms)
    for (const policy of policies.get(realm)?.all ?? []) {
      if (policy.ambiguous) continue;
      const name = describe(policy.resource);
      for (const other of realms) {
        if (other === realm || !keepsConfiguration(mesh, other.config)) continue;
        const namesake = policies.get(other)?.named.get(name);
        if (namesake !== undefined && isEqual(namesake, policy)) continue;
        if (hidesKind(other.config.cluster, [policy.resource.kind])) continue;
        if (mesh.absent(other.config, `config:${policy.resource.kind}`) === 'unknown') continue;
        const gap = gapIn(mesh, policy, other, nearIn(policies.get(other), policy));
        if (gap !== undefined) found.push(gap);
      }
    }
  return joined(found);
};

const isEqual = (a: Policy, b: Policy): boolean => a.written === b.written || isSame(a.form, b.form);

interface PolicyTable {
  readonly all: readonly Policy[];
  readonly namespaces: ReadonlyMap<string, readonly Policy[]>;
  readonly ofRoot: readonly Policy[];
  readonly named: ReadonlyMap<string, Policy>;
}

const byNamespace = (all: readonly Policy[], root: string): PolicyTable => {
  const namespaces = new Map<string, Policy[]>();
  for (const policy of all) {
    const namespace = policy.resource.namespace ?? '';
    const held = namespaces.get(namespace);
    if (held === undefined) namespaces.set(namespace, [policy]);
    else held.push(policy);
  }
  const named = new Map(all.map((policy) => [describe(policy.resource), policy]));
  return { all, namespaces, ofRoot: namespaces.get(root) ?? [], named };
};

/** Policies that may protect what a policy protects; one of the root namespace meets those of any. */
const nearIn = (table: PolicyTable | undefined, { realm, resource }: Policy): readonly Policy[] => {
  if (table === undefined) return [];
  if (resource.namespace === undefined || resource.namespace === rootNamespaceOf(realm.config)) return table.all;
  const own = table.namespaces.get(resource.namespace) ?? [];
  return own === table.ofRoot ? own : [...own, ...table.ofRoot];
};

const policiesIn = (mesh: Mesh, realm: Realm): readonly Policy[] =>
  (Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((kind) =>
    statementsOf(realm.config.resources.ofKind(kind, GROUP)).map(({ resource, ambiguous }) => {
      let form: Canonical | undefined;
      const formOf = (): Canonical =>
        (form ??= canonical(kind, resource.value['spec'], namingOf(mesh, realm.config, resource.namespace)));
      const action = text(get(resource.value, 'spec', 'action')) ?? 'ALLOW';
      return {
        realm,
        resource,
        ambiguous,
        effect: kind === 'AuthorizationPolicy' ? `${kind} ${action}` : kind,
        written: JSON.stringify(resource.value['spec'] ?? null),
        get form() {
          return formOf();
        },
        get rules() {
          const whole = formOf();
          const rules = whole.type === 'map' ? whole.entries.get(KINDS[kind]) : undefined;
          return rules?.type === 'list' ? rules.items : [];
        },
      };
    }),
  );

const gapIn = (mesh: Mesh, policy: Policy, other: Realm, theirs: readonly Policy[]): Gap | undefined => {
  const same = theirs.filter(({ effect }) => effect === policy.effect);
  if (theirs.some(({ ambiguous }) => ambiguous)) return undefined;
  const twin =
    theirs.find(({ resource }) => isNamesake(resource, policy.resource)) ??
    same.find((one) => one.resource.namespace === policy.resource.namespace && scopeOf(one) === scopeOf(policy));
  for (const workload of protectedIn(mesh, other, policy)) {
    const covering = same.filter(workload.covers);
    // Without rules a policy says only that nothing else is allowed.
    const isKept =
      policy.rules.length === 0
        ? covering.length > 0
        : policy.rules.every((rule) => covering.some((one) => one.rules.some((their) => isSame(rule, their))));
    if (isKept) continue;
    const found = twin === undefined ? [] : differences(policy.form, twin.form);
    if (twin !== undefined && found.length === 0) continue;
    return {
      holder: policy,
      holders: [policy],
      lacking: other,
      workload,
      twin,
      differences: found,
      isOpen: covering.length === 0,
    };
  }
  return undefined;
};

const isNamesake = (a: Resource, b: Resource): boolean =>
  a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;

const scopeOf = ({ form }: Policy): string => {
  if (form.type !== 'map') return '';
  return ['selector', 'targetRef', 'targetRefs'].map((key) => form.entries.get(key)?.plain ?? '').join(' ');
};

/** What a policy of one cluster would protect in another. */
const protectedIn = (mesh: Mesh, realm: Realm, policy: Policy): readonly Protected[] => {
  const targets = targetsOf(policy.resource);
  return targets.length > 0
    ? targets.flatMap((target) => targetIn(realm, policy.resource.namespace, target))
    : realm.members.flatMap((member) =>
        workloadsNear(mesh, member, policy)
          .filter((workload) => coversWorkload(policy, workload))
          .map((workload) => ({
            member,
            place: placeIn(workload.resource, 'metadata', 'name'),
            resource: workload.resource,
            words: describe(workload.resource),
            covers: (one: Policy) => coversWorkload(one, workload),
          })),
      );
};

/** Workloads and gateways with a proxy, by namespace; '' holds all of them. */
const proxiesByNamespace = oncePerMember((_mesh, member): ReadonlyMap<string, readonly Workload[]> => {
  const found = new Map<string, Workload[]>([['', []]]);
  for (const workload of member.workloads)
    for (const namespace of isProxy(workload) || workload.gateway ? new Set(['', workload.namespace ?? '']) : []) {
      const held = found.get(namespace);
      if (held === undefined) found.set(namespace, [workload]);
      else held.push(workload);
    }
  return found;
});

const workloadsNear = (mesh: Mesh, member: Member, { realm, resource }: Policy): readonly Workload[] =>
  proxiesByNamespace(mesh, member).get(
    resource.namespace === undefined || resource.namespace === rootNamespaceOf(realm.config) ? '' : resource.namespace,
  ) ?? [];

const coversWorkload = ({ realm, resource }: Policy, workload: Workload): boolean => {
  if (resource.namespace === undefined || workload.namespace === undefined) return false;
  if (targetsOf(resource).length > 0) return false;
  const everywhere = resource.namespace === rootNamespaceOf(realm.config);
  if (!everywhere && resource.namespace !== workload.namespace) return false;
  return selects(matchLabels(resource.value['spec'], 'selector') ?? {}, workload.labels) === 'yes';
};

const targetsOf = ({ value }: Resource): readonly { readonly kind: string; readonly name: string }[] => {
  const spec = value['spec'];
  return [get(spec, 'targetRef'), ...list(get(spec, 'targetRefs'))].flatMap((target) => {
    const [kind, name] = [text(get(target, 'kind')), text(get(target, 'name'))];
    return kind === undefined || name === undefined ? [] : [{ kind, name }];
  });
};

const targetIn = (
  realm: Realm,
  namespace: string | undefined,
  { kind, name }: { readonly kind: string; readonly name: string },
): readonly Protected[] =>
  realm.members.flatMap((member) =>
    member.resources
      .find(kind, namespace, name)
      .slice(0, 1)
      .map((resource) => ({
        member,
        place: placeIn(resource, 'metadata', 'name'),
        resource,
        words: describe(resource),
        covers: (one: Policy) =>
          one.resource.namespace === namespace &&
          targetsOf(one.resource).some((target) => target.kind === kind && target.name === name),
      })),
  );

/** A policy that several clusters have is one gap; of those that differ the odd ones are told, against the largest group. */
const joined = (gaps: readonly Gap[]): readonly Gap[] => {
  const found = new Map<string, Gap>();
  const differing = new Map<string, Gap[]>();
  for (const gap of gaps) {
    const { holder, lacking, twin } = gap;
    const name = describe(holder.resource);
    if (twin === undefined) {
      const key = `${name} ${holder.form.plain} ${lacking.config.name}`;
      const held = found.get(key);
      found.set(key, held === undefined ? gap : { ...held, holders: [...held.holders, holder] });
      continue;
    }
    const key = [name, describe(twin.resource)].toSorted().join(' ');
    differing.set(key, [...(differing.get(key) ?? []), gap]);
  }
  return [...found.values(), ...[...differing.values()].flatMap(oddOnes)];
};

const oddOnes = (gaps: readonly Gap[]): readonly Gap[] => {
  const policies = [...new Set(gaps.flatMap(({ holder, twin }) => (twin === undefined ? [holder] : [holder, twin])))];
  const groups: Policy[][] = [];
  for (const policy of policies.toSorted((a, b) => compareText(a.realm.config.name, b.realm.config.name))) {
    const near = groups.find(([first]) => first !== undefined && isSame(first.form, policy.form));
    if (near === undefined) groups.push([policy]);
    else near.push(policy);
  }
  const [first, second] = groups.toSorted((a, b) => b.length - a.length);
  const [gap] = gaps;
  if (first === undefined || second === undefined || gap === undefined) return [];
  const isTie = first.length === second.length;
  const reference = isTie ? second : first;
  const odds = isTie ? first.slice(0, 1) : groups.filter((group) => group !== first).flat();
  return odds.flatMap((holder) => {
    const twin = reference[0]!;
    const found = differences(holder.form, twin.form);
    return found.length === 0
      ? []
      : [{ ...gap, holder, twin, lacking: twin.realm, holders: [holder], differences: found }];
  });
};
