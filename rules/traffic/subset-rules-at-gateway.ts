import type { Resource } from '../../src/model/index.ts';
import { describe, get, isTemplate, list } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Route } from '../../src/rule/routes.ts';
import { routesOf } from '../../src/rule/routes.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'traffic/subset-rules-at-gateway',
  severity: 'info',
  istio: 'all',
  preset: 'strict',
  summary: 'What a gateway sends to a host keeps to the subset rules that the sidecars have for it.',
  why: 'A gateway obeys the VirtualServices that are bound to it only. Calls from outside go to all versions of the host, whatever share the rules for the sidecars give to each subset.',
  fix: 'Name the subset in the route of the gateway, or bind the rules for the sidecars to the gateway, too.',
  reads: ['VirtualService'],
  aliases: ['IST0140'],
  messages: {
    ignored:
      '{route} in {cluster} sends calls of {gateways} to {host} without a subset: the subset rules of {others} are for sidecars only',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const routes = routesOf(mesh, config).filter(({ resource }) => resource.kind === 'VirtualService');
      const ruled = new Map<string, Route[]>();
      for (const route of routes)
        for (const host of subsetHosts(route)) ruled.set(host, [...(ruled.get(host) ?? []), route]);
      if (ruled.size === 0) continue;
      for (const route of routes) {
        if (route.gateways.length === 0) continue;
        const told = new Set<string>();
        for (const { host, subset, place } of route.destinations) {
          const isHttpRoute = place.path[1] === 'http' && place.path[3] === 'route';
          if (subset !== undefined || !isHttpRoute || isTemplate(host) || told.has(host)) continue;
          const others = (ruled.get(host) ?? []).filter(
            (other) => other !== route && route.gateways.some((gateway) => !other.gateways.includes(gateway)),
          );
          if (others.length === 0) continue;
          told.add(host);
          report(
            'ignored',
            {
              at: place,
              cluster: config.name,
              resource: route.resource,
              also: others.map(({ resource }) => ({
                place: resource.place,
                cluster: config.name,
                message: describe(resource),
              })),
            },
            {
              route: describe(route.resource),
              cluster: config.name,
              host,
              gateways: inWords(route.gateways),
              others: inWords(others.map(({ resource }) => describe(resource))),
            },
          );
        }
      }
    }
  },
});

/** Hosts of a VirtualService that its own HTTP rules split into subsets. */
const subsetHosts = (route: Route): readonly string[] => {
  const hosts = new Set(route.hosts.map(({ host }) => host));
  if (!hasHttp(route.resource)) return [];
  return [
    ...new Set(
      route.destinations.flatMap(({ host, subset, place }) =>
        subset !== undefined &&
        subset !== '' &&
        place.path[1] === 'http' &&
        place.path[3] === 'route' &&
        hosts.has(host)
          ? [host]
          : [],
      ),
    ),
  ];
};

const hasHttp = (resource: Resource): boolean => list(get(resource.value, 'spec', 'http')).length > 0;
