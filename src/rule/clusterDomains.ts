// By which DNS domain each cluster names its Services. network/cluster-domain-equal reports differences, others yield to it.
import type { Member, Mesh } from '../facts/mesh.ts';
import { hidesKind, hidesValues } from '../facts/sources.ts';
import type { Place, Severity } from '../model/index.ts';
import { list, get, placeOf, texts } from '../model/index.ts';
import { isRemote } from './controlPlane/roles.ts';
import { hostName, isAutoPassthrough, serversOf } from './gateways.ts';
import { networksCompare } from './networks.ts';
import { oncePerMesh } from './scope.ts';

/** The domain of a cluster, and where it is said (or would be). */
export interface StatedDomain {
  readonly member: Member;
  readonly domain: string;
  readonly place: Place;
  /** No file says it: the install leaves it at cluster.local. */
  readonly isDefault: boolean;
}

/** A cluster whose domain is not that of most others. */
export interface OddDomain {
  readonly odd: StatedDomain;
  readonly peers: readonly StatedDomain[];
  readonly severity: Severity;
}

/** Clusters whose domain differs; on a tie one that says its domain stands against the others. */
export const oddDomains = oncePerMesh((mesh): readonly OddDomain[] => {
  const stated = mesh.members.flatMap((member) => statedDomain(mesh, member) ?? []);
  const groups = new Map<string, StatedDomain[]>();
  for (const held of stated) groups.set(held.domain, [...(groups.get(held.domain) ?? []), held]);
  if (groups.size < 2 || isJoinedByGlobal(mesh)) return [];
  const most = Math.max(...[...groups.values()].map((group) => group.length));
  const largest = [...groups.values()].filter((group) => group.length === most);
  const [reference] = largest;
  if (reference === undefined) return [];
  if (largest.length > 1) {
    // No side is right, and a default has no key that could be changed.
    const odd = stated.find((held) => !held.isDefault) ?? stated[0]!;
    const peers = stated.filter((held) => held.domain !== odd.domain);
    return [{ odd, peers, severity: gravityOf(odd, peers) }];
  }
  return stated
    .filter((held) => held.domain !== reference[0]!.domain)
    .map((odd) => ({ odd, peers: reference, severity: gravityOf(odd, reference) }));
});

/** Domains of a mesh whose clusters do not agree on one; empty where they do. */
export const disputedDomains = oncePerMesh(
  (mesh): ReadonlySet<string> =>
    new Set(oddDomains(mesh).flatMap(({ odd, peers }) => [odd.domain, ...peers.map((peer) => peer.domain)])),
);

const gravityOf = (odd: StatedDomain, peers: readonly StatedDomain[]): Severity =>
  peers.some((peer) => networksCompare(odd.member, peer.member) === 'different') ? 'error' : 'warning';

/** Nothing where several files of a cluster disagree (config/facts-agree tells), or where no file would say it. */
const statedDomain = (mesh: Mesh, member: Member): StatedDomain | undefined => {
  const fact = member.clusterDomain;
  if (fact.state !== 'known') return undefined;
  const place = placeOf(fact);
  if (place !== undefined) return { member, domain: fact.value, place, isDefault: false };
  const source = member.cluster.values.find(
    (values) => ['operator', 'istiod'].includes(values.chart) && values.place !== undefined,
  );
  // Remote clusters may leave it to the control plane that injects their pods.
  if (source === undefined || isRemote(mesh, member)) return undefined;
  if (hidesValues(member.cluster) || hidesKind(member.cluster, HOLDERS)) return undefined;
  return { member, domain: fact.value, place: source.place, isDefault: true };
};

/** Kinds that may say the domain. */
const HOLDERS = ['IstioOperator', 'Istio', 'HelmRelease', 'Application', 'ApplicationSet', 'ConfigMap'];

/** Replicated control planes name the services of others `….global`, whatever their own domain is. */
const isJoinedByGlobal = (mesh: Mesh): boolean => {
  const hosts = mesh.members
    .flatMap(serversOf)
    .filter(isAutoPassthrough)
    .map((server) => server.hosts.map(hostName));
  if (hosts.length > 0) return hosts.every((names) => names.some((name) => name.endsWith('.global')));
  return mesh.members.some((member) =>
    member.resources
      .ofKind('ServiceEntry', 'networking.istio.io')
      .some((entry) => texts(list(get(entry.value, 'spec', 'hosts'))).some((host) => host.endsWith('.global'))),
  );
};
