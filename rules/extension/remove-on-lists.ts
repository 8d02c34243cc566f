import { describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { envoyPatches, isIdle } from '../../src/rule/envoyPatches.ts';

export default defineRule({
  id: 'extension/remove-on-lists',
  severity: 'error',
  istio: 'all',
  summary: 'REMOVE of an EnvoyFilter is used only on parts of the configuration that know it.',
  why: 'REMOVE takes an item out of a list of listeners, clusters, virtual hosts or filters. On routes Istio ignores it.',
  fix: 'Change the route with MERGE, or the VirtualService that it comes from.',
  reads: ['EnvoyFilter'],
  aliases: ['IST0154'],
  messages: {
    ignored: '{filter} in {cluster}: patch {number} uses REMOVE on {part}, which cannot be removed',
  },
  check(mesh, report) {
    for (const patch of envoyPatches(mesh))
      if (patch.operation === 'REMOVE' && isIdle(patch))
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
