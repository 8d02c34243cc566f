import type { Place, Related } from '../../src/model/index.ts';
import { compareText, placeIn, placeKey } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { gatewayTitle } from '../../src/rule/gateways.ts';
import type { Hidden } from '../../src/rule/hiddenServices.ts';
import { hiddenServices } from '../../src/rule/hiddenServices.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'services/visible-to-gateway',
  severity: 'warning',
  istio: '1.8+',
  summary: 'A Service that is called from another network is exported to the namespace of the gateway in between.',
  why: 'The east-west gateway routes to the Services that its namespace may see. One that is exported to its own namespace only has no route there, and calls from other networks end at the gateway.',
  fix: 'Add the namespace of the gateway to networking.istio.io/exportTo, or take the annotation away; for a Service that is to stay inside, make it cluster-local.',
  reads: ['Service', 'defaultServiceExportTo', 'eastWestGateways', 'network', 'workloads', 'VirtualService'],
  models: [
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  messages: {
    hidden:
      '{services} {exports} to "{written}" in {cluster}: the gateway {gateway} of {network} has no route for calls of {callers}{suffix}',
  },
  check(mesh, report) {
    const found = new Map<string, Hidden[]>();
    for (const hidden of hiddenServices(mesh)) {
      const { place } = hidden.exported;
      const key = `${placeKey(place)}\0${hidden.network}`;
      found.set(key, [...(found.get(key) ?? []), hidden]);
    }
    for (const [, group] of [...found].toSorted(([a], [b]) => compareText(a, b))) {
      const first = group[0]!;
      report(
        'hidden',
        {
          at: first.exported.place,
          cluster: first.owner.name,
          resource: first.exported.isDefault ? undefined : first.resource,
          also: relatedOf(group),
          severity: first.severity,
        },
        {
          services: someInWords([...new Set(group.map((hidden) => hidden.target.name))]),
          exports: group.every((hidden) => hidden.target === first.target) ? 'exports' : 'export',
          written: first.exported.written,
          cluster: first.owner.name,
          gateway: inWords([...new Set(first.gateways.map(gatewayTitle))]),
          network: first.network,
          callers: inWords([
            ...new Set(group.flatMap((hidden) => hidden.users.map((user) => user.member.name)).toSorted(compareText)),
          ]),
          suffix: first.suffix,
        },
      );
    }
  },
});

const relatedOf = (group: readonly Hidden[]): readonly Related[] => {
  const found: Related[] = [];
  const seen = new Set<string>();
  const add = (cluster: string, place: Place, message: string): void => {
    const key = `${cluster}\0${message}`;
    if (!seen.has(key)) found.push({ place, cluster, message });
    seen.add(key);
  };
  for (const { gateways, users, target, exported, resource, owner } of group) {
    if (exported.isDefault) add(owner.name, placeIn(resource, 'metadata', 'name'), `Service ${target.name}`);
    for (const gateway of gateways) add(gateway.member.name, gateway.place, `gateway of ${gateway.network}`);
    for (const { member, use } of users) add(member.name, use.place, `${use.source} calls ${target.name}`);
  }
  return found;
};
