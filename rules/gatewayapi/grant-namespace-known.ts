import { compareText, describe, filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { knownNamespaces } from '../../src/rule/knownNamespaces.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { isMistyped } from '../../src/rule/slips.ts';

export default defineRule({
  id: 'gatewayapi/grant-namespace-known',
  severity: 'warning',
  istio: '1.16+',
  summary: 'A ReferenceGrant admits references from namespaces that are there.',
  why: 'A grant for a namespace that nobody has admits nothing: the route or Gateway that it was written for stays refused.',
  fix: 'Write the namespace of the route or Gateway that refers to the object.',
  reads: ['ReferenceGrant', 'Namespace'],
  aliases: ['KIA1601'],
  messages: {
    unknown: '{grant} in {cluster} admits {kind} of namespace {namespace}, which no cluster of the mesh has{meant}',
  },
  check(mesh, report) {
    const known = knownNamespaces(mesh).names;
    if (known === undefined) return;
    for (const { config } of realmsOf(mesh))
      for (const { resource } of statementsOf(config.resources.ofKind('ReferenceGrant', 'gateway.networking.k8s.io')))
        for (const [index, from] of list(get(resource.value, 'spec', 'from')).entries()) {
          const namespace = filled(get(from, 'namespace'));
          if (namespace === undefined || isTemplate(namespace) || known.has(namespace)) continue;
          report(
            'unknown',
            { at: placeIn(resource, 'spec', 'from', index, 'namespace'), cluster: config.name, resource },
            {
              grant: describe(resource),
              cluster: config.name,
              kind: filled(get(from, 'kind')) ?? 'references',
              namespace,
              meant: meantInWords(known, namespace),
            },
          );
        }
  },
});

const meantInWords = (known: ReadonlySet<string>, name: string): string => {
  const meant = [...known].toSorted(compareText).find((held) => isMistyped(name, held));
  return meant === undefined ? '' : ` (${meant} is there)`;
};
