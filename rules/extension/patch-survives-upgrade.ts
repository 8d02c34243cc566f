import { below, describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { byFilter, isRelative, orderedPatches } from '../../src/rule/envoyPatches.ts';

export default defineRule({
  id: 'extension/patch-survives-upgrade',
  severity: 'warning',
  istio: '1.11+',
  preset: 'strict',
  summary: 'An EnvoyFilter whose patches depend on other filters is not bound to a version of the proxy.',
  why: 'With the next release the proxies do not match the version any more: the patch is gone without a word, and other patches that were placed beside it no longer find it.',
  fix: 'Set spec.priority, and write a proxyVersion that the next release matches as well.',
  reads: ['EnvoyFilter'],
  aliases: ['IST0155'],
  messages: {
    bound:
      '{filter} in {cluster}: {operation} of patch {number} depends on what is there before, and only for proxies of {version}',
  },
  check(mesh, report) {
    for (const patches of byFilter(
      orderedPatches(mesh).filter((patch) => patch.proxyVersion !== undefined && isRelative(patch)),
    )) {
      const [first, ...rest] = patches;
      if (first === undefined) continue;
      report(
        'bound',
        {
          at: below(first.filter.place, 'spec', 'configPatches', first.index, 'match', 'proxy', 'proxyVersion'),
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
          version: first.proxyVersion ?? '',
        },
      );
    }
  },
});
