import { compareText, describe, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { knownNamespaces } from '../../src/rule/knownNamespaces.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { isMistyped } from '../../src/rule/slips.ts';

export default defineRule({
  id: 'traffic/export-to-known',
  severity: 'warning',
  istio: '1.7+',
  summary: 'The namespaces that exportTo names are there, in some cluster of the mesh.',
  why: 'What is exported to a namespace that nobody has is seen by nobody: clients in the namespace that was meant go without the route, the settings or the host.',
  fix: 'Write the name of a namespace of the clients, "." for the own one, or "*" for all.',
  reads: ['VirtualService', 'DestinationRule', 'ServiceEntry', 'Namespace'],
  aliases: ['KIA0005'],
  messages: {
    unknown: '{object} in {cluster} is exported to namespace {namespace}, which no cluster of the mesh has{meant}',
  },
  check(mesh, report) {
    const known = knownNamespaces(mesh).names;
    if (known === undefined) return;
    for (const { config } of realmsOf(mesh)) {
      // Up to 1.6 any name there acts as `*`.
      if (mesh.versionOf(config).minors.high <= 6) continue;
      for (const kind of ['VirtualService', 'DestinationRule', 'ServiceEntry'])
        for (const { resource } of statementsOf(config.resources.ofKind(kind, 'networking.istio.io')))
          for (const [index, name] of list(get(resource.value, 'spec', 'exportTo')).entries()) {
            if (typeof name !== 'string' || ['', '.', '*', '~'].includes(name) || isTemplate(name)) continue;
            if (known.has(name)) continue;
            report(
              'unknown',
              { at: placeIn(resource, 'spec', 'exportTo', index), cluster: config.name, resource },
              {
                object: describe(resource),
                cluster: config.name,
                namespace: name,
                meant: meantInWords(known, name),
              },
            );
          }
    }
  },
});

const meantInWords = (known: ReadonlySet<string>, name: string): string => {
  const meant = [...known].toSorted(compareText).find((held) => isMistyped(name, held));
  return meant === undefined ? '' : ` (${meant} is there)`;
};
