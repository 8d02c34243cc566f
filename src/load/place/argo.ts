import type { Place, Resource } from '../../model/index.ts';
import {
  below,
  filled,
  flag,
  get,
  isRecord,
  isTemplate,
  list,
  placeIn,
  record,
  text,
  texts,
} from '../../model/index.ts';
import { parseEmbedded } from '../yaml.ts';
import { chartByName } from './charts.ts';
import { EXACT_LAYER, OBJECT_LAYER, PARAMETER_LAYER, TEXT_LAYER } from './layers.ts';
import { resolvePath } from './paths.ts';
import type { Release } from './release.ts';
import { aliasesOf, defaultsOf, namedChart } from './release.ts';
import type { Tree } from './tree.ts';
import type { ValuesContext } from './values.ts';

type Values = Readonly<Record<string, unknown>>;

/** `spec` of an Application, or of the template of an ApplicationSet, with its place. */
export const applicationSpecs = (object: Resource): readonly { readonly spec: Values; readonly place: Place }[] => {
  if (object.group !== 'argoproj.io') return [];
  const paths =
    object.kind === 'Application' ? [['spec']] : object.kind === 'ApplicationSet' ? [['spec', 'template', 'spec']] : [];
  return paths.flatMap((path) => {
    const spec = get(object.value, ...path);
    return isRecord(spec) ? [{ spec, place: placeIn(object, ...path) }] : [];
  });
};

/** The sources of an Application, one or several. */
export const sourcesOf = (
  spec: Values,
  place: Place,
): readonly { readonly source: Values; readonly place: Place }[] => [
  ...(isRecord(spec.source) ? [{ source: spec.source, place: below(place, 'source') }] : []),
  ...list(spec.sources).flatMap((source, index) =>
    isRecord(source) ? [{ source, place: below(place, 'sources', index) }] : [],
  ),
];

/** Releases of an Application or ApplicationSet, one for each source that is a chart. */
export const argoReleases = (tree: Tree, object: Resource): readonly Release[] =>
  applicationSpecs(object).flatMap(({ spec, place }) =>
    sourcesOf(spec, place).flatMap(({ source, place: at }, index) => {
      const helm = record(source.helm);
      const directory = filled(source.path) === undefined ? undefined : tree.ending(filled(source.path)!);
      const chart = filled(source.chart);
      if (chart === undefined && source.helm === undefined && !tree.charts.has(directory ?? '')) return [];
      const context: ValuesContext = {
        origin: 'Application',
        object,
        installation: `${object.kind} ${object.namespace ?? ''}/${object.name}/${index}`,
        layer: EXACT_LAYER,
        namespace: filled(helm.namespace) ?? filled(get(spec, 'destination', 'namespace')),
        release:
          filled(helm.releaseName) ??
          (object.kind === 'Application'
            ? object.name
            : filled(get(object.value, 'spec', 'template', 'metadata', 'name'))),
        version: chart === undefined ? undefined : filled(source.targetRevision),
        chart: chart === undefined ? namedChart(tree, directory) : chartByName(chart, filled(source.repoURL)),
        aliases: aliasesOf(tree, directory),
        hint: chart ?? '',
      };
      const files = texts(helm.valueFiles).flatMap((reference, order) => {
        const path = valuesFile(tree, directory, reference);
        return path === undefined ? [] : [{ path, layer: EXACT_LAYER + order }];
      });
      return [
        {
          context,
          files: [...defaultsOf(tree, directory), ...files],
          inline: argoInline(helm, below(at, 'helm')),
          directory,
          isPartial: files.length < texts(helm.valueFiles).filter((reference) => isNeeded(helm, reference)).length,
        },
      ];
    }),
  );

const argoInline = (helm: Values, place: Place): Release['inline'] => {
  const found: Release['inline'][number][] = [];
  const written = text(helm.values);
  const parsed = written === undefined ? undefined : parseEmbedded(written);
  if (parsed !== undefined && 'value' in parsed && isRecord(parsed.value))
    found.push({ values: parsed.value, place: { ...below(place, 'values'), inner: [] }, layer: TEXT_LAYER });
  if (isRecord(helm.valuesObject))
    found.push({ values: helm.valuesObject, place: below(place, 'valuesObject'), layer: OBJECT_LAYER });
  list(helm.parameters).forEach((parameter, index) => {
    const values = parameterValues(filled(get(parameter, 'name')), get(parameter, 'value'));
    if (values !== undefined)
      found.push({ values, place: below(place, 'parameters', index), layer: PARAMETER_LAYER + index });
  });
  return found;
};

/** A file may be missing where the source says so, unless it lies in another repository (`$values/…`) or has no name yet. */
const isNeeded = (helm: Values, reference: string): boolean =>
  flag(helm.ignoreMissingValueFiles) !== true || isTemplate(reference);

/** `global.meshID=mesh1` as values; keys with list indexes are left out. */
const parameterValues = (name: string | undefined, value: unknown): Values | undefined => {
  if (name === undefined || name.includes('[')) return undefined;
  const keys = name.split(/(?<!\\)\./).map((key) => key.replaceAll('\\.', '.'));
  return keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;
};

/** Path of a values file of an Application: beside its chart, from the root of a repository, or as a URL of it. */
const valuesFile = (tree: Tree, directory: string | undefined, reference: string): string | undefined => {
  if (!reference.includes('://')) {
    const rooted = reference.replace(/^\$[^/]+\//, '');
    const beside = rooted === reference && directory !== undefined ? resolvePath(directory, reference) : undefined;
    return beside !== undefined && tree.files.has(beside)
      ? beside
      : fileEnding(tree, rooted.replace(/^(?:\.\.\/)+/, ''));
  }
  const segments = reference.replace(/^[^:]+:\/\/[^/]+\//, '').split('/');
  for (let from = 0; from < segments.length - 1; from++) {
    const found = fileEnding(tree, segments.slice(from).join('/'));
    if (found !== undefined) return found;
  }
  return undefined;
};

const fileEnding = (tree: Tree, path: string): string | undefined => {
  const found = tree.ending(path);
  return found !== undefined && tree.files.has(found) ? found : undefined;
};
