import { describe, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { expandHost, isWildcard } from '../../src/rule/hosts.ts';
import { knownNamespaces } from '../../src/rule/knownNamespaces.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import type { Resolution } from '../../src/rule/resolve.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { routesOf } from '../../src/rule/routes.ts';
import { clusterDomainOf, noneInWords, realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'policy/host-known',
  severity: 'warning',
  istio: '1.4+',
  summary: 'The hosts of an AuthorizationPolicy that look like Services are Services of the mesh.',
  why: 'A host is compared with that of the request. Of a Service that no cluster has, no request carries the name (nor a scheme, a path or a star): the rule admits (or keeps out) nothing.',
  fix: 'Write the name of the Service, in each form that clients call it by (cart, cart.shop, cart.shop.svc.cluster.local).',
  reads: ['AuthorizationPolicy', 'Service', 'ServiceEntry', 'VirtualService', 'Namespace'],
  aliases: ['KIA0104'],
  messages: {
    star: '{policy} in {cluster} names host {host}; a star stands for anything at the start or the end only, and no request has one in its host',
    form: '{policy} in {cluster} names host {host}, which has {what}; the host of a request is a name and a port alone',
    unknown: '{policy} in {cluster} names host {host}; {none} has Service {name} in namespace {namespace}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const routed = new Set(routesOf(mesh, config).flatMap((route) => route.hosts.map(({ host }) => host)));
      for (const { resource } of statementsOf(config.resources.ofKind('AuthorizationPolicy', 'security.istio.io')))
        for (const [ruleIndex, rule] of list(get(resource.value, 'spec', 'rules')).entries())
          for (const [toIndex, to] of list(get(rule, 'to')).entries())
            for (const [index, written] of texts(get(to, 'operation', 'hosts')).entries()) {
              const at = placeIn(resource, 'spec', 'rules', ruleIndex, 'to', toIndex, 'operation', 'hosts', index);
              const slots = { policy: describe(resource), cluster: config.name, host: written };
              const what = isTemplate(written) ? undefined : strangeIn(written);
              if (what !== undefined) {
                const where = { at, cluster: config.name, resource, aliases: [] };
                if (what === 'a star') report('star', { ...where, fix: FIX_STAR }, slots);
                else report('form', { ...where, fix: FIX_FORM }, { ...slots, what });
                continue;
              }
              const host = fullName(written, resource.namespace, knownNamespaces(mesh).names, clusterDomainOf(config));
              if (host === undefined || routed.has(host) || routed.has(written)) continue;
              const found = resolveHost(mesh, config, host);
              // A ServiceEntry may have the name as it is written.
              if (found.state !== 'nowhere' || isEntry(resolveHost(mesh, config, withoutPort(written)))) continue;
              report(
                'unknown',
                { at, cluster: config.name, resource },
                {
                  ...slots,
                  none: noneInWords(mesh),
                  name: found.name,
                  namespace: found.namespace,
                },
              );
            }
    }
  },
});

const FIX_STAR = 'Write the host in full, or a star as its first or last character.';
const FIX_FORM = 'Write the host alone; the path of a request belongs into paths.';

/** What no host of a request has. */
const strangeIn = (written: string): string | undefined => {
  if (written.includes('://')) return 'a scheme';
  if (written.includes('/')) return 'a path';
  // `:*` stands for any port at the end, where any star does.
  return written.slice(1, -1).includes('*') || (written.length > 2 && /^\*.*\*$/.test(written)) ? 'a star' : undefined;
};

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
