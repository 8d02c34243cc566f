// Which namespaces and hosts a listener of the Gateway API lets in.
import type { Member } from '../facts/mesh.ts';
import type { Resource, Tri } from '../model/index.ts';
import { filled, get } from '../model/index.ts';
import { namespaceLabels } from './ambient/scopes.ts';
import { covers, isWithin } from './hosts.ts';
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

/** Whether a hostname of a route and that of a listener (undefined: all hosts) share a host. `*.x` stands for one label or more before `.x`. */
export const hostnamesMeet = (ofRoute: string, ofListener: string | undefined): boolean => {
  if (ofListener === undefined || ofListener === '*' || ofRoute === '*') return true;
  const [route, listener] = [ofRoute.toLowerCase(), ofListener.toLowerCase()];
  if (!route.startsWith('*')) return covers(listener, route);
  return listener.startsWith('*') ? isWithin(route, listener) || isWithin(listener, route) : covers(route, listener);
};
