import type { Place, Resource } from '../../src/model/index.ts';
import { describe, filled, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { exportedTo, importsHost, sharedNamespace } from '../../src/rule/imports.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';
import { isAmbient } from '../../src/rule/traffic/rulePairs.ts';

interface EntryPort {
  readonly entry: Resource;
  readonly host: string;
  readonly number: string;
  readonly protocol: string;
  readonly place: Place;
}

export default defineRule({
  id: 'traffic/entry-port-once',
  severity: 'info',
  preset: 'strict',
  istio: 'all',
  summary: 'One ServiceEntry gives a host its port.',
  why: 'istiod joins ServiceEntries of one host. Their endpoints add up, while resolution and location come from one of them, which no manifest tells.',
  fix: 'Write the host into one ServiceEntry, or keep them apart with exportTo.',
  reads: ['ServiceEntry'],
  aliases: ['KIA1211'],
  messages: {
    twice: '{entry} in {cluster} has port {port} of {host}, as {others} {have}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const held = new Map<string, EntryPort[]>();
      for (const { resource: entry } of statementsOf(config.resources.ofKind('ServiceEntry', 'networking.istio.io')))
        for (const [at, written] of texts(get(entry.value, 'spec', 'hosts')).entries())
          for (const port of list(get(entry.value, 'spec', 'ports'))) {
            const [number, protocol] = [filled(get(port, 'number')), filled(get(port, 'protocol'))];
            if (number === undefined || protocol === undefined || isTemplate(written)) continue;
            const host = written.toLowerCase();
            const place = placeIn(entry, 'spec', 'hosts', at);
            const key = `${host}\0${number}`;
            held.set(key, [...(held.get(key) ?? []), { entry, host, number, protocol: protocol.toUpperCase(), place }]);
          }
      for (const group of held.values())
        for (const one of group) {
          const meets = (other: EntryPort): boolean => {
            if (other.entry === one.entry || other.protocol !== one.protocol) return false;
            const isNear = other.entry.namespace === one.entry.namespace;
            const entries = [one.entry, other.entry];
            if (!isNear && entries.some(({ namespace }) => isAmbient(mesh, config, namespace ?? ''))) return false;
            const [mine, theirs] = entries.map((entry) => exportedTo(config, entry, 'defaultServiceExportTo'));
            const client = sharedNamespace(mine, theirs);
            return client !== undefined && (client === '*' || importsHost(mesh, config, client, one.host));
          };
          const others = group.filter(meets);
          if (others.length === 0) continue;
          report(
            'twice',
            {
              at: one.place,
              cluster: config.name,
              resource: one.entry,
              also: others.map((other) => ({
                place: other.place,
                cluster: config.name,
                message: describe(other.entry),
              })),
            },
            {
              entry: describe(one.entry),
              cluster: config.name,
              port: one.number,
              host: one.host,
              others: inWords([...new Set(others.map((other) => describe(other.entry)))]),
              have: others.length === 1 ? 'has' : 'have',
            },
          );
        }
    }
  },
});
