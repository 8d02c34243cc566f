import { describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { DestinationRule } from '../../src/rule/destinationRules.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';
import { rulePairs } from '../../src/rule/traffic/rulePairs.ts';

export default defineRule({
  id: 'traffic/rules-merge',
  severity: 'warning',
  istio: 'all',
  summary: 'DestinationRules of one host and namespace add to each other.',
  why: 'istiod joins rules of one host: it adds up the subsets, and of a subset or trafficPolicy that several have it takes that of the oldest. The rest is dropped without a word, and which one is the oldest is another in every cluster.',
  fix: 'Write one DestinationRule for the host.',
  reads: ['DestinationRule'],
  aliases: ['KIA0201'],
  messages: {
    lost: '{rule} in {cluster} and {others} both have {both} for {host}: what the older one says counts, the other is dropped',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const told = new Set<DestinationRule>();
      const pairs = rulePairs(mesh, config).filter(({ kind }) => kind === 'lost');
      for (const { rule, both } of pairs) {
        if (told.has(rule)) continue;
        told.add(rule);
        const others = pairs.filter((pair) => pair.rule === rule).map(({ other }) => other.resource);
        report(
          'lost',
          {
            at: placeIn(rule.resource, 'spec', 'host'),
            cluster: config.name,
            resource: rule.resource,
            also: others.slice(0, 8).map((other) => ({
              place: placeIn(other, 'spec', 'host'),
              cluster: config.name,
              message: describe(other),
            })),
          },
          {
            rule: describe(rule.resource),
            cluster: config.name,
            host: rule.host,
            others: inWords(others.map(describe)),
            both,
          },
        );
      }
    }
  },
});
