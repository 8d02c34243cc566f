import { describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { overlapsOf, rulePath, ruleInWords, virtualServices } from '../../src/rule/traffic/matches.ts';

export default defineRule({
  id: 'traffic/route-match-effective',
  severity: 'warning',
  istio: 'all',
  summary: 'Each match of a VirtualService takes some request that no earlier match takes.',
  why: 'The first match that fits decides. A match behind a wider one (a longer prefix behind a shorter one, say) never routes anything, and its requests go where the wider one sends them.',
  fix: 'Put the narrower match above the wider one, or delete it.',
  reads: ['VirtualService'],
  aliases: ['IST0131'],
  messages: {
    equal: '{cluster}: match {match} of {rule} in {service} takes no request: match {other} of {by} says the same',
    wider:
      '{cluster}: match {match} of {rule} in {service} takes no request: match {other} of {by} is wider and stands first',
    beside: '{cluster}: match {match} of {rule} in {service} adds nothing to match {other} of the same rule',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const service of virtualServices(config.resources.ofKind('VirtualService', 'networking.istio.io')))
        for (const { protocol, rule, match, by, isEqual } of overlapsOf(service).covered)
          report(
            by.rule === rule ? 'beside' : isEqual ? 'equal' : 'wider',
            {
              at: placeIn(service, ...rulePath(protocol, rule), 'match', match),
              cluster: config.name,
              resource: service,
              severity: by.rule === rule ? 'info' : 'warning',
              also: [
                {
                  place: placeIn(service, ...rulePath(protocol, by.rule), 'match', by.match),
                  cluster: config.name,
                  message: `match ${by.match + 1} of ${ruleInWords(service, protocol, by.rule)}`,
                },
              ],
            },
            {
              cluster: config.name,
              service: describe(service),
              match: match + 1,
              rule: ruleInWords(service, protocol, rule),
              other: by.match + 1,
              by: ruleInWords(service, protocol, by.rule),
            },
          );
  },
});
