import type { Place, Related, Severity } from '../../src/model/index.ts';
import { compareText, describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { RemoteSubsetFault } from '../../src/rule/remoteSubsets.ts';
import { remoteSubsetFaults, subsetPlace } from '../../src/rule/remoteSubsets.ts';
import { inWords } from '../../src/rule/scope.ts';
import type { Labels } from '../../src/rule/selectors.ts';
import { labelsInWords } from '../../src/rule/selectors.ts';
import { nameOfService } from '../../src/rule/services.ts';

export default defineRule({
  id: 'network/subset-known-at-gateway',
  severity: 'error',
  istio: 'all',
  summary: 'A subset that is called from another network is known to the gateway of that network.',
  why: 'A call of a subset carries its name in the SNI. The gateway of the other network has a chain for it only if a DestinationRule of its own control plane, visible in its namespace, has the subset; else it closes the connection.',
  fix: 'Apply the DestinationRule with the same subsets in the cluster whose istiod configures the gateway, exported to the namespace of the gateway.',
  reads: ['VirtualService', 'DestinationRule', 'Service', 'eastWestGateways', 'network', 'workloads'],
  models: ['multi-primary-networks', 'hybrid-cloud', 'replicated-control-planes'],
  messages: {
    'no-rule':
      '{from}: {route} sends {service} to subset {subset}; {ruler}, whose gateway {gateway} lets calls into {network}, has no DestinationRule for it',
    'no-subset':
      '{ruler}: {remote} has no subset {subset} of {service}, to which {route} of {from} sends; gateway {gateway} of {network} closes these calls',
    hidden:
      '{ruler}: {remote} with subset {subset} of {service} is not in force in namespace {namespace} of gateway {gateway}, so calls of {route} of {from} end there',
    labels:
      '{ruler}: subset {subset} of {remote} selects {there}, in {from} {here}: gateway {gateway} of {network} hands calls of {service} to other pods',
    'no-pods':
      '{ruler}: subset {subset} of {remote} selects {there}, which no pod of {service} on {network} has ({from} selects {here}): gateway {gateway} has nothing for these calls',
  },
  check(mesh, report) {
    for (const fault of remoteSubsetFaults(mesh)) {
      const { ruler, from, gateway, remote } = fault;
      const slots = {
        ruler: ruler.name,
        from: from.name,
        route: describe(fault.route),
        service: nameOfService(fault.service),
        subset: inWords([fault.subset, ...fault.others].toSorted(compareText)),
        gateway: gateway.name,
        network: fault.network,
      };
      const severity: Severity = fault.kind === 'labels' ? 'warning' : 'error';
      const where = {
        at: placeOf(fault),
        cluster: remote === undefined ? from.name : ruler.name,
        severity,
        also: relatedTo(fault),
      };
      if (remote === undefined) {
        report('no-rule', where, slots);
        continue;
      }
      const more = { ...slots, remote: describe(remote.resource) };
      if (fault.kind === 'hidden') report('hidden', where, { ...more, namespace: gateway.namespace ?? 'istio-system' });
      else if (fault.kind === 'labels' || fault.kind === 'no-pods')
        report(fault.kind, where, {
          ...more,
          here: podsInWords(fault.labels.here),
          there: podsInWords(fault.labels.there),
        });
      else report('no-subset', where, more);
    }
  },
});

const placeOf = ({ kind, remote, routePlace, subset }: RemoteSubsetFault): Place => {
  if (remote === undefined) return routePlace;
  if (kind === 'hidden') return placeIn(remote.resource, 'spec', 'exportTo');
  return kind === 'no-subset' ? placeIn(remote.resource, 'spec', 'subsets') : subsetPlace(remote, subset);
};

const relatedTo = (fault: RemoteSubsetFault): readonly Related[] => {
  const { from, route, routePlace, rule, gateway, subset, remote } = fault;
  const routed: Related = {
    place: routePlace,
    cluster: from.name,
    message: `${describe(route)} sends to subset ${subset}`,
  };
  return [
    ...(remote === undefined ? [] : [routed]),
    {
      place: subsetPlace(rule, subset),
      cluster: from.name,
      message: `${describe(rule.resource)}: ${podsInWords(fault.labels.here)}`,
    },
    { place: gateway.place, cluster: gateway.member.name, message: `gateway ${gateway.name} for ${fault.network}` },
  ];
};

const podsInWords = (labels: Labels): string => labelsInWords(labels) || 'every pod';
