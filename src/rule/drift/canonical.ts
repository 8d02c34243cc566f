// One form for all ways to write the same specification, so that clusters can be compared.
import type { Path } from '../../model/index.ts';
import {
  HIDDEN,
  compareText,
  isRecord,
  isShownUnder,
  isTemplate,
  list,
  scalar,
  withoutSecretText,
} from '../../model/index.ts';

/**
 * A specification with defaults left out, hosts in full and keys in order. Each node knows where it was written, its
 * text (`plain`), and its text with the cluster's own names replaced (`masked`).
 */
export type Canonical = ScalarNode | ListNode | MapNode;

interface Node {
  readonly plain: string;
  readonly masked: string;
  /** Below `spec`. */
  readonly path: Path;
}
interface ScalarNode extends Node {
  readonly type: 'scalar';
  readonly shown: string;
}
interface ListNode extends Node {
  readonly type: 'list';
  readonly items: readonly Canonical[];
  readonly inOrder: boolean;
}
interface MapNode extends Node {
  readonly type: 'map';
  readonly entries: ReadonlyMap<string, Canonical>;
}

/** What a cluster calls itself and its hosts: deliberate differences go by these words. */
export interface Naming {
  /** A host in full, with one word for every cluster domain. */
  readonly expand: (host: string) => string;
  /** The cluster's own names in a text replaced by one word for all clusters. */
  readonly mask: (text: string) => string;
}

/** A difference between two specifications. */
export interface Difference {
  /** `http[0].retries.attempts` */
  readonly field: string;
  /** What stands there, short; undefined where nothing does. */
  readonly one: string | undefined;
  readonly other: string | undefined;
  /** Below `spec`; nearest parent where nothing stands. */
  readonly onePath: Path;
  readonly otherPath: Path;
}

/** Keys whose values belong to the place where a cluster stands. */
const LOCAL_KEYS: ReadonlySet<string> = new Set(['localityLbSetting', 'locality', 'failoverPriority']);
/** Keys of a kind that belong to the cluster: where endpoints are as seen from it, which gateways it runs. */
const LOCAL_OF_KIND: Readonly<Record<string, ReadonlySet<string>>> = {
  ServiceEntry: new Set(['endpoints', 'addresses']),
  VirtualService: new Set(['gateways']),
};
const LOCAL_LABELS =
  /^(topology\.istio\.io\/(cluster|network|subzone|locality)|topology\.kubernetes\.io\/(region|zone)|istio-locality)$/;
const ADDRESSES: ReadonlySet<string> = new Set(['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks']);
const HOST_KEYS: ReadonlySet<string> = new Set(['host', 'hosts']);
/** Lists in which the first match counts, or the order of entries is that of Envoy's configuration. */
const ORDERED: Readonly<Record<string, ReadonlySet<string>>> = {
  VirtualService: new Set(['http', 'tcp', 'tls']),
  HTTPRoute: new Set(['rules', 'filters']),
  EnvoyFilter: new Set(['configPatches']),
  Sidecar: new Set(['egress', 'ingress']),
};
/** What Istio takes where nothing is said, by kind and key. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  VirtualService: { exportTo: ['*'], timeout: ['0ms'], retries: [] },
  DestinationRule: { exportTo: ['*'], simple: ['UNSPECIFIED'] },
  ServiceEntry: { exportTo: ['*'], location: ['MESH_EXTERNAL'], resolution: ['NONE'] },
  AuthorizationPolicy: { action: ['ALLOW'] },
  RequestAuthentication: { forwardOriginalToken: ['false'] },
};
/** Other words for one value; YAML 1.1 reads OFF and ON as booleans. */
const SAME: Readonly<Record<string, string>> = { LEAST_CONN: 'LEAST_REQUEST', OFF: 'false', ON: 'true' };

export const canonical = (kind: string, spec: unknown, naming: Naming): Canonical => {
  const build = (value: unknown, path: Path, key: string): Canonical | undefined => {
    if (value === null || value === undefined) return undefined;
    if (Array.isArray(value)) return listOf(value, path, key);
    if (isRecord(value)) return mapOf(value, path);
    const shown = scalar(value) ?? '';
    const full = HOST_KEYS.has(key) ? naming.expand(shown) : shown;
    return { type: 'scalar', plain: textOf(full), masked: textOf(naming.mask(full)), shown, path };
  };

  const listOf = (value: readonly unknown[], path: Path, key: string): Canonical | undefined => {
    const items = value.flatMap((item, index) => build(item, [...path, index], key) ?? []);
    if (items.length === 0) return undefined;
    const inOrder = ORDERED[kind]?.has(key) === true && path.length === 1 ? true : isOpaque(kind, path);
    const written = (texts: readonly string[]): string => `[${(inOrder ? texts : texts.toSorted()).join(',')}]`;
    return {
      type: 'list',
      plain: written(items.map((item) => item.plain)),
      masked: written(items.map((item) => item.masked)),
      items,
      inOrder,
      path,
    };
  };

  const mapOf = (value: Readonly<Record<string, unknown>>, path: Path): Canonical => {
    const entries = new Map<string, Canonical>();
    for (const name of Object.keys(value).toSorted(compareText)) {
      if (LOCAL_KEYS.has(name) || LOCAL_OF_KIND[kind]?.has(name) === true) continue;
      // A single destination takes everything, whatever its weight.
      if (name === 'weight' && isOnlyDestination(spec, path)) continue;
      const made = build(value[name], [...path, name], name);
      if (made === undefined || isDefault(kind, name, made)) continue;
      entries.set(name, LOCAL_LABELS.test(name) || ADDRESSES.has(name) ? asLocal(made) : made);
    }
    const written = (of: (entry: Canonical) => string): string =>
      `{${[...entries].map(([name, entry]) => `${JSON.stringify(name)}:${of(entry)}`).join(',')}}`;
    return {
      type: 'map',
      plain: written(({ plain }) => plain),
      masked: written(({ masked }) => masked),
      entries,
      path,
    };
  };

  return build(spec, [], '') ?? { type: 'map', plain: '{}', masked: '{}', entries: new Map(), path: [] };
};

const textOf = (written: string): string => JSON.stringify(SAME[written] ?? durationOf(written) ?? written);

/** Whether two clusters say the same, each in its own names or both in the same words. */
export const isSame = (one: Canonical, other: Canonical): boolean =>
  one.plain === other.plain || one.masked === other.masked;

const isDefault = (kind: string, name: string, made: Canonical): boolean => {
  const wanted = DEFAULTS[kind]?.[name];
  if (wanted === undefined) return false;
  if (made.type === 'map') return wanted.length === 0 && made.entries.size === 0;
  const found = made.type === 'list' ? made.items.map((item) => item.plain) : [made.plain];
  return found.length === wanted.length && found.every((key, index) => key === JSON.stringify(wanted[index]));
};

/** Whatever stands there: it says where the cluster is. */
const asLocal = (made: Canonical): Canonical => ({
  type: 'scalar',
  plain: LOCAL,
  masked: LOCAL,
  shown: made.type === 'scalar' ? made.shown : shownOf(made),
  path: made.path,
});
const LOCAL = '<local>';

/** Envoy's own configuration, in which every list has its order. */
const isOpaque = (kind: string, path: Path): boolean => kind === 'EnvoyFilter' && path[0] === 'configPatches';

const isOnlyDestination = (spec: unknown, path: Path): boolean => {
  if (path.length < 2 || path.at(-2) !== 'route') return false;
  let here: unknown = spec;
  for (const step of path.slice(0, -1))
    here = Array.isArray(here) ? (here as unknown[])[Number(step)] : isRecord(here) ? here[step] : undefined;
  return list(here).length === 1;
};

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1m30s` in milliseconds, `90000ms`; undefined for anything else. */
const durationOf = (written: string): string | undefined => {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(written)) return undefined;
  let sum = 0;
  for (const [, number, unit] of written.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) sum += Number(number) * UNITS[unit!]!;
  return `${sum}ms`;
};

/** Where two specifications differ, in the order of their fields. What a tool fills in later is no difference. */
export const differences = (one: Canonical, other: Canonical): readonly Difference[] => {
  if (isSame(one, other)) return [];
  if (one.type === 'map' && other.type === 'map') {
    const names = [...new Set([...one.entries.keys(), ...other.entries.keys()])].toSorted(compareText);
    return names.flatMap((name) => {
      const [left, right] = [one.entries.get(name), other.entries.get(name)];
      if (left !== undefined && right !== undefined) return differences(left, right);
      return hasTemplate(left) || hasTemplate(right) ? [] : [difference(left, right, one.path, other.path)];
    });
  }
  if (one.type === 'list' && other.type === 'list') return listDifferences(one, other);
  return hasTemplate(one) || hasTemplate(other) ? [] : [difference(one, other, one.path, other.path)];
};

const listDifferences = (one: ListNode, other: ListNode): readonly Difference[] => {
  if (one.inOrder) return pairs(one.items, other.items, one, other);
  const { left, right } = unequal(one.items, other.items);
  const named = left.map((item) => ({ item, twin: right.find((candidate) => isNamesake(item, candidate)) }));
  const twins = new Set(named.flatMap(({ twin }) => twin ?? []));
  return [
    ...named.flatMap(({ item, twin }) => (twin === undefined ? [] : differences(item, twin))),
    ...pairs(
      named.filter(({ twin }) => twin === undefined).map(({ item }) => item),
      right.filter((item) => !twins.has(item)),
      one,
      other,
    ),
  ];
};

const pairs = (
  left: readonly Canonical[],
  right: readonly Canonical[],
  one: ListNode,
  other: ListNode,
): readonly Difference[] =>
  Array.from({ length: Math.max(left.length, right.length) }, (_, index) => index).flatMap((index) => {
    const [a, b] = [left[index], right[index]];
    if (a !== undefined && b !== undefined && (one.inOrder || !areNamed(a, b))) return differences(a, b);
    return [
      ...(a === undefined || hasTemplate(a) ? [] : [difference(a, undefined, one.path, other.path)]),
      ...(b === undefined || hasTemplate(b) ? [] : [difference(undefined, b, one.path, other.path)]),
    ];
  });

/** Two items with names of their own are two things, not one in two ways. */
const areNamed = (a: Canonical, b: Canonical): boolean =>
  [a, b].every((item) => item.type === 'map' && item.entries.has('name'));

/** What is left of two lists without the items that both have; equal items count as often as they stand there. */
const unequal = (
  one: readonly Canonical[],
  other: readonly Canonical[],
): { readonly left: readonly Canonical[]; readonly right: readonly Canonical[] } => {
  let [left, right] = [one, other];
  for (const by of ['plain', 'masked'] as const) [left, right] = [without(left, right, by), without(right, left, by)];
  return { left, right };
};

const without = (
  items: readonly Canonical[],
  others: readonly Canonical[],
  by: 'plain' | 'masked',
): readonly Canonical[] => {
  const left = new Map<string, number>();
  for (const other of others) left.set(other[by], (left.get(other[by]) ?? 0) + 1);
  return items.filter((item) => {
    const count = left.get(item[by]) ?? 0;
    left.set(item[by], count - 1);
    return count < 1;
  });
};

const isNamesake = (a: Canonical, b: Canonical): boolean => {
  const [one, other] = [a, b].map((item) => (item.type === 'map' ? item.entries.get('name') : undefined));
  return one !== undefined && other !== undefined && isSame(one, other);
};

const difference = (one: Canonical | undefined, other: Canonical | undefined, left: Path, right: Path): Difference => ({
  field: fieldOf((one ?? other)?.path ?? []) || 'spec',
  one: one === undefined ? undefined : shownOf(one),
  other: other === undefined ? undefined : shownOf(other),
  onePath: one?.path ?? left,
  otherPath: other?.path ?? right,
});

/** `http[0].retries` */
const fieldOf = (path: Path): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');

const LONGEST = 60;

/** A value as a person would quote it. */
const shownOf = (node: Canonical): string => {
  if (node.type === 'scalar') return shownScalar(node);
  if (node.type === 'list') {
    const words = node.items.map(shownOf).join(', ');
    return words.length > LONGEST || node.items.some((item) => item.type !== 'scalar') ? namesIn(node) : words;
  }
  const words = [...node.entries].map(([name, entry]) => `${name} ${shownOf(entry)}`).join(', ');
  return words.length > LONGEST || words === '' ? `{${[...node.entries.keys()].join(', ')}}` : words;
};

const shownScalar = ({ shown, path }: ScalarNode): string => {
  if (shown === '') return '""';
  if (!isShownUnder(path, shown)) return HIDDEN;
  const text = withoutSecretText(shown);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
};

const namesIn = ({ items }: ListNode): string => {
  const names = items.flatMap((item) => {
    const name = item.type === 'map' ? item.entries.get('name') : undefined;
    return name?.type === 'scalar' ? [name.shown] : [];
  });
  return names.length === items.length && names.length < 6
    ? names.join(', ')
    : `${items.length} ${items.length === 1 ? 'entry' : 'entries'}`;
};

const hasTemplate = (node: Canonical | undefined): boolean => {
  if (node === undefined) return false;
  if (node.type === 'scalar') return isTemplate(node.shown);
  return (node.type === 'list' ? node.items : [...node.entries.values()]).some(hasTemplate);
};
