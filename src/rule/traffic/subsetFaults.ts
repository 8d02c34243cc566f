// Subsets that routes send to and nothing defines.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { hidesKind } from '../../facts/sources.ts';
import type { Place } from '../../model/index.ts';
import { compareText, get, isTemplate, list, placeIn, text } from '../../model/index.ts';
import type { DestinationRule } from '../destinationRules.ts';
import { destinationRulesOf, hasSubset } from '../destinationRules.ts';
import { covers, serviceOf } from '../hosts.ts';
import { importsHost } from '../imports.ts';
import type { NamedHost, Route } from '../routes.ts';
import { routesOf } from '../routes.ts';
import type { Realm } from '../scope.ts';
import { clusterDomainOf, oncePerMember, realmsOf } from '../scope.ts';

/** Routes of a config cluster with the subsets that they name in vain, in the order of the routes. */
export const subsetFaults = oncePerMember((mesh, config): ReadonlyMap<Route, readonly SubsetFault[]> => {
  const found = new Map<Route, readonly SubsetFault[]>();
  const realm = realmsOf(mesh).find((one) => one.config === config);
  // DestinationRules may be kept elsewhere, or in files that could not be read.
  if (realm === undefined || !mesh.tracks('config:DestinationRule') || hidesKind(config.cluster, ['DestinationRule']))
    return found;
  for (const route of routesOf(mesh, config)) {
    const faults = route.destinations.flatMap((destination) => faultOf(mesh, realm, route, destination) ?? []);
    if (faults.length > 0) found.set(route, faults);
  }
  return found;
});

/** A subset in the files of another cluster. */
export interface Definition {
  readonly member: Member;
  readonly rule: DestinationRule;
  readonly place: Place;
}

/** A subset that a route sends to and that the rules which its callers obey do not define. */
export interface SubsetFault {
  readonly host: string;
  readonly at: Place;
  readonly subset: string;
  /** Definitions in the files of other clusters. */
  readonly peers: readonly Definition[];
  /** The rules that govern here and lack it. */
  readonly own: readonly DestinationRule[];
  /** A rule here that has it, but in a namespace whose rules no caller obeys. */
  readonly idle: DestinationRule | undefined;
}

const faultOf = (mesh: Mesh, realm: Realm, route: Route, destination: NamedHost): SubsetFault | undefined => {
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
  return { host, at: { ...place, path: [...place.path.slice(0, -1), 'subset'] }, subset, peers, own, idle };
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
