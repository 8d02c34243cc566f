// Which namespaces a listener of the Gateway API lets in.
import type { Member } from '../facts/mesh.ts';
import type { Resource, Tri } from '../model/index.ts';
import { filled, get } from '../model/index.ts';
import { namespaceLabels } from './ambient/scopes.ts';
import { matches } from './labelSelectors.ts';

/** `allowedRoutes.namespaces` of a listener, where nothing is written `Same`. */
export const admitsNamespace = (
  member: Member,
  gateway: Resource,
  listener: unknown,
  namespace: string | undefined,
): Tri => {
  if (namespace === undefined || gateway.namespace === undefined) return 'unknown';
  const from = filled(get(listener, 'allowedRoutes', 'namespaces', 'from')) ?? 'Same';
  if (from === 'All') return 'yes';
  if (from === 'Same') return namespace === gateway.namespace ? 'yes' : 'no';
  if (from === 'None') return 'no';
  const labels = namespaceLabels(member, namespace);
  if (from !== 'Selector' || labels === undefined) return 'unknown';
  return matches(get(listener, 'allowedRoutes', 'namespaces', 'selector'), {
    labels: { ...labels, 'kubernetes.io/metadata.name': namespace },
    complete: true,
  });
};
