import { describe, get, list, placeIn, text, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { isWildcard } from '../../src/rule/hosts.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'traffic/subset-has-labels',
  severity: 'info',
  preset: 'strict',
  istio: 'all',
  summary: 'A subset has labels.',
  why: 'A subset without labels is the whole Service. That is right for a trafficPolicy of its own, and a slip where versions were meant.',
  fix: 'Write the labels of the pods that the subset is for.',
  reads: ['DestinationRule', 'Service'],
  aliases: ['KIA0209'],
  messages: {
    none: '{rule} in {cluster}: subset {subset} has no labels, so that it is all of {host}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource, host } of destinationRulesOf(mesh, config).all) {
        if (isWildcard(host)) continue;
        for (const [index, subset] of list(get(resource.value, 'spec', 'subsets')).entries()) {
          const isBare = Object.keys(textMap(get(subset, 'labels'))).length === 0;
          if (!isBare || get(subset, 'trafficPolicy') !== undefined) continue;
          if (!['here', 'elsewhere'].includes(resolveHost(mesh, config, host).state)) continue;
          report(
            'none',
            { at: placeIn(resource, 'spec', 'subsets', index), cluster: config.name, resource },
            { rule: describe(resource), cluster: config.name, subset: text(get(subset, 'name')) ?? '', host },
          );
        }
      }
  },
});
