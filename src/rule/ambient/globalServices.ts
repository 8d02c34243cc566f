// Services that ambient clusters share.
import type { Mesh } from '../../facts/mesh.ts';
import { oncePerMesh } from '../scope.ts';
import type { ServiceStatement } from '../services.ts';
import type { TwinService } from '../twins.ts';
import { twinServices } from '../twins.ts';
import { ambientMembers } from './dataPlane.ts';
import { scopeOf } from './scopes.ts';

/** Services that at least two ambient clusters state, with these statements only. */
export const ambientTwins = oncePerMesh((mesh): readonly TwinService[] => {
  const members = new Set(ambientMembers(mesh));
  if (members.size < 2) return [];
  return twinServices(mesh).flatMap(({ service, statements }) => {
    const ours = statements.filter(({ member }) => members.has(member));
    return ours.length < 2 ? [] : [{ service, statements: ours }];
  });
});

/** Those that each of their clusters calls global, as far as its own control plane says. */
export const globalTwins = oncePerMesh((mesh): readonly TwinService[] =>
  ambientTwins(mesh).filter(({ statements }) => statements.every((statement) => isGlobal(mesh, statement))),
);

const isGlobal = (mesh: Mesh, { member, resource }: ServiceStatement): boolean =>
  scopeOf(mesh, member, member, resource) === 'GLOBAL';
