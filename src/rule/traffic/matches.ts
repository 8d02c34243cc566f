// Which requests a match of a VirtualService takes, and whether an earlier match takes them all.
import type { Path, Resource } from '../../model/index.ts';
import { filled, get, integer, isRecord, list, record, text, textMap, texts } from '../../model/index.ts';
import { statementsOf } from '../objects.ts';

export type Protocol = 'http' | 'tls' | 'tcp';

/** A match that earlier matches leave nothing to. */
export interface CoveredMatch {
  readonly protocol: Protocol;
  readonly rule: number;
  readonly match: number;
  /** Rule and match that take its requests. */
  readonly by: { readonly rule: number; readonly match: number };
  /** Both say the same; else the earlier one takes more. */
  readonly isEqual: boolean;
}

/** A rule that no request reaches. */
export interface DeadRule {
  readonly protocol: Protocol;
  readonly rule: number;
  /**
   * `after`: an earlier rule has no match. `default`: an earlier match takes everything, and this rule has none.
   * `repeated`: each of its matches stands before.
   */
  readonly why: 'after' | 'default' | 'repeated';
  /** The earlier rule. */
  readonly by: number;
}

export interface Overlaps {
  readonly covered: readonly CoveredMatch[];
  readonly dead: readonly DeadRule[];
}

const found = new WeakMap<Resource, Overlaps>();

/** What the rules of a VirtualService take from each other. */
export const overlapsOf = (service: Resource): Overlaps => {
  let held = found.get(service);
  if (held === undefined) found.set(service, (held = findOverlaps(service)));
  return held;
};

/** VirtualServices, one for each namespace and name. */
export const virtualServices = (resources: readonly Resource[]): readonly Resource[] =>
  statementsOf(resources).flatMap(({ resource, ambiguous }) => (ambiguous ? [] : [resource]));

const findOverlaps = (service: Resource): Overlaps => {
  const covered: CoveredMatch[] = [];
  const dead: DeadRule[] = [];
  for (const protocol of ['http', 'tls', 'tcp'] as const) {
    const rules = list(get(service.value, 'spec', protocol));
    if (rules.length === 0) continue;
    const one = overlapsIn(protocol, rules);
    covered.push(...one.covered);
    dead.push(...one.dead);
  }
  return { covered, dead };
};

interface Seen {
  readonly rule: number;
  readonly match: number;
  readonly value: unknown;
  /** Its conditions as one text. */
  readonly conditions: string;
  /** What is compared first, as rules may be thousands. */
  readonly port: number | undefined;
  readonly uri: Uri;
}

/** In small letters, as some matches ignore case. */
interface Uri {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
}

const seenAs = (rule: number, match: number, value: unknown): Seen => {
  const uri = get(value, 'uri');
  return {
    rule,
    match,
    value,
    conditions: canonical(value),
    port: integer(get(value, 'port')),
    uri: { exact: text(get(uri, 'exact'))?.toLowerCase(), prefix: text(get(uri, 'prefix'))?.toLowerCase() },
  };
};

/** False where the port or the path alone shows that the later match takes other requests. */
const mayTake = ({ port, uri }: Seen, later: Seen): boolean => {
  if (port !== undefined && port !== later.port) return false;
  if (uri.exact !== undefined) return uri.exact === later.uri.exact;
  if (uri.prefix === undefined || uri.prefix === '/') return true;
  return (later.uri.prefix ?? later.uri.exact)?.startsWith(uri.prefix) === true;
};

const overlapsIn = (protocol: Protocol, rules: readonly unknown[]): Overlaps => {
  const covered: CoveredMatch[] = [];
  const dead: DeadRule[] = [];
  const seen: Seen[] = [];
  let open: number | undefined;
  for (const [rule, value] of rules.entries()) {
    if (!isRecord(value)) continue;
    if (open !== undefined) {
      dead.push({ protocol, rule, why: 'after', by: open });
      continue;
    }
    const matches = list(get(value, 'match'));
    // What the delegate does not match goes on to the next rule.
    const delegates = isRecord(get(value, 'delegate'));
    if (matches.length === 0) {
      const whole = seen.find((earlier) => protocol === 'http' && coversHttpRequests(earlier.value));
      if (whole !== undefined) dead.push({ protocol, rule, why: 'default', by: whole.rule });
      if (!delegates) open = rule;
      continue;
    }
    let repeated = 0;
    let by = 0;
    for (const [match, one] of matches.entries()) {
      const later = seenAs(rule, match, one);
      const cover = seen.find((earlier) => takes(protocol, earlier, later));
      if (cover === undefined) {
        if (!delegates) seen.push(later);
        continue;
      }
      const isEqual = cover.conditions === later.conditions;
      covered.push({ protocol, rule, match, by: { rule: cover.rule, match: cover.match }, isEqual });
      if (!isEqual || cover.rule === rule) continue;
      repeated++;
      by = cover.rule;
    }
    if (repeated === matches.length) dead.push({ protocol, rule, why: 'repeated', by });
  }
  return { covered, dead };
};

/** Whether an earlier match takes all requests of a later one, so that it is worth a word. */
const takes = (protocol: Protocol, earlier: Seen, later: Seen): boolean => {
  if (!mayTake(earlier, later)) return false;
  if (earlier.conditions === later.conditions) return true;
  if (!coversMatch(protocol, earlier.value, later.value)) return false;
  // Side by side in one rule both lead to the same place: only one prefix within another is worth a word.
  return earlier.rule !== later.rule || (isPrefix(earlier.value) && isPrefix(later.value));
};

const isPrefix = (match: unknown): boolean => filled(get(match, 'uri', 'prefix')) !== undefined;

/** The conditions without the name, as one text. */
const canonical = (match: unknown): string => {
  const { name: _name, statPrefix: _statPrefix, ...conditions } = record(match);
  return stable(conditions);
};

const stable = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(stable).join()}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  return `{${Object.keys(value)
    .toSorted()
    .map((key) => `${key}:${stable(value[key])}`)
    .join()}}`;
};

const KNOWN: Readonly<Record<Protocol, ReadonlySet<string>>> = {
  http: new Set([
    'name',
    'statPrefix',
    'uri',
    'scheme',
    'method',
    'authority',
    'headers',
    'withoutHeaders',
    'queryParams',
    'port',
    'sourceLabels',
    'sourceNamespace',
    'gateways',
    'ignoreUriCase',
  ]),
  tls: new Set(['sniHosts', 'destinationSubnets', 'port', 'sourceLabels', 'sourceNamespace', 'gateways']),
  tcp: new Set(['destinationSubnets', 'port', 'sourceLabels', 'sourceNamespace', 'gateways', 'sourceSubnet']),
};

const coversMatch = (protocol: Protocol, wide: unknown, narrow: unknown): boolean => {
  if (!isRecord(wide) || !isRecord(narrow)) return false;
  // A condition that is not known here may be the one that tells them apart.
  if (Object.keys(wide).some((key) => !KNOWN[protocol].has(key))) return false;
  const port = integer(wide['port']);
  return (
    (port === undefined || port === integer(narrow['port'])) &&
    containsMap(textMap(narrow['sourceLabels']), textMap(wide['sourceLabels'])) &&
    (filled(wide['sourceNamespace']) === undefined || wide['sourceNamespace'] === narrow['sourceNamespace']) &&
    coversSet(texts(wide['gateways']), texts(narrow['gateways'])) &&
    coversSet(texts(wide['destinationSubnets']), texts(narrow['destinationSubnets'])) &&
    (filled(wide['sourceSubnet']) === undefined || wide['sourceSubnet'] === narrow['sourceSubnet']) &&
    (protocol !== 'http' || coversHttp(wide, narrow)) &&
    (protocol !== 'tls' || coversTls(wide, narrow))
  );
};

/** Proxies look for the nearest name and the smallest range, in whatever order the rules stand. */
const coversTls = (wide: Readonly<Record<string, unknown>>, narrow: Readonly<Record<string, unknown>>): boolean =>
  coversSet(texts(wide['sniHosts']), texts(narrow['sniHosts'])) &&
  coversSet(texts(narrow['destinationSubnets']), texts(wide['destinationSubnets']));

/** A match that no request escapes. */
const coversHttpRequests = (match: unknown): boolean =>
  Object.entries(record(match)).every(
    ([key, value]) => ['name', 'statPrefix', 'ignoreUriCase'].includes(key) || (key === 'uri' && isAnyPath(value)),
  );

const isAnyPath = (uri: unknown): boolean => text(get(uri, 'prefix')) === '/' || text(get(uri, 'regex')) === '.*';

const coversHttp = (wide: Readonly<Record<string, unknown>>, narrow: Readonly<Record<string, unknown>>): boolean => {
  const ignoresCase = wide['ignoreUriCase'] === true;
  // Case that counts in the earlier match only leaves some requests to the later one.
  if (wide['uri'] !== undefined && !isAnyPath(wide['uri']) && narrow['ignoreUriCase'] === true && !ignoresCase)
    return false;
  return (
    (isAnyPath(wide['uri']) || coversText(wide['uri'], narrow['uri'], ignoresCase)) &&
    (['scheme', 'method', 'authority'] as const).every((key) => coversText(wide[key], narrow[key])) &&
    (['headers', 'queryParams'] as const).every((key) =>
      Object.entries(record(wide[key])).every(([name, value]) => {
        const other = record(narrow[key]);
        return Object.hasOwn(other, name) && (isAny(value) || coversText(value, other[name]));
      }),
    ) &&
    Object.entries(record(wide['withoutHeaders'])).every(
      ([name, value]) => stable(record(narrow['withoutHeaders'])[name]) === stable(value),
    )
  );
};

/** `{}`: the header only has to be there. */
const isAny = (value: unknown): boolean => isRecord(value) && Object.keys(value).length === 0;

const coversText = (wide: unknown, narrow: unknown, ignoresCase = false): boolean => {
  if (wide === undefined || wide === null) return true;
  if (stable(wide) === stable(narrow)) return true;
  const of = (value: unknown, key: string): string | undefined => {
    const said = text(get(value, key));
    return ignoresCase ? said?.toLowerCase() : said;
  };
  const [regex, prefix, exact] = [text(get(wide, 'regex')), of(wide, 'prefix'), of(wide, 'exact')];
  if (regex !== undefined) return regex === '.*' && narrow !== undefined;
  const [innerPrefix, innerExact] = [of(narrow, 'prefix'), of(narrow, 'exact')];
  if (exact !== undefined) return innerExact === exact;
  return prefix !== undefined && (innerPrefix ?? innerExact)?.startsWith(prefix) === true;
};

const containsMap = (map: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => Object.hasOwn(map, key) && map[key] === value);

const coversSet = (wide: readonly string[], narrow: readonly string[]): boolean =>
  wide.length === 0 || (narrow.length > 0 && narrow.every((name) => wide.includes(name)));

/** `rule 2 (canary)`: as people count, with the name it has. */
export const ruleInWords = (service: Resource, protocol: Protocol, rule: number): string => {
  const name = filled(get(service.value, 'spec', protocol, rule, 'name'));
  return `${protocol} rule ${rule + 1}${name === undefined ? '' : ` (${name})`}`;
};

export const rulePath = (protocol: Protocol, rule: number): Path => ['spec', protocol, rule];
