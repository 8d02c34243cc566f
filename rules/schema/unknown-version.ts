import type { Resource } from '../../src/model/index.ts';
import { compareText, describe, isTemplate, placeIn, placeKey } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { nearest } from '../../src/rule/nearest.ts';
import { groupsOf, kindsOf, versionsOf } from '../../src/rule/schema/kinds.ts';
import { inWords } from '../../src/rule/scope.ts';
import { istioGroups } from '../../src/schema/table.ts';

export default defineRule({
  id: 'schema/unknown-version',
  severity: 'error',
  istio: 'all',
  summary: 'The apiVersion and kind of an object of Istio belong together, and a release serves them.',
  why: 'The API server has no such kind: applying the manifest fails, and what it says is nowhere.',
  fix: 'Write the group, version and kind as the API has them.',
  reads: ['Istio kinds'],
  aliases: ['IST0106'],
  messages: {
    version: '{cluster}: {object} is in {api}, but {kind} is served in {versions}',
    kind: '{cluster}: {object} is in {api}, a group without the kind {kind}{hint}',
    group: '{cluster}: {object} is in {api}, a group that Istio does not have: {kind} belongs to {groups}',
  },
  check(mesh, report) {
    const told = new Set<string>();
    const faults = new Map<string, Fault | undefined>();
    for (const member of mesh.members)
      for (const resource of member.resources.all) {
        const key = `${resource.apiVersion} ${resource.kind}`;
        if (!faults.has(key)) faults.set(key, faultOf(resource));
        const fault = faults.get(key);
        if (fault === undefined) continue;
        const at = placeIn(resource, fault.key);
        if (told.has(placeKey(at))) continue;
        told.add(placeKey(at));
        const where = { at, cluster: member.name, resource };
        const slots = {
          cluster: member.name,
          object: describe(resource).trim(),
          api: resource.apiVersion,
          kind: resource.kind,
        };
        if (fault.id === 'version') report('version', where, { ...slots, versions: fault.words });
        if (fault.id === 'kind') report('kind', where, { ...slots, hint: fault.words });
        if (fault.id === 'group') report('group', where, { ...slots, groups: fault.words });
      }
  },
});

interface Fault {
  readonly id: 'version' | 'kind' | 'group';
  readonly key: 'apiVersion' | 'kind';
  readonly words: string;
}

const faultOf = ({ version, kind, apiVersion }: Resource): Fault | undefined => {
  // Not the group that was meant, which the object has for all other rules.
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  if (istioGroups().has(group)) {
    // Adapters of Mixer brought kinds of their own.
    if (group === 'config.istio.io') return undefined;
    const known = versionsOf(group, kind);
    if (known.includes(version) || isTemplate(apiVersion) || isTemplate(kind)) return undefined;
    if (known.length > 0)
      return {
        id: 'version',
        key: 'apiVersion',
        words: inWords(known.toSorted(compareText).map((one) => `${group}/${one}`)),
      };
    const home = groupsOf(kind);
    if (home.length > 0)
      return { id: 'kind', key: 'apiVersion', words: `: it belongs to ${inWords(home.toSorted(compareText))}` };
    const meant = nearest(kind, kindsOf(group));
    return { id: 'kind', key: 'kind', words: meant === undefined ? '' : `, did you mean ${meant}?` };
  }
  if (!group.includes('.')) return undefined;
  // Other projects have groups below istio.io too: only a slip in the name of a group that has the kind is told.
  const meant = nearest(group, kind === 'IstioOperator' ? ['install.istio.io'] : groupsOf(kind));
  return meant === undefined || meant === group ? undefined : { id: 'group', key: 'apiVersion', words: meant };
};
