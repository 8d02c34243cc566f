import type { Place } from '../../model/index.ts';
import { chartByName } from './charts.ts';
import { DEFAULTS_LAYER } from './layers.ts';
import type { Tree } from './tree.ts';
import type { Alias, ValuesContext } from './values.ts';

type Values = Readonly<Record<string, unknown>>;

/** A Helm release that some object or kustomization asks for. */
export interface Release {
  readonly context: ValuesContext;
  /** Values files in the order in which they overlay each other. */
  readonly files: readonly { readonly path: string; readonly layer: number }[];
  /** Values written into the object itself, or taken from a ConfigMap. */
  readonly inline: readonly { readonly values: Values; readonly place: Place; readonly layer: number }[];
  /** Where the chart lies, if it is a local one: its templates may bring objects to whoever asks for the release. */
  readonly directory: string | undefined;
  /** Some values come from files or objects that are not loaded. */
  readonly isPartial: boolean;
}

const NO_ALIASES: ReadonlyMap<string, Alias> = new Map();

/** Sub-charts of Istio that a local chart depends on. */
export const aliasesOf = (tree: Tree, directory: string | undefined): ReadonlyMap<string, Alias> => {
  const chart = directory === undefined ? undefined : tree.charts.get(directory);
  if (chart === undefined) return NO_ALIASES;
  const found = new Map<string, Alias>();
  for (const { name, key, version, repository } of chart.dependencies) {
    const known = chartByName(name, repository);
    if (known !== undefined) found.set(key, { chart: known, version });
  }
  return found;
};

/** values.yaml of a local chart lies below all other values. */
export const defaultsOf = (tree: Tree, directory: string | undefined): Release['files'] => {
  const path = directory === undefined || !tree.charts.has(directory) ? undefined : `${directory}/values.yaml`;
  return path !== undefined && tree.files.has(path) ? [{ path, layer: DEFAULTS_LAYER }] : [];
};

/** A local copy of a chart of Istio. */
export const namedChart = (tree: Tree, directory: string | undefined): ValuesContext['chart'] => {
  const chart = directory === undefined ? undefined : tree.charts.get(directory);
  // A chart called `istio` is as a rule somebody's umbrella over Istio's.
  if (chart === undefined || chart.name === 'istio' || aliasesOf(tree, directory).size > 0) return undefined;
  return chartByName(chart.name, 'file:');
};
