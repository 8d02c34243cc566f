import { defineRule } from '../../src/rule/define.ts';
import { idlePatches } from '../../src/rule/envoyPatches.ts';

export default defineRule({
  id: 'extension/replace-on-filters',
  severity: 'error',
  istio: 'all',
  summary: 'REPLACE of an EnvoyFilter is used only on parts of the configuration that know it.',
  why: 'REPLACE puts a named filter (or virtual host) in place of another. On any other part istiod skips the patch, and the configuration stays as it was.',
  fix: 'Use MERGE for single fields, or REMOVE and ADD for the whole.',
  reads: ['EnvoyFilter'],
  aliases: ['IST0152'],
  messages: {
    ignored: '{filter} in {cluster}: patch {number} uses REPLACE on {part}, which only filters and virtual hosts know',
  },
  check(mesh, report) {
    for (const { where, slots } of idlePatches(mesh, 'REPLACE')) report('ignored', where, slots);
  },
});
