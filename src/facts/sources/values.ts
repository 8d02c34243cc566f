// Helm values and IstioOperators.
import type { Chart, Cluster, Place, Resource, Sighting, ValuesSource } from '../../model/index.ts';
import { isRecord, placeIn } from '../../model/index.ts';
import type { Layered, Overridden } from './layers.ts';
import { byInstallation, layeredSightings, merge, overridden } from './layers.ts';

/** Charts whose values configure the control plane, strongest first. */
export const CONTROL_PLANE: readonly Chart[] = ['operator', 'istiod', 'istiod-remote', 'base'];

/** All charts of Istio whose `global` values say something of the cluster, istiod's first. */
export const ISTIO_CHARTS: readonly Chart[] = [
  'operator',
  'istiod',
  'istiod-remote',
  'base',
  'ztunnel',
  'gateway',
  'cni',
];

/** Charts that tell istiod what it does. */
const ISTIOD_CHARTS: ReadonlySet<Chart> = new Set<Chart>(['operator', 'istiod', 'istiod-remote']);

/** Whether values of a control plane come from files or objects that are not loaded: what is not written is not known. */
export const hidesValues = (cluster: Cluster): boolean =>
  cluster.releases.some(({ chart, isPartial }) => isPartial && ISTIOD_CHARTS.has(chart));

/**
 * What Helm values say at `path`: one sighting for each installation and chart, in the order of `charts`.
 * A higher layer of an installation hides lower ones, maps are merged, null removes. Templates (`${VAR}`)
 * are among the sightings: `settleText` and `concrete` set them apart.
 */
export const valueSightings = (
  cluster: Cluster,
  charts: readonly Chart[],
  path: readonly string[],
  source = `values.${path.join('.')}`,
): readonly Sighting<unknown>[] =>
  charts.flatMap((chart) => layeredSightings(valueLayers(cluster, [chart]), path, source));

/** Values of upper layers at `path` that are empty or null while a lower layer of the installation is not. */
export const overriddenValues = (
  cluster: Cluster,
  charts: readonly Chart[],
  path: readonly string[],
): readonly Overridden[] => overridden(valueLayers(cluster, charts), path, `values.${path.join('.')}`);

/** The values of a cluster as layers; charts that say nothing of `charts` are left out. */
const valueLayers = (cluster: Cluster, charts: readonly Chart[]): readonly Layered[] =>
  cluster.values
    .filter((source) => charts.includes(source.chart))
    .map((source: ValuesSource) => ({
      value: source.values,
      place: source.place,
      installation: source.installation,
      layer: source.layer,
      shared: source.shared,
    }));

/** What the `spec` of IstioOperators says at `path`: one sighting for each installation, overlays applied. */
export const operatorSightings = (cluster: Cluster, path: readonly string[]): readonly Sighting<unknown>[] =>
  layeredSightings(operatorLayers(cluster), path, `IstioOperator spec.${path.join('.')}`);

/** The `spec` of each IstioOperator with all its overlays applied, and the place of the topmost. */
export interface OperatorSpec {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly place: Place;
  readonly shared: boolean;
  readonly object: Resource | undefined;
}

export const operatorSpecs = (cluster: Cluster): readonly OperatorSpec[] =>
  byInstallation(operatorLayers(cluster)).flatMap((layers) => {
    const top = layers[0];
    if (top === undefined) return [];
    const spec = layers
      .map((layer): unknown => layer.value)
      .toReversed()
      .reduce(merge, {});
    return isRecord(spec)
      ? [{ spec, place: top.place, shared: layers.every((layer) => layer.shared), object: top.object }]
      : [];
  });

const operatorLayers = (cluster: Cluster): readonly OperatorLayer[] => {
  const layers = cluster.values.flatMap((source) =>
    source.origin === 'IstioOperator' && source.chart === 'operator' && source.object !== undefined
      ? [operatorLayer(source.object, source)]
      : [],
  );
  const known = new Set(layers.map((layer) => layer.object));
  const others = cluster.resources
    .ofKind('IstioOperator')
    .filter((object) => !known.has(object))
    .map((object) =>
      operatorLayer(object, { installation: `${object.place.file.path}#${object.place.document}`, layer: 0 }),
    );
  return [...layers, ...others];
};

interface OperatorLayer extends Layered {
  readonly object: Resource;
}

const operatorLayer = (
  object: Resource,
  at: { readonly installation: string; readonly layer: number },
): OperatorLayer => ({
  value: isRecord(object.value['spec']) ? object.value['spec'] : {},
  place: placeIn(object, 'spec'),
  installation: at.installation,
  layer: at.layer,
  shared: object.shared,
  object,
});
