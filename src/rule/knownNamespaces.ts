// Namespaces that the files of a mesh name.
import type { Member } from '../facts/mesh.ts';
import { hidesKind } from '../facts/sources.ts';
import type { Resource } from '../model/index.ts';
import { oncePerMesh } from './scope.ts';

/** Namespaces that any file names; undefined where the files hold no Namespaces, so that others may be there. */
export const knownNamespaces = oncePerMesh((mesh): { readonly names: ReadonlySet<string> | undefined } => {
  const isComplete = mesh.settings.complete.includes('Namespace');
  const holds = (member: Member): boolean =>
    member.resources.ofKind('Namespace', '').length > 0 && !hidesKind(member.cluster, ['Namespace']);
  if (!isComplete && !mesh.members.every(holds)) return { names: undefined };
  return { names: namedNamespaces(mesh) };
});

/** Namespaces that any file names, and perhaps not all there are. */
export const namedNamespaces = oncePerMesh(
  (mesh): ReadonlySet<string> =>
    new Set(mesh.members.flatMap((member) => member.resources.all.flatMap(namespacesNamedBy))),
);

const namespacesNamedBy = ({ kind, group, name, namespace }: Resource): readonly string[] =>
  kind === 'Namespace' && group === '' ? [name] : namespace === undefined ? [] : [namespace];
