import type { Place, Sighting } from '../../model/index.ts';
import {
  comparePlaces,
  compareText,
  filled,
  get,
  isTemplate,
  list,
  placeIn,
  sightingsOf,
  text,
  valueOf,
} from '../../model/index.ts';
import type { Member } from '../mesh.ts';
import { controlPlaneAddresses, hostOf, servedClusterId } from '../role.ts';
import { CONTROL_PLANE, meshConfigSightings, valueSightings } from '../sources.ts';

/** Something in one cluster's files that names another cluster of the same mesh. */
export interface Link {
  /**
   * `secret`: `from` reads `to`. `leader`, `address`: `from` uses the control plane of `to`. `served`: the
   * control plane in `from` reads its configuration in `to`. `mesh-id`, `networks`: both belong together.
   */
  readonly kind: 'secret' | 'leader' | 'address' | 'served' | 'mesh-id' | 'networks';
  readonly from: string;
  readonly to: string;
  readonly place: Place;
}

/** A key under which some istiod registers a cluster, and who it is. */
export interface ClaimedKey {
  readonly key: string;
  readonly holder: string;
  readonly place: Place;
  readonly source: string;
}

/** Finds members by what others call them. */
export interface Directory {
  /** Members with that id; those of that directory name where nobody has the id. */
  resolve(id: string): readonly Member[];
  /** Whether the id is some member's own. */
  isKnown(id: string): boolean;
}

/** `${NAME}` and `$NAME` are the same template. */
const normalized = (value: string): string => value.replaceAll(/\$\{(\w+)\}/g, '$$$1');

export const directoryOf = (members: readonly Member[]): Directory => {
  const byId = new Map<string, Set<Member>>();
  const bySighting = new Map<string, Set<Member>>();
  const byName = new Map<string, Member>();
  const add = (map: Map<string, Set<Member>>, id: string, member: Member): void => {
    map.set(normalized(id), (map.get(normalized(id)) ?? new Set()).add(member));
  };
  for (const member of members) {
    byName.set(member.name, member);
    for (const sighting of sightingsOf(member.clusterId)) add(bySighting, sighting.value, member);
    const id = valueOf(member.clusterId);
    if (id !== undefined) add(byId, id, member);
  }
  // An id that one file of a cluster copied from another is still the other's.
  for (const [id, held] of bySighting) if (!byId.has(id)) byId.set(id, held);
  const resolve = (id: string): readonly Member[] => {
    const found = byId.get(normalized(id));
    if (found !== undefined) return [...found];
    const named = byName.get(id);
    return named === undefined ? [] : [named];
  };
  return { resolve, isKnown: (id) => byId.has(normalized(id)) };
};

/** All links between the members, in the order of their clusters and places. */
export const findLinks = (members: readonly Member[], directory: Directory): readonly Link[] => {
  const links = [
    ...members.flatMap((member) => secretLinks(member, directory)),
    ...serverLinks(members),
    ...members.flatMap((member) => leaderLinks(member, directory)),
    ...addressLinks(members),
    ...members.flatMap((member) => servedLinks(member, directory)),
    ...meshIdLinks(members),
    ...members.flatMap((member) => networkLinks(member, directory)),
  ];
  return links
    .filter((link) => link.from !== link.to)
    .toSorted(
      (a, b) =>
        compareText(a.from, b.from) ||
        compareText(a.to, b.to) ||
        compareText(a.kind, b.kind) ||
        comparePlaces(a.place, b.place),
    );
};

/** Keys of remote secrets and `fromRegistry` names. */
export const claimedKeys = (members: readonly Member[]): readonly ClaimedKey[] =>
  members.flatMap((member) => [
    ...member.remoteSecrets.flatMap((secret) =>
      secret.key === undefined
        ? []
        : [
            {
              key: secret.key,
              holder: member.name,
              place: secret.place,
              source: `key of the remote secret in ${member.name}`,
            },
          ],
    ),
    ...(valueOf(member.meshNetworks) ?? []).flatMap((network) =>
      network.endpoints.flatMap((endpoint) =>
        endpoint.fromRegistry === undefined || isTemplate(endpoint.fromRegistry)
          ? []
          : [
              {
                key: endpoint.fromRegistry,
                holder: member.name,
                place: endpoint.place,
                source: `fromRegistry in ${member.name}`,
              },
            ],
      ),
    ),
  ]);

const secretLinks = (member: Member, directory: Directory): readonly Link[] =>
  member.remoteSecrets.flatMap((secret) => {
    const named = [secret.key, secret.hint].flatMap((id) => (id === undefined ? [] : directory.resolve(id)));
    return named.map((to): Link => ({ kind: 'secret', from: member.name, to: to.name, place: secret.place }));
  });

/** Remote secrets whose API server is the one that a member's own files name. */
const serverLinks = (members: readonly Member[]): readonly Link[] => {
  const byHost = new Map<string, string>();
  for (const member of members)
    for (const host of apiServers(member)) if (!byHost.has(host)) byHost.set(host, member.name);
  return members.flatMap((member) =>
    member.remoteSecrets.flatMap((secret): readonly Link[] => {
      const to = secret.server === undefined ? undefined : byHost.get(hostOf(secret.server));
      return to === undefined ? [] : [{ kind: 'secret', from: member.name, to, place: secret.place }];
    }),
  );
};

/** Hosts of the API server after kubeadm and Cluster API. */
const apiServers = (member: Member): readonly string[] => {
  const { resources } = member;
  const written = [
    ...resources.ofKind('ClusterConfiguration').map((object) => get(object.value, 'controlPlaneEndpoint')),
    ...resources
      .ofKind('Cluster', 'cluster.x-k8s.io')
      .map((object) => get(object.value, 'spec', 'controlPlaneEndpoint', 'host')),
  ];
  return written.flatMap((value) => {
    const host = filled(value);
    return host === undefined || isTemplate(host) || isLocal(hostOf(host)) ? [] : [hostOf(host)];
  });
};

const isLocal = (host: string): boolean => /^(localhost|127\.|0\.0\.0\.0|\[?::1)/.test(host);

const leaderLinks = (member: Member, directory: Directory): readonly Link[] =>
  member.resources.ofKind('Namespace', '').flatMap((namespace) => {
    const key = 'topology.istio.io/controlPlaneClusters';
    const ids = (namespace.annotations[key] ?? '').split(',').map((id) => id.trim());
    return ids.flatMap((id) =>
      id === '' || id === '*'
        ? []
        : directory.resolve(id).map((to): Link => ({
            kind: 'leader',
            from: member.name,
            to: to.name,
            place: placeIn(namespace, 'metadata', 'annotations', key),
          })),
    );
  });

const addressLinks = (members: readonly Member[]): readonly Link[] => {
  const wanted = members
    .filter((member) => ['remote', 'config', 'unknown'].includes(member.controlPlaneRole.role))
    .flatMap((member) => controlPlaneAddresses(member.cluster).map((sighting) => ({ member, sighting })));
  if (wanted.length === 0) return [];
  const holders = new Map<string, Set<string>>();
  for (const member of members) {
    if (['remote', 'config'].includes(member.controlPlaneRole.role)) continue;
    for (const address of ownAddresses(member))
      holders.set(address, (holders.get(address) ?? new Set()).add(member.name));
  }
  return wanted.flatMap(({ member, sighting }) =>
    [...(holders.get(normalized(sighting.value)) ?? [])].map((to): Link => ({
      kind: 'address',
      from: member.name,
      to,
      place: sighting.place,
    })),
  );
};

/** Addresses of gateways of a cluster and hosts under which it offers its control plane. */
const ownAddresses = (member: Member): readonly string[] => {
  const { cluster, resources } = member;
  const written: unknown[] = [
    ...resources
      .ofKind('Service', '')
      .filter((service) => get(service.value, 'spec', 'type') === 'LoadBalancer')
      .flatMap((service) => [
        get(service.value, 'spec', 'loadBalancerIP'),
        ...list(get(service.value, 'spec', 'externalIPs')),
        ...list(get(service.value, 'status', 'loadBalancer', 'ingress')).flatMap((entry) => [
          get(entry, 'ip'),
          get(entry, 'hostname'),
        ]),
        service.annotations['external-dns.alpha.kubernetes.io/hostname'],
        service.annotations['metallb.universe.tf/loadBalancerIPs'],
        service.annotations['metallb.io/loadBalancerIPs'],
      ]),
    ...valueSightings(cluster, ['gateway'], ['service', 'loadBalancerIP']).map((sighting) => sighting.value),
    ...resources
      .ofKind('Gateway', 'gateway.networking.k8s.io')
      .flatMap((gateway) => list(get(gateway.value, 'spec', 'addresses')).map((entry) => get(entry, 'value'))),
    ...resources
      .ofKind('Gateway', 'networking.istio.io')
      .flatMap((gateway) =>
        list(get(gateway.value, 'spec', 'servers')).flatMap((server) =>
          [15010, 15011, 15012, 15017, 443].includes(Number(get(server, 'port', 'number')))
            ? list(get(server, 'hosts'))
            : [],
        ),
      ),
    ...meshConfigSightings(cluster, ['defaultConfig', 'discoveryAddress']).map((sighting) => sighting.value),
    ...valueSightings(cluster, CONTROL_PLANE, ['global', 'caAddress']).map((sighting) => sighting.value),
  ];
  return written.flatMap((value) => {
    const address = text(value);
    if (address === undefined || address === '' || address.startsWith('*')) return [];
    const host = normalized(hostOf(address));
    // Names that mean something else in each cluster link nobody.
    return /\.svc(\.|$)/.test(host) ? [] : [host];
  });
};

const servedLinks = (member: Member, directory: Directory): readonly Link[] =>
  servedClusterId(member.cluster).flatMap((sighting: Sighting<unknown>) =>
    directory
      .resolve(filled(sighting.value) ?? '')
      .map((to): Link => ({ kind: 'served', from: member.name, to: to.name, place: sighting.place })),
  );

const meshIdLinks = (members: readonly Member[]): readonly Link[] => {
  const first = new Map<string, string>();
  return members.flatMap((member): readonly Link[] => {
    const sighting = sightingsOf(member.meshId)[0];
    if (sighting === undefined) return [];
    const id = normalized(sighting.value);
    const to = first.get(id);
    if (to === undefined) first.set(id, member.name);
    return to === undefined ? [] : [{ kind: 'mesh-id', from: member.name, to, place: sighting.place }];
  });
};

const networkLinks = (member: Member, directory: Directory): readonly Link[] => {
  const listed = (valueOf(member.meshNetworks) ?? []).flatMap((network) =>
    network.endpoints.flatMap((endpoint) =>
      endpoint.fromRegistry === undefined
        ? []
        : directory.resolve(endpoint.fromRegistry).map((to) => ({ to, place: endpoint.place })),
    ),
  );
  const first = listed[0];
  return first === undefined
    ? []
    : listed.map(({ to, place }): Link => ({ kind: 'networks', from: first.to.name, to: to.name, place }));
};
