import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { compareText, describe, get, isTemplate, list, placeIn, placeKey, text } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { DestinationRule } from '../../src/rule/destinationRules.ts';
import { destinationRulesOf, hasSubset, subsetsOf } from '../../src/rule/destinationRules.ts';
import { covers, serviceOf } from '../../src/rule/hosts.ts';
import { importsHost } from '../../src/rule/imports.ts';
import type { NamedHost, Route } from '../../src/rule/routes.ts';
import { routesOf } from '../../src/rule/routes.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, inWords, oncePerMember, realmsOf } from '../../src/rule/scope.ts';

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
      // DestinationRules may be kept elsewhere, or in files that could not be read.
      if (!mesh.tracks('config:DestinationRule') || hidesKind(realm.config.cluster, ['DestinationRule'])) continue;
      for (const route of routesOf(mesh, realm.config))
        for (const host of new Set(route.destinations.map((destination) => destination.host)))
          reportHost(mesh, realm, route, host, told, report);
    }
  },
});

/**
 * Subsets of a host that another cluster defines have one cause, the DestinationRule that is not applied here, and make
 * one finding; of those that no cluster defines each place is to be mended.
 */
const reportHost = (
  mesh: Mesh,
  realm: Realm,
  route: Route,
  host: string,
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  const faults = route.destinations
    .filter((destination) => destination.host === host)
    .flatMap((destination) => faultOf(mesh, realm, route, destination) ?? []);
  const causes = [faults.filter(isElsewhere), ...faults.filter((fault) => !isElsewhere(fault)).map((fault) => [fault])];
  for (const [first, ...others] of causes) {
    const key = first === undefined ? '' : placeKey(first.at);
    if (first === undefined || told.has(key)) continue;
    told.add(key);
    reportFaults(realm, route, host, [first, ...others], report);
  }
};

const isElsewhere = (fault: Fault): boolean => fault.peers.length > 0;

const reportFaults = (
  { config }: Realm,
  route: Route,
  host: string,
  faults: readonly [Fault, ...Fault[]],
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

interface Definition {
  readonly member: Member;
  readonly rule: DestinationRule;
  readonly place: Place;
}

interface Fault {
  readonly at: Place;
  readonly subset: string;
  /** Definitions in the files of other clusters. */
  readonly peers: readonly Definition[];
  /** The rules that govern here and lack it. */
  readonly own: readonly DestinationRule[];
  /** A rule here that has it, but in a namespace whose rules no caller obeys. */
  readonly idle: DestinationRule | undefined;
}

const faultOf = (mesh: Mesh, realm: Realm, route: Route, destination: NamedHost): Fault | undefined => {
  const { subset, host, place } = destination;
  if (subset === undefined || subset === '' || isTemplate(subset) || isTemplate(host)) return undefined;
  const named = serviceOf(host, clusterDomainOf(realm.config));
  const table = destinationRulesOf(mesh, realm.config);
  // A host that is no Service has no namespace: a rule anywhere may be the one.
  if (named === undefined && table.covering(host).some((rule) => hasSubset(rule, subset))) return undefined;
  let own: readonly DestinationRule[] | undefined;
  for (const namespace of clientNamespaces(mesh, realm, route)) {
    if (isHidden(mesh, realm, route, namespace)) continue;
    const found = table.governing(namespace, host, named?.namespace ?? route.namespace);
    const governing = found === undefined ? [] : [...found.rules, ...found.selecting];
    // One caller that knows it is enough, and there may be very many.
    if (governing.some((rule) => rule.ambiguous || hasSubset(rule, subset))) return undefined;
    own ??= governing;
  }
  if (own === undefined) return undefined;
  const peers = mesh.members
    .filter((member) => member !== realm.config)
    .flatMap((member) => definitionsIn(mesh, member, host, subset));
  if (peers.length === 0 && own.length === 0 && named === undefined) return undefined;
  const idle = own.length > 0 ? undefined : table.covering(host).find((rule) => hasSubset(rule, subset));
  return { at: { ...place, path: [...place.path.slice(0, -1), 'subset'] }, subset, peers, own, idle };
};

/** Whether the Sidecar of a namespace keeps its clients from all hosts of a route. */
const isHidden = (mesh: Mesh, { config }: Realm, route: Route, namespace: string): boolean =>
  route.gateways.length === 0 &&
  route.hosts.length > 0 &&
  !route.hosts.some(({ host }) => importsHost(mesh, config, namespace, host));

const definitionsIn = (mesh: Mesh, member: Member, host: string, subset: string): readonly Definition[] =>
  destinationRulesOf(mesh, member)
    .all.filter((rule) => covers(rule.host, host) && hasSubset(rule, subset))
    .slice(0, 1)
    .map((rule) => {
      const index = list(get(rule.resource.value, 'spec', 'subsets')).findIndex(
        (entry) => text(get(entry, 'name')) === subset,
      );
      return { member, rule, place: placeIn(rule.resource, 'spec', 'subsets', index, 'name') };
    });

/** Namespaces whose sidecars or gateways obey a route. Without any workload in the files, that of the route stands for them. */
function* clientNamespaces(mesh: Mesh, { config }: Realm, route: Route): Iterable<string> {
  const { sidecars, gateways, all, isTold } = callersOf(mesh, config);
  const throughGateways = route.gateways.length > 0;
  const names = route.ofMesh ? (throughGateways ? all : sidecars) : throughGateways ? gateways : [];
  const isVisible = (name: string): boolean => route.exportedTo === undefined || route.exportedTo.includes(name);
  const others = (): readonly string[] => names.filter((name) => name !== route.namespace && isVisible(name));
  const isAmong = names.includes(route.namespace) && isVisible(route.namespace);
  if (!isTold || isAmong || (throughGateways && others().length === 0)) yield route.namespace;
  if (isTold) yield* others();
}

/** Namespaces in the order of their names. */
interface Callers {
  readonly sidecars: readonly string[];
  readonly gateways: readonly string[];
  readonly all: readonly string[];
  /** Some workload that may call is among the files. */
  readonly isTold: boolean;
}

const callersOf = oncePerMember((mesh, config): Callers => {
  const members = realmsOf(mesh).find((realm) => realm.config === config)?.members ?? [];
  const sidecars = new Set<string>();
  const gateways = new Set<string>();
  let isTold = false;
  for (const { namespace, gateway, injected, ambient } of members.flatMap((member) => member.workloads)) {
    if (namespace === undefined) continue;
    if (gateway) gateways.add(namespace);
    else if (injected !== 'no' || ambient === 'yes') sidecars.add(namespace);
    isTold ||= !gateway;
  }
  const sorted = (names: Iterable<string>): readonly string[] => [...names].toSorted(compareText);
  return {
    sidecars: sorted(sidecars),
    gateways: sorted(gateways),
    all: sorted(new Set([...sidecars, ...gateways])),
    isTold,
  };
});

const ownInWords = (config: Member, own: readonly DestinationRule[], idle: DestinationRule | undefined): string => {
  const [first] = own;
  if (idle !== undefined)
    return `${describe(idle.resource)} of ${config.name} lies in a namespace whose rules no caller obeys`;
  if (first === undefined) return `${config.name} has no DestinationRule for it`;
  const subsets = subsetsOf(own);
  return `${describe(first.resource)} of ${config.name} has ${subsets.length === 0 ? 'no subsets' : subsets.join(', ')}`;
};
