import type { Resource } from '../../src/model/index.ts';
import { compareText, describe, isOneSlipAway, isTemplate, placeIn, placeKey } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { nearest } from '../../src/rule/nearest.ts';
import { groupsOf, kindsOf, versionsOf } from '../../src/rule/schema/kinds.ts';
import { apiInWords, definedKinds, neighbourGroups, neighbourKindsOf } from '../../src/rule/schema/neighbours.ts';
import { aliasesFor } from '../../src/rule/schema/problems.ts';
import { inWords } from '../../src/rule/scope.ts';
import { isGatewayApi, neighbourVersions, ownerOf } from '../../src/schema/neighbours.ts';
import { istioGroups } from '../../src/schema/table.ts';

export default defineRule({
  id: 'schema/unknown-version',
  severity: 'error',
  istio: 'all',
  summary: 'The apiVersion and kind of an object of Istio belong together, and a release serves them.',
  why: 'The API server has no such kind: applying the manifest fails, and what it says is nowhere.',
  fix: 'Write the group, version and kind as the API has them.',
  reads: ['Istio kinds', 'Gateway API kinds', 'Sail operator kinds', 'CustomResourceDefinition'],
  aliases: ['IST0106'],
  messages: {
    version: '{cluster}: {object} is in {api}, but {kind} is served in {versions}',
    kind: '{cluster}: {object} is in {api}, a group without the kind {kind}{hint}',
    group: '{cluster}: {object} is in {api}, a group that {owner} does not have: {kind} belongs to {groups}',
  },
  check(mesh, report) {
    const told = new Set<string>();
    const faults = new Map<string, Fault | undefined>();
    for (const member of mesh.members)
      for (const resource of member.resources.all) {
        const key = `${resource.apiVersion}/${resource.kind}`;
        if (!faults.has(key)) faults.set(key, faultOf(resource));
        const fault = faults.get(key);
        if (fault === undefined) continue;
        const at = placeIn(resource, fault.key);
        if (told.has(placeKey(at)) || definedKinds(mesh).has(key)) continue;
        told.add(placeKey(at));
        const where = {
          at,
          cluster: member.name,
          resource,
          severity: fault.severity,
          aliases: fault.owner === 'Istio' ? aliasesFor(resource) : [],
        };
        const slots = {
          cluster: member.name,
          object: describe(resource).trim(),
          api: resource.apiVersion,
          kind: resource.kind,
        };
        if (fault.id === 'version') report('version', where, { ...slots, versions: fault.words });
        if (fault.id === 'kind') report('kind', where, { ...slots, hint: fault.words });
        if (fault.id === 'group') report('group', where, { ...slots, owner: fault.owner, groups: fault.words });
      }
  },
});

interface Fault {
  readonly id: 'version' | 'kind' | 'group';
  readonly key: 'apiVersion' | 'kind';
  readonly words: string;
  /** Whose API was meant: `Istio`, `the Gateway API`. */
  readonly owner: string;
  readonly severity?: 'warning' | undefined;
}

const faultOf = (resource: Resource): Fault | undefined => {
  const { version, kind, apiVersion } = resource;
  if (isTemplate(apiVersion) || isTemplate(kind)) return undefined;
  // Not the group that was meant, which the object has for all other rules.
  const isWhole = apiVersion.includes('/');
  // A group that lacks its version is one all the same.
  const group = isWhole ? apiVersion.slice(0, apiVersion.indexOf('/')) : apiVersion;
  if (istioGroups().has(group)) return faultInIstio(group, isWhole ? version : '', kind);
  const owner = ownerOf(group);
  if (owner !== undefined) return faultBeside(owner, group, isWhole ? version : '', kind);
  if (!isWhole) return undefined;
  return faultInGroup(group, kind);
};

const faultInIstio = (group: string, version: string, kind: string): Fault | undefined => {
  // Adapters of Mixer brought kinds of their own.
  if (group === 'config.istio.io') return undefined;
  const known = versionsOf(group, kind);
  if (known.includes(version)) return undefined;
  if (known.length > 0) return { id: 'version', key: 'apiVersion', words: apisInWords(group, known), owner: 'Istio' };
  const home = [...groupsOf(kind), ...neighbourGroups(kind)];
  if (home.length > 0)
    return {
      id: 'kind',
      key: 'apiVersion',
      words: `: it belongs to ${inWords(home.toSorted(compareText))}`,
      owner: 'Istio',
    };
  const meant = nearest(kind, kindsOf(group));
  return { id: 'kind', key: 'kind', words: meant === undefined ? '' : `, did you mean ${meant}?`, owner: 'Istio' };
};

/** APIs beside Istio's: later releases may have kinds that are not known here. */
const faultBeside = (owner: string, group: string, version: string, kind: string): Fault | undefined => {
  const known = neighbourVersions(`${group}/${kind}`);
  if (known.includes(version)) return undefined;
  if (known.length > 0)
    return {
      id: 'version',
      key: 'apiVersion',
      words: `${apisInWords(group, known)}${isGatewayApi(group) ? ` (${apiInWords(group)})` : ''}`,
      owner,
      // What is alpha today may be stable tomorrow.
      severity: /^v\d+$/.test(version) ? 'warning' : undefined,
    };
  const home = [...groupsOf(kind), ...neighbourGroups(kind)];
  if (home.length > 0)
    return { id: 'kind', key: 'apiVersion', words: `: it belongs to ${inWords(home.toSorted(compareText))}`, owner };
  const meant = nearest(kind, neighbourKindsOf(group));
  return meant === undefined ? undefined : { id: 'kind', key: 'kind', words: `, did you mean ${meant}?`, owner };
};

const apisInWords = (group: string, versions: readonly string[]): string =>
  inWords(versions.toSorted(compareText).map((version) => `${group}/${version}`));

/** Groups that have no such kinds, but look as if they had. */
const LOOK_ALIKES = new Set(['networking.k8s.io', 'gateway.k8s.io', 'gateway.networking.istio.io', 'gateway.istio.io']);

/** Groups of other projects with kinds of the same names. */
const OTHERS = new Set(['networking.x-k8s.io', 'networking.gke.io', 'gateway.solo.io']);

const faultInGroup = (group: string, kind: string): Fault | undefined => {
  if (!group.includes('.') || OTHERS.has(group)) return undefined;
  const beside = neighbourGroups(kind);
  const slip = beside.find((one) => isOneSlipAway(group, one) || (LOOK_ALIKES.has(group) && isGatewayApi(one)));
  if (slip !== undefined) return { id: 'group', key: 'apiVersion', words: slip, owner: ownerOf(slip) ?? slip };
  // Other projects have groups below istio.io too: only a slip in the name of a group that has the kind is told.
  const meant = nearest(group, kind === 'IstioOperator' ? ['install.istio.io'] : groupsOf(kind));
  return meant === undefined || meant === group
    ? undefined
    : { id: 'group', key: 'apiVersion', words: meant, owner: 'Istio' };
};
