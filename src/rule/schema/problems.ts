// The problems of form of all objects of Istio in a mesh, found once for all rules that tell of them.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Minors } from '../../facts/minors.ts';
import { lowered, minorsInWords } from '../../facts/minors.ts';
import type { Path, Place, Resource, Severity } from '../../model/index.ts';
import { describe, get, placeIn, placeKey } from '../../model/index.ts';
import { neighbourProblems, ownerOf } from '../../schema/neighbours.ts';
import { structuralProblems } from '../../schema/structural.ts';
import { istioGroups } from '../../schema/table.ts';
import { pathInWords } from '../../schema/violation.ts';
import type { Problem, ProblemKind } from '../../schema/walk.ts';
import type { Where } from '../define.ts';
import { oncePerMesh } from '../scope.ts';
import { oncePerContent } from './copies.ts';
import { documentProblems } from './documents.ts';
import { keyMeant } from './hints.ts';
import { apiInWords, homeOfNeighbour, isBeyondTables, speaksOfNeighbour } from './neighbours.ts';

export interface Found {
  readonly member: Member;
  /** The object itself, or the one around the document; undefined for a file of values. */
  readonly resource: Resource | undefined;
  /** `VirtualService shop/cart`, `the mesh config of ConfigMap istio-system/istio`. */
  readonly what: string;
  /** `group/version/Kind` of an object; undefined for other documents. */
  readonly key: string | undefined;
  readonly problem: Problem;
  readonly at: Place;
  /** What stands there. */
  readonly value: unknown;
  /** The way there, as people write it. */
  readonly path: string;
  readonly minors: Minors;
  /** Whose words they are, where not those of Istio's releases: `the Gateway API up to v1.5`, `the chart gateway`. */
  readonly api?: string | undefined;
  /** Where the document begins, for what stands in one. */
  readonly root?: Place | undefined;
  /** In a mesh config or in meshNetworks, which istiod takes or refuses as a whole. */
  readonly isOfMesh?: boolean | undefined;
  /** Where the field belongs, where that is known: `spec.values`. */
  readonly home?: string | undefined;
  /** A misspelt key that stands for one without which the object is refused. */
  readonly isNeeded?: boolean | undefined;
  /** Whoever applies the document refuses it for a field that it does not know. */
  readonly isRefused?: boolean | undefined;
  readonly shared: boolean;
}

/** Who does not know a word: `Istio 1.28`, `the Gateway API up to v1.5`. */
export const apiOf = ({ api, minors }: Found): string => api ?? `Istio ${minorsInWords(minors)}`;

/**
 * Problems of the form of Istio's objects, mesh configs, installations and values, each place once: of files that
 * several clusters share, for the first cluster by name.
 */
const allProblems = oncePerMesh((mesh): ReadonlyMap<ProblemKind, readonly Found[]> => {
  const found = new Map<ProblemKind, Found[]>();
  const told = new Set<string>();
  for (const one of [...objectProblems(mesh), ...documentProblems(mesh)]) {
    const id = `${one.problem.kind} ${one.problem.name} ${placeKey(one.at)}`;
    if (told.has(id)) continue;
    told.add(id);
    const ofKind = found.get(one.problem.kind);
    if (ofKind === undefined) found.set(one.problem.kind, [one]);
    else ofKind.push(one);
  }
  return found;
});

const objectProblems = (mesh: Mesh): readonly Found[] => {
  const found: Found[] = [];
  const groups = istioGroups();
  const looks = new Map<string, (resource: Resource) => readonly Problem[]>();
  const [lookBeside, lookBeyond] = [false, true].map((isBeyond) =>
    oncePerContent(({ apiVersion, kind, value }) =>
      neighbourProblems(`${apiVersion}/${kind}`, value, isBeyond).filter((problem) =>
        speaksOfNeighbour(`${apiVersion}/${kind}`, problem, value),
      ),
    ),
  );
  for (const member of mesh.members) {
    const version = mesh.versionOf(member);
    const span = `${version.minors.low} ${version.minors.high} ${version.assumed}`;
    let look = looks.get(span);
    if (look === undefined)
      looks.set(
        span,
        (look = oncePerContent(({ apiVersion, kind, value }) =>
          structuralProblems(`${apiVersion}/${kind}`, value, version),
        )),
      );
    const lookAtNeighbour = isBeyondTables(mesh, member) ? lookBeyond : lookBeside;
    for (const resource of member.resources.all) {
      const owner = ownerOf(resource.group);
      if ((owner === undefined && !groups.has(resource.group)) || isOpaque(resource)) continue;
      const key = `${resource.apiVersion}/${resource.kind}`;
      const lookAtIt = owner === undefined ? look : lookAtNeighbour!;
      const asWritten = resource.written === undefined ? [] : lookAtIt(asInFile(resource));
      // A word that nobody wrote is not told to be an old one.
      const asMeant = lookAtIt(resource).filter(({ kind, path }) => kind !== 'deprecated' || isWritten(resource, path));
      const problems = [...asWritten.filter(({ kind }) => kind === 'unknown-field'), ...asMeant];
      if (problems.length === 0) continue;
      const isPartial = isPartOf(member, resource);
      const lacked = isPartial ? [] : asWritten.filter((problem) => isLackedBeside(problem, asMeant));
      for (const problem of problems)
        if (!(isPartial && problem.kind === 'required'))
          found.push({
            member,
            resource,
            what: describe(resource),
            key,
            problem,
            at: placeIn(resource, ...problem.path, ...(problem.kind === 'one-of' ? [problem.name] : [])),
            value: get(resource.value, ...problem.path),
            path: pathInWords(problem.path),
            minors: version.minors,
            api: owner === undefined ? undefined : apiInWords(resource.group),
            home: owner === undefined ? undefined : homeOfNeighbour(key, problem),
            isRefused: true,
            isNeeded: lacked.some((lack) => isLackOf(lack, problem, resource)),
            shared: resource.shared,
          });
    }
  }
  return found;
};

/** Whether the file has a key, and not another one that was read as it. */
export const isWritten = ({ written }: Resource, path: Path): boolean =>
  written === undefined || get(written, ...path) !== undefined;

/** A field that is missing in the file, and there as soon as a misspelt key is read as it was meant. */
const isLackedBeside = ({ kind, name, path }: Problem, asMeant: readonly Problem[]): boolean =>
  kind === 'required' &&
  !asMeant.some((other) => other.kind === kind && other.name === name && isSame(other.path, path));

/** Whether a misspelt key was meant for the missing one, or to stand below it. */
const isLackOf = ({ name, path }: Problem, problem: Problem, { written }: Resource): boolean =>
  isSame(path, problem.path.slice(0, -1)) &&
  (keyMeant(problem, false) === name || get(written, ...path, name) === null);

const isSame = (a: Path, b: Path): boolean => a.length === b.length && a.every((step, index) => step === b[index]);

/** An object as its file has it. */
export const asInFile = (resource: Resource): Resource =>
  resource.written === undefined ? resource : { ...resource, value: resource.written };

/** Problems of one kind. */
export const problemsOf = (mesh: Mesh, kind: ProblemKind): readonly Found[] => allProblems(mesh).get(kind) ?? [];

/** Where a finding stands; one step milder where only some releases have the problem. */
export const whereOf = ({ member, resource, problem, at }: Found, severity: Severity): Where => ({
  at,
  cluster: member.name,
  resource,
  severity: problem.partly === true ? lowered(severity) : severity,
  aliases: aliasesFor(resource),
});

/** istioctl looks at the form of Istio's own objects only. */
export const aliasesFor = (resource: Resource | undefined): readonly string[] | undefined =>
  resource === undefined || ownerOf(resource.group) === undefined ? undefined : [];

/** Encrypted by SOPS: what stands there is not what is applied. */
export const isOpaque = ({ value }: Resource): boolean => value['sops'] !== undefined;

/**
 * Whether a resource may be a part of an object: a patch that no loaded kustomization lists, a base that a patch
 * which could not be followed completes, or one of several statements of one object.
 */
export const isPartOf = (member: Member, resource: Resource): boolean => {
  if (/(^|[/._-])(patch(es)?|overlays?)([/._-]|$)/i.test(resource.place.file.path)) return true;
  if (
    member.cluster.unread.some(
      ({ why, kinds }) => why === 'kustomize' && (kinds.length === 0 || kinds.includes(resource.kind)),
    )
  )
    return true;
  return member.resources
    .find(resource.kind, resource.namespace, resource.name, resource.group)
    .some((other) => other !== resource && other.place.file.path !== resource.place.file.path);
};
