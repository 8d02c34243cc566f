import type { Cluster, Fact, Sighting } from '../model/index.ts';
import { flag, get, isRecord, list, placeIn, settle } from '../model/index.ts';
import type { Facts } from './index.ts';
import { CONTROL_PLANE, hidesValues, meshConfigSightings, templated, valueSightings } from './sources.ts';
import type { Minors } from './minors.ts';
import { within } from './minors.ts';
import { ownMinors } from './version.ts';

/** Whether clients use mTLS where a DestinationRule says nothing, after the cluster's own version. */
export const autoMtls = (cluster: Cluster, facts: Facts): Fact<boolean> =>
  autoMtlsAt(cluster, ownMinors(facts.istioVersion));

/** The same for the versions that the mesh tells (`mesh.versionOf`). Auto mTLS came in 1.4. */
export const autoMtlsAt = (cluster: Cluster, minors: Minors): Fact<boolean> => {
  if (within(minors, '<=1.3') === 'inside') return { state: 'absent' };
  const written = [
    ...meshConfigSightings(cluster, ['enableAutoMtls']),
    ...(within(minors, '1.4-1.6') === 'outside'
      ? []
      : valueSightings(cluster, CONTROL_PLANE, ['global', 'mtls', 'auto'])),
  ];
  const otherwise = autoMtlsByDefault(cluster, minors);
  const first = templated(written)[0];
  return settle(
    flags(written),
    first === undefined
      ? otherwise
      : { state: 'unknown', reason: `${first.source} is the template ${first.value}`, place: first.place },
  );
};

const autoMtlsByDefault = (cluster: Cluster, minors: Minors): Fact<boolean> => {
  if (hidesValues(cluster)) return { state: 'unknown', reason: 'some values of the control plane are not loaded' };
  if (within(minors, '1.6+') === 'inside') return { state: 'known', value: true, sightings: [], isDefault: true };
  if (within(minors, '1.4') === 'inside') return { state: 'known', value: false, sightings: [], isDefault: true };
  const throughChart =
    within(minors, '1.5+') === 'inside' &&
    cluster.values.some((source) => ['operator', 'istiod'].includes(source.chart));
  if (throughChart) return { state: 'known', value: true, sightings: [], isDefault: true };
  return { state: 'unknown', reason: 'the default of enableAutoMtls depends on the Istio version' };
};

/** Whether the mesh as a whole demands mTLS by the means of Istio <= 1.5: MeshPolicy `default` or `global.mtls.enabled`. */
export const meshMtlsEnabled = (cluster: Cluster, facts: Facts): Fact<boolean> => {
  if (within(ownMinors(facts.istioVersion), '<=1.5') === 'outside') return { state: 'absent' };
  const policies = cluster.resources
    .ofKind('MeshPolicy', 'authentication.istio.io')
    .filter((policy) => policy.name === 'default')
    .map((policy) => ({
      value: demandsMtls(get(policy.value, 'spec', 'peers')),
      place: placeIn(policy, 'spec', 'peers'),
      source: 'MeshPolicy default',
      shared: policy.shared,
    }));
  return settle([...policies, ...flags(valueSightings(cluster, CONTROL_PLANE, ['global', 'mtls', 'enabled']))], {
    state: 'unknown',
    reason: 'neither MeshPolicy default nor global.mtls.enabled is among the files',
  });
};

/** `mtls: {}`, `mtls: null` and `mode: STRICT` demand mTLS; PERMISSIVE and peers without mtls do not. */
const demandsMtls = (peers: unknown): boolean =>
  list(peers).some(
    (peer) => isRecord(peer) && Object.hasOwn(peer, 'mtls') && (get(peer, 'mtls', 'mode') ?? 'STRICT') === 'STRICT',
  );

const flags = (sightings: readonly Sighting<unknown>[]): readonly Sighting<boolean>[] =>
  sightings.flatMap((sighting) => {
    const value = flag(sighting.value);
    return value === undefined ? [] : [{ ...sighting, value }];
  });
