import type { Chart, Resource } from '../../model/index.ts';
import { filled, get } from '../../model/index.ts';
import { DEFAULTS_LAYER, OWN_LAYER } from './layers.ts';
import { baseOf, stemOf } from './paths.ts';

/** Values files that nothing refers to carry their directory and stem until it is known whose they are. */
const LOOSE = '\u0000';

export const looseInstallation = (what: 'values' | 'chart', directory: string, stem: string): string =>
  [what, directory, stem, ''].join(LOOSE);

/** What values and embedded YAML have in common. */
interface Source {
  readonly installation: string;
  readonly layer: number;
  readonly shared: boolean;
  readonly object: Resource | undefined;
  readonly place: { readonly file: { readonly path: string } };
  readonly chart?: Chart;
}

/** Gives all sources of a cluster their final installation and layer. */
export const settleInstallations = <T extends Source>(
  sources: readonly T[],
  all: readonly Source[],
  clusterTokens: ReadonlySet<string>,
): readonly T[] => {
  const rank = rankOf(all);
  const names = installationNames(all, clusterTokens);
  return sources.map((source) => ({ ...source, installation: names(source), layer: layerOf(source, rank) }));
};

/** Own files lie above shared ones, later paths above earlier ones, and what is spelled out above all. */
const layerOf = (source: Source, rank: ReadonlyMap<string, number>): number => {
  if (source.layer >= DEFAULTS_LAYER) return source.layer;
  return source.layer + (source.shared ? 0 : OWN_LAYER) + (rank.get(source.place.file.path) ?? 0);
};

const rankOf = (sources: readonly Source[]): ReadonlyMap<string, number> => {
  const paths = [...new Set(sources.map(({ place }) => place.file.path))];
  const weight = (path: string): number => (baseOf(path) === 'values.yaml' ? 0 : BASE_WORD.test(stemOf(path)) ? 1 : 2);
  return new Map(
    paths.toSorted((a, b) => weight(a) - weight(b) || (a < b ? -1 : 1)).map((path, index) => [path, index + 1]),
  );
};

const BASE_WORD = /(?:^|[-_.])(?:base|common|shared|defaults?|global|all)(?:[-_.]|$)/i;

const installationNames = (
  all: readonly Source[],
  clusterTokens: ReadonlySet<string>,
): ((source: Source) => string) => {
  const plain = (source: Source): string => plainName(source, clusterTokens);
  const own = new Map<string, Set<string>>();
  const revisions = new Map<string, Set<string>>();
  for (const source of all) {
    if (!source.shared && source.chart !== undefined && source.installation.includes(LOOSE))
      add(own, source.chart, plain(source));
    const revision = revisionOf(source);
    if (revision !== undefined) add(revisions, source.installation, revision);
  }
  return (source) => {
    const known = revisions.get(source.installation);
    if (known !== undefined && known.size > 1) return `${source.installation} revision ${revisionOf(source)!}`;
    if (!source.installation.includes(LOOSE)) return source.installation;
    const name = plain(source);
    const others = source.chart === undefined ? undefined : own.get(source.chart);
    if (!source.shared || others === undefined || others.has(name)) return name;
    // A base file belongs to what the cluster installs of the same chart, where that is one thing.
    const fitting = [...others].filter((other) => lastPart(other) === lastPart(name));
    if (fitting.length === 1) return fitting[0]!;
    return others.size === 1 ? [...others][0]! : name;
  };
};

const add = (map: Map<string, Set<string>>, key: string, value: string): void => {
  const held = map.get(key);
  if (held === undefined) map.set(key, new Set([value]));
  else held.add(value);
};

/** `charts/istiod/values-east.yaml` and `charts/istiod/values-base.yaml` configure one thing. */
const plainName = (source: Source, clusterTokens: ReadonlySet<string>): string => {
  const parts = source.installation.split(LOOSE);
  if (parts.length < 4) return source.installation;
  const [what, directory, stem, nested] = parts as [string, string, string, string];
  const words = stem
    .toLowerCase()
    .split(/[-_.]+/)
    .filter(
      (word) =>
        !clusterTokens.has(word) && !/^(?:values?|base|common|shared|defaults?|global|all|overrides?)$/.test(word),
    );
  return `${what} ${directory}/${words.join('-')}${nested === '' ? '' : ` ${nested}`}`;
};

const lastPart = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** Revision of an IstioOperator that states one, '' for one that states none; undefined for other sources. */
const revisionOf = ({ object }: Source): string | undefined => {
  if (object?.kind !== 'IstioOperator') return undefined;
  // A partial object (an overlay) belongs to whatever it overlays.
  return filled(get(object.value, 'spec', 'revision')) ?? '';
};
