// Namespaces that the files of a mesh name.
import type { Member } from '../facts/mesh.ts';
import { hidesKind } from '../facts/sources.ts';
import type { Resource } from '../model/index.ts';
import { createsUntoldNamespaces, namespacesInstalledInto } from './installers.ts';
import { istioNamespaceOf, oncePerMesh, rootNamespaceOf } from './scope.ts';

/** Namespaces that any file names; undefined where the files hold no Namespaces, or not all, so that others may be there. */
export const knownNamespaces = oncePerMesh((mesh): { readonly names: ReadonlySet<string> | undefined } => {
  const isComplete = mesh.settings.complete.includes('Namespace');
  const holds = (member: Member): boolean =>
    member.resources.ofKind('Namespace', '').length > 0 && !hidesKind(member.cluster, ['Namespace']);
  if (!isComplete && !mesh.members.every(holds)) return { names: undefined };
  if (!isComplete && mesh.members.some((member) => createsUntoldNamespaces(member))) return { names: undefined };
  return { names: namedNamespaces(mesh) };
});

/** Namespaces that any file names, and perhaps not all there are. */
export const namedNamespaces = oncePerMesh(
  (mesh): ReadonlySet<string> =>
    new Set([
      ...EVERYWHERE,
      ...mesh.members.flatMap((member) => [
        istioNamespaceOf(member),
        rootNamespaceOf(member),
        ...namespacesInstalledInto(mesh, member),
        ...member.resources.all.flatMap(namespacesNamedBy),
      ]),
    ]),
);

/** Kubernetes makes these in each cluster. */
const EVERYWHERE = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

const namespacesNamedBy = ({ kind, group, name, namespace }: Resource): readonly string[] =>
  kind === 'Namespace' && group === '' ? [name] : namespace === undefined ? [] : [namespace];
