// Settings that only some versions of Istio read (from the chart templates and the registered variables of 1.1 to 1.30).
import type { Member } from '../facts/mesh.ts';
import { CONTROL_PLANE, concrete, envSightings, meshConfigSightings, valueSightings } from '../facts/sources.ts';
import type { Sighting } from '../model/index.ts';
import { filled, flag, get, isRecord, list, sightingsOf, texts, valueOf } from '../model/index.ts';
import { rootNamespaceOf } from './scope.ts';

export interface VersionedSetting {
  /** As people write it: `global.trustDomain`. */
  readonly key: string;
  /** Versions that read it, in the form of `within`. */
  readonly range: string;
  /** Places that set it to something else than doing nothing. */
  readonly read: (member: Member) => readonly Sighting<unknown>[];
  /**
   * What a cluster loses whose version does not read it. `nothing` where it only did what newer versions do without
   * it, or something else says the same; `moot` where it is a default written out, or told with another setting.
   */
  readonly loss: (member: Member) => 'something' | 'nothing' | 'moot';
  /** What newer (or older) versions have in its place. */
  readonly instead: string | undefined;
}

const value =
  (...path: string[]) =>
  (member: Member): readonly Sighting<unknown>[] =>
    valueSightings(member.cluster, CONTROL_PLANE, path);

const isOn = (sightings: readonly Sighting<unknown>[]): readonly Sighting<unknown>[] =>
  sightings.filter((sighting) => flag(sighting.value) === true);

const isFilled = (sightings: readonly Sighting<unknown>[]): readonly Sighting<unknown>[] =>
  sightings.filter(
    ({ value: said }) =>
      list(said).length > 0 || (isRecord(said) && Object.keys(said).length > 0) || filled(said) !== undefined,
  );

const env =
  (name: string, of: 'istiod' | 'gateway' = 'istiod') =>
  (member: Member): readonly Sighting<unknown>[] =>
    envSightings(member.cluster, of, name);

const meshConfig =
  (...path: string[]) =>
  (member: Member): readonly Sighting<unknown>[] =>
    meshConfigSightings(member.cluster, path);

type Loss = ReturnType<VersionedSetting['loss']>;

const something = (): Loss => 'something';
const nothing = (): Loss => 'nothing';

/** Something, unless another place says the same. */
const unless =
  (isSaid: (member: Member) => boolean) =>
  (member: Member): Loss =>
    isSaid(member) ? 'nothing' : 'something';

/** Nothing, and told with `global.multiCluster.enabled` where that is set. */
const withMultiCluster = (member: Member): Loss =>
  isOn(value('global', 'multiCluster', 'enabled')(member)).length > 0 ? 'moot' : 'nothing';

const LEGACY: readonly VersionedSetting[] = [
  {
    key: 'global.multiCluster.enabled',
    range: '1.1-1.8',
    read: (member) => isOn(value('global', 'multiCluster', 'enabled')(member)),
    loss: nothing,
    instead: undefined,
  },
  {
    key: 'global.multiCluster.globalDomainSuffix',
    range: '1.6-1.8',
    read: (member) =>
      concrete(value('global', 'multiCluster', 'globalDomainSuffix')(member)).filter(
        (sighting) => sighting.value !== 'global',
      ),
    loss: withMultiCluster,
    instead: undefined,
  },
  {
    key: 'global.multiCluster.includeEnvoyFilter',
    range: '1.6-1.8',
    read: (member) =>
      value(
        'global',
        'multiCluster',
        'includeEnvoyFilter',
      )(member).filter((sighting) => flag(sighting.value) === false),
    loss: withMultiCluster,
    instead: undefined,
  },
  {
    key: 'global.trustDomain',
    range: '1.1-1.9',
    read: (member) => concrete(value('global', 'trustDomain')(member)),
    loss: (member) => {
      const inForce = valueOf(member.trustDomain);
      const isLost = concrete(value('global', 'trustDomain')(member)).some((sighting) => sighting.value !== inForce);
      return inForce !== undefined && isLost ? 'something' : 'moot';
    },
    instead: 'meshConfig.trustDomain',
  },
  {
    key: 'global.trustDomainAliases',
    range: '1.4-1.6',
    read: (member) => isFilled(value('global', 'trustDomainAliases')(member)),
    loss: (member) => {
      const known = new Set(valueOf(member.trustDomainAliases));
      const isKnown = value(
        'global',
        'trustDomainAliases',
      )(member).every((sighting) => texts(sighting.value).every((alias) => known.has(alias)));
      return isKnown ? 'moot' : 'something';
    },
    instead: 'meshConfig.trustDomainAliases',
  },
  {
    key: 'global.mtls.enabled',
    range: '1.1-1.5',
    read: (member) => isOn(value('global', 'mtls', 'enabled')(member)),
    loss: unless(hasMeshPolicy),
    instead: 'a PeerAuthentication of mode STRICT in the root namespace',
  },
  {
    key: 'global.localityLbSetting',
    range: '1.1-1.6',
    read: (member) =>
      value(
        'global',
        'localityLbSetting',
      )(member).filter(
        ({ value: said }) =>
          list(get(said, 'distribute')).length > 0 ||
          list(get(said, 'failover')).length > 0 ||
          flag(get(said, 'enabled')) === false,
      ),
    loss: unless((member) => meshConfig('localityLbSetting')(member).length > 0),
    instead: 'meshConfig.localityLbSetting',
  },
  {
    key: 'global.meshExpansion.enabled',
    range: '1.1-1.8',
    read: (member) => isOn(value('global', 'meshExpansion', 'enabled')(member)),
    loss: nothing,
    instead: undefined,
  },
  {
    key: 'global.centralIstiod',
    range: '1.6-1.8',
    read: (member) => isOn(value('global', 'centralIstiod')(member)),
    loss: unless(
      (member) => isOn([...value('global', 'externalIstiod')(member), ...env('EXTERNAL_ISTIOD')(member)]).length > 0,
    ),
    instead: 'global.externalIstiod',
  },
  {
    key: 'ISTIO_META_ROUTER_MODE sni-dnat',
    range: '1.1-1.12',
    read: (member) => env('ISTIO_META_ROUTER_MODE', 'gateway')(member).filter(({ value: said }) => said === 'sni-dnat'),
    loss: nothing,
    instead: undefined,
  },
  ...[
    { name: 'CENTRAL_ISTIOD', range: '1.6-1.8', successor: 'EXTERNAL_ISTIOD' },
    { name: 'PILOT_ENABLE_MCS_SERVICEEXPORT', range: '1.10', successor: 'ENABLE_MCS_AUTO_EXPORT' },
    { name: 'ENABLE_MCS_AUTOEXPORT', range: '1.11', successor: 'ENABLE_MCS_AUTO_EXPORT' },
  ].map(({ name, range, successor }): VersionedSetting => ({
    key: `istiod env ${name}`,
    range,
    read: (member) => isOn(env(name)(member)),
    loss: unless((member) => isOn(env(successor)(member)).length > 0),
    instead: `env ${successor}`,
  })),
];

/** No policy of the mesh that newer versions read takes its place. */
function hasMeshPolicy(member: Member): boolean {
  return member.resources
    .ofKind('PeerAuthentication')
    .some((policy) => policy.namespace === rootNamespaceOf(member) || policy.namespace === undefined);
}

const variables: readonly (readonly [name: string, since: number])[] = [
  ['EXTERNAL_ISTIOD', 8],
  ['ISTIO_MULTIROOT_MESH', 10],
  ['ENABLE_MCS_SERVICE_DISCOVERY', 11],
  ['ENABLE_MCS_HOST', 11],
  ['ENABLE_MULTICLUSTER_HEADLESS', 11],
  ['ENABLE_MCS_CLUSTER_LOCAL', 12],
  ['ENABLE_MCS_AUTO_EXPORT', 12],
  ['RESOLVE_HOSTNAME_GATEWAYS', 13],
  ['LOCAL_CLUSTER_SECRET_WATCHER', 15],
  ['PILOT_MULTI_NETWORK_DISCOVER_GATEWAY_API', 19],
  ['PILOT_ENABLE_IP_AUTOALLOCATE', 23],
  ['AMBIENT_ENABLE_MULTI_NETWORK', 25],
];

const fields: readonly (readonly [path: readonly string[], since: number])[] = [
  [['trustDomainAliases'], 4],
  [['enableAutoMtls'], 4],
  [['serviceSettings'], 6],
  [['caCertificates'], 9],
  [['discoverySelectors'], 10],
  [['serviceScopeConfigs'], 27],
];

const MODERN: readonly VersionedSetting[] = [
  ...variables.map(([name, since]): VersionedSetting => ({
    key: `istiod env ${name}`,
    range: `1.${since}+`,
    read: (member) => isOn(env(name)(member)),
    loss: something,
    instead: undefined,
  })),
  ...fields.map(([path, since]): VersionedSetting => ({
    key: `meshConfig.${path.join('.')}`,
    range: `1.${since}+`,
    read: (member) => isFilled(meshConfig(...path)(member)).filter((sighting) => flag(sighting.value) !== false),
    // Charts of 1.1 to 1.6 say it in another key as well.
    loss: unless((member) => path[0] === 'trustDomainAliases' && sightingsOf(member.trustDomainAliases).length > 1),
    instead: undefined,
  })),
  {
    key: 'global.externalIstiod',
    range: '1.8+',
    read: (member) => isOn(value('global', 'externalIstiod')(member)),
    loss: unless((member) => isOn(value('global', 'centralIstiod')(member)).length > 0),
    instead: undefined,
  },
  {
    key: 'global.trustBundleName',
    range: '1.26+',
    read: (member) =>
      concrete(value('global', 'trustBundleName')(member)).filter(({ value: said }) => said !== 'istio-ca-root-cert'),
    loss: something,
    instead: undefined,
  },
];

/** In the order in which they are spoken of. */
export const VERSIONED_SETTINGS: readonly VersionedSetting[] = [...LEGACY, ...MODERN];
