// What the API server's rules and istiod refuse in the objects and documents of a mesh, beside problems of their form.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { speaksFor, within } from '../../facts/minors.ts';
import type { Path, Place, Resource, Severity } from '../../model/index.ts';
import { below, describe, placeIn, placeKey } from '../../model/index.ts';
import { celViolations } from '../../schema/cel/check.ts';
import { GATEWAY_API_KINDS, gatewayApiViolations } from '../../schema/gatewayApi/index.ts';
import { ownerOf } from '../../schema/neighbours.ts';
import {
  documentViolations,
  documentWarnings,
  semanticViolations,
  VALIDATED_KINDS,
} from '../../schema/semantic/index.ts';
import { semanticWarnings } from '../../schema/semantic/warnings.ts';
import type { Violation } from '../../schema/violation.ts';
import { shown } from '../../schema/violation.ts';
import type { Problem } from '../../schema/walk.ts';
import { oncePerMesh } from '../scope.ts';
import { oncePerContent } from './copies.ts';
import type { MeshDocument } from './documents.ts';
import { meshDocuments } from './documents.ts';
import { keyMeant } from './hints.ts';
import type { Found } from './problems.ts';
import { asInFile, isOpaque, isPartOf, problemsOf } from './problems.ts';

export interface Refusal {
  readonly member: Member;
  /** The object, or the one around the document; undefined for a file of values. */
  readonly resource: Resource | undefined;
  /** `VirtualService shop/cart`, `the mesh config of ConfigMap istio-system/istio`. */
  readonly what: string;
  readonly isDocument: boolean;
  readonly at: Place;
  readonly path: Path;
  /** Tail of a sentence that begins with the key. */
  readonly problem: string;
  readonly severity: Severity;
  /** ' (from Istio 1.23)' where only some of the releases refuse it. */
  readonly suffix: string;
  /** What is refused: the value, and the one that asks for it where it is missing. */
  readonly refuses: readonly Place[];
}

const kindsOf = (keys: readonly string[]): readonly (readonly [group: string, kind: string])[] =>
  keys.map((key) => {
    const slash = key.indexOf('/');
    return [key.slice(0, slash), key.slice(slash + 1)] as const;
  });

const KINDS = kindsOf(VALIDATED_KINDS);
const REFUSED = [...KINDS, ...kindsOf(GATEWAY_API_KINDS)];

/** All refusals of a mesh, each key once: of files that several clusters share, for the first cluster by name. */
export const refusalsOf = (mesh: Mesh): readonly Refusal[] => answersOf(mesh).refusals;

/** Whether an object or a document is refused only as long as a key of it is misspelt. */
export const isRefusedUntilSpelt = (mesh: Mesh, { member, resource, root, problem, isOfMesh }: Found): boolean => {
  if (isOfMesh === true)
    return root !== undefined && answersOf(mesh).misspelt.has(placeKey(below(root, ...problem.path.slice(0, -1))));
  if (resource?.written === undefined) return false;
  const left = new Set(violationsOf(resource).map(violationKey));
  const isPartial = isPartOf(member, resource);
  return violationsOf(asInFile(resource)).some(
    (violation) =>
      !left.has(violationKey(violation)) &&
      !(isPartial && violation.isMissing === true) &&
      isOfKey(violation, problem) &&
      speaksFor(mesh.versionOf(member).minors, violation.istio ?? 'all', 'error') !== undefined,
  );
};

/** At the map around a misspelt key, at the key that was meant, or at one beside it for want of that. */
const isOfKey = ({ path, problem: said }: Violation, problem: Problem): boolean => {
  const map = problem.path.slice(0, -1);
  const [key, ...more] = path.slice(map.length);
  if (more.length > 0 || !map.every((step, index) => step === path[index])) return false;
  const meant = keyMeant(problem, false);
  return key === undefined || key === meant || (meant !== undefined && said.split(/\W+/).includes(meant));
};

const violationKey = ({ path, problem }: Violation): string => JSON.stringify([path, problem]);

interface Answers {
  readonly refusals: readonly Refusal[];
  /** Maps that lack what a key of theirs is misspelt for. */
  readonly misspelt: ReadonlySet<string>;
}

const answersOf = oncePerMesh((mesh): Answers => {
  const forms = formsOf(mesh);
  const misspelt = new Set<string>();
  const told = new Set<string>();
  const found: Refusal[] = [];
  for (const member of mesh.members) {
    const { minors, assumed } = mesh.versionOf(member);
    const newest = { low: minors.high, high: minors.high };
    const refusals = [...ofObjects(member), ...ofDocuments(member), ...ofBounds(forms.bounds, member)];
    for (const { resource, what, root, violation, isDocument } of refusals) {
      const { path, problem, istio = 'all' } = violation;
      const speaks = speaksFor(minors, istio, violation.isPartly === true ? 'warning' : 'error');
      // Where no file tells the version, what the newest release takes is taken.
      if (speaks === undefined || (assumed && within(newest, istio) === 'outside')) continue;
      const at = below(root, ...path);
      const id = placeKey(at);
      if (told.has(id) || isOfForm(forms, root, violation)) continue;
      const map = misspeltMap(forms, root, violation);
      if (map !== undefined) {
        misspelt.add(map);
        continue;
      }
      told.add(id);
      const { asker } = violation;
      const refuses = asker === undefined ? [at] : [at, below(root, ...asker)];
      found.push({ member, resource, what, isDocument, at, path, problem, refuses, ...speaks });
    }
  }
  return { refusals: found, misspelt };
});

export interface Idle {
  readonly member: Member;
  readonly resource: Resource | undefined;
  readonly what: string;
  readonly isDocument: boolean;
  readonly at: Place;
  readonly path: Path;
  /** Tail of a sentence that begins with the key. */
  readonly problem: string;
  readonly severity: Severity;
}

/** Settings that istiod takes and leaves aside, each once. */
export const idleSettingsOf = (mesh: Mesh): readonly Idle[] => {
  const told = new Set<string>();
  const found: Idle[] = [];
  for (const member of mesh.members)
    for (const [group, kind] of KINDS)
      for (const resource of member.resources.ofKind(kind, group)) {
        if (isOpaque(resource)) continue;
        for (const { path, problem, isMissing, isMild } of warningsOf(resource)) {
          const at = placeIn(resource, ...path);
          const id = placeKey(at);
          if (told.has(id) || (isMissing === true && isPartOf(member, resource))) continue;
          told.add(id);
          const severity = isMild === true ? 'info' : 'warning';
          found.push({ member, resource, what: describe(resource), isDocument: false, at, path, problem, severity });
        }
      }
  for (const { member, place, object, what, path, problem } of idleInDocuments(mesh)) {
    const at = below(place, ...path);
    if (told.has(placeKey(at))) continue;
    told.add(placeKey(at));
    found.push({ member, resource: object, what, isDocument: true, at, path, problem, severity: 'warning' });
  }
  return found;
};

const idleInDocuments = (mesh: Mesh): readonly (MeshDocument & Violation & { readonly member: Member })[] =>
  mesh.members.flatMap((member) =>
    meshDocuments(member).flatMap((document) =>
      documentWarnings(document.kind, document.value).map((violation) => ({ ...document, ...violation, member })),
    ),
  );

interface Held {
  readonly resource: Resource | undefined;
  readonly what: string;
  readonly isDocument: boolean;
  /** Where the object or the document begins. */
  readonly root: Place;
  readonly violation: Violation & { readonly isPartly?: boolean | undefined };
}

const ofObjects = (member: Member): readonly Held[] => {
  const found: Held[] = [];
  for (const [group, kind] of REFUSED)
    for (const resource of member.resources.ofKind(kind, group)) {
      if (isOpaque(resource)) continue;
      const violations = violationsOf(resource);
      if (violations.length === 0) continue;
      const isPartial = isPartOf(member, resource);
      for (const violation of violations)
        if (!(isPartial && violation.isMissing === true))
          found.push({ resource, what: describe(resource), isDocument: false, root: resource.place, violation });
    }
  return found;
};

const ofDocuments = (member: Member): readonly Held[] =>
  meshDocuments(member).flatMap(({ kind, what, value, place, object, isPartial }) =>
    documentViolations(kind, value)
      .filter(({ isMissing }) => !(isPartial && isMissing === true))
      .map((violation) => ({ resource: object, what, isDocument: true, root: place, violation })),
  );

/** The webhook's come first: it says no in all versions. */
const violationsOf = oncePerContent((resource): readonly Violation[] => {
  const key = `${resource.group}/${resource.kind}`;
  return [
    ...semanticViolations(key, resource),
    ...celViolations(key, resource.value),
    ...gatewayApiViolations(key, resource.value),
  ];
});

const warningsOf = oncePerContent(({ group, kind, value }) => semanticWarnings(`${group}/${kind}`, value));

/** Bounds, patterns and formats of the schema, where nothing better is said of the key. */
const ofBounds = (bounds: readonly Found[], member: Member): readonly Held[] =>
  bounds.flatMap((found) => {
    const { member: owner, resource, what, isOfMesh = false, problem, value } = found;
    const root = rootOf(found);
    if (owner !== member || root === undefined || !(isOfMesh || isValidated(resource))) return [];
    const violation = { path: problem.path, problem: boundInWords(problem, value), isPartly: problem.partly };
    return [{ resource, what, isDocument: isOfMesh, root, violation }];
  });

const rootOf = ({ root, resource }: Found): Place | undefined => root ?? resource?.place;

const isValidated = (resource: Resource | undefined): boolean =>
  resource !== undefined &&
  (VALIDATED.has(`${resource.group}/${resource.kind}`) || ownerOf(resource.group) !== undefined);

const boundInWords = ({ kind, wanted, name }: Problem, value: unknown): string => {
  const [bound = ''] = wanted;
  if (kind === 'duplicate') return `is ${shown(value)}, but an item before has this ${name} already`;
  if (kind === 'format') return `is ${shown(value)}, but must be ${bound}`;
  if (kind === 'pattern') return `is ${shown(value)}, but must match ${bound}`;
  if (typeof value === 'number') return `is ${value}, but must be ${bound}`;
  const said = typeof value === 'object' || value === undefined ? 'has another size' : `is ${shown(value)}`;
  return `${said}, but must have ${bound}`;
};

const VALIDATED = new Set(VALIDATED_KINDS);

// ---- what other rules of the family tell ----

interface Forms {
  readonly bounds: readonly Found[];
  /** Places of wrong types and values, with all below them. */
  readonly broken: ReadonlySet<string>;
  /** Maps of a mesh config with a field that nobody knows, and that was meant for another. */
  readonly misspelt: ReadonlySet<string>;
  /** Fields that are missing, or set beside others. */
  readonly fields: ReadonlySet<string>;
}

const formsOf = (mesh: Mesh): Forms => {
  const placesOf = (problems: readonly Found[], path: (problem: Found) => readonly Path[]): ReadonlySet<string> =>
    new Set(
      problems.flatMap((found) => {
        const root = rootOf(found);
        return root === undefined ? [] : path(found).map((steps) => placeKey(below(root, ...steps)));
      }),
    );
  return {
    bounds: (['bounds', 'pattern', 'format', 'duplicate'] as const).flatMap((kind) => problemsOf(mesh, kind)),
    broken: placesOf([...problemsOf(mesh, 'type'), ...problemsOf(mesh, 'enum')], ({ problem }) => [problem.path]),
    misspelt: placesOf(
      problemsOf(mesh, 'unknown-field').filter(({ isOfMesh, problem }) => isOfMesh === true && isSlip(problem)),
      ({ problem }) => [problem.path.slice(0, -1)],
    ),
    fields: placesOf([...problemsOf(mesh, 'required'), ...problemsOf(mesh, 'one-of')], ({ problem }) =>
      (problem.kind === 'required' ? [problem.name] : problem.wanted).map((name) => [...problem.path, name]),
    ),
  };
};

const isSlip = (problem: Problem): boolean => keyMeant(problem, false) !== undefined;

const isOfForm = (forms: Forms, root: Place, { path }: Violation): boolean => {
  const idAt = (length: number): string => placeKey(below(root, ...path.slice(0, length)));
  if (forms.fields.has(idAt(path.length))) return true;
  if (forms.broken.size === 0) return false;
  for (let length = path.length; length > 0; length--) if (forms.broken.has(idAt(length))) return true;
  return false;
};

/** A missing key beside a misspelt one is most likely that: the map of both. */
const misspeltMap = (forms: Forms, root: Place, { path, isMissing }: Violation): string | undefined =>
  isMissing !== true || forms.misspelt.size === 0
    ? undefined
    : [path, path.slice(0, -1)].map((map) => placeKey(below(root, ...map))).find((map) => forms.misspelt.has(map));
