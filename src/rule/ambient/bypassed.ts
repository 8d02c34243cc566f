// VirtualServices, routes and DestinationRules that callers in ambient mode do not obey: ztunnel reads none of them, and a
// waypoint only those for its own Services.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Path, Place, Related, Resource } from '../../model/index.ts';
import { describe, get, isRecord, isTemplate, list, placeIn } from '../../model/index.ts';
import { destinationRulesOf } from '../destinationRules.ts';
import { isWildcard, serviceOf, UNSTATED } from '../hosts.ts';
import type { Route } from '../routes.ts';
import { routesOf } from '../routes.ts';
import type { Realm } from '../scope.ts';
import { clusterDomainOf, oncePerMesh, realmsOf, rootNamespaceOf } from '../scope.ts';
import type { MeshService } from '../services.ts';
import { nameOfService, serviceEntryHosts, serviceTable } from '../services.ts';
import { readersOf } from './readers.ts';
import { ambientNamespaces, namespaceLabels } from './scopes.ts';
import type { UsedWaypoint } from './waypoints.ts';
import { usedWaypoint, waypointNamed } from './waypoints.ts';

/** An object (or one host of it) that no caller in ambient mode obeys. */
export interface Bypassed {
  readonly config: Member;
  readonly resource: Resource;
  readonly at: Place;
  /**
   * `unserved`: an ambient Service without a waypoint; `foreign`: one whose waypoint reads its own namespace only;
   * `client`: the namespace of the object is ambient, and what it calls has no waypoint.
   */
  readonly reason: 'unserved' | 'foreign' | 'client';
  /** The Service, or the host that is called. */
  readonly called: string;
  /** The namespace of what is called, where that is a Service. */
  readonly home: string;
  /** What of a DestinationRule needs a proxy for HTTP. */
  readonly field: string | undefined;
  readonly aliases: readonly string[];
  readonly also: readonly Related[];
  /** Who does obey it: nobody where empty. */
  readonly readers: readonly ('sidecars' | 'gateways')[];
}

/** In the order of config clusters and files. */
export const bypassedOf = oncePerMesh((mesh): readonly Bypassed[] =>
  realmsOf(mesh).flatMap((realm) =>
    hasAmbientNamespace(mesh) ? [...bypassedRoutes(mesh, realm), ...bypassedRules(mesh, realm)] : [],
  ),
);

const hasAmbientNamespace = (mesh: Mesh): boolean =>
  mesh.members.some((member) => ambientNamespaces(mesh, member).size > 0);

/** Kiali's codes, by reason. */
interface Codes {
  readonly unserved: readonly string[];
  readonly foreign: readonly string[];
  readonly client: readonly string[];
}

const CODES: Readonly<Record<string, Codes>> = {
  DestinationRule: { unserved: ['KIA0211'], foreign: ['KIA0212'], client: ['KIA0210'] },
  VirtualService: { unserved: ['KIA1113'], foreign: ['KIA1114'], client: ['KIA1109'] },
};

const NO_CODES: Codes = { unserved: [], foreign: [], client: [] };

// ---- VirtualServices, HTTPRoutes ----

const bypassedRoutes = (mesh: Mesh, realm: Realm): readonly Bypassed[] =>
  routesOf(mesh, realm.config).flatMap((route) => {
    if (!route.ofMesh || !hasRoutes(route)) return [];
    const { resource, namespace } = route;
    const base = {
      config: realm.config,
      resource,
      field: undefined,
      readers: [
        ...(readSidecars(mesh, realm, route.exportedTo ?? ['*']) ? (['sidecars'] as const) : []),
        ...(hangsOnGateway(route) ? (['gateways'] as const) : []),
      ],
    };
    const codes = CODES[resource.kind] ?? NO_CODES;
    const found = route.hosts.map(({ host, place }) => ({ host, at: place, target: targetOf(mesh, realm, host) }));
    const ambient = found.flatMap(({ at, target }): readonly Bypassed[] => {
      if (target === undefined || target.state !== 'ambient') return [];
      // A waypoint obeys the routes of the namespace of its Service only.
      const isForeign = namespace !== UNSTATED && namespace !== target.service.namespace;
      return judge({ ...base, at }, target, isForeign, codes);
    });
    if (found.some(({ target }) => target?.state === 'ambient')) return ambient;
    const first = found[0];
    if (first === undefined || found.some(({ target }) => target !== undefined && target.state !== 'plain')) return [];
    return isBareNamespace(mesh, realm, namespace)
      ? [{ ...base, at: first.at, reason: 'client', called: first.host, home: '', aliases: codes.client, also: [] }]
      : [];
  });

const hasRoutes = ({ resource: { kind, value } }: Route): boolean =>
  kind === 'VirtualService'
    ? ['http', 'tls', 'tcp'].some((protocol) => list(get(value, 'spec', protocol)).length > 0)
    : ['HTTPRoute', 'GRPCRoute'].includes(kind);

const hangsOnGateway = ({ gateways, resource }: Route): boolean =>
  gateways.length > 0 ||
  list(get(resource.value, 'spec', 'parentRefs')).some((parent) => (get(parent, 'kind') ?? 'Gateway') === 'Gateway');

// ---- DestinationRules ----

const bypassedRules = (mesh: Mesh, realm: Realm): readonly Bypassed[] =>
  destinationRulesOf(mesh, realm.config).all.flatMap((rule): readonly Bypassed[] => {
    const field = fieldForHttp(rule.resource);
    if (field === undefined || rule.ambiguous) return [];
    const { resource, namespace } = rule;
    const namespaces = rule.exportedTo ?? ['*'];
    const base = {
      config: realm.config,
      resource,
      field: field.name,
      readers: [
        ...(readSidecars(mesh, realm, namespaces) ? (['sidecars'] as const) : []),
        ...(readersOf(mesh, realm.config).hasGateways && !rule.isPrivate ? (['gateways'] as const) : []),
      ],
    };
    const target = targetOf(mesh, realm, rule.host);
    if (target?.state === 'ambient') {
      // A waypoint looks in its own namespace, in that of the Service, and in the root namespace.
      const homes = [target.service.namespace, target.waypoint.namespace, rootNamespaceOf(realm.config), UNSTATED];
      const at = placeIn(resource, 'spec', 'host');
      return judge({ ...base, at }, target, !homes.includes(namespace), CODES['DestinationRule']!);
    }
    if ((target !== undefined && target.state !== 'plain') || !isBareNamespace(mesh, realm, namespace)) return [];
    const at = placeIn(resource, ...field.path);
    return [
      {
        ...base,
        at,
        reason: 'client',
        called: rule.host,
        home: '',
        aliases: CODES['DestinationRule']!.client,
        also: [],
      },
    ];
  });

/** The first setting that balances or limits HTTP calls, or ejects hosts after them. */
const fieldForHttp = (resource: Resource): { readonly name: string; readonly path: Path } | undefined => {
  const spec = get(resource.value, 'spec');
  const policies: readonly [unknown, Path][] = [
    [get(spec, 'trafficPolicy'), ['spec', 'trafficPolicy']],
    ...list(get(spec, 'subsets')).map((subset, index): [unknown, Path] => [
      get(subset, 'trafficPolicy'),
      ['spec', 'subsets', index, 'trafficPolicy'],
    ]),
  ];
  for (const [policy, path] of policies) {
    const found =
      httpSetting(policy, path) ??
      list(get(policy, 'portLevelSettings'))
        .map((settings, index) => httpSetting(settings, [...path, 'portLevelSettings', index]))
        .find((setting) => setting !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
};

const httpSetting = (policy: unknown, path: Path): { readonly name: string; readonly path: Path } | undefined => {
  const hash = get(policy, 'loadBalancer', 'consistentHash');
  const key = ['httpHeaderName', 'httpCookie', 'httpQueryParameterName'].find((name) => get(hash, name) !== undefined);
  if (key !== undefined) return { name: key, path: [...path, 'loadBalancer', 'consistentHash', key] };
  if (isRecord(get(policy, 'connectionPool', 'http')))
    return { name: 'connectionPool.http', path: [...path, 'connectionPool', 'http'] };
  return isRecord(get(policy, 'outlierDetection'))
    ? { name: 'outlierDetection', path: [...path, 'outlierDetection'] }
    : undefined;
};

// ---- what a host stands for ----

/** `other`: it has a waypoint, or its labels are not known. */
type Target =
  | {
      readonly state: 'ambient';
      readonly service: MeshService;
      readonly object: Resource;
      readonly waypoint: UsedWaypoint;
      readonly member: Member;
    }
  | { readonly state: 'plain' | 'other' };

/** Services of all clusters count; undefined for what no file tells of. */
const targetOf = (mesh: Mesh, realm: Realm, host: string): Target | undefined => {
  if (isTemplate(host)) return { state: 'other' };
  const named = serviceOf(host, clusterDomainOf(realm.config));
  const service = named === undefined ? undefined : serviceTable(mesh).find(named.namespace, named.name);
  if (service !== undefined) return targetOfService(mesh, service);
  // What no file tells of may have a waypoint where other files do.
  if (named !== undefined) return mesh.tracks(`service:${named.namespace}`) ? undefined : { state: 'other' };
  const entry = isWildcard(host) ? undefined : serviceEntryHosts(mesh, realm.config).find(host)?.resource;
  if (entry === undefined) return mesh.tracks('config:ServiceEntry') ? undefined : { state: 'other' };
  const waypoint = usedWaypoint(realm.config, entry);
  return { state: waypoint !== undefined && waypoint.name === undefined ? 'plain' : 'other' };
};

const targetOfService = (mesh: Mesh, service: MeshService): Target => {
  const used = service.statements.map(({ member, resource }) => ({
    member,
    resource,
    waypoint: usedWaypoint(member, resource),
    isAmbient: ambientNamespaces(mesh, member).has(service.namespace),
  }));
  const ambient = used.find(({ isAmbient }) => isAmbient);
  const served = used.find(({ waypoint }) => waypoint?.name !== undefined);
  const { member, resource, waypoint } = served ?? ambient ?? used[0]!;
  if (waypoint === undefined || used.some((one) => one.waypoint === undefined)) return { state: 'other' };
  if (ambient !== undefined) return { state: 'ambient', service, object: resource, waypoint, member };
  return { state: served === undefined ? 'plain' : 'other' };
};

type Base = Pick<Bypassed, 'config' | 'resource' | 'at' | 'field' | 'readers'>;

const judge = (
  base: Base,
  { service, object, waypoint, member }: Target & { readonly state: 'ambient' },
  isForeign: boolean,
  codes: Codes,
): readonly Bypassed[] => {
  const called = nameOfService(service);
  if (waypoint.name !== undefined) {
    if (!isForeign) return [];
    const also = [{ place: waypoint.place, cluster: member.name, message: `waypoint ${waypoint.name} of ${called}` }];
    return [{ ...base, reason: 'foreign', called, home: service.namespace, aliases: codes.foreign, also }];
  }
  const also = [{ place: object.place, cluster: member.name, message: describe(object) }];
  const aliases = isForeign ? [...codes.unserved, ...codes.foreign] : codes.unserved;
  return [{ ...base, reason: 'unserved', called, home: service.namespace, aliases, also }];
};

// ---- namespaces ----

/** Ambient in some cluster of the realm, and nowhere with a waypoint for its Services. */
const isBareNamespace = (mesh: Mesh, { members }: Realm, name: string): boolean => {
  if (!members.some((member) => ambientNamespaces(mesh, member).has(name))) return false;
  return members.every((member) => waypointNamed(namespaceLabels(member, name)) === undefined);
};

/** Whether pods of these namespaces (`*`: of any) may have sidecars. */
const readSidecars = (mesh: Mesh, { config }: Realm, namespaces: readonly string[]): boolean => {
  const { sidecars } = readersOf(mesh, config);
  return namespaces.includes('*') ? sidecars.size > 0 : namespaces.some((name) => sidecars.has(name));
};
