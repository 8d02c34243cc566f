import { describe, get, placeIn, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'traffic/root-sidecar-for-all',
  severity: 'warning',
  istio: 'all',
  summary: 'A Sidecar of the root namespace has no selector.',
  why: 'In the root namespace a Sidecar is the default of all namespaces, and only without a selector. One with a selector acts on the pods of the root namespace alone.',
  fix: 'Take workloadSelector out, or move the Sidecar to the namespace of the workloads.',
  reads: ['Sidecar'],
  aliases: ['KIA1006'],
  messages: {
    selects:
      '{sidecar} in {cluster} lies in the root namespace and has a workloadSelector: it is no default of the mesh',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource } of statementsOf(config.resources.ofKind('Sidecar', 'networking.istio.io'))) {
        const labels = textMap(get(resource.value, 'spec', 'workloadSelector', 'labels'));
        if (resource.namespace !== rootNamespaceOf(config) || Object.keys(labels).length === 0) continue;
        report(
          'selects',
          { at: placeIn(resource, 'spec', 'workloadSelector'), cluster: config.name, resource },
          { sidecar: describe(resource), cluster: config.name },
        );
      }
  },
});
