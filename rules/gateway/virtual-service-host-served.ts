import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Resource } from '../../src/model/index.ts';
import { describe, get, isTemplate, list, placeIn, text, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { holdsAll, isInternalGateway } from '../../src/rule/gateway/selected.ts';
import { isWithin, splitHost, UNSTATED } from '../../src/rule/hosts.ts';
import type { Route } from '../../src/rule/routes.ts';
import { gatewayNamed, routesOf } from '../../src/rule/routes.ts';
import { realmsOf, someInWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'gateway/virtual-service-host-served',
  severity: 'warning',
  istio: 'all',
  summary: 'A Gateway serves some host of each VirtualService that hangs on it.',
  why: 'A gateway takes from a VirtualService only the hosts that one of its servers has, for the namespace of the VirtualService. With none in common the routes are never read, and calls get 404.',
  fix: 'Add the host to a server of the Gateway, mend the host, or name the Gateway that serves it; "namespace/host" in a server lets only VirtualServices of that namespace in.',
  reads: ['VirtualService', 'Gateway'],
  aliases: ['IST0132'],
  messages: {
    unserved: '{route} in {cluster} has {hosts}, but {gateway} serves {served}',
    missing: 'no gateway serves {hosts} for {route} in {cluster}: it hangs on Gateway {gateway}, which is not there',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const route of routesOf(mesh, config)) {
        if (route.resource.kind !== 'VirtualService' || route.hosts.length === 0) continue;
        if (route.hosts.some(({ host }) => isTemplate(host))) continue;
        for (const written of new Set(route.gateways)) {
          if (isTemplate(written) || isInternalGateway(written)) continue;
          const gateways = gatewaysNamed(config, written);
          const where = { at: placeOf(route, written), cluster: config.name, resource: route.resource };
          const slots = {
            route: describe(route.resource),
            cluster: config.name,
            hosts: someInWords(route.hosts.map(({ host }) => host)),
          };
          if (gateways.length === 0) {
            if (isAbsent(mesh, written))
              report('missing', { ...where, severity: 'info' }, { ...slots, gateway: written.replace('?/', '') });
            continue;
          }
          const offers = gateways.flatMap(offersOf);
          if (offers.some((host) => isTemplate(host)) || gateways.some((gateway) => admits(gateway, route))) continue;
          report(
            'unserved',
            {
              ...where,
              also: gateways.map((gateway) => ({
                place: placeIn(gateway, 'spec', gateway.group === 'networking.istio.io' ? 'servers' : 'listeners'),
                cluster: config.name,
                message: describe(gateway),
              })),
            },
            {
              ...slots,
              gateway: describe(gateways[0]!),
              served: offers.length === 0 ? 'no host' : `${someInWords([...new Set(offers)])} only`,
            },
          );
        }
      }
  },
});

const parts = (written: string): { readonly namespace: string | undefined; readonly name: string } => {
  const slash = written.indexOf('/');
  const namespace = written.slice(0, slash);
  return { namespace: namespace === UNSTATED ? undefined : namespace, name: written.slice(slash + 1) };
};

const gatewaysNamed = (config: Member, written: string): readonly Resource[] => {
  const { namespace, name } = parts(written);
  return config.resources.find('Gateway', namespace, name);
};

/** No cluster has it, and no file can bring it. */
const isAbsent = (mesh: Mesh, written: string): boolean => {
  const { namespace, name } = parts(written);
  return (
    holdsAll(mesh, 'Gateway') &&
    mesh.members.every(
      (member) =>
        !hidesKind(member.cluster, ['Gateway']) && member.resources.find('Gateway', namespace, name).length === 0,
    )
  );
};

const placeOf = (route: Route, written: string): Resource['place'] => {
  const index = texts(get(route.resource.value, 'spec', 'gateways')).findIndex(
    (entry) => entry !== 'mesh' && gatewayNamed(entry, route.namespace) === written,
  );
  return placeIn(route.resource, 'spec', 'gateways', Math.max(index, 0));
};

/** Hosts of all servers as written; a listener without hostname serves all. */
const offersOf = (gateway: Resource): readonly string[] =>
  gateway.group === 'networking.istio.io'
    ? list(get(gateway.value, 'spec', 'servers')).flatMap((server) => texts(get(server, 'hosts')))
    : list(get(gateway.value, 'spec', 'listeners')).map((listener) => text(get(listener, 'hostname')) ?? '*');

/** Whether some host of the route is one of the gateway, for the namespace of the route. */
const admits = (gateway: Resource, route: Route): boolean =>
  offersOf(gateway).some((written) => {
    const { namespace, host } = splitHost(written);
    const wanted = namespace === '.' ? (gateway.namespace ?? UNSTATED) : namespace;
    if (wanted !== undefined && wanted !== '*' && wanted !== route.namespace && route.namespace !== UNSTATED)
      return false;
    return route.hosts.some((called) => {
      const [outer, inner] = [host.toLowerCase(), called.host.toLowerCase()];
      return isWithin(inner, outer) || isWithin(outer, inner);
    });
  });
