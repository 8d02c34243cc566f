import type { Member, Mesh } from '../facts/mesh.ts';
import type { Minors } from '../facts/minors.ts';
import type { Path, Place } from '../model/index.ts';
import { filled, get, integer, isRecord, list, placeIn, scalar, text } from '../model/index.ts';
import type { DestinationRule } from './destinationRules.ts';
import { destinationRulesOf, rulesFor } from './destinationRules.ts';
import type { Labels } from './selectors.ts';

/** `none`: no rule says anything of tls, so auto mTLS decides. */
export type ClientMode = 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL' | 'none' | 'unknown';

export interface ClientTls {
  readonly mode: ClientMode;
  /** The rule that says it, or that governs without saying anything; undefined where no rule governs. */
  readonly rule: DestinationRule | undefined;
  /** Where it is said: the tls map; for `none` the policy that lacks it. */
  readonly path: Path | undefined;
  readonly place: Place | undefined;
  readonly sni: string | undefined;
  /** Whether a subset's own policy says it. */
  readonly ofSubset: boolean;
}

/** A port of a Service. */
export interface PortKey {
  readonly number: number;
  readonly name?: string | undefined;
}

const NOTHING: ClientTls = {
  mode: 'none',
  rule: undefined,
  path: undefined,
  place: undefined,
  sni: undefined,
  ofSubset: false,
};

/** How a client in a namespace calls a Service: by the DestinationRule that governs it. */
export const clientTls = (
  mesh: Mesh,
  config: Member,
  client: { readonly namespace: string; readonly labels?: Labels | undefined },
  service: { readonly host: string; readonly namespace: string },
  port: PortKey | undefined,
  subset?: string,
): ClientTls => {
  const governing = destinationRulesOf(mesh, config).governing(client.namespace, service.host, service.namespace);
  if (governing === undefined) return NOTHING;
  return tlsOf(rulesFor(governing, client.labels), port, subset, mesh.versionOf(config).minors);
};

/**
 * What merged rules say for a port and a subset. A portLevelSettings entry replaces the whole policy of its level;
 * a subset overrides field by field, its entry for the port entirely (<= 1.7: a missing tls keeps the base's).
 */
export const tlsOf = (
  rules: readonly DestinationRule[],
  port: PortKey | undefined,
  subset: string | undefined,
  minors: Minors,
): ClientTls => {
  const first = rules[0];
  if (first === undefined) return NOTHING;
  // Of several rules the oldest with a trafficPolicy counts as a whole, and age is not in the files.
  const withPolicy = rules.filter((rule) => isRecord(get(rule.resource.value, 'spec', 'trafficPolicy')));
  const bases = (withPolicy.length > 0 ? withPolicy : [first]).map(
    (rule) => tlsOfPolicy(rule, ['spec', 'trafficPolicy'], port, minors, false).tls,
  );
  const base = bases.every((other) => other.mode === bases[0]!.mode)
    ? bases[0]!
    : { ...bases[0]!, mode: 'unknown' as const };
  const holder = subset === undefined ? undefined : rules.find((rule) => subsetAt(rule, subset) >= 0);
  if (holder === undefined || subset === undefined) return base;
  const own = tlsOfPolicy(holder, ['spec', 'subsets', subsetAt(holder, subset), 'trafficPolicy'], port, minors, true);
  if (own.tls.mode !== 'none') return own.tls;
  return own.byPort && minors.high > 7 ? own.tls : base;
};

const subsetAt = (rule: DestinationRule, name: string): number =>
  list(get(rule.resource.value, 'spec', 'subsets')).findIndex((subset) => text(get(subset, 'name')) === name);

/** tls of one policy: of the entry for the port where there is one, else its own. */
const tlsOfPolicy = (
  rule: DestinationRule,
  path: Path,
  port: PortKey | undefined,
  minors: Minors,
  ofSubset: boolean,
): { readonly tls: ClientTls; readonly byPort: boolean } => {
  const policy = get(rule.resource.value, ...path);
  const entries = list(get(policy, 'portLevelSettings'));
  const index = port === undefined ? -1 : entries.findIndex((entry) => isPort(get(entry, 'port'), port, minors));
  const byPort = index >= 0;
  const [holder, holderPath]: [unknown, Path] = byPort
    ? [entries[index], [...path, 'portLevelSettings', index]]
    : [policy, path];
  const own = tlsAt(rule, holder, holderPath, ofSubset);
  if (own.mode !== 'none' || !byPort || !ofSubset || minors.high > 7) return { tls: own, byPort };
  return { tls: tlsAt(rule, policy, path, ofSubset), byPort };
};

/** By number; Istio 1.1 to 1.3 also took a name. */
const isPort = (selector: unknown, port: PortKey, minors: Minors): boolean => {
  const number = integer(get(selector, 'number'));
  if (number !== undefined) return number === port.number;
  return minors.low <= 3 && port.name !== undefined && get(selector, 'name') === port.name;
};

const tlsAt = (rule: DestinationRule, holder: unknown, path: Path, ofSubset: boolean): ClientTls => {
  const tls = get(holder, 'tls');
  const here = { rule, ofSubset, sni: filled(get(tls, 'sni')) };
  if (!isRecord(tls)) return { ...here, mode: 'none', path, place: placeIn(rule.resource, ...path) };
  const at: Path = [...path, 'tls', ...(tls['mode'] === undefined ? [] : ['mode'])];
  return {
    ...here,
    mode: rule.ambiguous ? 'unknown' : modeOf(tls['mode']),
    path: at,
    place: placeIn(rule.resource, ...at),
  };
};

/** A tls map without mode is DISABLE: the zero of the enum. */
const modeOf = (value: unknown): ClientMode => {
  if (value === undefined || value === null) return 'DISABLE';
  const written = scalar(value);
  return written === 'DISABLE' || written === 'SIMPLE' || written === 'MUTUAL' || written === 'ISTIO_MUTUAL'
    ? written
    : 'unknown';
};

/** Whether a rule says anything of tls anywhere. */
export const saysTls = (rule: DestinationRule): boolean => {
  let found = tlsSaid.get(rule);
  if (found === undefined) tlsSaid.set(rule, (found = findTls(rule)));
  return found;
};

const tlsSaid = new WeakMap<DestinationRule, boolean>();

const findTls = (rule: DestinationRule): boolean => {
  const policies = [
    get(rule.resource.value, 'spec', 'trafficPolicy'),
    ...list(get(rule.resource.value, 'spec', 'subsets')).map((subset) => get(subset, 'trafficPolicy')),
  ];
  return policies.some(
    (policy) =>
      isRecord(get(policy, 'tls')) ||
      list(get(policy, 'portLevelSettings')).some((entry) => isRecord(get(entry, 'tls'))),
  );
};
