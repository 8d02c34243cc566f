import { CORE_SCHEMA, load } from 'js-yaml';
import type { Cluster, Fact, Resource, Sighting } from '../model/index.ts';
import { filled, flag, get, isTemplate, list, placeIn, settle, textMap, valueOf } from '../model/index.ts';
import type { Facts } from './index.ts';
import { hidesKind, hidesValues, injectorEnvSightings, meshConfigSightings, valueSightings } from './sources.ts';
import type { Workload } from './workloads.ts';

export interface DnsCapture {
  /** For pods that say nothing themselves. Absent: mesh config is loaded and does not switch it on. */
  readonly mesh: Fact<boolean>;
  /** For one workload: annotation and ProxyConfig over the mesh's. */
  of(workload: Workload): Fact<boolean>;
}

const VARIABLE = 'ISTIO_META_DNS_CAPTURE';

/** Whether sidecars answer DNS for the services of all clusters (Istio 1.7+; off unless said, the preview profile says it). */
export const dnsCapture = (cluster: Cluster, facts: Facts): DnsCapture => {
  const read = (value: unknown): Fact<boolean> | undefined => switchedOn(value, facts);
  const proxyConfigs = cluster.resources.ofKind('ProxyConfig', 'networking.istio.io');
  const rootNamespace = valueOf(facts.rootNamespace) ?? 'istio-system';
  const inNamespace = (namespace: string | undefined): readonly Sighting<unknown>[] =>
    proxyConfigs
      .filter((config) => config.namespace === namespace && selectorOf(config) === undefined)
      .flatMap(variableOf);

  const said = [
    ...inNamespace(rootNamespace),
    ...meshConfigSightings(cluster, ['defaultConfig', 'proxyMetadata', VARIABLE]),
    ...injectorEnvSightings(cluster, VARIABLE),
  ];
  const mesh = decide(said, read) ?? unsaid(cluster);

  return {
    mesh,
    of: (workload) => {
      const own = [
        ...proxyConfigs
          .filter((config) => config.namespace === workload.namespace && selectsPod(config, workload))
          .flatMap(variableOf),
        ...annotationOf(workload),
        ...sidecarEnvOf(workload),
        ...inNamespace(workload.namespace),
      ];
      return decide(own, read) ?? mesh;
    },
  };
};

/** `true`, or `ALL` as Istio 1.7 wanted it; undefined for a template. */
const switchedOn = (value: unknown, facts: Facts): Fact<boolean> | undefined => {
  const written = filled(value);
  if (written === undefined || isTemplate(written)) return undefined;
  const version = valueOf(facts.istioVersion.fact);
  if (written === 'ALL') return { state: 'known', value: version === undefined || version.low <= 7, sightings: [] };
  return { state: 'known', value: flag(written) === true, sightings: [] };
};

/** The strongest place decides; a template there leaves it unknown. */
const decide = (
  said: readonly Sighting<unknown>[],
  read: (value: unknown) => Fact<boolean> | undefined,
): Fact<boolean> | undefined => {
  const first = said[0];
  if (first === undefined) return undefined;
  const sightings = said.flatMap((sighting) => {
    const value = read(sighting.value);
    return value?.state === 'known' ? [{ ...sighting, value: value.value }] : [];
  });
  const fallback: Fact<boolean> = { state: 'unknown', reason: `${first.source} has no value yet`, place: first.place };
  return read(first.value) === undefined ? fallback : settle(sightings.slice(0, 1), fallback);
};

const unsaid = (cluster: Cluster): Fact<boolean> => {
  const preview = valueSightings(cluster, ['operator', 'istiod'], ['profile']).find(
    (sighting) => sighting.value === 'preview',
  );
  const operators = cluster.resources
    .ofKind('IstioOperator')
    .filter((operator) => get(operator.value, 'spec', 'profile') === 'preview');
  const places = [
    ...(preview === undefined ? [] : [{ ...preview, value: true }]),
    ...operators.map((operator) => ({
      value: true,
      place: placeIn(operator, 'spec', 'profile'),
      source: 'profile preview',
    })),
  ];
  if (places.length > 0) return settle(places, { state: 'absent' });
  if (hidesValues(cluster) || hidesKind(cluster, ['IstioOperator', 'Istio']))
    return { state: 'unknown', reason: 'a file that may hold the mesh config cannot be read' };
  const isLoaded =
    cluster.meshConfigs.length > 0 ||
    cluster.values.some((source) => ['operator', 'istiod', 'istiod-remote'].includes(source.chart));
  return isLoaded ? { state: 'absent' } : { state: 'unknown', reason: 'no mesh config is among the files' };
};

const selectorOf = (config: Resource): Readonly<Record<string, string>> | undefined => {
  const labels = textMap(get(config.value, 'spec', 'selector', 'matchLabels'));
  return Object.keys(labels).length === 0 ? undefined : labels;
};

const selectsPod = (config: Resource, workload: Workload): boolean => {
  const selector = selectorOf(config);
  return selector !== undefined && Object.entries(selector).every(([key, value]) => workload.labels[key] === value);
};

const variableOf = (config: Resource): readonly Sighting<unknown>[] => {
  const value = get(config.value, 'spec', 'environmentVariables', VARIABLE);
  return value === undefined
    ? []
    : [
        {
          value,
          place: placeIn(config, 'spec', 'environmentVariables', VARIABLE),
          source: `ProxyConfig ${config.name}`,
          shared: config.shared,
        },
      ];
};

/** A longer annotation is no proxy config, and parsing it is not worth the time. */
const LONGEST_ANNOTATION = 65_536;

const annotationOf = (workload: Workload): readonly Sighting<unknown>[] => {
  const annotation = workload.annotations['proxy.istio.io/config'];
  if (annotation === undefined || annotation.length > LONGEST_ANNOTATION || !annotation.includes(VARIABLE)) return [];
  let value: unknown;
  try {
    value = get(load(annotation, { schema: CORE_SCHEMA }), 'proxyMetadata', VARIABLE);
  } catch {
    return [];
  }
  return value === undefined
    ? []
    : [{ value, place: workload.resource.place, source: 'annotation proxy.istio.io/config', shared: workload.shared }];
};

const sidecarEnvOf = (workload: Workload): readonly Sighting<unknown>[] =>
  list(workload.spec['containers'])
    .filter((container) => get(container, 'name') === 'istio-proxy')
    .flatMap((container) => list(get(container, 'env')).filter((entry) => get(entry, 'name') === VARIABLE))
    .map((entry) => ({
      value: get(entry, 'value'),
      place: workload.specPlace,
      source: `env ${VARIABLE}`,
      shared: workload.shared,
    }));
