// Environment variables of istiod and of gateways.
import type { Cluster, Place, Sighting } from '../../model/index.ts';
import { below, compareText, filled, get, isRecord, list } from '../../model/index.ts';
import { containersOf } from './containers.ts';
import { CONTROL_PLANE, operatorSightings, valueSightings } from './values.ts';

/**
 * Values of an environment variable of istiod, of the gateways, or of any of both: Deployments first, then
 * IstioOperator `components.*.k8s.env`, then Helm values. Variables with `valueFrom` are left out.
 */
export const envSightings = (
  cluster: Cluster,
  of: 'istiod' | 'gateway',
  name: string,
): readonly Sighting<unknown>[] => [
  ...containersOf(cluster, of).flatMap((container) =>
    envOfEntries(
      container.value['env'],
      below(container.place, 'env'),
      name,
      `env ${name} of ${container.owner}`,
      container.shared,
    ),
  ),
  ...operatorEnv(cluster, of, name),
  ...envOfValues(cluster, of, name),
];

const envOfEntries = (
  written: unknown,
  place: Place,
  name: string,
  source: string,
  shared: boolean,
): readonly Sighting<unknown>[] => {
  const entries = list(written);
  // The last of several entries of one name is in force.
  const index = entries.findLastIndex((entry) => get(entry, 'name') === name);
  if (index < 0) return [];
  const value = get(entries[index], 'value');
  return value === undefined || value === null ? [] : [{ value, place: below(place, index, 'value'), source, shared }];
};

const operatorEnv = (cluster: Cluster, of: 'istiod' | 'gateway', name: string): readonly Sighting<unknown>[] => {
  if (of === 'istiod')
    return operatorSightings(cluster, ['components', 'pilot', 'k8s', 'env']).flatMap((sighting) =>
      envOfEntries(sighting.value, sighting.place, name, `env ${name} of component pilot`, sighting.shared === true),
    );
  return ['ingressGateways', 'egressGateways'].flatMap((key) =>
    operatorSightings(cluster, ['components', key]).flatMap((sighting) =>
      list(sighting.value).flatMap((gateway, index) =>
        envOfEntries(
          get(gateway, 'k8s', 'env'),
          below(sighting.place, index, 'k8s', 'env'),
          name,
          `env ${name} of component ${filled(get(gateway, 'name')) ?? key}`,
          sighting.shared === true,
        ),
      ),
    ),
  );
};

const envOfValues = (cluster: Cluster, of: 'istiod' | 'gateway', name: string): readonly Sighting<unknown>[] => {
  const source = `values env ${name}`;
  if (of === 'istiod')
    return [
      ...valueSightings(cluster, CONTROL_PLANE, ['pilot', 'env', name], source),
      ...valueSightings(cluster, ['istiod', 'istiod-remote'], ['env', name], source),
    ];
  const gateways = new Set(
    cluster.values.flatMap((values) =>
      Object.keys(isRecord(values.values['gateways']) ? values.values['gateways'] : {}),
    ),
  );
  return [
    ...[...gateways]
      .toSorted(compareText)
      .flatMap((gateway) => valueSightings(cluster, CONTROL_PLANE, ['gateways', gateway, 'env', name], source)),
    ...valueSightings(cluster, ['gateway'], ['env', name], source),
  ];
};
