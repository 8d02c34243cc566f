// What the API server's rules and istiod's webhook refuse in the objects of a mesh, beside problems of their form.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { speaksFor } from '../../facts/version.ts';
import type { Path, Place, Resource, Severity } from '../../model/index.ts';
import { placeIn, placeKey } from '../../model/index.ts';
import { celViolations } from '../../schema/cel/check.ts';
import { semanticViolations, VALIDATED_KINDS } from '../../schema/semantic/index.ts';
import { semanticWarnings } from '../../schema/semantic/warnings.ts';
import type { Violation } from '../../schema/violation.ts';
import { shown } from '../../schema/violation.ts';
import { oncePerMesh } from '../scope.ts';
import { oncePerContent } from './copies.ts';
import type { Found } from './problems.ts';
import { isOpaque, isPartOf, problemsOf } from './problems.ts';

export interface Refusal {
  readonly member: Member;
  readonly resource: Resource;
  readonly at: Place;
  readonly path: Path;
  /** Tail of a sentence that begins with the key. */
  readonly problem: string;
  readonly severity: Severity;
  /** ' (from Istio 1.23)' where only some of the releases refuse it. */
  readonly suffix: string;
}

const KINDS: readonly (readonly [group: string, kind: string])[] = VALIDATED_KINDS.map((key) => {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)] as const;
});

/** All refusals of a mesh, each key once: of files that several clusters share, for the first cluster by name. */
export const refusalsOf = oncePerMesh((mesh): readonly Refusal[] => {
  const forms = formsOf(mesh);
  const told = new Set<string>();
  const found: Refusal[] = [];
  for (const member of mesh.members) {
    const { minors } = mesh.versionOf(member);
    const refusals = [...ofObjects(member), ...ofBounds(forms.bounds, member)];
    for (const { resource, violation } of refusals) {
      const { path, problem, istio = 'all' } = violation;
      const speaks = speaksFor(minors, istio, violation.isPartly === true ? 'warning' : 'error');
      if (speaks === undefined) continue;
      const at = placeIn(resource, ...path);
      const id = placeKey(at);
      if (told.has(id) || isOfForm(forms, resource, violation)) continue;
      told.add(id);
      found.push({ member, resource, at, path, problem, ...speaks });
    }
  }
  return found;
});

export interface Idle {
  readonly member: Member;
  readonly resource: Resource;
  readonly at: Place;
  readonly path: Path;
  /** Tail of a sentence that begins with the key. */
  readonly problem: string;
}

/** Settings that istiod takes and leaves aside, each once. */
export const idleSettingsOf = (mesh: Mesh): readonly Idle[] => {
  const told = new Set<string>();
  const found: Idle[] = [];
  for (const member of mesh.members)
    for (const [group, kind] of KINDS)
      for (const resource of member.resources.ofKind(kind, group)) {
        if (isOpaque(resource)) continue;
        for (const { path, problem } of warningsOf(resource)) {
          const at = placeIn(resource, ...path);
          const id = placeKey(at);
          if (!told.has(id)) found.push({ member, resource, at, path, problem });
          told.add(id);
        }
      }
  return found;
};

interface Held {
  readonly resource: Resource;
  readonly violation: Violation & { readonly isPartly?: boolean | undefined };
}

const ofObjects = (member: Member): readonly Held[] => {
  const found: Held[] = [];
  for (const [group, kind] of KINDS)
    for (const resource of member.resources.ofKind(kind, group)) {
      if (isOpaque(resource)) continue;
      const violations = violationsOf(resource);
      if (violations.length === 0) continue;
      const isPartial = isPartOf(member, resource);
      for (const violation of violations)
        if (!(isPartial && violation.isMissing === true)) found.push({ resource, violation });
    }
  return found;
};

/** The webhook's come first: it says no in all versions. */
const violationsOf = oncePerContent((resource): readonly Violation[] => {
  const key = `${resource.group}/${resource.kind}`;
  return [...semanticViolations(key, resource), ...celViolations(key, resource.value)];
});

const warningsOf = oncePerContent(({ group, kind, value }) => semanticWarnings(`${group}/${kind}`, value));

/** Bounds and patterns of the schema, where nothing better is said of the key. */
const ofBounds = (bounds: readonly Found[], member: Member): readonly Held[] =>
  bounds.flatMap(({ member: owner, resource, problem, value }) => {
    if (owner !== member || resource === undefined || !VALIDATED.has(`${resource.group}/${resource.kind}`)) return [];
    const wanted = problem.wanted[0] ?? '';
    const said = typeof value === 'object' || value === undefined ? 'has another size' : `is ${shown(value)}`;
    const text = problem.kind === 'pattern' ? `${said}, but must match ${wanted}` : `${said}, but must have ${wanted}`;
    const asNumber = typeof value === 'number' ? `is ${value}, but must be ${wanted}` : text;
    return [{ resource, violation: { path: problem.path, problem: asNumber, isPartly: problem.partly } }];
  });

const VALIDATED = new Set(VALIDATED_KINDS);

// ---- what other rules of the family tell ----

interface Forms {
  readonly bounds: readonly Found[];
  /** Places of wrong types and values, with all below them. */
  readonly broken: ReadonlySet<string>;
  /** Maps with a field that nobody knows. */
  readonly misspelt: ReadonlySet<string>;
  /** Fields that are missing, or set beside others. */
  readonly fields: ReadonlySet<string>;
}

const formsOf = (mesh: Mesh): Forms => {
  const placesOf = (problems: readonly Found[], path: (problem: Found) => readonly Path[]): ReadonlySet<string> =>
    new Set(
      problems.flatMap((found) =>
        found.resource === undefined ? [] : path(found).map((steps) => placeKey(placeIn(found.resource!, ...steps))),
      ),
    );
  return {
    bounds: [...problemsOf(mesh, 'bounds'), ...problemsOf(mesh, 'pattern')],
    broken: placesOf([...problemsOf(mesh, 'type'), ...problemsOf(mesh, 'enum')], ({ problem }) => [problem.path]),
    misspelt: placesOf(problemsOf(mesh, 'unknown-field'), ({ problem }) => [problem.path.slice(0, -1)]),
    fields: placesOf([...problemsOf(mesh, 'required'), ...problemsOf(mesh, 'one-of')], ({ problem }) =>
      (problem.kind === 'required' ? [problem.name] : problem.wanted).map((name) => [...problem.path, name]),
    ),
  };
};

const isOfForm = (forms: Forms, resource: Resource, { path, isMissing }: Violation): boolean => {
  const idAt = (length: number): string => placeKey(placeIn(resource, ...path.slice(0, length)));
  if (forms.fields.has(idAt(path.length))) return true;
  // A missing key beside a misspelt one is most likely that.
  if (
    isMissing === true &&
    forms.misspelt.size > 0 &&
    (forms.misspelt.has(idAt(path.length)) || forms.misspelt.has(idAt(path.length - 1)))
  )
    return true;
  if (forms.broken.size === 0) return false;
  for (let length = path.length; length > 0; length--) if (forms.broken.has(idAt(length))) return true;
  return false;
};
