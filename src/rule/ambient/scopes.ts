// Which Services of ambient clusters are called from other clusters (meshConfig.serviceScopeConfigs, Istio 1.27+).
import { labelsByNamespace } from '../../facts/namespaces.ts';
import type { Labels } from '../../facts/selectors.ts';
import { meshConfigSightings } from '../../facts/sources.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Place, Resource, Tri } from '../../model/index.ts';
import { get, list, text } from '../../model/index.ts';
import { oncePerMember } from '../scope.ts';
import type { KnownLabels } from '../labelSelectors.ts';
import { matches as selectorMatches } from '../labelSelectors.ts';
import { profileOf } from './dataPlane.ts';

export type Scope = 'GLOBAL' | 'LOCAL' | 'unknown';

/** What a control plane calls global. */
export interface ScopeConfigs {
  /** In the order in which they are tried. */
  readonly configs: readonly unknown[];
  readonly place: Place | undefined;
  /** Nothing in the files says it: that of profile ambient, which nobody proved to be used. */
  readonly assumed: boolean;
}

/** The label that profile ambient takes for global. */
export const GLOBAL_LABEL = 'istio.io/global';

const PROFILE_AMBIENT: readonly unknown[] = [
  {
    servicesSelector: { matchExpressions: [{ key: GLOBAL_LABEL, operator: 'In', values: ['true'] }] },
    scope: 'GLOBAL',
  },
];

export const scopeConfigs = oncePerMember((_mesh, config): ScopeConfigs => {
  const said = meshConfigSightings(config.cluster, ['serviceScopeConfigs'])[0];
  if (said !== undefined) return { configs: list(said.value), place: said.place, assumed: false };
  const profile = profileOf(config.cluster);
  return {
    configs: PROFILE_AMBIENT,
    place: profile?.place,
    assumed: profile === undefined || !/ambient/.test(profile.value),
  };
});

/** The scope that the control plane of `reader` gives to the Service (or waypoint) of a cluster. */
export const scopeOf = (mesh: Mesh, reader: Member, holder: Member, object: Resource): Scope => {
  const config = mesh.configCluster(reader);
  if (config === undefined) return 'unknown';
  let uncertain = false;
  for (const entry of scopeConfigs(mesh, config).configs) {
    const matched = matches(entry, holder, object);
    if (matched === 'no') continue;
    if (matched === 'yes') return uncertain ? 'unknown' : text(get(entry, 'scope')) === 'GLOBAL' ? 'GLOBAL' : 'LOCAL';
    uncertain = true;
  }
  return uncertain ? 'unknown' : 'LOCAL';
};

const matches = (entry: unknown, holder: Member, object: Resource): Tri => {
  const byService = selectorMatches(get(entry, 'servicesSelector'), { labels: object.labels, complete: true });
  const byNamespace = selectorMatches(get(entry, 'namespaceSelector'), knownLabels(holder, object.namespace));
  if (byService === 'no' || byNamespace === 'no') return 'no';
  return byService === 'yes' && byNamespace === 'yes' ? 'yes' : 'unknown';
};

const knownLabels = (member: Member, name: string | undefined): KnownLabels => {
  const labels = namespaceLabels(member, name);
  return { labels: labels ?? {}, complete: labels !== undefined };
};

/** Labels of a namespace; undefined where no Namespace object of it is loaded. */
export const namespaceLabels = (member: Member, name: string | undefined): Labels | undefined =>
  name === undefined ? undefined : labelsByNamespace(member.cluster).get(name);

/** Namespaces whose objects put their pods into ambient mode. */
export const ambientNamespaces = oncePerMember(
  (_mesh, member): ReadonlySet<string> =>
    new Set(
      [...labelsByNamespace(member.cluster)].flatMap(([name, labels]) =>
        labels['istio.io/dataplane-mode'] === 'ambient' ? [name] : [],
      ),
    ),
);
