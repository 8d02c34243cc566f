import type { Member } from '../../src/facts/mesh.ts';
import type { Resource } from '../../src/model/index.ts';
import { describe, filled, get, integer, isTemplate, list, placeIn } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { expandHost } from '../../src/rule/hosts.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { clusterDomainOf, realmsOf } from '../../src/rule/scope.ts';

const messages = {
  twice:
    '{route} in {cluster} names {destination} twice in one route: the weights add up, and another destination was probably meant',
  single: '{route} in {cluster} gives its only destination weight {weight}: it takes all calls, whatever the weight',
} as const;

export default defineRule({
  id: 'traffic/route-weights',
  severity: 'warning',
  istio: 'all',
  summary: 'The destinations of a route differ, and a weight stands beside another.',
  why: 'A destination that is copied and not changed takes the calls of the one that was meant, and a weight of 20 for an only destination does not keep the other 80 away.',
  fix: 'Write the other subset or host, or leave out the weight.',
  reads: ['VirtualService'],
  aliases: ['KIA1104', 'KIA1105'],
  messages,
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource } of statementsOf(config.resources.ofKind('VirtualService', 'networking.istio.io')))
        for (const protocol of ['http', 'tls', 'tcp'])
          for (const [index, route] of list(get(resource.value, 'spec', protocol)).entries())
            checkRoute(config, resource, [protocol, index], list(get(route, 'route')), report);
  },
});

const checkRoute = (
  config: Member,
  resource: Resource,
  [protocol, index]: readonly [string, number],
  entries: readonly unknown[],
  report: Report<typeof messages>,
): void => {
  const slots = { route: describe(resource), cluster: config.name };
  const where = { cluster: config.name, resource };
  const path = ['spec', protocol, index, 'route'] as const;
  const weight = integer(get(entries[0], 'weight'));
  if (entries.length === 1 && weight !== undefined && weight > 0 && weight < 100) {
    const at = placeIn(resource, ...path, 0, 'weight');
    report('single', { ...where, at, aliases: ['KIA1104'] }, { ...slots, weight });
  }
  const names = entries.map((entry) => nameOf(config, resource, get(entry, 'destination')));
  for (const [at, name] of names.entries()) {
    if (name === undefined || names.filter((other) => other === name).length < 2) continue;
    // Entries that set or remove other headers are told apart by these.
    if (entries.some((entry, other) => names[other] === name && get(entry, 'headers') !== undefined)) continue;
    report(
      'twice',
      { ...where, at: placeIn(resource, ...path, at, 'destination'), aliases: ['KIA1105'] },
      { ...slots, destination: name },
    );
  }
};

/** Host, subset and port; undefined for templates. */
const nameOf = (config: Member, { namespace }: Resource, destination: unknown): string | undefined => {
  const [host, subset, port] = [
    filled(get(destination, 'host')),
    filled(get(destination, 'subset')),
    filled(get(destination, 'port', 'number')),
  ];
  if (host === undefined || [host, subset ?? ''].some(isTemplate)) return undefined;
  const full = expandHost(host, namespace, clusterDomainOf(config));
  return `${subset === undefined ? '' : `subset ${subset} of `}${full}${port === undefined ? '' : `:${port}`}`;
};
