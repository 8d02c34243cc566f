// Who signs workload certificates when istiod does not: istio-csr, SPIRE, a CA at an address.
import type { Cluster, Resource, Sighting } from '../model/index.ts';
import { filled, flag, isRecord, placeIn, record, text } from '../model/index.ts';
import { chartsNamed, installers } from './installers.ts';
import { CONTROL_PLANE, ISTIO_CHARTS, envSightings, meshConfigSightings, valueSightings } from './sources.ts';

/**
 * An external CA that signs instead of istiod, strongest evidence first; the value is its address or name.
 * Addresses of istiod itself are none. Undefined where istiod signs.
 */
export const externalSigner = (cluster: Cluster): Sighting<string> | undefined =>
  [
    ...named(valueSightings(cluster, ISTIO_CHARTS, ['global', 'caAddress'])).filter(
      (sighting) => !isIstiod(sighting.value),
    ),
    ...named(meshConfigSightings(cluster, ['ca', 'address'])),
    ...named(envSightings(cluster, 'istiod', 'CA_ADDR')).filter((sighting) => !isIstiod(sighting.value)),
    ...named(valueSightings(cluster, ISTIO_CHARTS, ['global', 'caName'])).filter(
      (sighting) => sighting.value !== 'Citadel',
    ),
    ...named(envSightings(cluster, 'istiod', 'EXTERNAL_CA')),
    ...envSightings(cluster, 'istiod', 'ENABLE_CA_SERVER')
      .filter((sighting) => flag(sighting.value) === false)
      .map((sighting) => ({ ...sighting, value: 'ENABLE_CA_SERVER=false' })),
    ...istioCsr(cluster),
    ...spire(cluster),
  ][0];

const named = (sightings: readonly Sighting<unknown>[]): readonly Sighting<string>[] =>
  sightings.flatMap((sighting) => {
    const value = filled(sighting.value);
    return value === undefined ? [] : [{ ...sighting, value }];
  });

/** istiod's own CA, here or in the primary: by name, or by its port. */
const isIstiod = (address: string): boolean =>
  /^(https?:\/\/)?(istiod|istio-pilot|istio-citadel|istio-ca)\b/.test(address) || /:(15012|15010|8060)$/.test(address);

const istioCsr = (cluster: Cluster): readonly Sighting<string>[] => [
  ...cluster.values
    .filter((values) => values.chart === 'istio-csr')
    .map((values) => ({
      value: 'istio-csr',
      place: values.place,
      source: 'values of istio-csr',
      shared: values.shared,
    })),
  ...[...cluster.resources.ofKind('Deployment'), ...installers(cluster.resources)]
    .filter(namesIstioCsr)
    .map((resource) => found(resource, 'istio-csr', `${resource.kind} ${resource.name}`)),
];

const namesIstioCsr = (resource: Resource): boolean =>
  resource.kind === 'Deployment'
    ? /istio-csr/.test(resource.name)
    : chartsNamed(resource).some((chart) => /istio-csr/.test(chart));

/** Injection templates that mount SPIRE's socket, and SPIRE's own objects. */
const spire = (cluster: Cluster): readonly Sighting<string>[] => [
  ...valueSightings(cluster, CONTROL_PLANE, ['sidecarInjectorWebhook', 'templates'])
    .filter((sighting) => Object.values(record(sighting.value)).some(mountsSpire))
    .map((sighting) => ({ ...sighting, value: 'SPIRE' })),
  ...cluster.injectors.flatMap((injector) =>
    injector.template !== undefined && mountsSpire(injector.template.text)
      ? [{ value: 'SPIRE', place: injector.template.place, source: 'injection template', shared: injector.shared }]
      : [],
  ),
  ...['ClusterSPIFFEID', 'ClusterFederatedTrustDomain', 'SpireServer']
    .flatMap((kind) => cluster.resources.ofKind(kind))
    .map((resource) => found(resource, 'SPIRE', `${resource.kind} ${resource.name}`)),
  ...['StatefulSet', 'Deployment']
    .flatMap((kind) => cluster.resources.ofKind(kind))
    .filter((resource) => resource.name === 'spire-server')
    .map((resource) => found(resource, 'SPIRE', `${resource.kind} ${resource.name}`)),
];

const mountsSpire = (template: unknown): boolean =>
  isRecord(template)
    ? Object.values(template).some(mountsSpire)
    : /csi\.spiffe\.io|spire-agent/.test(text(template) ?? '');

const found = (resource: Resource, value: string, source: string): Sighting<string> => ({
  value,
  place: placeIn(resource),
  source,
  shared: resource.shared,
});
