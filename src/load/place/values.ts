import type { Chart, EmbeddedSource, Place, Resource, ValuesOrigin, ValuesSource } from '../../model/index.ts';
import { below, filled, get, isRecord, record } from '../../model/index.ts';
import { chartByName, chartByShape, isIstioGlobal, isStrong } from './charts.ts';
import { namespaceOf } from './namespaces.ts';
import type { Placed } from './placed.ts';

/** What is known of a set of values from outside of it. */
export interface ValuesContext {
  readonly origin: ValuesOrigin;
  readonly object: Resource | undefined;
  readonly installation: string;
  readonly layer: number;
  readonly namespace: string | undefined;
  readonly release: string | undefined;
  readonly version: string | undefined;
  /** The chart, where its name is said. */
  readonly chart: Chart | undefined;
  /** Sub-charts of an umbrella chart by the key below which their values stand. */
  readonly aliases: ReadonlyMap<string, Alias>;
  /** Path, release and chart names in one text: tells values apart that could belong to several charts. */
  readonly hint: string;
  /** The chart that the entry around the values names. */
  readonly named?: Chart | undefined;
}

export interface Alias {
  readonly chart: Chart;
  readonly version: string | undefined;
}

type Values = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 12;

/** Finds the values of Istio's charts in `values` and puts them into `placed`. Returns whether there were any. */
export const placeValues = (placed: Placed, values: Values, place: Place, context: ValuesContext): boolean => {
  if (context.chart !== undefined) {
    push(placed, context.chart, values, place, context);
    return true;
  }
  const before = placed.values.length;
  for (const [key, alias] of context.aliases) {
    const inner = values[key];
    if (!isRecord(inner)) continue;
    push(placed, alias.chart, inner, below(place, key), {
      ...context,
      named: alias.chart,
      installation: `${context.installation}/${key}`,
      version: alias.version ?? context.version,
      release: context.release,
    });
  }
  if (placed.values.length > before || context.aliases.size > 0) {
    if (isIstioGlobal(values.global)) pushParentGlobal(placed, values, place, context);
    if (placed.values.length > before) return true;
  }
  return search(placed, values, place, context, 0);
};

/** Helm lets the `global` of a parent win over that of a sub-chart. */
const pushParentGlobal = (placed: Placed, values: Values, place: Place, context: ValuesContext): void => {
  const alias = [...context.aliases].find(([, { chart }]) => chart === 'istiod' || chart === 'istiod-remote');
  const installation = alias === undefined ? context.installation : `${context.installation}/${alias[0]}`;
  push(placed, alias?.[1].chart ?? 'istiod', { global: values.global }, place, {
    ...context,
    installation,
    layer: context.layer + PARENT_GLOBAL,
    version: alias?.[1].version ?? context.version,
  });
};

const PARENT_GLOBAL = 0.5;

const search = (placed: Placed, values: Values, place: Place, context: ValuesContext, depth: number): boolean => {
  const chart = depth < 2 || isStrong(values) ? chartByShape(values, context.hint) : undefined;
  if (chart !== undefined) {
    const nested =
      isIstioGlobal(values.global) && onlyGlobal(values) ? searchBelow(placed, values, place, context, depth) : false;
    const layer = nested ? context.layer + PARENT_GLOBAL : context.layer;
    push(placed, chart, nested ? { global: values.global } : values, place, {
      ...context,
      layer,
      ...(nested ? joinOnly(placed, context, chart) : {}),
    });
    return true;
  }
  return searchBelow(placed, values, place, context, depth);
};

/** The installation of the one set of values of that chart that was found below, so that both overlay each other. */
const joinOnly = (placed: Placed, context: ValuesContext, chart: Chart): { readonly installation?: string } => {
  const held = placed.values.filter(
    (source) => source.chart === chart && source.installation.startsWith(`${context.installation}/`),
  );
  return held.length === 1 ? { installation: held[0]!.installation } : {};
};

/** A top level that names Istio through `global` alone may still be that of an umbrella chart. */
const onlyGlobal = (values: Values): boolean =>
  ['pilot', 'meshConfig', 'networkGateway', 'istiodRemote', 'sidecarInjectorWebhook'].every(
    (key) => !Object.hasOwn(values, key),
  );

const searchBelow = (placed: Placed, value: unknown, place: Place, context: ValuesContext, depth: number): boolean => {
  if (depth >= MAX_DEPTH) return false;
  let found = false;
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(record(value));
  for (const [key, item] of entries) {
    if (typeof item !== 'object' || item === null || NO_VALUES.has(key)) continue;
    const release = releaseIn(item);
    placeManagedNamespace(placed, item, below(place, key));
    const inner: ValuesContext = {
      ...context,
      installation: `${context.installation}/${key}`,
      hint: typeof key === 'string' ? `${context.hint} ${key}` : context.hint,
      ...release,
    };
    const here = below(place, key);
    if (inner.named !== undefined && VALUES_KEYS.has(key) && isRecord(item)) {
      push(placed, inner.named, item, here, { ...inner, origin: context.origin });
      found = true;
      continue;
    }
    if (
      Array.isArray(item)
        ? searchBelow(placed, item, here, inner, depth + 1)
        : search(placed, item as Values, here, inner, depth + 1)
    )
      found = true;
  }
  return found;
};

/** Keys below which no values of a chart ever stand; `global` is read with what it is the global of. */
const NO_VALUES = new Set<string | number>([
  'global',
  'managedNamespaceMetadata',
  'metadata',
  'labels',
  'annotations',
  'destination',
  'syncPolicy',
  'ignoreDifferences',
]);

const VALUES_KEYS = new Set<string | number>(['valuesObject', 'values', 'helmValues', 'valuesInline']);

/** Labels that Argo CD gives to a namespace, where a home-made list of Applications holds them. */
const placeManagedNamespace = (placed: Placed, item: unknown, place: Place): void => {
  const metadata = get(item, 'managedNamespaceMetadata') ?? get(item, 'syncPolicy', 'managedNamespaceMetadata');
  const name = filled(get(item, 'namespace')) ?? filled(get(item, 'destination', 'namespace'));
  if (name === undefined || !isRecord(metadata)) return;
  const path =
    get(item, 'managedNamespaceMetadata') === undefined
      ? ['syncPolicy', 'managedNamespaceMetadata']
      : ['managedNamespaceMetadata'];
  placed.resources.push(namespaceOf(name, metadata, below(place, ...path)));
};

/** Entries of home-made lists (`applications[]`) that name a chart, version, namespace or release beside the values. */
const releaseIn = (item: unknown): Partial<ValuesContext> | undefined => {
  const source = ['tool', 'source', 'chart', 'spec'].map((key) => get(item, key)).find(isRecord) ?? item;
  const chart = filled(get(source, 'chart')) ?? filled(get(source, 'chartName'));
  const name = filled(get(item, 'releaseName')) ?? filled(get(item, 'name'));
  if (chart === undefined) return undefined;
  const version =
    filled(get(source, 'targetRevision')) ?? filled(get(source, 'version')) ?? filled(get(source, 'chartVersion'));
  const namespace = filled(get(item, 'namespace')) ?? filled(get(item, 'destination', 'namespace'));
  return {
    named: chartByName(chart, filled(get(source, 'repoURL')) ?? filled(get(source, 'repository'))),
    ...(version === undefined ? {} : { version }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { release: name }),
  };
};

const push = (placed: Placed, chart: Chart, values: Values, place: Place, context: ValuesContext): void => {
  const { origin, object, installation, layer, namespace, release, version } = context;
  const source: ValuesSource = {
    chart,
    origin,
    values,
    place,
    object,
    installation,
    layer,
    shared: false,
    namespace,
    release,
    version,
    isNamed: isNamed(chart, context),
  };
  placed.values.push(source);
  if (chart === 'cilium' || chart === 'istio-csr') return;
  embed(placed.meshConfigs, values, ['meshConfig'], source);
  embed(placed.meshNetworks, values, ['global', 'meshNetworks'], source);
};

/** A chart called `istio` is as a rule somebody's umbrella over Istio's. */
const isNamed = (chart: Chart, { chart: told, named, hint }: ValuesContext): boolean | undefined =>
  named === chart || (told === chart && !/(?:^|\/)istio$/i.test(hint)) ? true : undefined;

/** Puts the map at `path` of a set of values among the embedded ones, with all that is known of the values. */
const embed = (into: EmbeddedSource[], values: Values, path: readonly string[], source: ValuesSource): void => {
  const value = get(values, ...path);
  if (!isRecord(value)) return;
  into.push({
    value,
    place: below(source.place, ...path),
    object: source.object,
    origin: source.origin,
    revision: filled(values.revision) ?? filled(get(source.object?.value, 'spec', 'revision')) ?? '',
    namespace: source.namespace,
    installation: source.installation,
    layer: source.layer,
    shared: false,
  });
};
