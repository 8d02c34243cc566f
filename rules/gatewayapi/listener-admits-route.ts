import type { Member } from '../../src/facts/mesh.ts';
import type { Resource } from '../../src/model/index.ts';
import { describe, filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { admitsNamespace } from '../../src/rule/listeners.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';

const GATEWAY_API = 'gateway.networking.k8s.io';

export default defineRule({
  id: 'gatewayapi/listener-admits-route',
  severity: 'error',
  istio: '1.16+',
  summary: 'The Gateway that a route hangs on has a listener that admits routes of its namespace.',
  why: 'A listener without allowedRoutes admits routes of the namespace of the Gateway alone. A route that no listener admits is not attached: its hosts answer 404.',
  fix: 'Set allowedRoutes.namespaces of the listener to All, or to a Selector that the labels of the namespace fit; or correct sectionName.',
  reads: ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'Gateway', 'Namespace'],
  models: ['hybrid-cloud'],
  aliases: ['KIA1401'],
  messages: {
    refused: '{route} in {cluster} hangs on {gateway}, no listener of which admits routes of namespace {namespace}',
    section: '{route} in {cluster} hangs on listener {section} of {gateway}, which has {listeners}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const kind of ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute'])
        for (const { resource, ambiguous } of statementsOf(config.resources.ofKind(kind, GATEWAY_API)))
          for (const [index, parent] of ambiguous ? [] : list(get(resource.value, 'spec', 'parentRefs')).entries()) {
            const gateway = gatewayOf(config, resource, parent);
            const listeners = list(get(gateway?.value, 'spec', 'listeners'));
            if (gateway === undefined || listeners.length === 0) continue;
            const section = filled(get(parent, 'sectionName'));
            const port = filled(get(parent, 'port'));
            const names = listeners.map((listener) => filled(get(listener, 'name')) ?? '');
            if ([section ?? '', ...names].some(isTemplate)) continue;
            const path = ['spec', 'parentRefs', index] as const;
            const where = {
              cluster: config.name,
              resource,
              also: [
                { place: placeIn(gateway, 'spec', 'listeners'), cluster: config.name, message: describe(gateway) },
              ],
            };
            const slots = { route: describe(resource), cluster: config.name, gateway: describe(gateway) };
            if (section !== undefined && !names.includes(section)) {
              // Kiali does not look at sectionName.
              const at = placeIn(resource, ...path, 'sectionName');
              report('section', { ...where, at, aliases: [] }, { ...slots, section, listeners: inWords(names) });
              continue;
            }
            const chosen = listeners.filter(
              (listener) =>
                (section === undefined || get(listener, 'name') === section) &&
                (port === undefined || filled(get(listener, 'port')) === port),
            );
            if (
              chosen.length === 0 ||
              chosen.some((listener) => admitsNamespace(config, gateway, listener, resource.namespace) !== 'no')
            )
              continue;
            report(
              'refused',
              { ...where, at: placeIn(resource, ...path, 'name') },
              { ...slots, namespace: resource.namespace ?? '' },
            );
          }
  },
});

const gatewayOf = (config: Member, route: Resource, parent: unknown): Resource | undefined => {
  const name = filled(get(parent, 'name'));
  const isGateway =
    (filled(get(parent, 'kind')) ?? 'Gateway') === 'Gateway' &&
    (filled(get(parent, 'group')) ?? GATEWAY_API) === GATEWAY_API;
  const namespace = filled(get(parent, 'namespace')) ?? route.namespace;
  if (!isGateway || name === undefined || namespace === undefined || isTemplate(namespace)) return undefined;
  const found = config.resources.find('Gateway', namespace, name, GATEWAY_API);
  // Several documents may state other listeners.
  return found.length === 1 ? found[0] : undefined;
};
