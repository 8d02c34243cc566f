import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { minorsInWords, within } from '../../src/facts/minors.ts';
import { servedUntil } from '../../src/facts/servedApis.ts';
import type { Resource } from '../../src/model/index.ts';
import { comparePlaces, describe, filled, get, placeIn, placeKey } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { DEPRECATIONS, deprecatedIn } from '../../src/rule/schema/deprecations.ts';
import { isWritten, problemsOf } from '../../src/rule/schema/problems.ts';
import { someInWords } from '../../src/rule/scope.ts';
import { pathInWords } from '../../src/schema/violation.ts';

const messages = {
  old: '{cluster}: {object} sets {path}, which is deprecated{instead}',
  crd: '{cluster} (Istio {version}) defines {kinds}, which Istio reads up to 1.{until}',
} as const;

export default defineRule({
  id: 'schema/deprecated',
  severity: 'info',
  istio: 'all',
  summary: 'Objects of Istio do without fields that the API calls deprecated.',
  why: 'Such a field still acts, but a coming release drops it without a word; definitions of kinds that are gone let people apply objects that nobody reads.',
  fix: 'Write what takes its place while both are read.',
  reads: ['VirtualService', 'DestinationRule', 'Sidecar', 'EnvoyFilter', 'policies with targetRef', 'istioVersion'],
  aliases: ['IST0002', 'IST0133'],
  messages,
  check(mesh, report) {
    // A release may have dropped the field already; a file that several clusters share is told of once.
    const told = new Set(problemsOf(mesh, 'removed-in').map(({ at }) => placeKey(at)));
    const clean = new Map<string, Set<unknown>>();
    for (const member of mesh.members) {
      checkFields(mesh, member, { told, clean }, report);
      checkDefinitions(mesh, member, told, report);
    }
  },
});

interface Seen {
  /** Places that were told of. */
  readonly told: Set<string>;
  /** Specs in which nothing is deprecated, by kind and releases: copies of a file share them. */
  readonly clean: Map<string, Set<unknown>>;
}

const checkFields = (mesh: Mesh, member: Member, { told, clean }: Seen, report: Report<typeof messages>): void => {
  const { minors } = mesh.versionOf(member);
  for (const [key, deprecations] of DEPRECATIONS) {
    const [group, kind = ''] = key.split('/');
    const current = deprecations.filter(({ since }) => within(minors, `1.${since}+`) === 'inside');
    if (current.length === 0) continue;
    const id = `${key} ${minors.low} ${minors.high}`;
    const known = clean.get(id) ?? new Set<unknown>();
    clean.set(id, known);
    for (const resource of member.resources.ofKind(kind, group)) {
      const spec = resource.value['spec'];
      if (known.has(spec)) continue;
      const found = deprecatedIn(resource, current);
      if (found.length === 0) known.add(spec);
      for (const { deprecation, path } of found) {
        const at = placeIn(resource, ...path);
        if (told.has(placeKey(at)) || !isWritten(resource, path)) continue;
        told.add(placeKey(at));
        report(
          'old',
          // istiod's own validation warns of those of DestinationRules.
          { at, cluster: member.name, resource, aliases: [kind === 'DestinationRule' ? 'IST0133' : 'IST0002'] },
          {
            cluster: member.name,
            object: describe(resource),
            path: `${pathInWords(path)}${deprecation.value === undefined ? '' : ` to ${deprecation.value}`}`,
            instead: deprecation.instead === undefined ? '' : `: ${deprecation.instead} takes its place`,
          },
        );
      }
    }
  }
};

/** Definitions of kinds whose group is gone, one finding for each group. */
const checkDefinitions = (mesh: Mesh, member: Member, told: Set<string>, report: Report<typeof messages>): void => {
  const { minors } = mesh.versionOf(member);
  const gone = new Map<number, Resource[]>();
  for (const definition of member.resources.ofKind('CustomResourceDefinition', 'apiextensions.k8s.io')) {
    const until = servedUntil(filled(get(definition.value, 'spec', 'group')) ?? '');
    if (until === undefined || minors.low <= until || told.has(placeKey(definition.place))) continue;
    told.add(placeKey(definition.place));
    gone.set(until, [...(gone.get(until) ?? []), definition]);
  }
  for (const [until, held] of gone) {
    const [first, ...others] = held.toSorted((a, b) => comparePlaces(a.place, b.place));
    if (first === undefined) continue;
    report(
      'crd',
      {
        at: placeIn(first, 'spec', 'group'),
        cluster: member.name,
        resource: first,
        aliases: ['IST0002'],
        also: others.slice(0, 3).map((other) => ({ place: other.place, cluster: member.name, message: other.name })),
        fix: 'Remove the definition, and the objects of its kind.',
      },
      {
        cluster: member.name,
        version: minorsInWords(minors),
        kinds: someInWords([first, ...others].map(({ name }) => name)),
        until,
      },
    );
  }
};
