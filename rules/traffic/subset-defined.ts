import type { Member } from '../../src/facts/mesh.ts';
import type { Related } from '../../src/model/index.ts';
import { describe, placeIn, placeKey } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { DestinationRule } from '../../src/rule/destinationRules.ts';
import { subsetsOf } from '../../src/rule/destinationRules.ts';
import type { Route } from '../../src/rule/routes.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';
import { isExplained, misnamedRules } from '../../src/rule/traffic/misnamedRules.ts';
import type { SubsetFault } from '../../src/rule/traffic/subsetFaults.ts';
import { subsetFaults } from '../../src/rule/traffic/subsetFaults.ts';

const messages = {
  elsewhere: '{route} in {cluster} sends to {subsets} of {host}; {peers}, {found}',
  nowhere: '{route} in {cluster} sends to {subsets} of {host}; {found}',
} as const;

export default defineRule({
  id: 'traffic/subset-defined',
  severity: 'error',
  istio: 'all',
  summary: 'A subset that a route names is defined by the DestinationRule that the clients of the route obey.',
  why: 'Each primary knows its own DestinationRules only. Calls that a route sends to a subset which is not defined there fail with 503, while the same route works in the cluster that has the subset.',
  fix: 'Apply the DestinationRule with the subset in every primary whose routes name it, or take the subset out of the route.',
  reads: ['VirtualService', 'DestinationRule', 'workloads'],
  aliases: ['KIA1107', 'IST0101'],
  messages,
  check(mesh, report) {
    const told = new Set<string>();
    for (const realm of realmsOf(mesh)) {
      const misnamed = misnamedRules(mesh, realm.config);
      for (const [route, all] of subsetFaults(mesh, realm.config)) {
        // traffic/rule-host-known tells of the rule that would define them.
        const faults = all.filter((fault) => !misnamed.some((rule) => isExplained(realm.config, rule, fault)));
        for (const host of new Set(faults.map((fault) => fault.host)))
          reportHost(
            realm,
            route,
            host,
            faults.filter((fault) => fault.host === host),
            told,
            report,
          );
      }
    }
  },
});

/**
 * Subsets of a host that another cluster defines have one cause, the DestinationRule that is not applied here, and make
 * one finding; of those that no cluster defines each place is to be mended.
 */
const reportHost = (
  realm: Realm,
  route: Route,
  host: string,
  faults: readonly SubsetFault[],
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  const causes = [faults.filter(isElsewhere), ...faults.filter((fault) => !isElsewhere(fault)).map((fault) => [fault])];
  for (const [first, ...others] of causes) {
    const key = first === undefined ? '' : placeKey(first.at);
    if (first === undefined || told.has(key)) continue;
    told.add(key);
    reportFaults(realm, route, host, [first, ...others], report);
  }
};

const isElsewhere = (fault: SubsetFault): boolean => fault.peers.length > 0;

const reportFaults = (
  { config }: Realm,
  route: Route,
  host: string,
  faults: readonly [SubsetFault, ...SubsetFault[]],
  report: Report<typeof messages>,
): void => {
  const [first] = faults;
  const { own, idle } = first;
  const subsets = [...new Set(faults.map((fault) => fault.subset))];
  const peers = faults
    .filter((fault, index) => faults.findIndex((other) => other.subset === fault.subset) === index)
    .flatMap((fault) => fault.peers.map((peer) => ({ ...peer, subset: fault.subset })));
  const also: readonly Related[] = [
    ...own.map((rule) => ({
      place: placeIn(rule.resource, 'spec', 'subsets'),
      cluster: config.name,
      message: `${describe(rule.resource)}: ${subsetsOf([rule]).join(', ') || 'no subsets'}`,
    })),
    ...peers.map(({ member, rule, place, subset }) => ({
      place,
      cluster: member.name,
      message: `${describe(rule.resource)}: ${subset}`,
    })),
    ...faults
      .slice(1)
      .map(({ at, subset }) => ({ place: at, cluster: config.name, message: `subset ${subset} is named here, too` })),
  ];
  const where = { at: first.at, cluster: config.name, resource: route.resource, also };
  const slots = {
    route: describe(route.resource),
    cluster: config.name,
    subsets: `${subsets.length === 1 ? 'subset' : 'subsets'} ${inWords(subsets)}`,
    host,
    found: ownInWords(config, own, idle),
  };
  const holders = [...new Set(peers.map(({ member }) => member.name))];
  const isProven = own.length > 0 || idle !== undefined;
  if (holders.length > 0)
    report('elsewhere', where, {
      ...slots,
      peers: `only ${inWords(holders)} ${holders.length === 1 ? 'defines' : 'define'} that`,
    });
  else report('nowhere', { ...where, severity: isProven ? 'error' : 'warning' }, slots);
};

const ownInWords = (config: Member, own: readonly DestinationRule[], idle: DestinationRule | undefined): string => {
  const [first] = own;
  if (idle !== undefined)
    return `${describe(idle.resource)} of ${config.name} lies in a namespace whose rules no caller obeys`;
  if (first === undefined) return `${config.name} has no DestinationRule for it`;
  const subsets = subsetsOf(own);
  return `${describe(first.resource)} of ${config.name} has ${subsets.length === 0 ? 'no subsets' : subsets.join(', ')}`;
};
