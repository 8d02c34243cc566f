// TLS that DestinationRules begin without saying whom to trust.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { envSightings } from '../../facts/sources.ts';
import type { Path, Place, Resource, Severity, Tri } from '../../model/index.ts';
import { filled, flag, get, isRecord, list, placeIn, text } from '../../model/index.ts';
import { statementsOf } from '../objects.ts';
import { oncePerMesh, realmsOf } from '../scope.ts';

/** A tls block with mode SIMPLE or MUTUAL that names no CA which every client reads. */
export interface Origination {
  readonly config: Member;
  readonly resource: Resource;
  /** `tls.mode`. */
  readonly place: Place;
  readonly mode: string;
  readonly host: string;
  /** Undefined for the settings of all ports. */
  readonly port: string | undefined;
  /** It has a credentialName, which gateways read. */
  readonly credential: boolean;
  readonly severity: Severity;
  /** What comes of it in the version of the cluster. */
  readonly effect: string;
}

/** From this minor of Istio on proxies check against the CAs of their image, unless istiod is told not to (up to 1.23). */
const CHECKS_BY_DEFAULT = 21;
const CHECKS_ALWAYS = 24;

/** Whether proxies check certificates for which no CA is named: by VERIFY_CERTIFICATE_AT_CLIENT (1.12-1.23) and version. */
const checksOf = (mesh: Mesh, config: Member): Tri => {
  const { minors } = mesh.versionOf(config);
  if (minors.low >= CHECKS_ALWAYS) return 'yes';
  const said = envSightings(config.cluster, 'istiod', 'VERIFY_CERTIFICATE_AT_CLIENT')
    .map((sighting) => flag(sighting.value))
    .find((value) => value !== undefined);
  if (said !== undefined && minors.low >= 12) return said ? 'yes' : minors.high < CHECKS_ALWAYS ? 'no' : 'unknown';
  if (minors.low >= CHECKS_BY_DEFAULT) return 'yes';
  return minors.high < CHECKS_BY_DEFAULT ? 'no' : 'unknown';
};

export const originationsOf = oncePerMesh((mesh): readonly Origination[] =>
  realmsOf(mesh).flatMap(({ config }) =>
    statementsOf(config.resources.ofKind('DestinationRule', 'networking.istio.io')).flatMap(({ resource, ambiguous }) =>
      ambiguous ? [] : originationsIn(mesh, config, resource),
    ),
  ),
);

const originationsIn = (mesh: Mesh, config: Member, resource: Resource): readonly Origination[] => {
  const spec = resource.value['spec'];
  const subsets = list(get(spec, 'subsets')).map((subset, index): readonly [unknown, Path] => [
    get(subset, 'trafficPolicy'),
    ['spec', 'subsets', index, 'trafficPolicy'],
  ]);
  const isSelecting = isRecord(get(spec, 'workloadSelector'));
  const checks = checksOf(mesh, config);
  const common = {
    config,
    resource,
    host: text(get(spec, 'host')) ?? '',
    severity: checks === 'no' ? ('warning' as const) : ('info' as const),
    effect: EFFECTS[checks],
  };
  return [[get(spec, 'trafficPolicy'), ['spec', 'trafficPolicy']] as const, ...subsets].flatMap(([policy, path]) => {
    const blocks: readonly (readonly [unknown, Path, string | undefined])[] = [
      [get(policy, 'tls'), [...path, 'tls'], undefined],
      ...list(get(policy, 'portLevelSettings')).map((settings, index): readonly [unknown, Path, string] => [
        get(settings, 'tls'),
        [...path, 'portLevelSettings', index, 'tls'],
        filled(get(settings, 'port', 'number')) ?? '',
      ]),
    ];
    return blocks.flatMap(([tls, at, port]): readonly Origination[] => {
      const mode = text(get(tls, 'mode'));
      if ((mode !== 'SIMPLE' && mode !== 'MUTUAL') || filled(get(tls, 'caCertificates')) !== undefined) return [];
      const credential = filled(get(tls, 'credentialName')) !== undefined;
      if (flag(get(tls, 'insecureSkipVerify')) === true || (credential && isSelecting)) return [];
      return [{ ...common, place: placeIn(resource, ...at, 'mode'), mode, port, credential }];
    });
  });
};

const EFFECTS: Readonly<Record<Tri, string>> = {
  yes: 'only certificates of public CAs are accepted',
  no: 'any certificate is accepted',
  unknown: 'any certificate is accepted up to Istio 1.20, only those of public CAs later',
};
