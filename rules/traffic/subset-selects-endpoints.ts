import { describe, get, isTemplate, list, placeIn, text, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { isWildcard } from '../../src/rule/hosts.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { routedSubsets } from '../../src/rule/routes.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { labelsInWords, selects } from '../../src/rule/selectors.ts';
import { endpointLabels } from '../../src/rule/services.ts';

/** What istiod adds to endpoints. */
const ADDED = /^(topology\.(istio|kubernetes)\.io\/|security\.istio\.io\/tlsMode$|istio-locality$)/;

export default defineRule({
  id: 'traffic/subset-selects-endpoints',
  severity: 'error',
  istio: 'all',
  summary: 'A subset of a DestinationRule selects endpoints of the ServiceEntry that it is for.',
  why: 'A subset is chosen by the labels of the endpoints. One that none of them carries is empty, and calls that a route sends there get 503.',
  fix: 'Write the labels of the subset on the endpoints of the ServiceEntry.',
  reads: ['DestinationRule', 'ServiceEntry', 'VirtualService'],
  aliases: ['KIA0203'],
  messages: {
    empty: '{rule} in {cluster}: subset {subset} ({labels}) selects no endpoint of {entry}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource, host, ambiguous } of destinationRulesOf(mesh, config).all) {
        const subsets = list(get(resource.value, 'spec', 'subsets'));
        if (ambiguous || subsets.length === 0 || isWildcard(host) || isTemplate(host)) continue;
        const found = resolveHost(mesh, config, host);
        if (found.state !== 'here' || found.resource.kind !== 'ServiceEntry') continue;
        const entry = found.resource;
        // Without endpoints of its own the entry selects pods or machines, or takes addresses from DNS.
        const endpoints = endpointLabels(entry);
        const isOne =
          config.resources
            .ofKind('ServiceEntry', 'networking.istio.io')
            .filter((other) => list(get(other.value, 'spec', 'hosts')).includes(host)).length === 1;
        if (endpoints.length === 0 || !isOne || get(entry.value, 'spec', 'workloadSelector') !== undefined) continue;
        for (const [index, subset] of subsets.entries()) {
          const labels = textMap(get(subset, 'labels'));
          const wanted = Object.entries(labels).filter(([key]) => !ADDED.test(key));
          const isTold = wanted.length > 0 && !wanted.some(([, value]) => isTemplate(value));
          if (!isTold || endpoints.some((held) => selects(Object.fromEntries(wanted), held) !== 'no')) continue;
          const name = text(get(subset, 'name')) ?? '';
          report(
            'empty',
            {
              at: placeIn(resource, 'spec', 'subsets', index, 'labels'),
              cluster: config.name,
              resource,
              severity: routedSubsets(mesh, config).has(`${host}|${name}`) ? 'error' : 'warning',
              also: [{ place: placeIn(entry, 'spec', 'endpoints'), cluster: config.name, message: describe(entry) }],
            },
            {
              rule: describe(resource),
              cluster: config.name,
              subset: name,
              labels: labelsInWords(labels),
              entry: describe(entry),
            },
          );
        }
      }
  },
});
