import { describe, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { expandHost, isWildcard } from '../../src/rule/hosts.ts';
import { knownNamespaces } from '../../src/rule/knownNamespaces.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import type { Resolution } from '../../src/rule/resolve.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { routesOf } from '../../src/rule/routes.ts';
import { clusterDomainOf, inWords, realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'policy/host-known',
  severity: 'warning',
  istio: '1.4+',
  summary: 'The hosts of an AuthorizationPolicy that look like Services are Services of the mesh.',
  why: 'A host is compared with that of the request. Of a Service that no cluster has, no request carries the name: the rule admits (or keeps out) nothing.',
  fix: 'Write the name of the Service, in each form that clients call it by (cart, cart.shop, cart.shop.svc.cluster.local).',
  reads: ['AuthorizationPolicy', 'Service', 'ServiceEntry', 'VirtualService', 'Namespace'],
  aliases: ['KIA0104'],
  messages: {
    unknown: '{policy} in {cluster} names host {host}; none of {clusters} has Service {name} in namespace {namespace}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const routed = new Set(routesOf(mesh, config).flatMap((route) => route.hosts.map(({ host }) => host)));
      for (const { resource } of statementsOf(config.resources.ofKind('AuthorizationPolicy', 'security.istio.io')))
        for (const [ruleIndex, rule] of list(get(resource.value, 'spec', 'rules')).entries())
          for (const [toIndex, to] of list(get(rule, 'to')).entries())
            for (const [index, written] of texts(get(to, 'operation', 'hosts')).entries()) {
              const host = fullName(written, resource.namespace, knownNamespaces(mesh).names, clusterDomainOf(config));
              if (host === undefined || routed.has(host) || routed.has(written)) continue;
              const found = resolveHost(mesh, config, host);
              // A ServiceEntry may have the name as it is written.
              if (found.state !== 'nowhere' || isEntry(resolveHost(mesh, config, withoutPort(written)))) continue;
              report(
                'unknown',
                {
                  at: placeIn(resource, 'spec', 'rules', ruleIndex, 'to', toIndex, 'operation', 'hosts', index),
                  cluster: config.name,
                  resource,
                },
                {
                  policy: describe(resource),
                  cluster: config.name,
                  host: written,
                  clusters: inWords(mesh.members.map((member) => member.name)),
                  name: found.name,
                  namespace: found.namespace,
                },
              );
            }
    }
  },
});

const isEntry = ({ state }: Resolution): boolean => state === 'here' || state === 'elsewhere';

const withoutPort = (written: string): string => written.replace(/:(\d+|\*)$/, '');

/** The full name of what looks like a Service (`cart`, `cart.shop`, with a port or `:*`); undefined for other hosts. */
const fullName = (
  written: string,
  namespace: string | undefined,
  known: ReadonlySet<string> | undefined,
  clusterDomain: string,
): string | undefined => {
  const host = withoutPort(written);
  if (host === '' || host === 'localhost' || isWildcard(host) || host.endsWith('*') || isTemplate(host))
    return undefined;
  const steps = host.split('.');
  if (steps.length === 1) return namespace === undefined ? undefined : expandHost(host, namespace, clusterDomain);
  return steps.length === 2 && known?.has(steps[1]!) === true ? `${host}.svc.${clusterDomain}` : undefined;
};
