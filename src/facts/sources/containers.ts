// Containers of istiod and of gateways.
import type { Cluster, Place, Resource, Sighting } from '../../model/index.ts';
import { below, get, isRecord, list, placeIn, text } from '../../model/index.ts';

/** A container and where it stands. */
export interface Container {
  readonly value: Readonly<Record<string, unknown>>;
  readonly place: Place;
  readonly owner: string;
  readonly resource: Resource;
  readonly shared: boolean;
}

/** Controllers and Pods whose pod template is asked about here. */
const CONTROLLERS = ['Deployment', 'DaemonSet', 'StatefulSet', 'ReplicaSet', 'Pod'];

/** Workloads that run istiod or its forerunner pilot (and citadel where asked for). */
export const controlPlaneWorkloads = (cluster: Cluster, withCitadel = false): readonly Resource[] =>
  CONTROLLERS.flatMap((kind) => cluster.resources.ofKind(kind)).filter(
    (resource) => isControlPlane(resource) || (withCitadel && isCitadel(resource)),
  );

const isControlPlane = (resource: Resource): boolean =>
  (/^(istiod|istio-pilot)(-|$)/.test(resource.name) && !/gateway|ingress|egress/.test(resource.name)) ||
  resource.labels['app'] === 'istiod' ||
  resource.labels['istio'] === 'pilot';

const isCitadel = (resource: Resource): boolean =>
  /^istio-citadel(-|$)/.test(resource.name) || resource.labels['istio'] === 'citadel';

const containersHeld = new WeakMap<Cluster, Map<string, readonly Container[]>>();

/** Containers of istiod (all of its pod), or those that run a gateway's Envoy. Looked up once for each cluster. */
export const containersOf = (cluster: Cluster, of: 'istiod' | 'gateway', withCitadel = false): readonly Container[] => {
  const held = containersHeld.get(cluster) ?? new Map<string, readonly Container[]>();
  containersHeld.set(cluster, held);
  const key = `${of} ${withCitadel}`;
  let found = held.get(key);
  if (found === undefined) {
    const owners =
      of === 'istiod'
        ? controlPlaneWorkloads(cluster, withCitadel)
        : CONTROLLERS.flatMap((kind) => cluster.resources.ofKind(kind));
    const all = owners.flatMap(podContainers);
    found =
      of === 'istiod' ? all.filter((container) => container.value['name'] !== 'istio-proxy') : all.filter(isRouter);
    held.set(key, found);
  }
  return found;
};

const isRouter = (container: Container): boolean => {
  const args = list(container.value['args']);
  return args[0] === 'proxy' && args[1] === 'router';
};

const podContainers = (resource: Resource): readonly Container[] => {
  const path = resource.kind === 'Pod' ? ['spec', 'containers'] : ['spec', 'template', 'spec', 'containers'];
  return list(get(resource.value, ...path)).flatMap((value, index) =>
    isRecord(value)
      ? [
          {
            value,
            place: placeIn(resource, ...path, index),
            owner: `${resource.kind} ${resource.name}`,
            resource,
            shared: resource.shared,
          },
        ]
      : [],
  );
};

/** Values of a command line flag (`--domain x` or `--domain=x`) of the containers of istiod, pilot or citadel. */
export const argumentSightings = (cluster: Cluster, flagName: string): readonly Sighting<string>[] =>
  containersOf(cluster, 'istiod', true).flatMap((container) =>
    ['args', 'command'].flatMap((key) => {
      const words = list(container.value[key]).map((word) => text(word) ?? '');
      const index = words.findIndex((word) => word === flagName || word.startsWith(`${flagName}=`));
      if (index < 0) return [];
      const joined = words[index] !== flagName;
      const value = joined ? words[index]!.slice(flagName.length + 1) : words[index + 1];
      if (value === undefined) return [];
      return [
        {
          value,
          place: below(container.place, key, joined ? index : index + 1),
          source: `argument ${flagName} of ${container.owner}`,
          shared: container.shared,
        },
      ];
    }),
  );
