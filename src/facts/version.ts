import type { Cluster, Fact, Place, Resource, Sighting } from '../model/index.ts';
import { filled, get, list, placeIn, text } from '../model/index.ts';
import type { Minors } from './minors.ts';
import { minorOf, SUPPORTED } from './minors.ts';
import { apiBounds } from './servedApis.ts';
import {
  containersOf,
  controlPlaneWorkloads,
  injectorSightings,
  operatorSightings,
  settingsPlace,
  valueSightings,
} from './sources.ts';

/** The kinds of exact sources, strongest first: the first kind that a cluster has decides. */
const VERSION_SOURCES = [
  'config',
  'image',
  'tag',
  'sail',
  'chart',
  'chart-label',
  'base-chart',
  'gateway-chart',
  'proxy',
  'operator-image',
  'revision',
] as const;

export interface VersionSighting extends Sighting<Minors> {
  readonly kind: (typeof VERSION_SOURCES)[number];
  /** As written: `1.20.3-distroless`. */
  readonly written: string;
}

/**
 * The versions that the control plane of a cluster may have. `known` only where a file names it exactly;
 * otherwise `unknown` and `bounds` narrows what the API versions in use allow.
 */
export interface VersionFact {
  readonly fact: Fact<Minors>;
  readonly bounds: Minors;
  /** Each minor that the deciding kind of source names, ascending: two for a canary revision. */
  readonly minors: readonly number[];
  /** All exact sources, also those that a stronger kind hides. */
  readonly places: readonly VersionSighting[];
}

/** Assumed where no file says anything. */
export const ASSUMED: Minors = { low: 18, high: 30 };

export const istioVersion = (cluster: Cluster): VersionFact => {
  const places = [
    ...configVersion(cluster),
    ...imageVersions(cluster),
    ...tagVersions(cluster),
    ...sailVersions(cluster),
    ...chartVersions(cluster),
    ...labelVersions(cluster),
    ...proxyVersions(cluster),
    ...operatorVersions(cluster),
    ...revisionVersions(cluster),
  ];
  const bounds = apiBounds(cluster);
  const kind = VERSION_SOURCES.find((candidate) => places.some((place) => place.kind === candidate));
  const ofKind = places.filter((place) => place.kind === kind);
  const own = ofKind.filter((place) => place.shared !== true);
  const deciding = own.length > 0 ? own : ofKind;
  const minors = [...new Set(deciding.map((place) => place.value.low))].toSorted((a, b) => a - b);
  const [low, high] = [minors[0], minors.at(-1)];
  if (low === undefined || high === undefined)
    return { fact: { state: 'unknown', reason: 'no file names a version' }, bounds, minors, places };
  return { fact: { state: 'known', value: { low, high }, sightings: deciding }, bounds, minors, places };
};

/** What a cluster's own files tell: the exact version, else what the API versions leave of the assumption. */
export const ownMinors = (version: VersionFact): Minors =>
  version.fact.state === 'known' ? version.fact.value : (boundedMinors(version.bounds) ?? ASSUMED);

/**
 * The span that API versions leave; undefined where they narrow nothing. A lower bound below the assumed span
 * tells only that the version is not older still, so the assumption stands.
 */
export const boundedMinors = (bounds: Minors): Minors | undefined => {
  if (bounds.high < SUPPORTED.high) return bounds;
  return bounds.low > ASSUMED.low ? { low: bounds.low, high: SUPPORTED.high } : undefined;
};

/** The minor of a revision name that is a version: `1-20-3`, `1-20`, `v1-20-3`. */
const minorOfRevision = (revision: string): number | undefined => {
  const found = /^v?1-(\d{1,2})(-\d+)*$/.exec(revision)?.[1];
  return found === undefined ? undefined : Number(found);
};

const sighting = (
  kind: VersionSighting['kind'],
  written: string | undefined,
  place: Place,
  source: string,
  shared: boolean,
  read: (written: string) => number | undefined = minorOf,
): readonly VersionSighting[] => {
  const minor = written === undefined ? undefined : read(written);
  return minor === undefined || written === undefined
    ? []
    : [{ kind, value: { low: minor, high: minor }, written, place, source, shared }];
};

const configVersion = (cluster: Cluster): readonly VersionSighting[] =>
  sighting('config', cluster.settings.istioVersion, settingsPlace(cluster, 'istioVersion'), 'mesh-lint.yaml', false);

/** The tag of `host:5000/istio/pilot:1.20.3@sha256:…` if the last part of the name matches. */
const tagOf = (image: string, name: RegExp): string | undefined => {
  const found = /([^/:@]+):([^/:@]+)(?:@[^/]*)?$/.exec(image);
  return found !== null && name.test(found[1]!) ? found[2] : undefined;
};

const imageVersions = (cluster: Cluster): readonly VersionSighting[] =>
  containersOf(cluster, 'istiod').flatMap((container) =>
    sighting(
      'image',
      tagOf(text(container.value['image']) ?? '', /^(pilot|istiod|discovery)/),
      { ...container.place, path: [...container.place.path, 'image'] },
      `image of ${container.owner}`,
      container.shared,
    ),
  );

const tagVersions = (cluster: Cluster): readonly VersionSighting[] => [
  ...operatorSightings(cluster, ['tag']).flatMap((found) =>
    sighting('tag', filled(found.value), found.place, found.source, found.shared === true),
  ),
  ...valueSightings(cluster, ['operator', 'istiod'], ['global', 'tag']).flatMap((found) =>
    sighting('tag', filled(found.value), found.place, found.source, found.shared === true),
  ),
];

const sailVersions = (cluster: Cluster): readonly VersionSighting[] =>
  cluster.resources
    .ofKind('Istio')
    .filter((object) => object.group.endsWith('istio.io') || object.group === 'sailoperator.io')
    .flatMap((object) =>
      sighting(
        'sail',
        filled(get(object.value, 'spec', 'version')),
        placeIn(object, 'spec', 'version'),
        'Istio spec.version',
        object.shared,
      ),
    );

/** Charts of gateways and of the CRDs are upgraded after and before the control plane: they tell its version only where nothing else does. */
const kindOfChart = (chart: string): 'base-chart' | 'gateway-chart' | undefined => {
  if (chart === 'gateway') return 'gateway-chart';
  return chart === 'base' || chart === 'istio-base' ? 'base-chart' : undefined;
};

const CONTROL_PLANE_CHARTS = /^(istiod|istio-discovery|base|istio-base|gateway|istio|istio-remote|istiod-remote)$/;

const chartVersions = (cluster: Cluster): readonly VersionSighting[] => [
  ...['Application', 'ApplicationSet'].flatMap((kind) =>
    cluster.resources.ofKind(kind, 'argoproj.io').flatMap(applicationVersions),
  ),
  ...cluster.resources
    .ofKind('HelmRelease')
    .flatMap((release) =>
      chartSighting(
        get(release.value, 'spec', 'chart', 'spec'),
        'chart',
        'version',
        placeIn(release, 'spec', 'chart', 'spec'),
        release.shared,
      ),
    ),
  ...cluster.resources
    .ofKind('Kustomization')
    .flatMap((kustomization) =>
      list(kustomization.value['helmCharts']).flatMap((chart, index) =>
        chartSighting(chart, 'name', 'version', placeIn(kustomization, 'helmCharts', index), kustomization.shared),
      ),
    ),
  ...cluster.looseConfigs.flatMap((config) =>
    list(config.value['dependencies']).flatMap((chart, index) =>
      chartSighting(
        chart,
        'name',
        'version',
        { ...config.place, path: [...config.place.path, 'dependencies', index] },
        config.shared,
      ),
    ),
  ),
  // What installs the chart says it at a better place than its values.
  ...cluster.values
    .filter((source) => ['istiod', 'istiod-remote', 'base', 'gateway'].includes(source.chart))
    .flatMap((source) =>
      sighting(
        kindOfChart(source.chart) ?? 'chart',
        source.version,
        source.place,
        `version of chart ${source.chart}`,
        source.shared,
      ),
    ),
];

const chartSighting = (
  holder: unknown,
  nameKey: string,
  versionKey: string,
  place: Place,
  shared: boolean,
): readonly VersionSighting[] => {
  const name = filled(get(holder, nameKey));
  const short = name?.slice(name.lastIndexOf('/') + 1);
  if (short === undefined || !CONTROL_PLANE_CHARTS.test(short)) return [];
  return sighting(
    kindOfChart(short) ?? 'chart',
    filled(get(holder, versionKey)),
    { ...place, path: [...place.path, versionKey] },
    `version of chart ${short}`,
    shared,
  );
};

const applicationVersions = (application: Resource): readonly VersionSighting[] => {
  const path = application.kind === 'Application' ? ['spec'] : ['spec', 'template', 'spec'];
  const spec = get(application.value, ...path);
  return [
    ...chartSighting(
      get(spec, 'source'),
      'chart',
      'targetRevision',
      placeIn(application, ...path, 'source'),
      application.shared,
    ),
    ...list(get(spec, 'sources')).flatMap((source, index) =>
      chartSighting(
        source,
        'chart',
        'targetRevision',
        placeIn(application, ...path, 'sources', index),
        application.shared,
      ),
    ),
  ];
};

const LABELLED_KINDS = [
  'Deployment',
  'DaemonSet',
  'Service',
  'ConfigMap',
  'ServiceAccount',
  'MutatingWebhookConfiguration',
  'HorizontalPodAutoscaler',
];

const labelVersions = (cluster: Cluster): readonly VersionSighting[] =>
  LABELLED_KINDS.flatMap((kind) => cluster.resources.ofKind(kind)).flatMap((resource) => {
    const label = resource.labels['helm.sh/chart'];
    const found =
      label === undefined ? undefined : /^(istiod|istio-discovery|istiod-remote|base|gateway)-(v?1\.\d.*)$/.exec(label);
    if (found === null || found === undefined) return [];
    // Other vendors have charts of the names base and gateway too.
    if (
      !found[1]!.startsWith('istio') &&
      resource.labels['app.kubernetes.io/part-of'] !== 'istio' &&
      !resource.name.startsWith('istio')
    )
      return [];
    return sighting(
      kindOfChart(found[1]!) ?? 'chart-label',
      found[2],
      placeIn(resource, 'metadata', 'labels', 'helm.sh/chart'),
      'label helm.sh/chart',
      resource.shared,
    );
  });

const proxyVersions = (cluster: Cluster): readonly VersionSighting[] => [
  ...containersOf(cluster, 'gateway').flatMap((container) =>
    sighting(
      'proxy',
      tagOf(text(container.value['image']) ?? '', /^proxyv2/),
      { ...container.place, path: [...container.place.path, 'image'] },
      `image of ${container.owner}`,
      container.shared,
    ),
  ),
  ...injectorSightings(cluster, ['global', 'tag']).flatMap((found) =>
    sighting('proxy', filled(found.value), found.place, found.source, found.shared === true),
  ),
  ...cluster.injectors.flatMap((injector) =>
    injector.template === undefined
      ? []
      : sighting(
          'proxy',
          /\/proxyv2:([\w.-]+)/.exec(injector.template.text)?.[1],
          injector.template.place,
          'proxyv2 image of the injection template',
          injector.shared,
        ),
  ),
];

const operatorVersions = (cluster: Cluster): readonly VersionSighting[] =>
  cluster.resources
    .ofKind('Deployment')
    .filter((deployment) => deployment.name.startsWith('istio-operator'))
    .flatMap((deployment) =>
      list(get(deployment.value, 'spec', 'template', 'spec', 'containers')).flatMap((container, index) =>
        sighting(
          'operator-image',
          tagOf(text(get(container, 'image')) ?? '', /^(istio-)?operator/),
          placeIn(deployment, 'spec', 'template', 'spec', 'containers', index, 'image'),
          `image of ${deployment.kind} ${deployment.name}`,
          deployment.shared,
        ),
      ),
    );

const revisionVersions = (cluster: Cluster): readonly VersionSighting[] => {
  const label = 'istio.io/rev';
  const labelled = [...cluster.resources.ofKind('Namespace', ''), ...controlPlaneWorkloads(cluster)].flatMap(
    (resource) =>
      sighting(
        'revision',
        resource.labels[label],
        placeIn(resource, 'metadata', 'labels', label),
        `label ${label}`,
        resource.shared,
        minorOfRevision,
      ),
  );
  const set = [
    ...operatorSightings(cluster, ['revision']),
    ...valueSightings(cluster, ['operator', 'istiod', 'gateway'], ['revision']),
  ];
  return [
    ...labelled,
    ...set.flatMap((found) =>
      sighting('revision', filled(found.value), found.place, found.source, found.shared === true, minorOfRevision),
    ),
  ];
};
