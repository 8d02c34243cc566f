import type { Cluster, Fact, Sighting } from '../model/index.ts';
import { below, flag, get, list, text, valueOf } from '../model/index.ts';
import type { Facts } from './index.ts';
import type { Root } from './rootSets.ts';
import { rootsIn } from './rootSets.ts';
import { controlPlaneWorkloads, envSightings, meshConfigSightings } from './sources.ts';

/**
 * caCertificates of the mesh config where ISTIO_MULTIROOT_MESH makes them count (Istio 1.10+). Unknown with
 * sightings: these, if they count; unknown without: any certificate may be among them.
 */
export const extraRoots = (cluster: Cluster, facts: Facts): Fact<readonly Root[]> => {
  const version = valueOf(facts.istioVersion.fact);
  if (version !== undefined && version.high < 10) return { state: 'absent' };
  const entries = meshConfigSightings(cluster, ['caCertificates']).flatMap((sighting) =>
    list(sighting.value).map((entry, index) => ({
      entry,
      place: below(sighting.place, index),
      source: sighting.source,
      shared: sighting.shared,
    })),
  );
  const counts = multiRoot(cluster);
  if (entries.length === 0 || counts === 'no') return { state: 'absent' };
  const sightings = entries.flatMap(({ entry, place, source, shared }): Sighting<readonly Root[]>[] => {
    const pem = get(entry, 'pem');
    const value = rootsIn(text(pem) ?? '');
    return value === undefined ? [] : [{ value, place: below(place, 'pem'), source, shared }];
  });
  if (sightings.length < entries.length)
    return {
      state: 'unknown',
      reason: 'caCertificates has entries whose certificates are not in the files',
      place: entries[0]?.place,
    };
  if (counts === 'unknown')
    return {
      state: 'unknown',
      reason: 'no file shows whether istiod has ISTIO_MULTIROOT_MESH',
      place: entries[0]?.place,
      sightings,
    };
  const value = new Map(sightings.flatMap((sighting) => sighting.value).map((root) => [root.id, root]));
  return { state: 'known', value: [...value.values()], sightings };
};

/** Whether istiod has ISTIO_MULTIROOT_MESH=true; unknown where nothing that could set it is among the files. */
const multiRoot = (cluster: Cluster): 'yes' | 'no' | 'unknown' => {
  const flags = envSightings(cluster, 'istiod', 'ISTIO_MULTIROOT_MESH').map((sighting) => flag(sighting.value));
  if (flags.includes(true)) return 'yes';
  if (flags.includes(undefined)) return 'unknown';
  const shown =
    controlPlaneWorkloads(cluster).length > 0 ||
    cluster.resources.ofKind('IstioOperator').length > 0 ||
    cluster.values.some((values) => values.chart === 'operator' || values.chart === 'istiod');
  return shown ? 'no' : 'unknown';
};
