// Objects that several config clusters state, or only some of them.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Resource } from '../../model/index.ts';
import { compareText, get, list, text, texts } from '../../model/index.ts';
import { patternsOf } from '../hosts.ts';
import { statementsOf } from '../objects.ts';
import type { Realm } from '../scope.ts';
import { oncePerMember, realmsOf } from '../scope.ts';
import type { Canonical } from './canonical.ts';
import { canonical } from './canonical.ts';
import { namingOf } from './naming.ts';

/** A kind of objects to compare. */
export interface ComparedKind {
  readonly kind: string;
  readonly group: string;
  /** Objects that count; left out: all. */
  readonly counts?: (resource: Resource) => boolean;
}

/** An object as one config cluster states it. */
export interface Held {
  readonly realm: Realm;
  readonly resource: Resource;
  /** Worked out when first asked for: most objects are written alike everywhere. */
  readonly form: Canonical;
  /** Hosts that it is about, in full. Empty for kinds without hosts. */
  readonly hosts: readonly string[];
  /** Another document of the cluster states it differently. */
  readonly ambiguous: boolean;
}

/** One object of the mesh: equal kind, namespace and name, else equal kind, namespace and hosts. */
export interface MeshObject {
  readonly kind: ComparedKind;
  /** In the order of the config clusters' names. */
  readonly held: readonly Held[];
  /** Config clusters that state no such object. */
  readonly missing: readonly Realm[];
}

/** Objects of those kinds over all config clusters, in the order of kind, namespace and name. Empty for a single one. */
export const meshObjects = (mesh: Mesh, kinds: readonly ComparedKind[]): readonly MeshObject[] => {
  const realms = realmsOf(mesh);
  if (realms.length < 2) return [];
  return kinds.flatMap((kind) => {
    const all = realms.flatMap((realm) => heldIn(mesh, realm, kind));
    const groups = joinByHosts(groupBy(all, ({ resource }) => `${resource.namespace ?? '?'}/${resource.name}`));
    return groups
      .toSorted((a, b) => compareText(keyOf(a[0]!), keyOf(b[0]!)))
      .map((held) => ({
        kind,
        held,
        missing: realms.filter(
          (realm) => held.every((one) => one.realm !== realm) && !states(realm.config, kind, held[0]!.resource),
        ),
      }));
  });
};

/** Kinds whose objects show that a cluster's Istio configuration is among the files. */
const CONFIGURATION = [
  'VirtualService',
  'DestinationRule',
  'ServiceEntry',
  'Sidecar',
  'EnvoyFilter',
  'AuthorizationPolicy',
  'RequestAuthentication',
  'PeerAuthentication',
  'ServiceRole',
  'ClusterRbacConfig',
];

/** Whether the configuration of a cluster is kept in the files: it has a control plane there, or routes and policies. */
export const keepsConfiguration = (mesh: Mesh, config: Member): boolean =>
  mesh.roleOf(config) !== 'unknown' ||
  CONFIGURATION.some((kind) => config.resources.ofKind(kind).some(({ group }) => group.endsWith('istio.io')));

const heldKinds = oncePerMember((): Map<ComparedKind, readonly Held[]> => new Map());

const heldIn = (mesh: Mesh, realm: Realm, kind: ComparedKind): readonly Held[] => {
  const held = heldKinds(mesh, realm.config);
  let found = held.get(kind);
  if (found === undefined) held.set(kind, (found = readHeld(mesh, realm, kind)));
  return found;
};

const readHeld = (mesh: Mesh, realm: Realm, { kind, group, counts }: ComparedKind): readonly Held[] =>
  statementsIn(realm.config, kind, group, counts).map(({ resource, ambiguous }) => {
    const naming = namingOf(mesh, realm.config, resource.namespace);
    let form: Canonical | undefined;
    return {
      realm,
      resource,
      ambiguous,
      get form() {
        return (form ??= canonical(kind, resource.value['spec'], naming));
      },
      hosts: writtenHosts(resource).map((host) => naming.expand(host).replace(/^[^/]*\//, '')),
    };
  });

const statementsIn = (
  config: Member,
  kind: string,
  group: string,
  counts: ComparedKind['counts'],
): ReturnType<typeof statementsOf> =>
  statementsOf(
    config.resources.ofKind(kind, group).filter((resource) => resource.name !== '' && (counts?.(resource) ?? true)),
  );

/** Whether a cluster has the object itself, perhaps one whose namespace is not stated. */
const states = ({ resources }: Member, { kind, group }: ComparedKind, { namespace, name }: Resource): boolean =>
  resources.find(kind, namespace, name, group).length > 0;

const writtenHosts = ({ kind, namespace, value }: Resource): readonly string[] => {
  const spec = value['spec'];
  if (kind === 'HTTPRoute')
    return list(get(spec, 'parentRefs')).flatMap((parent) => {
      const name = get(parent, 'kind') === 'Service' ? text(get(parent, 'name')) : undefined;
      const from = text(get(parent, 'namespace')) ?? namespace;
      return name === undefined ? [] : [from === undefined ? name : `${from}/${name}`];
    });
  const host = text(get(spec, 'host'));
  return host === undefined ? (kind === 'Sidecar' ? [] : texts(get(spec, 'hosts'))) : [host];
};

/** Objects of several names are one where no cluster has two of them and all are about the same hosts. */
const joinByHosts = (groups: readonly (readonly Held[])[]): readonly (readonly Held[])[] => {
  const joined = new Map<string, (readonly Held[])[]>();
  for (const group of groups) {
    const [first] = group;
    if (first === undefined) continue;
    const key =
      first.hosts.length === 0
        ? keyOf(first)
        : `${first.resource.namespace ?? '?'} ${bindings(first.resource)} ${first.hosts.toSorted().join(' ')}`;
    const near = joined.get(key) ?? [];
    const twin = near.findIndex((other) => other.every((one) => group.every((held) => held.realm !== one.realm)));
    if (twin < 0) near.push(group);
    else
      near[twin] = [...near[twin]!, ...group].toSorted((a, b) => compareText(a.realm.config.name, b.realm.config.name));
    joined.set(key, near);
  }
  return [...joined.values()].flat();
};

/** A route for the gateways is none for the mesh. */
const bindings = ({ value }: Resource): string =>
  texts(get(value, 'spec', 'gateways'))
    .toSorted()
    .join(',');

const keyOf = ({ resource }: Held): string => `${resource.namespace ?? '?'}/${resource.name}`;

const groupBy = (all: readonly Held[], key: (held: Held) => string): readonly (readonly Held[])[] => {
  const groups = new Map<string, Held[]>();
  for (const held of all) {
    const found = groups.get(key(held));
    if (found === undefined) groups.set(key(held), [held]);
    else found.push(held);
  }
  return [...groups.values()];
};

const hostKinds = oncePerMember((): Map<ComparedKind, ReadonlySet<string>> => new Map());

/** Whether a config cluster has another object of the kind about one of these hosts. */
export const coversHosts = (mesh: Mesh, realm: Realm, kind: ComparedKind, hosts: readonly string[]): boolean => {
  const held = hostKinds(mesh, realm.config);
  let found = held.get(kind);
  if (found === undefined) held.set(kind, (found = new Set(heldIn(mesh, realm, kind).flatMap((one) => one.hosts))));
  return hosts.some((host) => patternsOf(host).some((pattern) => found.has(pattern)));
};
