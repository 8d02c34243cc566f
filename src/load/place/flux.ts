import type { Resource } from '../../model/index.ts';
import { filled, get, isRecord, list, placeIn, record, text, texts } from '../../model/index.ts';
import { parseEmbedded } from '../yaml.ts';
import { chartByName } from './charts.ts';
import { EXACT_LAYER, OBJECT_LAYER } from './layers.ts';
import { isWithin, resolvePath } from './paths.ts';
import type { Release } from './release.ts';
import { aliasesOf } from './release.ts';
import type { Tree } from './tree.ts';
import type { ValuesContext } from './values.ts';

type Values = Readonly<Record<string, unknown>>;

/** The release that a HelmRelease asks for. */
export const fluxRelease = (tree: Tree, object: Resource): Release => {
  const spec = record(object.value.spec);
  const { name, version, repository } = fluxChart(tree, object, spec);
  const directory = name === undefined ? undefined : tree.ending(name);
  const context: ValuesContext = {
    origin: 'HelmRelease',
    object,
    installation: `HelmRelease ${object.namespace ?? ''}/${object.name}`,
    layer: EXACT_LAYER,
    namespace: filled(spec.targetNamespace) ?? object.namespace,
    release:
      filled(spec.releaseName) ??
      [filled(spec.targetNamespace), object.name].filter((part) => part !== undefined).join('-'),
    version,
    chart: name === undefined ? undefined : chartByName(name, repository),
    aliases: aliasesOf(tree, directory),
    hint: name ?? '',
  };
  const inline: Release['inline'][number][] = [];
  let isPartial = false;
  list(spec.valuesFrom).forEach((from, order) => {
    const source =
      filled(get(from, 'kind')) === 'ConfigMap' ? nearest(tree, object, filled(get(from, 'name'))) : undefined;
    const key = filled(get(from, 'valuesKey')) ?? 'values.yaml';
    const written = text(get(source?.value, 'data', key));
    const parsed = written === undefined ? undefined : parseEmbedded(written);
    if (source === undefined || parsed === undefined || !('value' in parsed) || !isRecord(parsed.value)) {
      isPartial ||= !isGenerated(tree, object, from);
      return;
    }
    inline.push({
      values: parsed.value,
      place: { ...placeIn(source, 'data', key), inner: [] },
      layer: EXACT_LAYER + order,
    });
  });
  if (isRecord(spec.values))
    inline.push({ values: spec.values, place: placeIn(object, 'spec', 'values'), layer: OBJECT_LAYER });
  return { context, files: [], inline, directory, isPartial };
};

/** A kustomization around the object makes the ConfigMap or Secret of files that are loaded, which are read as values themselves. */
const isGenerated = (tree: Tree, object: Resource, from: unknown): boolean => {
  const generator = filled(get(from, 'kind')) === 'Secret' ? 'secretGenerator' : 'configMapGenerator';
  return [...tree.kustomizations.values()].some(
    ({ directory, value }) =>
      isWithin(object.place.file.path, directory) &&
      list(value[generator]).some((item) => {
        const files = texts(get(item, 'files')).map((file) => file.slice(file.indexOf('=') + 1));
        return (
          filled(get(item, 'name')) === filled(get(from, 'name')) &&
          files.length > 0 &&
          files.every((file) => tree.files.has(resolvePath(directory, file) ?? ''))
        );
      }),
  );
};

interface FluxChart {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly repository: string | undefined;
}

const fluxChart = (tree: Tree, object: Resource, spec: Values): FluxChart => {
  const chart = isRecord(get(spec, 'chart', 'spec')) ? record(get(spec, 'chart', 'spec')) : record(spec.chart);
  const name = filled(chart.chart) ?? filled(chart.name);
  if (name !== undefined)
    return {
      name,
      version: filled(chart.version),
      repository: filled(get(chart, 'sourceRef', 'name')) ?? filled(chart.repository),
    };
  const kind = filled(get(spec, 'chartRef', 'kind'));
  const named = filled(get(spec, 'chartRef', 'name'));
  const source = tree.deliveries.find((delivery) => delivery.kind === kind && delivery.name === named);
  const url = filled(get(source?.value, 'spec', 'url')) ?? filled(get(source?.value, 'spec', 'chart'));
  const version = filled(get(source?.value, 'spec', 'ref', 'tag')) ?? filled(get(source?.value, 'spec', 'version'));
  return { name: url ?? (object.kind === 'HelmRelease' ? named : undefined), version, repository: url };
};

/** The ConfigMap of that name that lies closest to the object. */
const nearest = (tree: Tree, object: Resource, name: string | undefined): Resource | undefined => {
  const near = (resource: Resource): number => {
    const [a, b] = [resource.place.file.path.split('/'), object.place.file.path.split('/')];
    let same = 0;
    while (same < a.length && a[same] === b[same]) same++;
    return same;
  };
  return (tree.configMaps.get(name ?? '') ?? []).toSorted((a, b) => near(b) - near(a))[0];
};
