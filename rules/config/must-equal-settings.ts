import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { readsMeshConfig } from '../../src/facts/identity.ts';
import { concrete, envSightings, meshConfigSightings } from '../../src/facts/sources.ts';
import type { Minors } from '../../src/facts/minors.ts';
import { within } from '../../src/facts/minors.ts';
import type { Place, Related, Severity, Sighting } from '../../src/model/index.ts';
import { filled, flag, isRecord, isTemplate, sightingsOf, texts, valueOf } from '../../src/model/index.ts';
import { controlPlanes } from '../../src/rule/controlPlane/roles.ts';
import { defineRule } from '../../src/rule/define.ts';
import { deviations } from '../../src/rule/peers.ts';
import { hiddenServices } from '../../src/rule/hiddenServices.ts';
import { inWords, istioNamespaceOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'config/must-equal-settings',
  severity: 'warning',
  istio: 'all',
  summary: 'The control planes of a mesh are set alike where their settings decide about the whole mesh.',
  why: 'Each control plane tells its own proxies what is exported, which namespace holds policies of the mesh and how calls fail over. Where they differ, the same call is treated differently depending on the cluster it starts in.',
  fix: 'Set the same value in every control plane.',
  reads: ['rootNamespace', 'meshConfig', 'istiod env', 'istioVersion'],
  messages: {
    differs: '{cluster} has {key} {found}, {peers} {expected}: {effect}',
  },
  check(mesh, report) {
    const planes = controlPlanes(mesh);
    for (const setting of SETTINGS) {
      const held = planes.flatMap((member): readonly Held[] => {
        const stated = setting.read(mesh, member);
        return stated === undefined ? [] : [{ member, ...stated }];
      });
      // Versions differ in their defaults; that alone is no decision of anyone.
      if (!held.some(({ place }) => place !== undefined)) continue;
      // Where no side is right, the one that says something is spoken of.
      const ranked = held.toSorted((a, b) => Number(b.place !== undefined) - Number(a.place !== undefined));
      if (setting.key === EXPORT_TO && hiddenServices(mesh).some(({ exported }) => exported.isDefault)) continue;
      for (const { odd, peers } of deviations(ranked, ({ value }) => value)) {
        const at = placeOf(odd) ?? peers.map(placeOf).find((place) => place !== undefined);
        if (at === undefined) continue;
        const also = peers.flatMap((peer): readonly Related[] => {
          const place = placeOf(peer);
          return place === undefined
            ? []
            : [{ place, cluster: peer.member.name, message: `${setting.key} ${peer.value}` }];
        });
        report(
          'differs',
          { at, cluster: odd.member.name, severity: severityOf(setting, odd, peers[0]!), also },
          {
            cluster: odd.member.name,
            key: setting.key,
            found: inValue(odd),
            peers: inWords(peers.map(({ member }) => member.name)),
            expected: inValue(peers[0]!),
            effect: setting.effect,
          },
        );
      }
    }
  },
});

interface Stated {
  /** What is in force, in a form that is equal for equal settings. */
  readonly value: string;
  /** Undefined where it is the default. */
  readonly place: Place | undefined;
}

/** services/visible-to-gateway says which calls end where a default hides Services from the gateway. */
const EXPORT_TO = 'meshConfig.defaultServiceExportTo';

interface Held extends Stated {
  readonly member: Member;
}

/** Where a default stands: the mesh config that does not say it. */
const placeOf = ({ place, member }: Held): Place | undefined =>
  place ?? member.cluster.meshConfigs[0]?.place ?? member.controlPlaneRole.sightings[0]?.place;

const inValue = ({ value, place }: Held): string => (place === undefined ? `${value} (by default)` : value);

/** Each control plane may name the localities of its own clusters only. */
const severityOf = ({ key, severity }: Setting, odd: Held, peer: Held): Severity =>
  key === 'meshConfig.localityLbSetting' && [odd, peer].every(({ value }) => value.startsWith('on with'))
    ? 'info'
    : severity;

interface Setting {
  readonly key: string;
  readonly severity: Severity;
  readonly effect: string;
  /** Undefined where it is not known. */
  read(mesh: Mesh, member: Member): Stated | undefined;
}

const minorsOf = (mesh: Mesh, member: Member): Minors => mesh.versionOf(member).minors;

const isInstallLoaded = ({ cluster }: Member): boolean => readsMeshConfig(cluster);

/** Whether revisions of a cluster differ: an upgrade is under way, and which of them serves the pods is not decided. */
const isMixed = (
  { cluster }: Member,
  said: readonly Sighting<unknown>[],
  read: (sighting: Sighting<unknown>) => string | undefined,
  otherwise: string,
): boolean => {
  const revisions = new Set(cluster.meshConfigs.map(({ revision }) => revision));
  if (revisions.size < 2) return false;
  return new Set([...said.map(read), ...(said.length < revisions.size ? [otherwise] : [])]).size > 1;
};

const meshSetting = (
  path: readonly string[],
  effect: string,
  otherwise: string,
  read: (value: unknown) => string | undefined,
  severity: Severity = 'warning',
): Setting => ({
  key: `meshConfig.${path.join('.')}`,
  severity,
  effect,
  read: (_mesh, member) => {
    const all = meshConfigSightings(member.cluster, path);
    const [said] = all;
    if (said === undefined) return isInstallLoaded(member) ? { value: otherwise, place: undefined } : undefined;
    const value = read(said.value);
    if (isMixed(member, all, (sighting) => read(sighting.value), otherwise)) return undefined;
    return value === undefined ? undefined : { value, place: value === otherwise ? undefined : said.place };
  },
});

const word = (value: unknown): string | undefined => {
  const found = filled(value);
  return found === undefined || isTemplate(found) ? undefined : found;
};

const exportList = (value: unknown): string | undefined => {
  const entries = texts(value);
  if (entries.some(isTemplate)) return undefined;
  return entries.length === 0 || entries.includes('*') ? '*' : entries.toSorted().join(', ');
};

const variable = (name: string, effect: string, otherwise: (minors: Minors) => boolean | undefined): Setting => ({
  key: `istiod env ${name}`,
  severity: 'warning',
  effect,
  read: (mesh, member) => {
    const standard = otherwise(minorsOf(mesh, member));
    const all = envSightings(member.cluster, 'istiod', name);
    const [said] = all;
    if (standard === undefined) return undefined;
    if (said === undefined) return isInstallLoaded(member) ? { value: onOff(standard), place: undefined } : undefined;
    if (concrete([said]).length === 0) return undefined;
    const isOn = flag(said.value) === true;
    if (isMixed(member, all, ({ value }) => onOff(flag(value) === true), onOff(standard))) return undefined;
    return { value: onOff(isOn), place: isOn === standard ? undefined : said.place };
  },
});

const onOff = (isOn: boolean): string => (isOn ? 'on' : 'off');

/** Equal maps give equal text, whatever the order of their keys. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : isRecord(value)
      ? Object.fromEntries(
          Object.keys(value)
            .toSorted()
            .map((key) => [key, sorted(value[key])]),
        )
      : value;

const localities = (value: unknown): string | undefined => {
  if (!isRecord(value)) return undefined;
  const { enabled, ...rest } = value;
  if (flag(enabled) === false) return 'off';
  const said = JSON.stringify(sorted(rest));
  if (isTemplate(said.replaceAll(/[{}]/g, ''))) return undefined;
  return said === '{}' ? 'on' : `on with ${said.slice(1, -1).replaceAll('"', '')}`;
};

const SETTINGS: readonly Setting[] = [
  {
    key: 'meshConfig.rootNamespace',
    severity: 'warning',
    effect: 'policies of the whole mesh are looked for in different namespaces',
    read: (_mesh, member) => {
      const value = valueOf(member.rootNamespace);
      if (value === undefined || !isInstallLoaded(member)) return undefined;
      const said = meshConfigSightings(member.cluster, ['rootNamespace'])[0];
      const isDefault = value === istioNamespaceOf(member);
      return {
        value,
        place:
          said === undefined || isDefault ? undefined : (sightingsOf(member.rootNamespace)[0]?.place ?? said.place),
      };
    },
  },
  ...(['Service', 'VirtualService', 'DestinationRule'] as const).map((kind) =>
    meshSetting(
      [`default${kind}ExportTo`],
      `${kind}s without exportTo are visible to other namespaces in some clusters only`,
      '*',
      exportList,
    ),
  ),
  meshSetting(['localityLbSetting'], 'calls from the clusters fail over and spread differently', 'on', localities),
  meshSetting(
    ['outboundTrafficPolicy', 'mode'],
    'calls of hosts outside of the mesh pass in some clusters only',
    'ALLOW_ANY',
    word,
    'info',
  ),
  meshSetting(
    ['pathNormalization', 'normalization'],
    'paths in AuthorizationPolicies match differently',
    'BASE',
    (value) => (value === 'DEFAULT' ? 'BASE' : word(value)),
  ),
  meshSetting(['ingressControllerMode'], 'Ingress objects are read in some clusters only', 'STRICT', word, 'info'),
  variable(
    'PILOT_SCOPE_GATEWAY_TO_NAMESPACE',
    'a Gateway selects pods of other namespaces in some clusters only',
    () => false,
  ),
  variable('PILOT_ENABLE_IP_AUTOALLOCATE', 'ServiceEntries without address get one in some clusters only', (minors) => {
    if (within(minors, '1.25+') === 'inside') return true;
    return within(minors, '1.23-1.24') === 'inside' ? false : undefined;
  }),
];
