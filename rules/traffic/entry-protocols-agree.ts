import type { Member } from '../../src/facts/mesh.ts';
import type { Place, Resource } from '../../src/model/index.ts';
import { describe, filled, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { expandHost } from '../../src/rule/hosts.ts';
import { isSharedHost } from '../../src/rule/imports.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { clusterDomainOf, inWords, realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'traffic/entry-protocols-agree',
  severity: 'warning',
  istio: 'all',
  summary: 'ServiceEntries of one host give a port the same protocol.',
  why: 'istiod takes the port from one of the entries. Clients then speak HTTP where TLS is meant, or the other way round, and which entry counts is another in every cluster.',
  fix: 'Give the port one protocol in all of them, or keep them apart with exportTo.',
  reads: ['ServiceEntry', 'Sidecar', 'meshConfig.defaultServiceExportTo'],
  aliases: ['IST0177', 'KIA1212'],
  messages: {
    differ: '{entry} in {cluster} has port {port} of {host} as {protocol}, {others}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const group of portsByHost(config)) {
        for (const port of group) {
          const others = group.filter(
            (other) => other.protocol !== port.protocol && isSharedHost(mesh, config, port, other),
          );
          if (others.length === 0) continue;
          report(
            'differ',
            {
              at: port.place,
              cluster: config.name,
              resource: port.entry,
              also: others.map((other) => ({
                place: other.place,
                cluster: config.name,
                message: `${describe(other.entry)}: ${other.protocol}`,
              })),
            },
            {
              entry: describe(port.entry),
              cluster: config.name,
              port: port.number,
              host: port.host,
              protocol: port.protocol,
              others: inWords(others.map((other) => `${describe(other.entry)} as ${other.protocol}`)),
            },
          );
        }
      }
  },
});

interface EntryPort {
  readonly entry: Resource;
  readonly host: string;
  readonly number: string;
  readonly protocol: string;
  readonly place: Place;
}

/** Ports of ServiceEntries, grouped by host and number; each entry once in a group. */
const portsByHost = (config: Member): readonly (readonly EntryPort[])[] => {
  const found = new Map<string, EntryPort[]>();
  for (const { resource: entry, ambiguous } of statementsOf(
    config.resources.ofKind('ServiceEntry', 'networking.istio.io'),
  )) {
    if (ambiguous) continue;
    for (const written of texts(get(entry.value, 'spec', 'hosts')))
      for (const [index, port] of list(get(entry.value, 'spec', 'ports')).entries()) {
        const number = filled(get(port, 'number'));
        const protocol = filled(get(port, 'protocol'))?.toUpperCase();
        if (number === undefined || protocol === undefined || isTemplate(written) || isTemplate(protocol)) continue;
        const host = expandHost(written, entry.namespace, clusterDomainOf(config));
        const key = `${host}\0${number}`;
        const place = placeIn(entry, 'spec', 'ports', index, 'protocol');
        const held = found.get(key) ?? [];
        if (!held.some((other) => other.entry === entry))
          found.set(key, [...held, { entry, host, number, protocol, place }]);
      }
  }
  return [...found.values()].filter((group) => group.length > 1);
};
