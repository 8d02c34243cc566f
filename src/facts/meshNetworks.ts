import type { Cluster, EmbeddedSource, Fact, Place, Sighting } from '../model/index.ts';
import { below, filled, get, integer, isRecord, isTemplate, list, record, settle } from '../model/index.ts';
import { CONTROL_PLANE, hidesKind, hidesValues, valueSightings } from './sources.ts';

/** One network of `meshNetworks`. */
export interface MeshNetworkEntry {
  readonly name: string;
  readonly place: Place;
  readonly endpoints: readonly {
    readonly fromRegistry?: string | undefined;
    readonly fromCidr?: string | undefined;
    readonly place: Place;
  }[];
  readonly gateways: readonly {
    readonly address?: string | undefined;
    readonly registryServiceName?: string | undefined;
    readonly port: number | undefined;
    readonly place: Place;
  }[];
}

/**
 * The map of networks that this cluster's control plane reads. `absent` where a mesh config or values are
 * there and name none; unknown where the files that would hold it are not in the set, or a name is a template.
 */
export const meshNetworks = (cluster: Cluster): Fact<readonly MeshNetworkEntry[]> => {
  const sightings = sightingsOfCluster(cluster);
  const template = sightings.flatMap((sighting) => sighting.value).find((entry) => isTemplate(entry.name));
  if (template !== undefined)
    return {
      state: 'unknown',
      reason: `a network of meshNetworks is the template ${template.name}`,
      place: template.place,
    };
  const stated = sightings.filter((sighting) => sighting.value.length > 0);
  if (stated.length > 0) return settle(stated, { state: 'absent' }, sameNetworks);
  if (hidesValues(cluster) || hidesKind(cluster, ['ConfigMap', 'IstioOperator']))
    return { state: 'unknown', reason: 'a file that may hold it could not be read' };
  const installed =
    sightings.length > 0 ||
    cluster.meshConfigs.length > 0 ||
    cluster.values.some((values) => ['operator', 'istiod'].includes(values.chart));
  return installed
    ? { state: 'absent' }
    : { state: 'unknown', reason: 'neither a mesh config nor values of istiod are in the set' };
};

const sightingsOfCluster = (cluster: Cluster): readonly Sighting<readonly MeshNetworkEntry[]>[] => {
  const rendered = cluster.meshNetworks.filter((source) => source.origin === 'ConfigMap');
  const stated = cluster.meshNetworks.filter((source) => source.origin !== 'ConfigMap');
  const values =
    stated.length > 0
      ? installations(stated).map((layers) => overlay(layers, 'values.global.meshNetworks'))
      : valueSightings(cluster, CONTROL_PLANE, ['global', 'meshNetworks']).map((sighting) => ({
          ...sighting,
          value: entriesOf(sighting.value, sighting.place),
        }));
  return [...installations(rendered).map((layers) => overlay(layers, 'ConfigMap meshNetworks')), ...values];
};

/** Sources by installation, each from its lowest layer up. */
const installations = (sources: readonly EmbeddedSource[]): readonly (readonly EmbeddedSource[])[] => {
  const groups = new Map<string, EmbeddedSource[]>();
  for (const source of sources) {
    const key = `${source.installation} ${source.revision} ${source.namespace ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), source]);
  }
  return [...groups.values()].map((group) => group.toSorted((a, b) => a.layer - b.layer));
};

const overlay = (layers: readonly EmbeddedSource[], source: string): Sighting<readonly MeshNetworkEntry[]> => {
  const entries = new Map(
    layers.flatMap((layer) => entriesOf(layer.value, layer.place)).map((entry) => [entry.name, entry]),
  );
  const top = layers.at(-1);
  if (top === undefined) throw new Error('an installation has a layer');
  return { value: [...entries.values()], place: top.place, source, shared: layers.every((layer) => layer.shared) };
};

/** The ConfigMap holds `networks: {…}`, Helm values hold the map itself. */
const entriesOf = (value: unknown, place: Place): readonly MeshNetworkEntry[] => {
  const wrapped = isRecord(get(value, 'networks')) && !isNetwork(get(value, 'networks'));
  const networks = wrapped ? get(value, 'networks') : value;
  const at = wrapped ? below(place, 'networks') : place;
  return Object.entries(record(networks))
    .filter(([name, network]) => !(name === 'networks' && !isNetwork(network)))
    .map(([name, network]) => entry(name, network, below(at, name)));
};

const isNetwork = (value: unknown): boolean =>
  get(value, 'endpoints') !== undefined || get(value, 'gateways') !== undefined;

/** Istio reads it with protojson, which takes snake_case names as well. */
const entry = (name: string, network: unknown, place: Place): MeshNetworkEntry => ({
  name,
  place,
  endpoints: list(get(network, 'endpoints')).map((endpoint, index) => ({
    fromRegistry: filled(get(endpoint, 'fromRegistry') ?? get(endpoint, 'from_registry')),
    fromCidr: filled(get(endpoint, 'fromCidr') ?? get(endpoint, 'from_cidr')),
    place: below(place, 'endpoints', index),
  })),
  gateways: list(get(network, 'gateways')).map((gateway, index) => ({
    address: filled(get(gateway, 'address')),
    registryServiceName: filled(get(gateway, 'registryServiceName') ?? get(gateway, 'registry_service_name')),
    port: integer(get(gateway, 'port')),
    place: below(place, 'gateways', index),
  })),
});

const sameNetworks = (a: readonly MeshNetworkEntry[], b: readonly MeshNetworkEntry[]): boolean => shape(a) === shape(b);

const shape = (entries: readonly MeshNetworkEntry[]): string =>
  JSON.stringify(
    entries
      .map((held) => [
        held.name,
        held.endpoints.map((endpoint) => [endpoint.fromRegistry ?? '', endpoint.fromCidr ?? '']),
        held.gateways.map((gateway) => [gateway.address ?? '', gateway.registryServiceName ?? '', gateway.port ?? 0]),
      ])
      .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  );
