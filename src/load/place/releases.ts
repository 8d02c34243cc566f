import type { Resource } from '../../model/index.ts';
import { below, filled, get, isRecord, list, texts } from '../../model/index.ts';
import { applicationSpecs, argoReleases, sourcesOf } from './argo.ts';
import { chartByName } from './charts.ts';
import { fluxRelease } from './flux.ts';
import { EXACT_LAYER, OBJECT_LAYER } from './layers.ts';
import { directoryOf, resolvePath } from './paths.ts';
import type { Release } from './release.ts';
import { aliasesOf, defaultsOf, namedChart } from './release.ts';
import type { Kustomization, Tree } from './tree.ts';
import type { ValuesContext } from './values.ts';

/** Releases that an object of Argo CD or Flux asks for. */
export const releasesOf = (tree: Tree, object: Resource): readonly Release[] => {
  if (object.group === 'argoproj.io') return argoReleases(tree, object);
  if (object.kind === 'HelmRelease' && (object.group.endsWith('fluxcd.io') || object.group === 'helm.fluxcd.io'))
    return [fluxRelease(tree, object)];
  return [];
};

/** Charts that a kustomization inflates. */
export const kustomizeReleases = (tree: Tree, kustomization: Kustomization): readonly Release[] => {
  const { directory, value, place } = kustomization;
  const object = tree.resource(value, place);
  const home = resolvePath(directory, filled(get(value, 'helmGlobals', 'chartHome')) ?? 'charts');
  return list(value.helmCharts).flatMap((item, index) => {
    const name = filled(get(item, 'name'));
    if (name === undefined) return [];
    const repository = filled(get(item, 'repo'));
    const local = home !== undefined && tree.charts.has(`${home}/${name}`) ? `${home}/${name}` : undefined;
    const release = filled(get(item, 'releaseName'));
    const context: ValuesContext = {
      origin: 'HelmChart',
      object,
      installation: `helmCharts ${directory}/${release ?? name}`,
      layer: EXACT_LAYER,
      namespace: filled(get(item, 'namespace')) ?? filled(value.namespace),
      release,
      version: filled(get(item, 'version')),
      chart: local === undefined ? chartByName(name, repository) : namedChart(tree, local),
      aliases: aliasesOf(tree, local),
      hint: name,
    };
    const named = [filled(get(item, 'valuesFile')), ...texts(get(item, 'additionalValuesFiles'))];
    const files = named.flatMap((reference, order) => {
      const path = reference === undefined ? undefined : resolvePath(directory, reference);
      return path !== undefined && tree.files.has(path) ? [{ path, layer: EXACT_LAYER + order }] : [];
    });
    const written = get(item, 'valuesInline');
    const inline = isRecord(written)
      ? [{ values: written, place: below(place, 'helmCharts', index, 'valuesInline'), layer: OBJECT_LAYER }]
      : [];
    const isPartial = files.length < named.filter((reference) => reference !== undefined).length;
    return [{ context, files: [...defaultsOf(tree, local), ...files], inline, directory: local, isPartial }];
  });
};

/** Where the files lie that an object of Argo CD or Flux applies, and to which cluster. */
export interface Delivery {
  readonly from: string;
  readonly directory: string;
  readonly namespace: string | undefined;
  /** Name or address of another cluster than the one that holds the object. */
  readonly destination: string | undefined;
}

export const deliveriesOf = (tree: Tree): readonly Delivery[] =>
  tree.deliveries.flatMap((object): readonly Delivery[] => {
    const from = object.place.file.path;
    if (object.kind === 'Kustomization' && object.group === 'kustomize.toolkit.fluxcd.io') {
      const directory = tree.ending(filled(get(object.value, 'spec', 'path')) ?? '');
      return directory === undefined
        ? []
        : [
            {
              from,
              directory,
              namespace: filled(get(object.value, 'spec', 'targetNamespace')),
              destination: undefined,
            },
          ];
    }
    return applicationSpecs(object).flatMap(({ spec, place }) =>
      sourcesOf(spec, place).flatMap(({ source }) => {
        const directory = filled(source.path) === undefined ? undefined : tree.ending(filled(source.path)!);
        const server = filled(get(spec, 'destination', 'server'));
        const name = filled(get(spec, 'destination', 'name'));
        const destination =
          name === 'in-cluster' || server === 'https://kubernetes.default.svc' ? undefined : (name ?? server);
        return directory === undefined || directory === directoryOf(from)
          ? []
          : [{ from, directory, namespace: filled(get(spec, 'destination', 'namespace')), destination }];
      }),
    );
  });
