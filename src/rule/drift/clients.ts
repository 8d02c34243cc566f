// Whether proxies of a config cluster obey an object, if it were there.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Workload } from '../../facts/workloads.ts';
import type { Place, Resource, Tri } from '../../model/index.ts';
import { describe, get, placeIn, textMap, texts } from '../../model/index.ts';
import { isWildcard, serviceOf } from '../hosts.ts';
import type { Route } from '../routes.ts';
import { routesOf } from '../routes.ts';
import type { Realm } from '../scope.ts';
import { clusterDomainOf, oncePerMember, rootNamespaceOf } from '../scope.ts';
import type { Labels } from '../selectors.ts';
import { matchLabels, selects } from '../selectors.ts';
import type { MeshService } from '../services.ts';
import { serviceTable, workloadsOf } from '../services.ts';
import type { Use } from '../uses.ts';
import { usesIn } from '../uses.ts';
import type { Held } from './objects.ts';

/** What shows that an object would be obeyed. */
export interface Client {
  readonly member: Member;
  readonly place: Place;
  readonly resource: Resource | undefined;
  /** `env CART_URL of Deployment shop/web names it` */
  readonly words: string;
  /** A route of the config cluster sends to the host: without the object these calls fail. */
  readonly isRouted: boolean;
}

/** Evidence that proxies ruled by `realm` use the hosts of an object, or live in its namespace; undefined without any. */
export const clientOf = (mesh: Mesh, realm: Realm, held: Held): Client | undefined =>
  held.resource.kind === 'Sidecar' || held.resource.kind === 'EnvoyFilter' || held.hosts.length === 0
    ? inScope(mesh, realm, held.resource)
    : callerOf(mesh, realm, held);

/** Whether any proxy obeys a config cluster: `no` where its workloads are loaded and none has a sidecar. */
export const hasProxies = (realm: Realm): Tri => {
  let found = proxied.get(realm);
  if (found === undefined) proxied.set(realm, (found = findProxies(realm)));
  return found;
};

const proxied = new WeakMap<Realm, Tri>();

const findProxies = ({ members }: Realm): Tri => {
  const workloads = members.flatMap((member) => member.workloads);
  if (workloads.some((workload) => isProxy(workload) || workload.gateway)) return 'yes';
  return workloads.length > 0 && workloads.every(({ injected }) => injected === 'no') ? 'no' : 'unknown';
};

export const isProxy = ({ injected, ambient, gateway }: Workload): boolean =>
  (injected === 'yes' || ambient === 'yes') && !gateway;

const inScope = (mesh: Mesh, realm: Realm, resource: Resource): Client | undefined => {
  const { namespace } = resource;
  if (namespace === undefined) return undefined;
  const everywhere = namespace === rootNamespaceOf(realm.config);
  const selector = matchLabels(resource.value['spec'], 'workloadSelector') ?? labelsOf(resource);
  for (const member of realm.members)
    for (const workload of proxiesIn(mesh, member).get(everywhere ? '' : namespace) ?? [])
      if (selects(selector, workload.labels) === 'yes')
        return clientAt(member, workload, `${describe(workload.resource)} runs there`);
  return undefined;
};

/** `workloadSelector.labels` of Sidecar and EnvoyFilter. */
const labelsOf = ({ value }: Resource): Labels => textMap(get(value, 'spec', 'workloadSelector', 'labels'));

const callerOf = (mesh: Mesh, realm: Realm, held: Held): Client | undefined => {
  const exportTo = texts(get(held.resource.value, 'spec', 'exportTo'));
  const isPrivate = exportTo.length > 0 && exportTo.every((entry) => entry === '.');
  for (const host of held.hosts) {
    if (isWildcard(host)) continue;
    const found = serviceOf(host, '<domain>');
    const client =
      found === undefined ? callerOfHost(mesh, realm, host) : callerOfService(mesh, realm, found, host, isPrivate);
    if (client !== undefined) return client;
  }
  return undefined;
};

const callerOfService = (
  mesh: Mesh,
  realm: Realm,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  host: string,
  isPrivate: boolean,
): Client | undefined => {
  const service = serviceTable(mesh).find(namespace, name);
  if (service === undefined) return callerOfHost(mesh, realm, host);
  for (const member of realm.members) {
    const use = usesByService(mesh, member)
      .get(service)
      ?.find(
        (candidate) =>
          !candidate.gatewayOnly &&
          (!isPrivate || candidate.workload?.namespace === namespace || candidate.route?.namespace === namespace),
      );
    if (use !== undefined) {
      const words = `${use.source} names ${name}.${namespace}`;
      return { member, place: use.place, resource: use.resource, words, isRouted: use.route !== undefined };
    }
  }
  // Without a word on who calls whom, what runs beside the Service is taken for its clients.
  for (const member of realm.members) {
    const own = service.statements.find((statement) => statement.member === member);
    if (own === undefined) continue;
    const servers = new Set(workloadsOf(mesh, member, own.resource).map(({ resource }) => resource));
    const neighbour = proxiesIn(mesh, member)
      .get(namespace)
      ?.find((workload) => !servers.has(workload.resource));
    if (neighbour !== undefined)
      return clientAt(member, neighbour, `${describe(neighbour.resource)} runs beside ${name}.${namespace}`);
  }
  return undefined;
};

/** A host that is no Service of the mesh: named by a route, or in the pod template of a workload. */
const callerOfHost = (mesh: Mesh, realm: Realm, host: string): Client | undefined => {
  const plain = host.replace('<domain>', clusterDomainOf(realm.config));
  const named = routesByHost(mesh, realm.config).get(plain);
  if (named !== undefined)
    return {
      member: realm.config,
      place: named.place,
      resource: named.route.resource,
      words: `${describe(named.route.resource)} sends to ${plain}`,
      isRouted: true,
    };
  for (const member of realm.members) {
    const workload = namesIn(mesh, member).get(plain);
    if (workload !== undefined) return clientAt(member, workload, `${describe(workload.resource)} names ${plain}`);
  }
  return undefined;
};

/** Names with a dot in the pod templates of a member, with the first workload that says each. */
const namesIn = oncePerMember((_mesh, member): ReadonlyMap<string, Workload> => {
  const found = new Map<string, Workload>();
  for (const workload of member.workloads)
    if (isProxy(workload))
      for (const [name] of JSON.stringify(workload.spec).matchAll(/[\w-]+(?:\.[\w-]+)+/g))
        if (!found.has(name)) found.set(name, workload);
  return found;
});

/** Workloads with a proxy by namespace; '' holds all of them. */
const proxiesIn = oncePerMember((_mesh, member): ReadonlyMap<string, readonly Workload[]> => {
  const found = new Map<string, Workload[]>([['', []]]);
  for (const workload of member.workloads)
    for (const namespace of isProxy(workload) ? new Set(['', workload.namespace ?? '']) : []) {
      const held = found.get(namespace);
      if (held === undefined) found.set(namespace, [workload]);
      else held.push(workload);
    }
  return found;
});

const usesByService = oncePerMember((mesh, member): ReadonlyMap<MeshService, readonly Use[]> => {
  const found = new Map<MeshService, Use[]>();
  for (const use of usesIn(mesh, member)) {
    const held = found.get(use.service);
    if (held === undefined) found.set(use.service, [use]);
    else held.push(use);
  }
  return found;
});

/** The first route of the mesh to each host. */
const routesByHost = oncePerMember(
  (mesh, config): ReadonlyMap<string, { readonly route: Route; readonly place: Place }> => {
    const found = new Map<string, { readonly route: Route; readonly place: Place }>();
    for (const route of routesOf(mesh, config))
      for (const { host, place } of route.ofMesh ? route.destinations : [])
        if (!found.has(host)) found.set(host, { route, place });
    return found;
  },
);

const clientAt = (member: Member, { resource }: Workload, words: string): Client => ({
  member,
  place: placeIn(resource, 'metadata', 'name'),
  resource,
  words,
  isRouted: false,
});
