import type { Mesh } from '../../src/facts/mesh.ts';
import type { Related } from '../../src/model/index.ts';
import { describe, isTemplate, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { isWildcard, serviceOf } from '../../src/rule/hosts.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { clusterDomainOf, inWords, realmsOf } from '../../src/rule/scope.ts';
import { serviceTable } from '../../src/rule/services.ts';
import { seesAllHosts } from '../../src/rule/traffic/destinations.ts';
import { isOneSlipAway } from '../../src/rule/slips.ts';

export default defineRule({
  id: 'traffic/rule-host-known',
  severity: 'warning',
  istio: 'all',
  summary: 'The host of a DestinationRule is a Service or ServiceEntry of the mesh.',
  why: 'A DestinationRule for a host that nobody has is never read: its subsets, its mTLS mode and its outlier detection are missing where they are meant to be.',
  fix: 'Write the host as the Service or ServiceEntry has it (name.namespace.svc.cluster.local), or delete the rule.',
  reads: ['DestinationRule', 'Service', 'ServiceEntry'],
  aliases: ['IST0174', 'KIA0202'],
  messages: {
    unknown: '{rule} in {cluster} is for {host}, which {none} has{near}',
    partial: '{rule} in {cluster} is for {host}, which Istio takes as it stands: the Service is called {full}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource, host } of destinationRulesOf(mesh, config).all) {
        if (host === '' || isWildcard(host) || isTemplate(host)) continue;
        const found = resolveHost(mesh, config, host);
        if (found.state === 'here' || found.state === 'elsewhere') continue;
        const where = { at: placeIn(resource, 'spec', 'host'), cluster: config.name, resource };
        const slots = { rule: describe(resource), cluster: config.name, host };
        const partial = serviceOf(host, clusterDomainOf(config), true);
        const full = partial === undefined ? undefined : serviceTable(mesh).find(partial.namespace, partial.name);
        if (found.state === 'untold' && full !== undefined && partial !== undefined) {
          report('partial', where, {
            ...slots,
            full: `${partial.name}.${partial.namespace}.svc.${clusterDomainOf(config)}`,
          });
          continue;
        }
        if (found.state === 'untold' && !seesAllHosts(mesh)) continue;
        const near = found.state === 'nowhere' ? nearest(mesh, found.namespace, found.name) : undefined;
        report(
          'unknown',
          { ...where, also: near === undefined ? [] : [near.related] },
          {
            ...slots,
            none:
              mesh.members.length === 1
                ? `nothing in ${config.name}`
                : `none of ${inWords(mesh.members.map((member) => member.name))}`,
            near: near === undefined ? '' : `; ${near.related.cluster ?? ''} has ${near.name}`,
          },
        );
      }
  },
});

const nearest = (
  mesh: Mesh,
  namespace: string,
  name: string,
): { readonly name: string; readonly related: Related } | undefined => {
  const service = serviceTable(mesh)
    .inNamespace(namespace)
    .find((held) => isOneSlipAway(held.name, name));
  const [first] = service?.statements ?? [];
  return service === undefined || first === undefined
    ? undefined
    : {
        name: `${service.name}.${namespace}`,
        related: {
          place: placeIn(first.resource, 'metadata', 'name'),
          cluster: first.member.name,
          message: describe(first.resource),
        },
      };
};
