import { describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { overlapsOf, rulePath, ruleInWords, virtualServices } from '../../src/rule/traffic/matches.ts';

export default defineRule({
  id: 'traffic/route-rule-reachable',
  severity: 'warning',
  istio: 'all',
  summary: 'No rule of a VirtualService stands behind one that takes all of its requests.',
  why: 'Rules are tried from top to bottom. A rule without match takes everything, so that what stands below it never routes a request.',
  fix: 'Move the rule up, give the one above it a match of its own, or delete one of the two.',
  reads: ['VirtualService'],
  aliases: ['IST0130'],
  messages: {
    after: '{cluster}: {rule} of {service} is never reached: {by} has no match and takes all that is left',
    default: '{cluster}: {rule} of {service} is never reached: a match of {by} already takes every request',
    repeated: '{cluster}: {rule} of {service} is never reached: {by} already takes each of its matches',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const service of virtualServices(config.resources.ofKind('VirtualService', 'networking.istio.io')))
        for (const dead of overlapsOf(service).dead)
          report(
            dead.why,
            {
              at: placeIn(service, ...rulePath(dead.protocol, dead.rule)),
              cluster: config.name,
              resource: service,
              also: [
                {
                  place: placeIn(service, ...rulePath(dead.protocol, dead.by)),
                  cluster: config.name,
                  message: ruleInWords(service, dead.protocol, dead.by),
                },
              ],
            },
            {
              cluster: config.name,
              service: describe(service),
              rule: ruleInWords(service, dead.protocol, dead.rule),
              by: ruleInWords(service, dead.protocol, dead.by),
            },
          );
  },
});
