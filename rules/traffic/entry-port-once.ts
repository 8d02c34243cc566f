import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place, Resource } from '../../src/model/index.ts';
import { describe, filled, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isSharedHost } from '../../src/rule/imports.ts';
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
    itself: '{entry} in {cluster} names {host} more than once, so that it has port {port} twice',
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
          const near = group.filter((other) => other !== one && meets(mesh, config, one, other));
          // traffic/entry-protocols-agree speaks of those.
          const others = near.some(({ protocol }) => protocol !== one.protocol) ? [] : near;
          if (others.length === 0) continue;
          const where = {
            at: one.place,
            cluster: config.name,
            resource: one.entry,
            also: others.map((other) => ({
              place: other.place,
              cluster: config.name,
              message: describe(other.entry),
            })),
          };
          const slots = { entry: describe(one.entry), cluster: config.name, port: one.number, host: one.host };
          const names = [
            ...new Set(others.filter(({ entry }) => entry !== one.entry).map(({ entry }) => describe(entry))),
          ];
          if (names.length === 0) report('itself', where, slots);
          else report('twice', where, { ...slots, others: inWords(names), have: names.length === 1 ? 'has' : 'have' });
        }
    }
  },
});

/** Whether clients see both; a waypoint obeys objects of its own namespace alone. */
const meets = (mesh: Mesh, config: Member, one: EntryPort, other: EntryPort): boolean => {
  const namespaces = [one.entry.namespace, other.entry.namespace];
  if (namespaces[0] !== namespaces[1] && namespaces.some((name) => isAmbient(mesh, config, name ?? ''))) return false;
  return isSharedHost(mesh, config, one, other);
};
