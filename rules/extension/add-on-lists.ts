import { defineRule } from '../../src/rule/define.ts';
import { idlePatches } from '../../src/rule/envoyPatches.ts';

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
    for (const { where, slots } of idlePatches(mesh, 'ADD')) report('ignored', where, slots);
  },
});
