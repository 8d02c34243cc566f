// Subsets that clients choose and the gateway of another network has to know: istiod makes the chains of a gateway from the
// DestinationRules of its own config cluster.
import { CLUSTER_LABEL } from '../facts/identity.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { NETWORK_LABEL } from '../facts/network.ts';
import { hidesKind } from '../facts/sources.ts';
import type { Place, Resource } from '../model/index.ts';
import { compareText, get, list, placeIn, text, textMap, valueOf } from '../model/index.ts';
import type { DestinationRule } from './destinationRules.ts';
import { destinationRulesOf, hasSubset } from './destinationRules.ts';
import { gatewayTargets } from './gatewayTargets.ts';
import type { NetworkGateway } from './gateways.ts';
import { gatewaysOf } from './gateways.ts';
import { serviceHost, UNSTATED } from './hosts.ts';
import type { Realm } from './scope.ts';
import { clusterDomainOf, istioNamespaceOf, networkOf, oncePerMember, oncePerMesh, realmsOf } from './scope.ts';
import type { Labels } from './selectors.ts';
import { selects } from './selectors.ts';
import type { MeshService } from './services.ts';
import { isClusterLocal, workloadsOf } from './services.ts';
import { usesIn } from './uses.ts';

/** A subset that a route of `from` sends to, although the gateway before some of its pods does not know it as such. */
export interface RemoteSubsetFault {
  readonly kind: 'no-rule' | 'no-subset' | 'hidden' | 'labels' | 'no-pods';
  readonly service: MeshService;
  readonly subset: string;
  /** Further subsets of which the same holds. */
  readonly others: string[];
  /** Config cluster of the clients, with the route and its rule. */
  readonly from: Member;
  readonly route: Resource;
  readonly routePlace: Place;
  readonly rule: DestinationRule;
  /** The gateway, and the config cluster that rules it. */
  readonly gateway: NetworkGateway;
  readonly network: string;
  readonly ruler: Member;
  /** The rule over there that is at fault, where there is one. */
  readonly remote: DestinationRule | undefined;
  readonly labels: { readonly here: Labels; readonly there: Labels };
}

/** One fault per gateway's config cluster, service and rule at fault, in the order of the clients' clusters. */
export const remoteSubsetFaults = oncePerMesh((mesh): readonly RemoteSubsetFault[] => {
  const found = new Map<string, RemoteSubsetFault>();
  for (const realm of realmsOf(mesh))
    for (const call of callsOf(mesh, realm.config))
      for (const fault of faultsOf(mesh, realm, call)) {
        const key = groupOf(fault);
        const held = found.get(key);
        if (held === undefined) found.set(key, fault);
        else if (![held.subset, ...held.others].includes(fault.subset)) held.others.push(fault.subset);
      }
  return [...found.values()];
});

/** Subsets that a rule lacks or hides are told together, those with other labels one by one. */
const groupOf = ({ ruler, service, kind, remote, subset }: RemoteSubsetFault): string =>
  JSON.stringify([
    ruler.name,
    service.namespace,
    service.name,
    kind,
    remote === undefined ? '' : [remote.namespace, remote.resource.name],
    kind === 'labels' || kind === 'no-pods' ? subset : '',
  ]);

interface Call {
  readonly service: MeshService;
  readonly host: string;
  readonly subset: string;
  readonly place: Place;
  readonly route: Resource;
  readonly callers: Member[];
}

/** Destinations with a subset that proxies of the realm obey. */
const callsOf = oncePerMember((mesh, config): readonly Call[] => {
  const calls = new Map<string, Call>();
  for (const member of realmsOf(mesh).find((realm) => realm.config === config)?.members ?? [])
    for (const { evidence, route, place, service } of usesIn(mesh, member)) {
      if (evidence !== 'destination' || route === undefined || service.namespace === UNSTATED) continue;
      const named = route.destinations.find((destination) => destination.place === place);
      if (named?.subset === undefined) continue;
      const key = `${named.host}|${named.subset}`;
      const held = calls.get(key);
      if (held !== undefined) {
        if (!held.callers.includes(member)) held.callers.push(member);
        continue;
      }
      const at = { ...place, path: [...place.path.slice(0, -1), 'subset'] };
      calls.set(key, {
        service,
        host: named.host,
        subset: named.subset,
        place: at,
        route: route.resource,
        callers: [member],
      });
    }
  return [...calls.values()];
});

const faultsOf = (mesh: Mesh, realm: Realm, call: Call): readonly RemoteSubsetFault[] => {
  const from = realm.config;
  const rule = withSubset(destinationRulesOf(mesh, from).covering(call.host), call.subset);
  // A subset that the clients' own control plane does not know is the matter of traffic/subset-defined.
  if (rule === undefined) return [];
  const { service, subset, route, place: routePlace } = call;
  return crossingsOf(mesh, service, subset, labelsOf(rule, subset)).flatMap(
    (crossing): readonly RemoteSubsetFault[] => {
      const { network, ruler } = crossing;
      const isFar = call.callers.some((caller) => ![undefined, network].includes(networkOf(caller)));
      if (!isFar || ruler === from || isClusterLocal(mesh, from, call.host)) return [];
      // Names of different domains are the matter of network/cluster-domain-equal.
      if (clusterDomainOf(ruler) !== clusterDomainOf(from)) return [];
      return [{ ...crossing, service, subset, others: [], from, route, routePlace, rule }];
    },
  );
};

/** A gateway that does not know a subset as its clients mean it, whoever they are. */
type Crossing = Pick<RemoteSubsetFault, 'kind' | 'remote' | 'labels' | 'network' | 'gateway' | 'ruler'>;

/** Verdicts by service, subset and labels: clients of all clusters ask for the same. */
const knownCrossings = oncePerMesh(() => new Map<MeshService, Map<string, readonly Crossing[]>>());

const crossingsOf = (mesh: Mesh, service: MeshService, subset: string, here: Labels): readonly Crossing[] => {
  const ofService = knownCrossings(mesh).get(service) ?? new Map<string, readonly Crossing[]>();
  knownCrossings(mesh).set(service, ofService);
  const key = JSON.stringify([subset, Object.entries(here).toSorted(([a], [b]) => compareText(a, b))]);
  let found = ofService.get(key);
  if (found === undefined)
    ofService.set(
      key,
      (found = service.statements.flatMap(({ member }) => {
        const network = networkOf(member);
        if (network === undefined || !hasPods(mesh, member, service, here)) return [];
        const { gateway } = gatewayFor(mesh, member);
        const ruler = gateway === undefined ? undefined : mesh.configCluster(gateway.member);
        if (gateway === undefined || ruler === undefined) return [];
        const verdict = judge(mesh, { service, subset, here, network, gateway, ruler });
        return verdict === undefined ? [] : [{ ...verdict, network, gateway, ruler }];
      })),
    );
  return found;
};

interface Question {
  readonly service: MeshService;
  readonly subset: string;
  readonly here: Labels;
  readonly network: string;
  readonly gateway: NetworkGateway;
  readonly ruler: Member;
}

/** What the rules that the gateway obeys say of the subset; undefined where they know it, or cannot be told. */
const judge = (
  mesh: Mesh,
  { service, subset, here, network, gateway, ruler }: Question,
): Pick<RemoteSubsetFault, 'kind' | 'remote' | 'labels'> | undefined => {
  const rules = destinationRulesOf(mesh, ruler);
  const host = serviceHost(service.name, service.namespace, clusterDomainOf(ruler));
  const governing = rules.governing(gateway.namespace ?? istioNamespaceOf(ruler), host, service.namespace);
  const obeyed = [...(governing?.rules ?? []), ...(governing?.selecting ?? [])];
  const known = withSubset(obeyed, subset);
  if (known !== undefined) {
    const there = labelsOf(known, subset);
    if (known.ambiguous || sameLabels(here, there)) return undefined;
    const reached = mesh.members
      .filter((member) => networkOf(member) === network)
      .some((member) => hasPods(mesh, member, service, there));
    return { kind: reached ? 'labels' : 'no-pods', remote: known, labels: { here, there } };
  }
  if (
    hidesKind(ruler.cluster, ['DestinationRule']) ||
    (rules.all.length === 0 && mesh.absent(ruler, 'config:DestinationRule') !== 'yes')
  )
    return undefined;
  const hidden = withSubset(rules.covering(host), subset);
  const labels = { here, there: {} };
  if (hidden !== undefined) return { kind: 'hidden', remote: hidden, labels };
  // Its own proxies miss the subset as well: traffic/subset-defined tells.
  if (routesThere(mesh, ruler, service, subset)) return undefined;
  const nearest = obeyed[0] ?? rules.covering(host)[0];
  return nearest === undefined
    ? { kind: 'no-rule', remote: undefined, labels }
    : { kind: 'no-subset', remote: nearest, labels };
};

const routesThere = (mesh: Mesh, ruler: Member, service: MeshService, subset: string): boolean =>
  callsOf(mesh, ruler).some((call) => call.service === service && call.subset === subset);

const withSubset = (rules: readonly DestinationRule[], subset: string): DestinationRule | undefined =>
  rules.find((rule) => hasSubset(rule, subset));

/** Index of a subset in its rule. */
const indexOf = (rule: DestinationRule, subset: string): number =>
  list(get(rule.resource.value, 'spec', 'subsets')).findIndex((held) => text(get(held, 'name')) === subset);

const labelsOf = (rule: DestinationRule, subset: string): Labels =>
  textMap(get(list(get(rule.resource.value, 'spec', 'subsets'))[indexOf(rule, subset)], 'labels'));

/** The labels of a subset, for a finding to point at. */
export const subsetPlace = (rule: DestinationRule, subset: string): Place =>
  placeIn(rule.resource, 'spec', 'subsets', indexOf(rule, subset), 'labels');

const sameLabels = (a: Labels, b: Labels): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([key, value]) => b[key] === value);

/** Whether other networks may call pods of a Service in one cluster that have these labels, their own or those that istiod adds. */
const hasPods = (mesh: Mesh, member: Member, service: MeshService, wanted: Labels): boolean => {
  const statement = service.statements.find((held) => held.member === member);
  if (statement === undefined) return false;
  const added = [CLUSTER_LABEL, NETWORK_LABEL].some((label) => Object.hasOwn(wanted, label))
    ? { ...clusterLabel(mesh, member), [NETWORK_LABEL]: networkOf(member) ?? '' }
    : undefined;
  return workloadsOf(mesh, member, statement.resource).some(
    ({ gateway, injected, labels }) =>
      !gateway &&
      injected !== 'no' &&
      selects(wanted, added === undefined ? labels : { ...labels, ...added }) === 'yes',
  );
};

const clusterLabel = (mesh: Mesh, member: Member): Labels => {
  const id = valueOf(mesh.idOf(member));
  return id === undefined ? {} : { [CLUSTER_LABEL]: id };
};

/** The gateway through which other networks reach a cluster: its own, else any of its network. */
const gatewayFor = oncePerMember((mesh, member): { readonly gateway: NetworkGateway | undefined } => {
  const network = networkOf(member);
  const all = dataGateways(mesh).filter((gateway) => gateway.network === network);
  return all.find(({ gateway }) => gateway.member === member) ?? all[0] ?? { gateway: undefined };
});

const dataGateways = oncePerMesh((mesh) => [
  ...mesh.members
    .flatMap(gatewaysOf)
    .filter((gateway) => gateway.network !== '' && gateway.sidecar !== 'no')
    .map((gateway) => ({ network: gateway.network, gateway })),
  ...gatewayTargets(mesh).flatMap((target) =>
    target.named === undefined ? [] : target.gateways.map((gateway) => ({ network: target.network, gateway })),
  ),
]);
