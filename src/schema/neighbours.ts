// Objects beside Istio's own: the Gateway API, the Sail operator, services of several clusters. Which release of them
// a cluster has is not known: a form holds the fields of all releases.
import neighboursJson from '../../schemas/istio/neighbours.json' with { type: 'json' };
import { get, list } from '../model/index.ts';
import { contentOf, WORDS } from './structural.ts';
import type { Table } from './table.ts';
import type { Problem } from './walk.ts';
import { walk } from './walk.ts';

interface NeighbourTable extends Table {
  readonly kinds: Readonly<
    Record<string, { readonly versions: readonly string[]; readonly root?: number } | undefined>
  >;
}

const table = neighboursJson as unknown as NeighbourTable;

/** The newest release of the Gateway API whose fields are known. */
export const NEWEST_GATEWAY_API: readonly [major: number, minor: number] = [1, 5];

/** Whose API a group is, as people call it. */
const OWNERS: Readonly<Record<string, string | undefined>> = {
  'gateway.networking.k8s.io': 'the Gateway API',
  'gateway.networking.x-k8s.io': 'the Gateway API',
  'multicluster.x-k8s.io': 'the Multi-Cluster Services API',
  'sailoperator.io': 'the Sail operator',
};

/** `the Gateway API`; undefined for the groups of Istio and of others. */
export const ownerOf = (group: string): string | undefined =>
  Object.hasOwn(OWNERS, group) ? OWNERS[group] : undefined;

export const isGatewayApi = (group: string): boolean => ownerOf(group) === 'the Gateway API';

/** Versions of a kind (`group/Kind`) that any release serves, newest first; none for kinds that are not known. */
export const neighbourVersions = (key: string): readonly string[] => kindOf(key)?.versions ?? [];

/** All known `group/Kind`. */
export const neighbourKinds = (): readonly string[] => Object.keys(table.kinds);

/** The table and the root of a kind (`group/version/Kind`) that has a form. */
export const neighbourForm = (key: string): { readonly table: Table; readonly root: number } | undefined => {
  const [group = '', version = '', kind = ''] = key.split('/');
  const found = kindOf(`${group}/${kind}`);
  return found?.root === undefined || !found.versions.includes(version) ? undefined : { table, root: found.root };
};

/**
 * Problems of the form of such an object, with paths from its root; none for kinds without a form. `isBeyond`: its
 * cluster has a release after those of the table, which may know more words.
 */
export const neighbourProblems = (
  key: string,
  value: Readonly<Record<string, unknown>>,
  isBeyond: boolean,
): readonly Problem[] => {
  const form = neighbourForm(key);
  if (form === undefined) return [];
  const options = { minors: ANY, isPartial: false, isProto: false };
  const problems = [
    ...walk(form.table, form.root, contentOf(value), options),
    ...protocolProblems(key, value),
    ...versionProblems(key, value),
  ];
  return isBeyond ? problems.filter(({ kind }) => !WORDS.has(kind)) : problems;
};

const PROTOCOLS = ['HTTP', 'HTTPS', 'TLS', 'TCP', 'UDP'];

/** Protocols of the Gateway of Istio, which listeners do not have. */
const FOREIGN_PROTOCOLS = new Set(['HTTP2', 'GRPC', 'GRPC-WEB', 'MONGO', 'MYSQL', 'REDIS']);

/** Listeners take any word for a protocol, but are set up for those of the API (and for `example.com/name`). */
const protocolProblems = (key: string, value: Readonly<Record<string, unknown>>): readonly Problem[] =>
  /\/X?(Gateway|ListenerSet)$/.test(key)
    ? list(get(value, 'spec', 'listeners')).flatMap((listener, index): readonly Problem[] => {
        const name = get(listener, 'protocol');
        if (typeof name !== 'string' || PROTOCOLS.includes(name)) return [];
        const upper = name.toUpperCase();
        if (!PROTOCOLS.includes(upper) && !FOREIGN_PROTOCOLS.has(upper)) return [];
        return [{ kind: 'enum', path: ['spec', 'listeners', index, 'protocol'], name, wanted: PROTOCOLS }];
      })
    : [];

/** The operator knows its versions by name: `v1.24.3`, `v1.24-latest`, `master`. */
const versionProblems = (key: string, value: Readonly<Record<string, unknown>>): readonly Problem[] => {
  const name = get(value, 'spec', 'version');
  return key.startsWith('sailoperator.io/') && typeof name === 'string' && /^\d+\.\d+/.test(name)
    ? [{ kind: 'enum', path: ['spec', 'version'], name, wanted: [`v${name}`] }]
    : [];
};

/** The forms have no history. */
const ANY = { low: 0, high: 0 };

const kindOf = (key: string): NeighbourTable['kinds'][string] =>
  Object.hasOwn(table.kinds, key) ? table.kinds[key] : undefined;
