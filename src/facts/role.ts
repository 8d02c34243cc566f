import type { Chart, ChartRelease, Cluster, Resource, Sighting } from '../model/index.ts';
import { below, filled, flag, get, isRecord, isTemplate, placeIn, text } from '../model/index.ts';
import type { Facts } from './index.ts';
import type { OperatorSpec } from './sources.ts';
import {
  concrete,
  controlPlaneWorkloads,
  envSightings,
  injectionTargets,
  operatorSpecs,
  settingsPlace,
  valueSightings,
} from './sources.ts';

/**
 * `primary` has a control plane of its own; `remote` uses another cluster's; `external` runs a control plane
 * for others; `config` is the remote cluster whose API server an external control plane reads.
 */
export type Role = 'primary' | 'remote' | 'external' | 'config' | 'unknown';

export interface RoleFact {
  readonly role: Role;
  readonly sightings: readonly Sighting<Role>[];
  readonly reason?: string | undefined;
}

/** What the cluster's own files say of its control plane. `Mesh.roleOf` adds what the other clusters tell. */
export const controlPlaneRole = (cluster: Cluster, _facts: Facts): RoleFact => {
  const { role } = cluster.settings;
  if (role !== undefined)
    return { role, sightings: [{ value: role, place: settingsPlace(cluster, 'role'), source: 'mesh-lint.yaml' }] };

  const running = runningControlPlanes(cluster);
  const installed = installedControlPlanes(cluster);
  const remote = remoteEvidence(cluster);
  const primary = [...running, ...installed.explicit, ...(remote.length > 0 ? [] : installed.implied)];
  if (primary.length > 0) {
    const external = externalEvidence(cluster);
    return external.length > 0
      ? { role: 'external', sightings: [...external, ...primary] }
      : { role: 'primary', sightings: [...primary, ...remote] };
  }
  if (remote.length === 0)
    return { role: 'unknown', sightings: [], reason: 'no file installs a control plane or names one elsewhere' };
  const config = configEvidence(cluster);
  return config.length > 0
    ? { role: 'config', sightings: [...config, ...remote] }
    : { role: 'remote', sightings: remote };
};

/** EXTERNAL_ISTIOD or `global.externalIstiod`: this istiod serves proxies of other clusters. */
export const externalEvidence = (cluster: Cluster): readonly Sighting<Role>[] =>
  [
    ...envSightings(cluster, 'istiod', 'EXTERNAL_ISTIOD'),
    ...valueSightings(cluster, ['operator', 'istiod'], ['global', 'externalIstiod']),
  ]
    .filter((sighting) => flag(sighting.value) === true)
    .map((sighting) => ({ ...sighting, value: 'external' }));

const runningControlPlanes = (cluster: Cluster): readonly Sighting<Role>[] =>
  controlPlaneWorkloads(cluster).map((resource) => ({
    value: 'primary',
    place: resource.place,
    source: `${resource.kind} ${resource.name}`,
    shared: resource.shared,
  }));

/** Profiles that install no control plane. */
const WITHOUT_CONTROL_PLANE = new Set(['remote', 'external', 'empty']);

interface Installed {
  /** `pilot.enabled: true` is written. */
  readonly explicit: readonly Sighting<Role>[];
  /** The profile, or the chart itself, brings a control plane unless something speaks against it. */
  readonly implied: readonly Sighting<Role>[];
}

const installedControlPlanes = (cluster: Cluster): Installed => {
  const explicit: Sighting<Role>[] = [];
  const implied: Sighting<Role>[] = [];
  const operators = operatorSpecs(cluster);
  for (const operator of operators) {
    const enabled =
      flag(get(operator.spec, 'components', 'pilot', 'enabled')) ??
      flag(get(operator.spec, 'values', 'pilot', 'enabled'));
    const profile = profileOf(operator.spec);
    if (enabled === false) continue;
    if (enabled === true)
      explicit.push(said(operator, 'IstioOperator components.pilot.enabled', 'components', 'pilot', 'enabled'));
    else if (!WITHOUT_CONTROL_PLANE.has(profile) && !isTemplate(profile) && !isGatewaysOnly(operator, cluster))
      implied.push(said(operator, `IstioOperator of profile ${profile}`, 'profile'));
  }
  for (const source of cluster.values) {
    if (source.origin === 'IstioOperator' || !['operator', 'istiod'].includes(source.chart)) continue;
    const enabled = flag(get(source.values, 'pilot', 'enabled'));
    const profile =
      filled(get(source.object?.value, 'spec', 'profile')) ?? filled(source.values['profile']) ?? 'default';
    if (enabled === false) continue;
    const sighting = (name: string): Sighting<Role> => ({
      value: 'primary',
      place: source.place,
      source: name,
      shared: source.shared,
    });
    if (enabled === true)
      explicit.push({ ...sighting('values.pilot.enabled'), place: below(source.place, 'pilot', 'enabled') });
    else if (!WITHOUT_CONTROL_PLANE.has(profile) && !isTemplate(profile))
      implied.push(
        sighting(
          source.origin === 'Istio'
            ? 'Istio'
            : `values of chart ${source.chart === 'operator' ? 'istio' : source.chart}`,
        ),
      );
  }
  for (const { place, shared } of bareReleases(cluster, 'istiod'))
    implied.push({ value: 'primary', place, source: 'chart istiod', shared });
  return { explicit, implied };
};

/** Releases of a chart none of whose values are loaded. */
const bareReleases = (cluster: Cluster, chart: Chart): readonly ChartRelease[] => {
  const key = ({ place }: Pick<Resource, 'place'>): string => `${place.file.path}#${place.document}`;
  const read = new Set(cluster.values.flatMap(({ object }) => (object === undefined ? [] : [key(object)])));
  return cluster.releases.filter(
    (release) => release.chart === chart && !(release.object !== undefined && read.has(key(release.object))),
  );
};

const profileOf = (spec: Readonly<Record<string, unknown>>): string =>
  filled(spec['profile']) ?? filled(get(spec, 'values', 'profile')) ?? 'default';

const said = (operator: OperatorSpec, source: string, ...path: string[]): Sighting<Role> => ({
  value: 'primary',
  place: below(operator.place, ...path),
  source,
  shared: operator.shared,
});

/** An IstioOperator that adds gateways to a control plane that another file installs. */
export const isGatewaysOnly = (operator: OperatorSpec, cluster: Cluster): boolean => {
  const { spec } = operator;
  const components = isRecord(spec['components']) ? Object.keys(spec['components']) : [];
  const gateways =
    components.length > 0 && components.every((key) => key === 'ingressGateways' || key === 'egressGateways');
  if (
    !gateways ||
    spec['profile'] !== undefined ||
    spec['meshConfig'] !== undefined ||
    get(spec, 'values', 'global', 'multiCluster') !== undefined
  )
    return false;
  return (
    operatorSpecs(cluster).length > 1 ||
    cluster.values.some(
      (source) => source.origin !== 'IstioOperator' && ['operator', 'istiod', 'istiod-remote'].includes(source.chart),
    )
  );
};

const remoteEvidence = (cluster: Cluster): readonly Sighting<Role>[] => {
  const profiles = [
    ...operatorSpecs(cluster).flatMap((operator) =>
      ['remote', 'external'].includes(profileOf(operator.spec))
        ? [
            {
              ...said(operator, `IstioOperator of profile ${profileOf(operator.spec)}`, 'profile'),
              value: 'remote' as const,
            },
          ]
        : [],
    ),
    ...cluster.values
      .filter((source) => source.origin !== 'IstioOperator')
      .flatMap((source): readonly Sighting<Role>[] => {
        const spec = filled(get(source.object?.value, 'spec', 'profile'));
        const profile = source.origin === 'Istio' && spec !== undefined ? spec : filled(source.values['profile']);
        const control = ['operator', 'istiod', 'istiod-remote', 'base'].includes(source.chart);
        if (source.chart === 'istiod-remote')
          return [{ value: 'remote', place: source.place, source: 'chart istiod-remote', shared: source.shared }];
        if (!control || (profile !== 'remote' && profile !== 'external')) return [];
        return [{ value: 'remote', place: source.place, source: `profile ${profile}`, shared: source.shared }];
      }),
  ];
  const releases = bareReleases(cluster, 'istiod-remote').map(({ place, shared }): Sighting<Role> => ({
    value: 'remote',
    place,
    source: 'chart istiod-remote',
    shared,
  }));
  const flags = [
    ...valueSightings(cluster, ['operator', 'istiod', 'istiod-remote', 'base'], ['istiodRemote', 'enabled']),
    ...valueSightings(cluster, ['operator', 'istiod', 'istiod-remote', 'base'], ['global', 'istioRemote']),
  ].filter((sighting) => flag(sighting.value) === true);
  const addresses = valueSightings(
    cluster,
    ['operator', 'istiod', 'istiod-remote', 'base'],
    ['global', 'remotePilotAddress'],
  ).filter((sighting) => filled(sighting.value) !== undefined);
  const webhooks = injectionTargets(cluster).filter(
    (target) => target.host !== undefined && !/\.svc(\.|$)/.test(target.host),
  );
  return [
    ...profiles,
    ...releases,
    ...[...flags, ...addresses].map((sighting): Sighting<Role> => ({ ...sighting, value: 'remote' })),
    ...webhooks.map((target): Sighting<Role> => ({
      value: 'remote',
      place: target.place,
      source: target.source,
      shared: target.shared,
    })),
    ...selectorlessServices(cluster),
  ];
};

/** A Service istiod or istio-pilot that leads to hand-made endpoints: those of another cluster's control plane. */
const selectorlessServices = (cluster: Cluster): readonly Sighting<Role>[] =>
  cluster.resources
    .ofKind('Service', '')
    .filter(
      (service) =>
        /^(istiod|istio-pilot)(-remote)?$/.test(service.name) && get(service.value, 'spec', 'selector') === undefined,
    )
    .map((service) => ({
      value: 'remote',
      place: placeIn(service, 'spec'),
      source: `Service ${service.name} without selector`,
      shared: service.shared,
    }));

const configEvidence = (cluster: Cluster): readonly Sighting<Role>[] =>
  [
    ...valueSightings(cluster, ['operator', 'istiod', 'istiod-remote', 'base'], ['global', 'configCluster']),
    ...valueSightings(cluster, ['operator', 'istiod', 'istiod-remote'], ['pilot', 'configMap']),
  ]
    .filter((sighting) => flag(sighting.value) === true)
    .map((sighting) => ({ ...sighting, value: 'config' }));

/** Addresses under which a remote cluster reaches its control plane: hosts or IPs, templates among them. */
export const controlPlaneAddresses = (cluster: Cluster): readonly Sighting<string>[] => [
  ...valueSightings(cluster, ['operator', 'istiod', 'istiod-remote', 'base'], ['global', 'remotePilotAddress']).flatMap(
    hostSighting,
  ),
  ...injectionTargets(cluster).flatMap((target) =>
    target.host === undefined
      ? []
      : [{ value: target.host, place: target.place, source: target.source, shared: target.shared }],
  ),
  ...endpointAddresses(cluster),
];

const endpointAddresses = (cluster: Cluster): readonly Sighting<string>[] =>
  cluster.resources
    .ofKind('Endpoints', '')
    .filter((endpoints) => /^(istiod|istio-pilot)(-remote)?$/.test(endpoints.name))
    .flatMap((endpoints) => {
      const ip = text(get(endpoints.value, 'subsets', 0, 'addresses', 0, 'ip'));
      const place = placeIn(endpoints, 'subsets', 0, 'addresses', 0, 'ip');
      return ip === undefined
        ? []
        : [{ value: ip, place, source: `Endpoints ${endpoints.name}`, shared: endpoints.shared }];
    });

const hostSighting = (sighting: Sighting<unknown>): readonly Sighting<string>[] => {
  const value = filled(sighting.value);
  return value === undefined ? [] : [{ ...sighting, value: hostOf(value) }];
};

/** `host` of `https://host:443/path`, `host:15012` or `host`; brackets of IPv6 stay. */
export const hostOf = (address: string): string => {
  const bare = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/.*$/, '');
  return bare.startsWith('[')
    ? bare.replace(/\]:.*$/, ']')
    : bare.replace(/:[^:{}]*$/, (port) => (/^:\d+$/.test(port) ? '' : port));
};

/** CLUSTER_ID that an external istiod is told: the id of the cluster whose API server it reads. */
export const servedClusterId = (cluster: Cluster): readonly Sighting<unknown>[] =>
  externalEvidence(cluster).length === 0
    ? []
    : envSightings(cluster, 'istiod', 'CLUSTER_ID').filter(
        (sighting) => concrete([sighting]).length > 0 || filled(sighting.value) !== undefined,
      );
