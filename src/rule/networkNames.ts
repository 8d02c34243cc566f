// Whether the places of one cluster agree on its network. network/name-agrees reports it, others yield to it.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { NetworkSide, NetworkSighting } from '../facts/network.ts';
import type { Minors } from '../facts/minors.ts';
import { within } from '../facts/minors.ts';
import type { Place, Severity } from '../model/index.ts';
import { below, comparePlaces, compareText, get, list, valueOf } from '../model/index.ts';
import { networksOf, servedWorkloads, servicesElsewhere } from './networks.ts';
import { networkOf } from './scope.ts';

/** What is wrong with the names that a cluster gives its network. */
export type NetworkDisagreement =
  | {
      readonly what: 'names';
      readonly severity: Severity;
      /** The place whose name is out of line. */
      readonly odd: NetworkSighting;
      /** Further places that say the same. */
      readonly copies: readonly NetworkSighting[];
      /** The places that say something else. */
      readonly others: readonly NetworkSighting[];
      /** The cluster whose network has that name, where it seems copied. */
      readonly peer: string | undefined;
    }
  | {
      /** One side names the network, the other provably does not. */
      readonly what: 'proxies-unnamed' | 'namespace-unnamed' | 'registry-only' | 'gateway-env-missing' | 'gateway-only';
      readonly severity: Severity;
      readonly said: NetworkSighting;
      /** Where the name is missing. */
      readonly missing: Place;
      readonly gateway: string;
    };

const known = new WeakMap<Mesh, Map<Member, NetworkDisagreement | undefined>>();

/** The gravest disagreement of a cluster with itself; undefined where its places agree or cannot be told. */
export const networkDisagreement = (mesh: Mesh, member: Member): NetworkDisagreement | undefined => {
  const held = known.get(mesh) ?? new Map<Member, NetworkDisagreement | undefined>();
  known.set(mesh, held);
  if (!held.has(member)) held.set(member, namesDiffer(mesh, member) ?? sideUnnamed(mesh, member));
  return held.get(member);
};

/** Places that may disagree: the cluster's own files, and what its primary's meshNetworks says of it. */
const comparable = (mesh: Mesh, member: Member): readonly NetworkSighting[] => {
  const own = member.network.places.filter((sighting) => sighting.side !== 'config' && sighting.shared !== true);
  const places = [...own, ...registryOfPrimary(mesh, member)];
  // A registry in two networks is the matter of network/mesh-networks-consistent.
  const registries = new Set(places.filter(({ side }) => side === 'registry').map(({ value }) => value));
  return registries.size > 1 ? places.filter(({ side }) => side !== 'registry') : places;
};

const registryOfPrimary = (mesh: Mesh, member: Member): readonly NetworkSighting[] => {
  const primary = mesh.configCluster(member);
  // Clusters without a name of their own go by the key of their remote secret.
  const id = valueOf(mesh.idOf(member));
  if (primary === undefined || primary === member || id === undefined) return [];
  return (valueOf(primary.meshNetworks) ?? []).flatMap((entry) =>
    entry.endpoints
      .filter((endpoint) => endpoint.fromRegistry === id)
      .map((endpoint) => ({
        value: entry.name,
        place: endpoint.place,
        source: `meshNetworks of ${primary.name}`,
        side: 'registry' as const,
      })),
  );
};

const namesDiffer = (mesh: Mesh, member: Member): NetworkDisagreement | undefined => {
  const places = comparable(mesh, member);
  const counts = new Map<string, number>();
  for (const { value } of places) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size < 2) return undefined;
  const severity = gravity(mesh, member, places);
  if (severity === undefined) return undefined;
  const owners = ownersOf(mesh, member);
  const proxy = places.find((sighting) => sighting.side === 'proxy')?.value;
  // A name written into the template itself (1.1) was put there by hand; the others come from an install.
  const template = places.find((sighting) => sighting.side === 'proxy' && sighting.place.within !== undefined)?.value;
  const listed = new Set(
    (valueOf((mesh.configCluster(member) ?? member).meshNetworks) ?? []).map((entry) => entry.name),
  );
  const [name] = [...counts].toSorted(
    ([a, manyA], [b, manyB]) =>
      manyA - manyB ||
      Number(owners.has(b)) - Number(owners.has(a)) ||
      Number(listed.has(a)) - Number(listed.has(b)) ||
      Number(b === template) - Number(a === template) ||
      Number(a === proxy) - Number(b === proxy) ||
      compareText(a, b),
  )[0] ?? [''];
  const same = places.filter((sighting) => sighting.value === name);
  // People edit values; the injector ConfigMap is what a tool makes of them.
  const odd = same.find((sighting) => sighting.via !== 'injector') ?? same[0];
  if (odd === undefined) return undefined;
  const copies = same.filter((sighting) => sighting !== odd);
  return {
    what: 'names',
    severity,
    odd,
    copies,
    others: places.filter((sighting) => sighting.value !== name),
    peer: owners.get(name),
  };
};

/** First cluster of each other network, by name of the network. */
const ownersOf = (mesh: Mesh, member: Member): ReadonlyMap<string, string> => {
  const owners = new Map<string, string>();
  for (const peer of mesh.members) {
    const name = networkOf(peer);
    if (peer !== member && name !== undefined && !owners.has(name)) owners.set(name, peer.name);
  }
  return owners;
};

/** Severity of the gravest pair of sides; undefined where no pair that Istio compares differs. */
const gravity = (mesh: Mesh, member: Member, places: readonly NetworkSighting[]): Severity | undefined => {
  const on = (side: NetworkSide): readonly string[] =>
    places.filter((sighting) => sighting.side === side).map((sighting) => sighting.value);
  const [proxies, namespaces, registries] = [on('proxy'), on('namespace'), on('registry')];
  const differ = (a: readonly string[], b: readonly string[]): boolean =>
    a[0] !== undefined && b.some((name) => name !== a[0]);
  const names = [proxies, namespaces, registries].find((side) => side.length > 0) ?? [];
  const found: (Severity | undefined)[] = [
    differ(names, on('gateway')) || differ(names, on('served')) ? 'error' : undefined,
    differ(proxies, namespaces) ? namespaceGravity(mesh, member) : undefined,
    differ(proxies, registries) ? registryGravity(mesh, member, namespaces.length > 0) : undefined,
    differ(namespaces, registries) ? labelOverRegistry(mesh, member, proxies, namespaces) : undefined,
    differ(proxies, proxies) || differ(namespaces, namespaces) || differ(registries, registries)
      ? 'warning'
      : undefined,
  ];
  return found.includes('error') ? 'error' : found.includes('warning') ? 'warning' : undefined;
};

/** From 1.11 to 1.14 the label is over the pods' own; later it names only pods that are not injected, and ambient. */
const namespaceGravity = (mesh: Mesh, member: Member): Severity => {
  const { minors } = mesh.versionOf(member);
  if (within(minors, '1.11-1.14') === 'inside') return 'error';
  return within(minors, '1.8+') !== 'outside' && runsUninjected(mesh, member) ? 'error' : 'warning';
};

const registryGravity = (mesh: Mesh, member: Member, labelled: boolean): Severity => {
  const { minors } = mesh.versionOf(member);
  if (within(minors, '<=1.7') === 'inside') return 'error';
  if (labelled && within(minors, '1.11+') === 'inside') return 'warning';
  return within(minors, '1.11-1.14') === 'inside' || runsUninjected(mesh, member) ? 'error' : 'warning';
};

/** From 1.11 the label is over fromRegistry: where proxies follow the label as well, the entry is only misleading. */
const labelOverRegistry = (
  mesh: Mesh,
  member: Member,
  proxies: readonly string[],
  namespaces: readonly string[],
): Severity => {
  if (within(mesh.versionOf(member).minors, '1.11+') === 'outside') return 'warning';
  return proxies.length > 0 && proxies[0] === namespaces[0] ? 'warning' : 'error';
};

/** Workloads whose network is that of the cluster, because no injection names one for their pods. */
const runsUninjected = (mesh: Mesh, member: Member): boolean => {
  if (member.workloads.some((workload) => workload.ambient === 'yes')) return true;
  const elsewhere = servicesElsewhere(mesh, networkOf(member) ?? '');
  return servedWorkloads(mesh, member).some(
    ({ service, workload }) =>
      workload.injected === 'no' &&
      service.namespace !== undefined &&
      elsewhere.has(`${service.namespace}/${service.name}`),
  );
};

const sideUnnamed = (mesh: Mesh, member: Member): NetworkDisagreement | undefined => {
  const { unset } = member.network;
  const places = comparable(mesh, member);
  if (unset === undefined || !severalNames(mesh)) return undefined;
  const first = (side: NetworkSide): NetworkSighting | undefined => places.find((sighting) => sighting.side === side);
  const [label, proxy, registry, served] = [first('namespace'), first('proxy'), first('registry'), first('served')];
  const { minors } = mesh.versionOf(member);
  const unnamed = unset.injector ?? unset.values;
  if (registry !== undefined && within(minors, '<=1.7') === 'inside')
    return legacyUnnamed(member, minors, registry, proxy, unnamed);
  if (proxy === undefined && label !== undefined && unnamed !== undefined && within(minors, '1.8+') !== 'outside') {
    const severity = unset.injector !== undefined && within(minors, '1.11-1.29') === 'inside' ? 'error' : 'warning';
    return { what: 'proxies-unnamed', severity, said: label, missing: unnamed, gateway: '' };
  }
  if (
    proxy !== undefined &&
    proxy.via !== 'path' &&
    label === undefined &&
    unset.namespace !== undefined &&
    within(minors, '1.8+') !== 'outside'
  )
    return { what: 'namespace-unnamed', severity: 'info', said: proxy, missing: unset.namespace, gateway: '' };
  if (served === undefined || proxy !== undefined || label !== undefined || registry !== undefined) return undefined;
  if (unset.namespace === undefined || unset.values === undefined) return undefined;
  const gateway = member.eastWestGateways.find(
    (candidate) => candidate.network === served.value && candidate.evidence !== 'meshNetworks',
  );
  const forNetworks = gateway !== undefined && (gateway.sidecar !== 'no' || gateway.hbone !== 'no');
  return {
    what: 'gateway-only',
    severity: forNetworks ? 'error' : 'warning',
    said: served,
    missing: unset.namespace,
    gateway: gateway?.name ?? '',
  };
};

/** Up to 1.7 a proxy knows its own network from ISTIO_META_NETWORK only, a gateway from its own Deployment. */
const legacyUnnamed = (
  member: Member,
  minors: Minors,
  registry: NetworkSighting,
  proxy: NetworkSighting | undefined,
  unnamed: Place | undefined,
): NetworkDisagreement | undefined => {
  if (proxy === undefined && unnamed !== undefined)
    return { what: 'registry-only', severity: 'error', said: registry, missing: unnamed, gateway: '' };
  const bare = member.workloads.find(
    (workload) => workload.gateway && workload.injected !== 'yes' && !namesNetwork(workload.spec),
  );
  if (bare === undefined || within(minors, '<=1.7') !== 'inside') return undefined;
  return {
    what: 'gateway-env-missing',
    severity: 'error',
    said: registry,
    missing: below(bare.specPlace, 'containers'),
    gateway: bare.name,
  };
};

const namesNetwork = (spec: Readonly<Record<string, unknown>>): boolean =>
  list(spec['containers']).some((container) =>
    list(get(container, 'env')).some((entry) => get(entry, 'name') === 'ISTIO_META_NETWORK'),
  );

const several = new WeakMap<Mesh, boolean>();

/** Whether anything in the mesh names a second network. */
const severalNames = (mesh: Mesh): boolean => {
  const held = several.get(mesh);
  if (held !== undefined) return held;
  const names = new Set(networksOf(mesh).keys());
  for (const member of mesh.members)
    for (const { side, value } of member.network.places) if (side === 'served' || side === 'registry') names.add(value);
  for (const member of mesh.members) for (const entry of valueOf(member.meshNetworks) ?? []) names.add(entry.name);
  several.set(mesh, names.size > 1);
  return names.size > 1;
};

/** The odd one and the others, with the name of the file where two say different names in the same words. */
export const toldApart = <T extends { readonly value: string; readonly source: string; readonly place: Place }>(
  odd: T,
  others: readonly T[],
): { readonly source: string; readonly others: readonly T[] } => {
  const all = [odd, ...others];
  const source = (one: T): string => {
    const namesakes = all.filter((other) => other.source === one.source && other.value !== one.value);
    if (namesakes.length === 0) return one.source;
    const own = one.place.file.path.split('/');
    const isPlain = namesakes.every((other) => other.place.file.path.split('/').at(-1) !== own.at(-1));
    return `${one.source} in ${own.slice(isPlain ? -1 : -2).join('/')}`;
  };
  return { source: source(odd), others: others.map((one) => ({ ...one, source: source(one) })) };
};

/** `Namespace label and label of gateway x say n1; meshNetworks says n2`. */
export const sayings = (sightings: readonly Pick<NetworkSighting, 'value' | 'source'>[]): string => {
  const byName = new Map<string, string[]>();
  for (const { value, source } of sightings) {
    const sources = byName.get(value) ?? [];
    byName.set(value, sources);
    if (!sources.includes(source)) sources.push(source);
  }
  return [...byName]
    .map(([name, sources]) => `${enumerate(sources)} ${sources.length > 1 ? 'say' : 'says'} ${name}`)
    .join('; ');
};

const enumerate = (words: readonly string[]): string => {
  const shown = words.length > 3 ? [...words.slice(0, 2), `${words.length - 2} more`] : words;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
};

/** One sighting for each place, at most `most` of them, in the order of places. */
export const distinctPlaces = <T extends { readonly place: Place }>(
  sightings: readonly T[],
  most: number,
): readonly T[] =>
  sightings
    .toSorted((a, b) => comparePlaces(a.place, b.place))
    .filter((sighting, index, all) => index === 0 || comparePlaces(sighting.place, all[index - 1]!.place) !== 0)
    .slice(0, most);
