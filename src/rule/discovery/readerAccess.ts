// Whether the account of remote secrets is there, bound, and may read what istiod reads.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { chartsNamed, installers, sourcesOf } from '../../facts/installers.ts';
import { CONTROL_PLANE, hidesKind, valueSightings } from '../../facts/sources.ts';
import { within } from '../../facts/minors.ts';
import type { Place, Resource, Severity, Tri } from '../../model/index.ts';
import { filled, flag, get, list, placeIn, texts } from '../../model/index.ts';
import { oncePerMember } from '../scope.ts';
import { isReader, readersOf } from './readers.ts';
import type { HeldSecret } from './targets.ts';
import { hiddenBecause, registryNamespaces } from './visible.ts';

export const READER = 'istio-reader-service-account';

export type AccessFault =
  | { readonly what: 'account'; readonly at: Place; readonly peer: Member | undefined }
  | { readonly what: 'binding'; readonly at: Place; readonly peer: Member | undefined }
  | { readonly what: 'off'; readonly at: Place }
  | {
      readonly what: 'rights';
      readonly at: Place;
      readonly role: Resource;
      readonly lacking: string;
      /** Milder where an installer may write another role over it. */
      readonly severity: Severity;
    };

/** Remote secrets of control planes that read a cluster as its reader account, as far as can be told. */
export const readingSecrets = (mesh: Mesh, member: Member): readonly HeldSecret[] =>
  (readersOf(mesh).get(member) ?? []).filter(
    ({ holder, secret }) =>
      isReader(mesh, holder) && hiddenBecause(mesh, holder, secret).length === 0 && usesReader(secret) !== 'no',
  );

/** Whether the user of a remote secret is the reader account. */
export const usesReader = (secret: HeldSecret['secret']): Tri => {
  const account = secret.kubeconfig?.token?.serviceAccount;
  if (account !== undefined) return account.endsWith(`/${READER}`) ? 'yes' : 'no';
  return secret.auth !== undefined && !secret.auth.includes('token') ? 'no' : 'unknown';
};

export const accessFault = (mesh: Mesh, member: Member): AccessFault | undefined => {
  const bindings = bindingsOf(mesh, member);
  const off = valueSightings(member.cluster, CONTROL_PLANE, ['global', 'enableReaderRBAC']).find(
    ({ value }) => flag(value) === false,
  );
  if (off !== undefined && bindings.length === 0 && within(mesh.versionOf(member).minors, '1.30+') !== 'outside')
    return { what: 'off', at: off.place };
  if (hidesKind(member.cluster, KINDS)) return undefined;
  if (installsAll(member)) return rightsFault(mesh, member, bindings, 'warning');
  const charts = chartsOf(mesh, member);
  if (charts.has('values')) return undefined;
  const account = accountsOf(member)[0];
  if (account === undefined && !charts.has('base')) {
    const peer = mesh.members.find((other) => other !== member && brings(mesh, other));
    const isAbsent = bindings.length > 0 || charts.size > 0 || mesh.absent(member, 'rbac') === 'yes';
    return peer !== undefined && isAbsent ? { what: 'account', at: anchor(mesh, member), peer } : undefined;
  }
  if (charts.size > 0) return undefined;
  if (bindings.length === 0) {
    const peer = mesh.members.find((other) => other !== member && bindingsOf(mesh, other).length > 0);
    const at = account === undefined ? anchor(mesh, member) : placeIn(account, 'metadata', 'name');
    return peer === undefined ? undefined : { what: 'binding', at, peer };
  }
  return rightsFault(mesh, member, bindings, 'error');
};

const KINDS = ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding'];

const accountsOf = (member: Member): readonly Resource[] =>
  member.resources.ofKind('ServiceAccount', '').filter(({ name }) => name === READER);

const brings = (mesh: Mesh, member: Member): boolean =>
  accountsOf(member).length > 0 || chartsOf(mesh, member).has('base');

/** istioctl and the operators install the account and its role as well. */
const installsAll = ({ cluster, resources }: Member): boolean =>
  cluster.values.some(({ chart }) => chart === 'operator') ||
  ['IstioOperator', 'Istio', 'IstioRevision'].some((kind) => resources.ofKind(kind).length > 0);

/** Charts of Istio that objects of a cluster install; `values` where only a values file tells, so that others may come without one. */
const chartsOf = oncePerMember((_mesh, { cluster, resources }): ReadonlySet<string> => {
  const found = new Set<string>();
  const add = (written: unknown): void => {
    const name = filled(written)?.replace(/^.*\//, '');
    if (name === 'istio-base' || name === 'base') found.add('base');
    if (name !== undefined && /^(istiod|istiod-remote|istio-discovery)$/.test(name)) found.add('istiod');
  };
  for (const { chart, origin } of cluster.values) {
    if (origin === 'values' && ['base', 'istiod', 'istiod-remote'].includes(chart)) found.add('values');
    else add(chart);
  }
  for (const installer of installers(resources)) {
    for (const chart of chartsNamed(installer)) add(chart);
    // A path of a repository that nobody reads here.
    if (sourcesOf(installer).some((source) => filled(get(source, 'path')) !== undefined)) found.add('values');
  }
  return found;
});

/** ClusterRoleBindings of the reader account. */
const bindingsOf = oncePerMember((mesh, member): readonly Resource[] => {
  const namespaces = registryNamespaces(mesh, member);
  return member.resources.ofKind('ClusterRoleBinding').filter((binding) =>
    list(binding.value['subjects']).some((subject) => {
      const namespace = filled(get(subject, 'namespace'));
      return get(subject, 'name') === READER && (namespace === undefined || namespaces.includes(namespace));
    }),
  );
});

/** Something of the cluster's install: there the account is missing. */
const anchor = (mesh: Mesh, member: Member): Place => {
  const binding = bindingsOf(mesh, member)[0];
  if (binding !== undefined) return placeIn(binding, 'subjects');
  const [first] = registryNamespaces(mesh, member);
  const namespace = member.resources.ofKind('Namespace', '').find(({ name }) => name === first);
  const sighting = member.controlPlaneRole.sightings.find(({ source }) => source !== 'mesh-lint.yaml');
  if (sighting !== undefined) return sighting.place;
  const held = namespace ?? member.resources.all[0];
  return held === undefined ? readingSecrets(mesh, member)[0]!.secret.place : placeIn(held, 'metadata', 'name');
};

/** What istiod watches in another cluster, without which it sees no endpoints. */
const NEEDED = [
  { group: '', resource: 'namespaces', since: 'all' },
  { group: '', resource: 'services', since: 'all' },
  { group: '', resource: 'pods', since: 'all' },
  { group: 'discovery.k8s.io', resource: 'endpointslices', since: '1.13+' },
] as const;

const rightsFault = (
  mesh: Mesh,
  member: Member,
  bindings: readonly Resource[],
  severity: Severity,
): AccessFault | undefined => {
  const roles = bindings.map((binding) =>
    member.resources.ofKind('ClusterRole').find(({ name }) => name === get(binding.value, 'roleRef', 'name')),
  );
  const loaded = roles.filter((role) => role !== undefined);
  const [role] = loaded;
  // The role that is not loaded may grant the rest; an aggregated one is filled by others.
  if (
    role === undefined ||
    loaded.length < roles.length ||
    loaded.some(({ value }) => value['aggregationRule'] !== undefined)
  )
    return undefined;
  const rules = loaded.flatMap(({ value }) => list(value['rules']));
  const lacking = NEEDED.filter(
    ({ group, resource, since }) =>
      within(mesh.versionOf(member).minors, since) === 'inside' && !rules.some((rule) => grants(rule, group, resource)),
  ).map(({ resource }) => resource);
  return lacking.length === 0
    ? undefined
    : { what: 'rights', at: placeIn(role, 'rules'), role, lacking: lacking.join(', '), severity };
};

const grants = (rule: unknown, group: string, resource: string): boolean => {
  const has = (key: string, wanted: string): boolean =>
    texts(get(rule, key)).some((written) => written === wanted || written === '*');
  return has('apiGroups', group) && has('resources', resource) && has('verbs', 'watch') && has('verbs', 'list');
};
