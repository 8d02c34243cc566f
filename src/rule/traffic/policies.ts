// What DestinationRules and the mesh config say of localities and of unhealthy endpoints.
import { meshConfigSightings } from '../../facts/sources.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Path, Place } from '../../model/index.ts';
import { flag, get, integer, isRecord, list, placeIn, record, text } from '../../model/index.ts';
import type { DestinationRule } from '../destinationRules.ts';
import { destinationRulesOf } from '../destinationRules.ts';
import { oncePerMember } from '../scope.ts';

/** `localityLbSetting` with its place. */
export interface LocalitySetting {
  readonly value: Readonly<Record<string, unknown>>;
  readonly place: Place;
  /** From the resource; undefined in a mesh config. */
  readonly path: Path | undefined;
}

/** The policy that a DestinationRule gives to calls of a subset on a port. */
export interface Policy {
  readonly subset: string | undefined;
  readonly port: number | undefined;
  readonly outlierDetection: boolean;
  readonly locality: LocalitySetting | undefined;
  /** Path of the policy in which a field that is missing would stand. */
  readonly path: Path;
  /** An entry of portLevelSettings, which takes nothing from the policy around it. */
  readonly byPort: boolean;
}

/** A DestinationRule with all policies that it gives: the one for the whole host first. */
export interface RulePolicies {
  readonly rule: DestinationRule;
  /** Worked out when first asked for. */
  readonly policies: readonly Policy[];
  /** Some policy of it says how to route by locality. */
  readonly hasLocality: boolean;
}

/**
 * Policies of the DestinationRules of a config cluster. Rules that other documents state differently, and those of
 * which Istio takes the oldest of several policies, are left out.
 */
export const rulePolicies = oncePerMember((mesh: Mesh, config: Member): readonly RulePolicies[] => {
  const { all } = destinationRulesOf(mesh, config);
  const withPolicy = new Map<string, number>();
  for (const rule of all)
    if (isRecord(get(rule.resource.value, 'spec', 'trafficPolicy')) && rule.selector === undefined)
      withPolicy.set(keyOf(rule), (withPolicy.get(keyOf(rule)) ?? 0) + 1);
  return all
    .filter((rule) => !rule.ambiguous && (rule.selector !== undefined || (withPolicy.get(keyOf(rule)) ?? 0) <= 1))
    .map((rule): RulePolicies => {
      let held: readonly Policy[] | undefined;
      return {
        rule,
        hasLocality: mentionsLocality(rule),
        get policies() {
          return (held ??= policiesOf(rule));
        },
      };
    });
});

const mentionsLocality = ({ resource }: DestinationRule): boolean => {
  const spec = get(resource.value, 'spec');
  return (
    saysLocality(get(spec, 'trafficPolicy')) ||
    list(get(spec, 'subsets')).some((subset) => saysLocality(get(subset, 'trafficPolicy')))
  );
};

const saysLocality = (policy: unknown): boolean =>
  [policy, ...list(get(policy, 'portLevelSettings'))].some((level) =>
    isRecord(get(level, 'loadBalancer', 'localityLbSetting')),
  );

const keyOf = (rule: DestinationRule): string => `${rule.namespace}\0${rule.host}`;

const policiesOf = (rule: DestinationRule): readonly Policy[] => {
  const spec = get(rule.resource.value, 'spec');
  const base: Path = ['spec', 'trafficPolicy'];
  const top = levelAt(rule, base, undefined);
  const ports = portsIn(get(spec, 'trafficPolicy'));
  const whole = [undefined, ...ports].map((port) => policyOf(undefined, port, levelAt(rule, base, port), undefined));
  const subsets = list(get(spec, 'subsets')).flatMap((subset, index) => {
    const name = text(get(subset, 'name'));
    if (name === undefined) return [];
    const path: Path = ['spec', 'subsets', index, 'trafficPolicy'];
    const own = [...new Set([...ports, ...portsIn(get(subset, 'trafficPolicy'))])];
    return [undefined, ...own].map((port) =>
      policyOf(name, port, levelAt(rule, path, port), port === undefined ? top : levelAt(rule, base, port)),
    );
  });
  return [...whole, ...subsets];
};

/** The fields of one level: of its entry for the port where there is one. */
interface Level {
  readonly outlierDetection: boolean;
  readonly locality: LocalitySetting | undefined;
  /** It says how to balance, with or without localities. */
  readonly balances: boolean;
  readonly path: Path;
  readonly byPort: boolean;
  readonly exists: boolean;
}

const levelAt = (rule: DestinationRule, path: Path, port: number | undefined): Level => {
  const policy = get(rule.resource.value, ...path);
  const entries = list(get(policy, 'portLevelSettings'));
  const index = port === undefined ? -1 : entries.findIndex((entry) => numberOf(entry) === port);
  const byPort = index >= 0;
  const [holder, at]: [unknown, Path] = byPort
    ? [entries[index], [...path, 'portLevelSettings', index]]
    : [policy, path];
  const setting = get(holder, 'loadBalancer', 'localityLbSetting');
  const settingPath: Path = [...at, 'loadBalancer', 'localityLbSetting'];
  return {
    outlierDetection: isRecord(get(holder, 'outlierDetection')),
    locality: isRecord(setting)
      ? { value: setting, place: placeIn(rule.resource, ...settingPath), path: settingPath }
      : undefined,
    balances: isRecord(get(holder, 'loadBalancer')),
    path: at,
    byPort,
    exists: isRecord(holder),
  };
};

/** A subset overrides the policy above it field by field, its entry for the port entirely. */
const policyOf = (
  subset: string | undefined,
  port: number | undefined,
  own: Level,
  above: Level | undefined,
): Policy => {
  if (above === undefined || own.byPort) return { ...own, subset, port };
  return {
    subset,
    port,
    outlierDetection: own.outlierDetection || above.outlierDetection,
    locality: own.balances ? own.locality : above.locality,
    path: own.exists && own.balances ? own.path : above.path,
    byPort: above.byPort,
  };
};

const numberOf = (entry: unknown): number | undefined => integer(get(entry, 'port', 'number'));

const portsIn = (policy: unknown): readonly number[] =>
  list(get(policy, 'portLevelSettings')).flatMap((entry) => numberOf(entry) ?? []);

/** `localityLbSetting` of the mesh config in force. */
export const meshLocality = oncePerMember((_mesh, config): LocalitySetting | undefined => {
  const sighting = meshConfigSightings(config.cluster, ['localityLbSetting'])[0];
  return sighting !== undefined && isRecord(sighting.value)
    ? { value: sighting.value, place: sighting.place, path: undefined }
    : undefined;
});

export const isOff = (setting: LocalitySetting | undefined): boolean =>
  flag(setting?.value['enabled'] ?? undefined) === false;

export const distributes = (setting: LocalitySetting): boolean => list(setting.value['distribute']).length > 0;

/** Fields that send calls elsewhere when endpoints fail; empty where they do not act. failoverPriority is 1.12+. */
export const failoverFields = (
  setting: LocalitySetting,
  highestMinor: number,
): readonly ('failover' | 'failoverPriority')[] => {
  if (isOff(setting) || distributes(setting)) return [];
  const priority = highestMinor >= 12 && list(setting.value['failoverPriority']).length > 0;
  return [
    ...(list(setting.value['failover']).length > 0 ? (['failover'] as const) : []),
    ...(priority ? (['failoverPriority'] as const) : []),
  ];
};

/** `to` of an entry of distribute with its weights; an entry that is no number counts as undefined. */
export const weightsOf = (entry: unknown): ReadonlyMap<string, number | undefined> =>
  new Map(Object.entries(record(get(entry, 'to'))).map(([locality, weight]) => [locality, integer(weight)]));
