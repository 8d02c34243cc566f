import { describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { DestinationRule } from '../../src/rule/destinationRules.ts';
import { realmsOf, someInWords } from '../../src/rule/scope.ts';
import { rulePairs } from '../../src/rule/traffic/rulePairs.ts';

export default defineRule({
  id: 'traffic/rules-overlap',
  severity: 'info',
  preset: 'strict',
  istio: 'all',
  summary: 'One host has one DestinationRule for the clients of a namespace.',
  why: 'Of rules for overlapping hosts, or of several namespaces, clients obey one, and nothing of the rest: first that of their own namespace, then of the Service, then the root namespace, the longest host first.',
  fix: 'Keep what counts for a host in one DestinationRule, or keep rules apart with exportTo.',
  reads: ['DestinationRule'],
  aliases: ['KIA0201'],
  messages: {
    overlap: '{rule} in {cluster} is for {host}, as {others} {are}: clients obey one of them and nothing of the rest',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const told = new Set<DestinationRule>();
      const pairs = rulePairs(mesh, config).filter(({ kind }) => kind === 'overlap');
      for (const { rule } of pairs) {
        if (told.has(rule)) continue;
        told.add(rule);
        const others = pairs.filter((pair) => pair.rule === rule).map(({ other }) => other.resource);
        report(
          'overlap',
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
            others: someInWords(others.map(describe)),
            are: others.length === 1 ? 'is' : 'are',
          },
        );
      }
    }
  },
});
