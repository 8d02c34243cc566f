// Which hosts clients reach in their own cluster only: Istio's defaults and `serviceSettings`.
import type { Member, Mesh } from '../facts/mesh.ts';
import { meshConfigSightings } from '../facts/sources.ts';
import { within } from '../facts/minors.ts';
import type { Place, Tri } from '../model/index.ts';
import { below, flag, get, isTemplate, list, texts } from '../model/index.ts';
import { covers, isWildcard, isWithin, serviceHost } from './hosts.ts';
import { clusterDomainOf, istioNamespaceOf, oncePerMember } from './scope.ts';

/** One host of an entry of `serviceSettings` that says `clusterLocal`. */
export interface ClusterLocalSetting {
  readonly pattern: string;
  readonly local: boolean;
  readonly place: Place;
}

/** What a config cluster says of a host. */
export interface ClusterLocality {
  /** `unknown` where the versions that it may have differ in it. */
  readonly local: Tri;
  /** The setting that decides; undefined for Istio's defaults and where nothing is said. */
  readonly setting: ClusterLocalSetting | undefined;
}

/** Hosts of `serviceSettings` in the order of the mesh config; the strongest source alone counts. Istio 1.6+. */
export const clusterLocalSettings = oncePerMember((_mesh, config): readonly ClusterLocalSetting[] => {
  const sighting = meshConfigSightings(config.cluster, ['serviceSettings'])[0];
  return list(sighting?.value).flatMap((entry, index) => {
    const local = flag(get(entry, 'settings', 'clusterLocal'));
    if (local === undefined || sighting === undefined) return [];
    return texts(get(entry, 'hosts')).flatMap((pattern, position) =>
      isTemplate(pattern) ? [] : [{ pattern, local, place: below(sighting.place, index, 'hosts', position) }],
    );
  });
});

/** A host without wildcard, as clients of a config cluster reach it. Up to Istio 1.5 nothing is cluster-local. */
export const clusterLocality = (mesh: Mesh, config: Member, host: string): ClusterLocality => {
  const answers = judgesOf(mesh, config).map((judge) => judge(host));
  const last = answers.at(-1) ?? SHARED;
  const agreed = answers.every((answer) => answer.local === last.local);
  return { local: agreed ? (last.local ? 'yes' : 'no') : 'unknown', setting: last.setting };
};

/** How each of the versions that a config cluster may have decides. */
const judgesOf = oncePerMember((mesh, config): readonly ((host: string) => Answer)[] => {
  const { minors } = mesh.versionOf(config);
  const settings = clusterLocalSettings(mesh, config);
  const defaults = defaultPatterns(config);
  const isPossible = (range: string): boolean => within(minors, range) !== 'outside';
  return [
    ...(isPossible('<=1.5') ? [() => SHARED] : []),
    ...(isPossible('1.6-1.7') ? [(host: string) => anyTrueWins(settings, defaults.slice(0, 2), host)] : []),
    ...(isPossible('1.8-1.21') ? [(host: string) => anyTrueWins(settings, defaults, host)] : []),
    ...(isPossible('1.22+') ? [(host: string) => mostSpecificWins(settings, defaults, host)] : []),
  ];
});

/** Whether clients of a config cluster reach a host in their own cluster only, or may do so. */
export const isClusterLocal = (mesh: Mesh, config: Member, host: string): boolean =>
  clusterLocality(mesh, config, host).local !== 'no';

interface Answer {
  readonly local: boolean;
  readonly setting: ClusterLocalSetting | undefined;
}

const SHARED: Answer = { local: false, setting: undefined };

/** The name of istiod as its own clients call it, what lies in kube-system, and from 1.8 the API server. */
const defaultPatterns = (config: Member): readonly string[] => {
  const domain = clusterDomainOf(config);
  return [
    `*.kube-system.svc.${domain}`,
    serviceHost('istiod', istioNamespaceOf(config), domain),
    serviceHost('kubernetes', 'default', domain),
  ];
};

/** Up to 1.21 every `true` counts; `false` only takes away a default that it equals or lies under. */
const anyTrueWins = (settings: readonly ClusterLocalSetting[], defaults: readonly string[], host: string): Answer => {
  const stated = settings
    .filter((setting) => setting.local && covers(setting.pattern, host))
    .toSorted((a, b) => b.pattern.length - a.pattern.length)[0];
  if (stated !== undefined) return { local: true, setting: stated };
  const byDefault = defaults.filter((pattern) => covers(pattern, host));
  const denial = settings.find(
    (setting) => !setting.local && byDefault.some((pattern) => isWithin(setting.pattern, pattern)),
  );
  return { local: byDefault.length > 0 && denial === undefined, setting: denial };
};

/** From 1.22 the most specific host decides, defaults among them; of equal hosts the stated one. */
const mostSpecificWins = (
  settings: readonly ClusterLocalSetting[],
  defaults: readonly string[],
  host: string,
): Answer => {
  const stated = settings.filter((setting) => covers(setting.pattern, host));
  const byDefault = defaults.filter((pattern) => covers(pattern, host));
  if (stated.length === 0) return byDefault.length === 0 ? SHARED : { local: true, setting: undefined };
  const winner = [
    ...stated.map((setting) => ({ pattern: setting.pattern, local: setting.local, setting })),
    ...byDefault.map((pattern) => ({ pattern, local: true, setting: undefined })),
  ].toSorted(
    (a, b) =>
      Number(isWildcard(a.pattern)) - Number(isWildcard(b.pattern)) ||
      b.pattern.length - a.pattern.length ||
      Number(a.setting === undefined) - Number(b.setting === undefined),
  )[0];
  return winner ?? SHARED;
};

/** `false` entries that a wider `true` of the same config cluster leaves without effect: up to Istio 1.21. */
export const futileDenials = (
  mesh: Mesh,
  config: Member,
): readonly { readonly denial: ClusterLocalSetting; readonly wider: ClusterLocalSetting }[] => {
  if (within(mesh.versionOf(config).minors, '1.6-1.21') === 'outside') return [];
  const settings = clusterLocalSettings(mesh, config);
  return settings.flatMap((denial) => {
    if (denial.local) return [];
    const wider = settings.find((setting) => setting.local && isWithin(denial.pattern, setting.pattern));
    return wider === undefined ? [] : [{ denial, wider }];
  });
};
