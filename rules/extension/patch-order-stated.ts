import { describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { byFilter, isRelative, orderedPatches } from '../../src/rule/envoyPatches.ts';

export default defineRule({
  id: 'extension/patch-order-stated',
  severity: 'warning',
  istio: '1.11+',
  preset: 'strict',
  summary: 'An EnvoyFilter whose patches depend on other filters has a priority.',
  why: 'Without priority EnvoyFilters are applied by age: one that was created earlier does not find what a younger one brings, so that two clusters differ after a restore.',
  fix: 'Set spec.priority, or use ADD or INSERT_FIRST.',
  reads: ['EnvoyFilter'],
  aliases: ['IST0151'],
  messages: {
    relative:
      '{filter} in {cluster} has no priority, and {operation} of patch {number} depends on what is there before',
  },
  check(mesh, report) {
    for (const patches of byFilter(
      orderedPatches(mesh).filter((patch) => patch.proxyVersion === undefined && isRelative(patch)),
    )) {
      const [first, ...rest] = patches;
      if (first === undefined) continue;
      report(
        'relative',
        {
          at: first.place,
          cluster: first.config.name,
          resource: first.filter,
          also: rest.map((patch) => ({
            place: patch.place,
            cluster: patch.config.name,
            message: `${patch.operation} of patch ${patch.index + 1}`,
          })),
        },
        {
          filter: describe(first.filter),
          cluster: first.config.name,
          operation: first.operation,
          number: first.index + 1,
        },
      );
    }
  },
});
