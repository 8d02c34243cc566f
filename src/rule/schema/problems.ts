// The problems of form of all objects of Istio in a mesh, found once for all rules that tell of them.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Minors } from '../../facts/version.ts';
import { lowered, minorsInWords } from '../../facts/version.ts';
import type { Place, Resource, Severity } from '../../model/index.ts';
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
      const problems = (owner === undefined ? look : lookAtNeighbour)?.(resource) ?? [];
      if (problems.length === 0) continue;
      const isPartial = isPartOf(member, resource);
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
            shared: resource.shared,
          });
    }
  }
  return found;
};

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
