// Fields of which a rule on the form of objects tells: what they say, no cluster reads.
import type { Mesh } from '../../facts/mesh.ts';
import type { Path, Resource } from '../../model/index.ts';
import { placeKey } from '../../model/index.ts';
import type { ProblemKind } from '../../schema/walk.ts';
import { refusalsOf } from '../schema/constraints.ts';
import { problemsOf } from '../schema/problems.ts';
import { oncePerMesh } from '../scope.ts';

/** A field of an object, or the nearest parent where it is not there; from the root of the object. */
export interface Field {
  readonly path: Path;
  readonly isThere: boolean;
}

/** Whether a field is amiss in its form, or is not there because something amiss stands in its place. */
export const isRefused = (mesh: Mesh, resource: Resource, { path, isThere }: Field): boolean =>
  (byObject(mesh).get(placeKey(resource.place)) ?? []).some((fault) =>
    isThere ? isBelow(path, fault.path) : fault.isBeside && isAround(fault.path.slice(0, -1), path),
  );

interface Fault {
  readonly path: Path;
  /** A key that stands where another was meant. */
  readonly isBeside: boolean;
}

const KINDS: readonly ProblemKind[] = [
  'unknown-field',
  'type',
  'enum',
  'one-of',
  'pattern',
  'bounds',
  'format',
  'not-yet-in',
  'removed-in',
];

const byObject = oncePerMesh((mesh): ReadonlyMap<string, readonly Fault[]> => {
  const found = new Map<string, Fault[]>();
  const add = (resource: Resource | undefined, fault: Fault): void => {
    if (resource === undefined) return;
    const key = placeKey(resource.place);
    const held = found.get(key);
    if (held === undefined) found.set(key, [fault]);
    else held.push(fault);
  };
  for (const kind of KINDS)
    for (const { resource, problem } of problemsOf(mesh, kind))
      add(resource, { path: problem.path, isBeside: kind === 'unknown-field' || kind === 'one-of' });
  for (const { resource, path, isDocument } of refusalsOf(mesh))
    if (!isDocument) add(resource, { path, isBeside: false });
  return found;
});

const isBelow = (path: Path, around: Path): boolean => around.every((step, index) => path[index] === step);

const isAround = (one: Path, other: Path): boolean => isBelow(one, other) || isBelow(other, one);
