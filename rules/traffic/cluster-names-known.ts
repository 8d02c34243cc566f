import { CLUSTER_LABEL } from '../../src/facts/identity.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { NETWORK_LABEL } from '../../src/facts/network.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Resource, Severity } from '../../src/model/index.ts';
import {
  below,
  compareText,
  describe,
  filled,
  get,
  isTemplate,
  list,
  placeIn,
  placeKey,
  placeOf,
  scalar,
  text,
  textMap,
  valueOf,
} from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import type { KnownNames } from '../../src/rule/known.ts';
import { knownClusters, knownInWords, knownNetworks } from '../../src/rule/known.ts';
import type { Route } from '../../src/rule/routes.ts';
import { routedSubsets, routesOf } from '../../src/rule/routes.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';
import { meshLocality, rulePolicies } from '../../src/rule/traffic/policies.ts';
import { clientsOfRoute } from '../../src/rule/uses.ts';

const messages = {
  cluster: '{holder} in {cluster} names cluster {value}, and no cluster is called so: the mesh has {known}{suffix}',
  network: '{holder} in {cluster} names network {value}, and no network is called so: the mesh has {known}{suffix}',
  unrouted:
    '{holder} has routes for calls from {covered} only, and none for the others: calls from {missing} find no route{suffix}',
} as const;

export default defineRule({
  id: 'traffic/cluster-names-known',
  severity: 'error',
  istio: '1.8+',
  summary: 'Routing by cluster or network names clusters and networks that the mesh has, and leaves none out.',
  why: 'istiod labels endpoints with the cluster id under which it knows them. A name that no cluster has selects nothing: calls find no healthy endpoint, or a route that never matches.',
  fix: 'Write the cluster id (values.global.multiCluster.clusterName) or network as the cluster itself has it, and give every cluster a route or a default one.',
  reads: ['DestinationRule', 'VirtualService', 'meshConfig.localityLbSetting', 'clusterId', 'network'],
  models: [
    'multi-primary-one-network',
    'multi-primary-networks',
    'primary-remote-one-network',
    'primary-remote-networks',
    'external-control-plane',
    'ambient-networks',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  messages,
  check(mesh, report) {
    const told = new Set<string>();
    for (const realm of realmsOf(mesh)) {
      for (const named of namesIn(mesh, realm)) checkName(mesh, realm, named, told, report);
      for (const route of routesOf(mesh, realm.config)) checkCoverage(mesh, realm, route, told, report);
    }
  },
});

/** A cluster or network that routing names. */
interface Named {
  readonly kind: 'cluster' | 'network';
  readonly value: string;
  readonly place: Place;
  readonly resource: Resource | undefined;
  /** `subset v1 of DestinationRule shop/cart`. */
  readonly holder: string;
  readonly severity: Severity;
}

const KINDS = [
  [CLUSTER_LABEL, 'cluster'],
  [NETWORK_LABEL, 'network'],
] as const;

const namesIn = (mesh: Mesh, { config }: Realm): readonly Named[] => [
  ...inSubsets(mesh, config),
  ...routesOf(mesh, config).flatMap((route) =>
    route.resource.kind === 'VirtualService' ? inMatches(route.resource) : [],
  ),
  ...inPriorities(mesh, config),
];

const inLabels = (
  labels: unknown,
  place: Place,
  resource: Resource,
  holder: string,
  severity: Severity,
): readonly Named[] =>
  KINDS.flatMap(([label, kind]) => {
    const value = filled(get(labels, label));
    return value === undefined ? [] : [{ kind, value, place: below(place, label), resource, holder, severity }];
  });

const inSubsets = (mesh: Mesh, config: Member): readonly Named[] => {
  const routed = routedSubsets(mesh, config);
  return destinationRulesOf(mesh, config).all.flatMap(({ resource, host }) =>
    list(get(resource.value, 'spec', 'subsets')).flatMap((subset, index) => {
      const name = text(get(subset, 'name')) ?? '';
      const place = placeIn(resource, 'spec', 'subsets', index, 'labels');
      const severity = routed.has(`${host}|${name}`) ? 'error' : 'warning';
      return inLabels(get(subset, 'labels'), place, resource, `subset ${name} of ${describe(resource)}`, severity);
    }),
  );
};

const inMatches = (resource: Resource): readonly Named[] =>
  (['http', 'tls', 'tcp'] as const).flatMap((protocol) =>
    list(get(resource.value, 'spec', protocol)).flatMap((route, at) =>
      list(get(route, 'match')).flatMap((match, index) =>
        inLabels(
          get(match, 'sourceLabels'),
          placeIn(resource, 'spec', protocol, at, 'match', index, 'sourceLabels'),
          resource,
          `sourceLabels of ${describe(resource)}`,
          'warning',
        ),
      ),
    ),
  );

/** `failoverPriority: ["topology.istio.io/cluster=west"]`; keys without a value compare with the client's own. */
const inPriorities = (mesh: Mesh, config: Member): readonly Named[] => {
  const ofMesh = meshLocality(mesh, config);
  const settings = [
    ...(ofMesh === undefined ? [] : [{ setting: ofMesh, resource: undefined }]),
    ...rulePolicies(mesh, config).flatMap((entry) =>
      entry.hasLocality
        ? entry.policies.flatMap(({ locality }) =>
            locality === undefined ? [] : [{ setting: locality, resource: entry.rule.resource }],
          )
        : [],
    ),
  ];
  return settings.flatMap(({ setting, resource }) =>
    list(setting.value['failoverPriority']).flatMap((entry, index) => {
      const [label, value] = (scalar(entry) ?? '').split('=');
      const kind = KINDS.find(([known]) => known === label)?.[1];
      if (kind === undefined || value === undefined || value === '') return [];
      const place = below(setting.place, 'failoverPriority', index);
      const holder = `failoverPriority of ${resource === undefined ? 'the mesh config' : describe(resource)}`;
      return [{ kind, value, place, resource, holder, severity: 'warning' as const }];
    }),
  );
};

const checkName = (
  mesh: Mesh,
  { config }: Realm,
  named: Named,
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  const { kind, value, place, holder } = named;
  if (isTemplate(value)) return;
  const known = kind === 'cluster' ? knownClusters(mesh) : knownNetworks(mesh);
  if (known.names.has(value)) return;
  // Without any name known, nothing tells a wrong one.
  if (![...known.names.values()].some((members) => members.some((member) => isNamed(mesh, member, kind)))) return;
  const certain = known.assumed ? lowered(named.severity) : named.severity;
  const speaks = speaksFor(mesh.versionOf(config).minors, '1.8+', known.complete ? certain : 'info');
  const key = placeKey(place);
  if (speaks === undefined || told.has(key)) return;
  told.add(key);
  report(
    kind,
    {
      at: place,
      cluster: config.name,
      resource: named.resource,
      severity: speaks.severity,
      also: placesOfNames(mesh, known, kind),
    },
    { holder, cluster: config.name, value, known: knownInWords(known), suffix: speaks.suffix },
  );
};

const isNamed = (mesh: Mesh, member: Member, kind: Named['kind']): boolean =>
  valueOf(kind === 'cluster' ? mesh.idOf(member) : member.network.fact) !== undefined;

const placesOfNames = (mesh: Mesh, known: KnownNames, kind: Named['kind']): readonly Related[] =>
  [...known.names]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([name, members]) =>
      members.flatMap((member): readonly Related[] => {
        const place = placeOf(kind === 'cluster' ? mesh.idOf(member) : member.network.fact);
        return place === undefined ? [] : [{ place, cluster: member.name, message: `${kind} ${name}` }];
      }),
    )
    .slice(0, 6);

// ---- a route for each cluster ----

const checkCoverage = (
  mesh: Mesh,
  { config, members }: Realm,
  route: Route,
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  if (!route.ofMesh || route.resource.kind !== 'VirtualService') return;
  const covered = coveredClusters(route.resource);
  if (covered === undefined || [...covered].some(isTemplate)) return;
  // A name that nobody has is told of where it stands, and may be the missing one.
  const known = knownClusters(mesh);
  if ([...covered].some((name) => !known.names.has(name))) return;
  const missing = members.filter((member) => {
    const id = valueOf(mesh.idOf(member));
    return id !== undefined && !covered.has(id) && clientsOfRoute(member, route).length > 0;
  });
  const speaks = speaksFor(mesh.versionOf(config).minors, '1.8+', 'warning');
  const at = placeIn(route.resource, 'spec', 'http');
  if (missing.length === 0 || speaks === undefined || told.has(placeKey(at))) return;
  told.add(placeKey(at));
  const also = missing.flatMap((member): readonly Related[] => {
    const [client] = clientsOfRoute(member, route);
    return client === undefined
      ? []
      : [{ place: client.resource.place, cluster: member.name, message: describe(client.resource) }];
  });
  report(
    'unrouted',
    { at, cluster: config.name, resource: route.resource, severity: speaks.severity, also },
    {
      holder: describe(route.resource),
      covered: inWords([...covered].toSorted(compareText)),
      missing: inWords(missing.map((member) => member.name)),
      suffix: speaks.suffix,
    },
  );
};

/** Clusters that the http routes match, where each match names one; undefined where some route takes calls from all. */
const coveredClusters = (resource: Resource): ReadonlySet<string> | undefined => {
  const routes = list(get(resource.value, 'spec', 'http'));
  const names = new Set<string>();
  for (const route of routes) {
    const matches = list(get(route, 'match'));
    if (matches.length === 0) return undefined;
    for (const match of matches) {
      const name = textMap(get(match, 'sourceLabels'))[CLUSTER_LABEL];
      if (name === undefined) return undefined;
      names.add(name);
    }
  }
  return names.size === 0 ? undefined : names;
};
