import type { Cluster, Fact } from '../model/index.ts';
import { below, filled, get, isTemplate, list, placeIn, settle, text, valueOf } from '../model/index.ts';
import type { Facts } from './index.ts';
import { externalEvidence } from './role.ts';
import {
  argumentSightings,
  concrete,
  controlPlaneWorkloads,
  CONTROL_PLANE,
  envSightings,
  hidesKind,
  hidesValues,
  injectionTargets,
  injectorEnvSightings,
  injectorSightings,
  ISTIO_CHARTS,
  meshConfigSightings,
  operatorSightings,
  settingsPlace,
  settleText,
  valueSightings,
} from './sources.ts';
import { within } from './minors.ts';
import { boundedMinors, ownMinors } from './version.ts';

/** The label of workloads that names their cluster. */
export const CLUSTER_LABEL = 'topology.istio.io/cluster';

const byDefault = (value: string): Fact<string> => ({ state: 'known', value, sightings: [], isDefault: true });

const unsaid = (what: string): Fact<never> => ({
  state: 'unknown',
  reason: `no file of the cluster names its ${what}`,
});

/** All that could say what a control plane is told is loaded: saying nothing means the default. */
export const installsIstio = (cluster: Cluster): boolean =>
  !hidesValues(cluster) &&
  (cluster.meshConfigs.length > 0 ||
    cluster.values.some((source) => ['operator', 'istiod', 'istiod-remote'].includes(source.chart)));

/** The same where no broken or unrendered document could say more. */
export const readsMeshConfig = (cluster: Cluster): boolean =>
  installsIstio(cluster) && !hidesKind(cluster, ['ConfigMap', 'IstioOperator', 'Istio']);

export const istioNamespace = (cluster: Cluster, _facts: Facts): Fact<string> =>
  settleText(
    [
      ...valueSightings(cluster, ISTIO_CHARTS, ['global', 'istioNamespace']),
      ...operatorSightings(cluster, ['namespace']),
      ...cluster.resources.ofKind('Istio').map((object) => ({
        value: get(object.value, 'spec', 'namespace'),
        place: placeIn(object, 'spec', 'namespace'),
        source: 'Istio spec.namespace',
        shared: object.shared,
      })),
      ...controlPlaneWorkloads(cluster).map((resource) => ({
        value: resource.namespace,
        place: placeIn(resource, 'metadata', 'namespace'),
        source: `namespace of ${resource.kind} ${resource.name}`,
        shared: resource.shared,
      })),
    ],
    byDefault('istio-system'),
  );

export const rootNamespace = (cluster: Cluster, facts: Facts): Fact<string> =>
  settleText(meshConfigSightings(cluster, ['rootNamespace']), facts.istioNamespace);

/**
 * The id under which the cluster's own istiod and proxies know it. An external istiod's CLUSTER_ID is the id of
 * the cluster it reads (`servedClusterId`). `Mesh.idOf` adds what the peers call it.
 */
export const clusterId = (cluster: Cluster, facts: Facts): Fact<string> => {
  const external = externalEvidence(cluster).length > 0;
  const role = facts.controlPlaneRole.role;
  const otherwise = role === 'primary' && !hidesValues(cluster) ? byDefault('Kubernetes') : unsaid('cluster id');
  const said = [
    ...valueSightings(cluster, ISTIO_CHARTS, ['global', 'multiCluster', 'clusterName']),
    ...valueSightings(cluster, ['ztunnel'], ['multiCluster', 'clusterName']),
    ...(external ? [] : envSightings(cluster, 'istiod', 'CLUSTER_ID')),
    ...injectorSightings(cluster, ['global', 'multiCluster', 'clusterName']),
    ...injectorEnvSightings(cluster, 'ISTIO_META_CLUSTER_ID'),
    ...envSightings(cluster, 'gateway', 'ISTIO_META_CLUSTER_ID'),
    ...injectionTargets(cluster).map((target) => ({ ...target, value: target.clusterId })),
  ];
  const configured = cluster.settings.clusterId;
  if (configured === undefined) return settleText(said, otherwise);
  const sighting = { value: configured, place: settingsPlace(cluster, 'clusterId'), source: 'mesh-lint.yaml' };
  return { state: 'known', value: configured, sightings: [sighting, ...concrete(said)] };
};

export const meshId = (cluster: Cluster, facts: Facts): Fact<string> =>
  settleText(
    [
      ...meshConfigSightings(cluster, ['defaultConfig', 'meshId']),
      ...valueSightings(cluster, ISTIO_CHARTS, ['global', 'meshID']),
      ...injectorSightings(cluster, ['global', 'meshID']),
      // Charts render the trust domain there when no mesh id is set.
      ...envSightings(cluster, 'gateway', 'ISTIO_META_MESH_ID').filter(
        ({ value }) => value !== 'cluster.local' && value !== valueOf(facts.trustDomain),
      ),
    ],
    installsIstio(cluster) ? { state: 'absent' } : unsaid('mesh id'),
  );

/** From 1.10 `global.trustDomain` is dead, so it is a source only where the version is older. */
export const trustDomain = (cluster: Cluster, facts: Facts): Fact<string> => {
  const minors = exactOrBounded(facts);
  const role = facts.controlPlaneRole.role;
  const inForce = installsIstio(cluster) && role !== 'remote' && role !== 'config';
  return settleText(
    [
      ...meshConfigSightings(cluster, ['trustDomain']),
      ...(minors !== undefined && within(minors, '1.1-1.9') === 'inside'
        ? valueSightings(cluster, CONTROL_PLANE, ['global', 'trustDomain'])
        : []),
      ...(minors !== undefined && within(minors, '<=1.5') === 'inside'
        ? argumentSightings(cluster, '--trust-domain')
        : []),
      ...envSightings(cluster, 'istiod', 'TRUST_DOMAIN'),
    ],
    inForce ? byDefault('cluster.local') : unsaid('trust domain'),
  );
};

/** Aliases, and the trust domains of `caCertificates`: all that are accepted beside the own one. */
export const trustDomainAliases = (cluster: Cluster, facts: Facts): Fact<readonly string[]> => {
  const minors = exactOrBounded(facts);
  const written = [
    ...meshConfigSightings(cluster, ['trustDomainAliases']),
    ...(minors !== undefined && within(minors, '1.4-1.6') === 'inside'
      ? valueSightings(cluster, CONTROL_PLANE, ['global', 'trustDomainAliases'])
      : []),
    ...meshConfigSightings(cluster, ['caCertificates']).flatMap((sighting) =>
      list(sighting.value).map((entry, index) => ({
        ...sighting,
        value: get(entry, 'trustDomains'),
        place: below(sighting.place, index, 'trustDomains'),
        source: `${sighting.source}[${index}].trustDomains`,
      })),
    ),
  ].filter((sighting) => sighting.value !== undefined);
  const hidden = written.find((sighting) =>
    [sighting.value, ...list(sighting.value)].some((item) => isTemplate(text(item) ?? '')),
  );
  const sightings = written
    .map((sighting) => ({ ...sighting, value: list(sighting.value).flatMap((item) => filled(item) ?? []) }))
    .filter((sighting) => sighting.value.length > 0);
  if (hidden !== undefined)
    return { state: 'unknown', reason: `${hidden.source} holds a template`, place: hidden.place, sightings };
  const union = [...new Set(sightings.flatMap((sighting) => sighting.value))];
  if (union.length > 0) return { state: 'known', value: union, sightings };
  return installsIstio(cluster) ? { state: 'absent' } : unsaid('trust domain aliases');
};

/** The DNS suffix of the cluster; independent of the trust domain. */
export const clusterDomain = (cluster: Cluster, _facts: Facts): Fact<string> =>
  settle(
    concrete([
      ...valueSightings(cluster, ISTIO_CHARTS, ['global', 'proxy', 'clusterDomain']),
      ...injectorSightings(cluster, ['global', 'proxy', 'clusterDomain']),
      ...argumentSightings(cluster, '--domain'),
      ...cluster.resources.ofKind('ClusterConfiguration').map((object) => ({
        value: get(object.value, 'networking', 'dnsDomain'),
        place: placeIn(object, 'networking', 'dnsDomain'),
        source: 'kubeadm networking.dnsDomain',
        shared: object.shared,
      })),
      ...cluster.resources.ofKind('Cluster', 'cluster.x-k8s.io').map((object) => ({
        value: get(object.value, 'spec', 'clusterNetwork', 'serviceDomain'),
        place: placeIn(object, 'spec', 'clusterNetwork', 'serviceDomain'),
        source: 'Cluster API serviceDomain',
        shared: object.shared,
      })),
    ]),
    byDefault('cluster.local'),
  );

/** The versions that files tell of; undefined where the version would only be assumed. */
const exactOrBounded = (facts: Facts): { readonly low: number; readonly high: number } | undefined =>
  facts.istioVersion.fact.state === 'known' ? ownMinors(facts.istioVersion) : boundedMinors(facts.istioVersion.bounds);
