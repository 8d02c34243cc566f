import { defineRule } from '../../src/rule/define.ts';
import { idlePatches } from '../../src/rule/envoyPatches.ts';

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
    for (const { where, slots } of idlePatches(mesh, 'REMOVE')) report('ignored', where, slots);
  },
});
