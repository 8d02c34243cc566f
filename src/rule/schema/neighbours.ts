// Objects beside Istio's own: what is told of their form, and what they are called.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { filled, get, isRecord, list } from '../../model/index.ts';
import { isGatewayApi, neighbourForm, neighbourKinds, NEWEST_GATEWAY_API, ownerOf } from '../../schema/neighbours.ts';
import { homesIn, NEWEST } from '../../schema/structural.ts';
import { valuesTable } from '../../schema/table.ts';
import type { Problem } from '../../schema/walk.ts';
import { nearest } from '../nearest.ts';
import { oncePerMember, oncePerMesh } from '../scope.ts';

const BUNDLE = 'gateway.networking.k8s.io/bundle-version';

/** `the Gateway API up to v1.5`, `the Sail operator`. */
export const apiInWords = (group: string): string =>
  isGatewayApi(group) ? `the Gateway API up to v${NEWEST_GATEWAY_API.join('.')}` : (ownerOf(group) ?? group);

/** Istio or the CRDs of a cluster are newer than the tables: there may be more fields than those that are known. */
export const isBeyondTables = oncePerMember(
  (mesh: Mesh, member: Member): boolean =>
    mesh.versionOf(member).minors.low > NEWEST ||
    member.resources
      .ofKind('CustomResourceDefinition', 'apiextensions.k8s.io')
      .some(({ annotations }) => isNewer(annotations[BUNDLE])),
);

const isNewer = (written: string | undefined): boolean => {
  const found = /^v?(\d+)\.(\d+)/.exec(written ?? '');
  if (found === null) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const [knownMajor, knownMinor] = NEWEST_GATEWAY_API;
  return major > knownMajor || (major === knownMajor && minor > knownMinor);
};

/** What CRDs among the files serve, as `group/version/Kind`: they know better than any table. */
export const definedKinds = oncePerMesh(
  (mesh): ReadonlySet<string> =>
    new Set(
      mesh.members.flatMap((member) =>
        member.resources.ofKind('CustomResourceDefinition', 'apiextensions.k8s.io').flatMap(({ value }) => {
          const group = filled(get(value, 'spec', 'group'));
          const kind = filled(get(value, 'spec', 'names', 'kind'));
          return list(get(value, 'spec', 'versions')).flatMap((version) =>
            get(version, 'served') === false ? [] : [`${group}/${filled(get(version, 'name'))}/${kind}`],
          );
        }),
      ),
    ),
);

/** Keys of values that config/dead-setting tells to stand beside `values`. */
const TOLD_AS_MISPLACED = new Set(['global', 'pilot', 'istiodRemote', 'gateways', 'meshConfig']);

/**
 * The form of the Gateway API is known to the last field; of what others make, only a slip in a word that is known is
 * told, and values that stand beside `values`.
 */
export const speaksOfNeighbour = (key: string, problem: Problem, value: Readonly<Record<string, unknown>>): boolean => {
  const { kind, name, wanted, path } = problem;
  if (kind !== 'unknown-field' || isGatewayApi(key.slice(0, key.indexOf('/')))) return true;
  if (homeInValues(key, problem) !== undefined)
    return !(/\/Istio(Revision)?$/.test(key) && TOLD_AS_MISPLACED.has(name) && isRecord(get(value, ...path)));
  return nearest(name, wanted) !== undefined;
};

/** Where a key that stands beside `values` belongs: `spec.values.cni.ambient`. */
const homeInValues = (key: string, { path, name }: Problem): string | undefined => {
  if (!key.startsWith('sailoperator.io/') || path.length !== 2) return undefined;
  const part = PARTS[key.slice(key.lastIndexOf('/') + 1)];
  if (part === undefined) return isKeyOf('Values', name) ? `spec.values.${name}` : undefined;
  if (name === part.name || name === 'global') return `spec.values.${name}`;
  return isKeyOf(part.root, name) ? `spec.values.${part.name}.${name}` : undefined;
};

/** Objects that install a part of Istio, by the one key of their values. */
const PARTS: Readonly<Record<string, { readonly name: string; readonly root: string } | undefined>> = {
  IstioCNI: { name: 'cni', root: 'CniChart' },
  ZTunnel: { name: 'ztunnel', root: 'ZtunnelChart' },
};

const isKeyOf = (root: string, name: string): boolean =>
  Object.hasOwn(valuesTable.nodes[valuesTable.roots[root] ?? -1]?.properties ?? {}, name);

/** Where a field that stands in the wrong place belongs, nearest first. */
export const homeOfNeighbour = (key: string, problem: Problem): string | undefined => {
  if (problem.kind !== 'unknown-field') return undefined;
  const form = neighbourForm(key);
  return homeInValues(key, problem) ?? (form && homesIn(form, [], problem.name, problem.path)[0]);
};

/** Groups by kind, and kinds by group, as for Istio's own. */
export const neighbourGroups = (kind: string): readonly string[] =>
  neighbourKinds()
    .filter((key) => key.endsWith(`/${kind}`))
    .map((key) => key.slice(0, key.indexOf('/')));

export const neighbourKindsOf = (group: string): readonly string[] =>
  neighbourKinds()
    .filter((key) => key.startsWith(`${group}/`))
    .map((key) => key.slice(group.length + 1));
