import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { externalEvidence, servedClusterId } from '../../src/facts/role.ts';
import {
  CONTROL_PLANE,
  containersOf,
  envSightings,
  hidesKind,
  hidesValues,
  namespacesNamed,
  valueSightings,
} from '../../src/facts/sources.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Place, Severity } from '../../src/model/index.ts';
import { filled, flag, get, isTemplate, placeIn, sightingsOf, text, valueOf } from '../../src/model/index.ts';
import { hasLocalIstiod, remotesOf } from '../../src/rule/controlPlane/remotes.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords, istioNamespaceOf } from '../../src/rule/scope.ts';

const ANNOTATION = 'topology.istio.io/controlPlaneClusters';

const messages = {
  external:
    '{primary} serves {remotes}, but EXTERNAL_ISTIOD of its istiod is {found}: nobody writes the root certificate for the pods of {remotes}{suffix}',
  absent:
    '{remote} is a remote of {primary}, but its namespace {namespace} has no annotation {annotation} that lists "{id}": no istiod writes the root certificate there{suffix}',
  names:
    '{remote} lists "{found}" as its control plane cluster, its primary {primary} is called "{id}"{hint}: no istiod writes the root certificate there{suffix}',
  namespace:
    '{remote} has its control plane namespace called {found}, {primary} {expected}: istiod looks for it under its own name{suffix}',
} as const;

export default defineRule({
  id: 'controlplane/leader-named',
  severity: 'error',
  istio: '1.9+',
  summary: 'An istiod takes charge of each remote cluster, and the remote cluster names it.',
  why: 'Only an istiod with EXTERNAL_ISTIOD writes the root certificate into the namespaces of a remote cluster and patches its webhooks, from 1.15 only where the annotation of the namespace lists its cluster. Otherwise pods wait for ConfigMap istio-ca-root-cert.',
  fix: 'Set values.global.externalIstiod (or env EXTERNAL_ISTIOD) to true in the primary, and annotate the istio namespace of the remote cluster with topology.istio.io/controlPlaneClusters: <cluster name of the primary>.',
  reads: ['controlPlaneRole', 'clusterId', 'istioNamespace', 'Namespace', 'Deployment', 'values'],
  models: ['primary-remote-one-network', 'primary-remote-networks', 'external-control-plane'],
  messages,
  check(mesh, report) {
    const led = new Map<Member, Member[]>();
    for (const { member, primaries } of remotesOf(mesh)) {
      const primary = primaries[0];
      if (primary === undefined || primaries.length > 1 || hasLocalIstiod(member) || hasOtherRoots(member)) continue;
      const isLocal = mesh.roleOf(member) === 'config' || mesh.configCluster(primary) === member;
      if (!isLocal) led.set(primary, [...(led.get(primary) ?? []), member]);
      if (!checkNamespace(mesh, member, primary, report) && !isLocal) checkAnnotation(mesh, member, primary, report);
    }
    for (const [primary, remotes] of led) checkLeader(mesh, primary, remotes, report);
  },
});

const checkLeader = (
  mesh: Mesh,
  primary: Member,
  remotes: readonly Member[],
  report: Report<typeof messages>,
): void => {
  const unset = leadsNobody(primary);
  const speaks = speaksFor(mesh.versionOf(primary).minors, '1.9+', unset?.severity ?? 'error');
  if (unset === undefined || speaks === undefined) return;
  report(
    'external',
    {
      at: unset.at,
      cluster: primary.name,
      severity: speaks.severity,
      also: remotes.flatMap((remote) =>
        remote.controlPlaneRole.sightings
          .slice(0, 1)
          .map(({ place }) => ({ place, cluster: remote.name, message: `remote of ${primary.name}` })),
      ),
    },
    {
      primary: primary.name,
      remotes: inWords(remotes.map((remote) => remote.name)),
      found: unset.found,
      suffix: speaks.suffix,
    },
  );
};

/** True where the namespaces differ, so that no annotation would help. */
const checkNamespace = (mesh: Mesh, remote: Member, primary: Member, report: Report<typeof messages>): boolean => {
  const speaks = speaksFor(mesh.versionOf(primary).minors, '1.9+', 'error');
  const namespaces = differingNamespaces(remote, primary);
  if (speaks === undefined || namespaces === undefined) return false;
  report(
    'namespace',
    {
      at: namespaces.at,
      cluster: remote.name,
      severity: namespaces.isDefault ? lowered(speaks.severity) : speaks.severity,
      also: namespaces.also,
      fix: 'Give the control plane the same namespace in both clusters.',
    },
    {
      primary: primary.name,
      remote: remote.name,
      found: namespaces.found,
      expected: namespaces.expected,
      suffix: speaks.suffix,
    },
  );
  return true;
};

/** Why an istiod leads no remote cluster; undefined where it may. */
const leadsNobody = (
  primary: Member,
): { readonly at: Place; readonly found: string; readonly severity: Severity } | undefined => {
  const { cluster } = primary;
  if (externalEvidence(cluster).length > 0) return undefined;
  const written = [
    ...envSightings(cluster, 'istiod', 'EXTERNAL_ISTIOD'),
    ...envSightings(cluster, 'istiod', 'CENTRAL_ISTIOD'),
    ...valueSightings(cluster, CONTROL_PLANE, ['global', 'externalIstiod']),
  ];
  if (written.some(({ value }) => isTemplate(text(value) ?? '') || flag(value) === true)) return undefined;
  const first = written[0];
  if (first !== undefined) return { at: first.place, found: String(first.value), severity: 'error' };
  const container = containersOf(cluster, 'istiod').find(({ resource }) => resource.name.startsWith('istiod'));
  // What comes from a ConfigMap or a Secret is not seen.
  if (container !== undefined && container.value['envFrom'] === undefined)
    return { at: { ...container.place, path: [...container.place.path, 'env'] }, found: 'not set', severity: 'error' };
  if (container !== undefined || hidesValues(cluster)) return undefined;
  if (hidesKind(cluster, ['IstioOperator', 'Istio', 'Deployment'])) return undefined;
  const said = primary.controlPlaneRole.sightings.find((sighting) => sighting.value === 'primary');
  const values = cluster.values.find(
    ({ place }) => place.file === said?.place.file && place.document === said.place.document,
  );
  if (values === undefined) return undefined;
  const at = { ...values.place, path: [...values.place.path, 'global'] };
  return { at, found: 'not set', severity: 'warning' };
};

const checkAnnotation = (mesh: Mesh, remote: Member, primary: Member, report: Report<typeof messages>): void => {
  if (externalEvidence(primary.cluster).length === 0) return;
  const namespace = istioNamespaceOf(remote);
  const objects = namespacesNamed(remote.cluster, namespace);
  const object = objects.find((held) => held.annotations[ANNOTATION] !== undefined) ?? objects[0];
  const leader = leaderId(mesh, primary);
  const speaks = speaksFor(mesh.versionOf(primary).minors, '1.15+', 'error');
  if (object === undefined || leader === undefined || speaks === undefined) return;
  const written = object.annotations[ANNOTATION];
  const names = { primary: primary.name, remote: remote.name, id: leader.id, suffix: speaks.suffix };
  const where = {
    cluster: remote.name,
    severity: speaks.severity,
    resource: object,
    also:
      leader.place === undefined
        ? []
        : [{ place: leader.place, cluster: primary.name, message: `cluster name ${leader.id}` }],
  };
  if (written === undefined) {
    report(
      'absent',
      { ...where, at: placeIn(object, 'metadata', 'annotations') },
      { ...names, namespace, annotation: ANNOTATION },
    );
    return;
  }
  const listed = written.split(',');
  if (isTemplate(written) || listed.includes('*') || listed.includes(leader.id)) return;
  const isSpaced = listed.some((id) => id.trim() === leader.id);
  report(
    'names',
    { ...where, at: placeIn(object, 'metadata', 'annotations', ANNOTATION) },
    { ...names, found: written, hint: isSpaced ? ' (blanks count)' : '' },
  );
};

/** The id under which an istiod looks for itself: an external one has that of the cluster it reads. */
const leaderId = (
  mesh: Mesh,
  primary: Member,
): { readonly id: string; readonly place: Place | undefined } | undefined => {
  const served = servedClusterId(primary.cluster)[0];
  if (served !== undefined) {
    const id = filled(served.value);
    return id === undefined || isTemplate(id) ? undefined : { id, place: served.place };
  }
  const fact = mesh.idOf(primary);
  const id = valueOf(fact);
  if (id === undefined || fact.state === 'conflict') return undefined;
  return { id, place: sightingsOf(fact)[0]?.place };
};

/** Both say how they call the namespace of the control plane, and no name is common. */
const differingNamespaces = (remote: Member, primary: Member) => {
  const [own, other] = [sightingsOf(remote.istioNamespace), sightingsOf(primary.istioNamespace)];
  const [found, expected] = [istioNamespaceOf(remote), istioNamespaceOf(primary)];
  const names = new Set([expected, ...other.map((sighting) => sighting.value)]);
  const isUnsaid = own.length === 0 || other.length === 0;
  if (names.has(found) || own.some((sighting) => names.has(sighting.value))) return undefined;
  if (own.length === 0 && other.length === 0) return undefined;
  if (remote.istioNamespace.state === 'unknown' || primary.istioNamespace.state === 'unknown') return undefined;
  const at = own[0]?.place ?? remote.controlPlaneRole.sightings[0]?.place;
  if (at === undefined) return undefined;
  const place = other[0]?.place;
  return {
    at,
    found,
    expected,
    isDefault: isUnsaid,
    also: place === undefined ? [] : [{ place, cluster: primary.name, message: `namespace ${expected}` }],
  };
};

/** The root certificate comes to the pods of the cluster another way: a ConfigMap in the files, or another CA. */
const hasOtherRoots = ({ cluster }: Member): boolean =>
  cluster.resources.ofKind('ConfigMap', '').some((object) => object.name === 'istio-ca-root-cert') ||
  cluster.values.some(
    (source) => source.chart === 'istio-csr' || isForeignCa(get(source.values, 'global', 'caAddress')),
  ) ||
  valueSightings(cluster, CONTROL_PLANE, ['global', 'pilotCertProvider']).some(({ value }) => value !== 'istiod');

/** Port 15012 is that of istiod. */
const isForeignCa = (address: unknown): boolean => {
  const written = filled(address);
  return written !== undefined && !written.endsWith(':15012') && !written.startsWith('istiod');
};
