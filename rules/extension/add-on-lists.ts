import { describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { envoyPatches, isIdle } from '../../src/rule/envoyPatches.ts';

export default defineRule({
  id: 'extension/add-on-lists',
  severity: 'error',
  istio: 'all',
  summary: 'ADD of an EnvoyFilter is used only on parts of the configuration that know it.',
  why: 'ADD puts an item into a list of listeners, clusters, virtual hosts or filters. On routes Istio ignores it.',
  fix: 'Patch the VIRTUAL_HOST with MERGE, use INSERT_FIRST, or write a VirtualService.',
  reads: ['EnvoyFilter'],
  aliases: ['IST0153'],
  messages: {
    ignored: '{filter} in {cluster}: patch {number} uses ADD on {part}, which takes no additions',
  },
  check(mesh, report) {
    for (const patch of envoyPatches(mesh))
      if (patch.operation === 'ADD' && isIdle(patch))
        report(
          'ignored',
          {
            at: patch.place,
            cluster: patch.config.name,
            resource: patch.filter,
            // The API says so of both; istiod has code for single routes all the same.
            severity: patch.applyTo === 'HTTP_ROUTE' ? 'warning' : 'error',
          },
          {
            filter: describe(patch.filter),
            cluster: patch.config.name,
            number: patch.index + 1,
            part: patch.applyTo,
          },
        );
  },
});
