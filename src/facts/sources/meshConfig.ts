// The mesh config of istiod, from ConfigMaps and from what they are rendered from.
import type { Cluster, EmbeddedSource, Sighting } from '../../model/index.ts';
import { envSightings } from './env.ts';
import type { Overridden } from './layers.ts';
import { layeredSightings, overridden } from './layers.ts';

/** What the mesh config says at `path`: ConfigMaps first, then IstioOperator and Helm values. */
export const meshConfigSightings = (
  cluster: Cluster,
  path: readonly string[],
  source = `meshConfig.${path.join('.')}`,
): readonly Sighting<unknown>[] => {
  const rendered = cluster.meshConfigs.filter((config) => config.origin === 'ConfigMap');
  const own = layeredSightings(rendered.filter(isIstioConfigMap), path, `ConfigMap ${source}`);
  const others = [...new Set(cluster.meshConfigs.map((config) => config.origin))].filter(
    (origin) => origin !== 'ConfigMap',
  );
  return [
    ...(own.length > 0 ? own : sharedMeshConfig(cluster, rendered, path, source)),
    ...others.flatMap((origin) =>
      layeredSightings(
        cluster.meshConfigs.filter((config) => config.origin === origin),
        path,
        `${origin === 'values' ? 'Helm values' : origin} ${source}`,
      ),
    ),
  ];
};

/** The same for keys of the mesh config. */
export const overriddenMeshConfig = (cluster: Cluster, path: readonly string[]): readonly Overridden[] =>
  overridden(cluster.meshConfigs, path, `meshConfig.${path.join('.')}`);

/** ConfigMap `istio` or `istio-<revision>`. */
const isIstioConfigMap = ({ object }: EmbeddedSource): boolean =>
  object === undefined || /^istio(-|$)/.test(object.name);

/** The ConfigMap that istiod is told to read below its own (SHARED_MESH_CONFIG, 1.10+). */
const sharedMeshConfig = (
  cluster: Cluster,
  rendered: readonly EmbeddedSource[],
  path: readonly string[],
  source: string,
): readonly Sighting<unknown>[] => {
  const foreign = rendered.filter((config) => !isIstioConfigMap(config));
  if (foreign.length === 0) return [];
  const names = new Set(envSightings(cluster, 'istiod', 'SHARED_MESH_CONFIG').map((sighting) => sighting.value));
  return layeredSightings(
    foreign.filter((config) => names.has(config.object?.name)),
    path,
    `ConfigMap ${source}`,
  );
};
