import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Resource, Severity } from '../../src/model/index.ts';
import { describe, placeIn } from '../../src/model/index.ts';
import { controlPlanes } from '../../src/rule/controlPlane/roles.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { UNSTATED } from '../../src/rule/hosts.ts';
import type { McsFlag } from '../../src/rule/mcs.ts';
import { MCS_FLAGS, mcsSetting, planeOf, planePlace } from '../../src/rule/mcs.ts';
import { deviations } from '../../src/rule/peers.ts';
import { routesOf } from '../../src/rule/routes.ts';
import { inWords } from '../../src/rule/scope.ts';
import type { MeshService, ServiceStatement } from '../../src/rule/services.ts';
import {
  hostOfService,
  isClusterLocal,
  isPlatformService,
  nameOfService,
  serviceEntryHosts,
  serviceTable,
  workloadsOf,
} from '../../src/rule/services.ts';
import { clusterOf } from '../../src/rule/twins.ts';
import { usersOf } from '../../src/rule/uses.ts';

const messages = {
  flags:
    '{cluster} has {flag} {found}, {peers} {expected}: the clusters decide differently which endpoints are shared{suffix}',
  needs: '{cluster} has {flag} on, which does nothing without {needed}{suffix}',
  unexported:
    '{cluster} runs {service} without a ServiceExport, {others}: its pods are reached in {cluster} only{suffix}',
  noService: '{cluster} exports {service}, which is no Service there{suffix}',
  host: '{cluster} routes to {host}, which istiod knows only with ENABLE_MCS_HOST{suffix}',
} as const;

type Reporter = Report<typeof messages>;

/** What a flag builds on. */
const NEEDS: readonly (readonly [McsFlag, readonly McsFlag[]])[] = [
  ['ENABLE_MCS_HOST', ['ENABLE_MCS_SERVICE_DISCOVERY']],
  ['ENABLE_MCS_CLUSTER_LOCAL', ['ENABLE_MCS_SERVICE_DISCOVERY', 'ENABLE_MCS_HOST']],
];

const FLAGS_FIX = 'Give every istiod of the mesh the same ENABLE_MCS_* variables.';
const HOST_FIX =
  'Set ENABLE_MCS_SERVICE_DISCOVERY and ENABLE_MCS_HOST of istiod to "true", or route to the cluster.local name.';
const NO_SERVICE_FIX = 'Remove the ServiceExport, or name it and its namespace like the Service.';

export default defineRule({
  id: 'services/export-present',
  severity: 'warning',
  istio: '1.11+',
  summary:
    'With multi-cluster Services on, a Service is exported wherever its pods are to be reached from other clusters.',
  why: 'Once istiod follows ServiceExports, endpoints of a cluster without the export serve their own cluster alone, and nothing says so.',
  fix: 'Create a ServiceExport of the name and namespace of the Service in this cluster, or set ENABLE_MCS_AUTO_EXPORT.',
  reads: ['ServiceExport', 'Service', 'istiod env', 'hosts used', 'VirtualService', 'workloads'],
  messages,
  check(mesh, report) {
    const planes = controlPlanes(mesh);
    const isOn = planes.some((plane) => MCS_FLAGS.some((name) => stateOf(mesh, plane, name) === 'yes'));
    if (!isOn) return;
    checkFlags(mesh, planes, report);
    for (const service of serviceTable(mesh).all) checkExports(mesh, service, report);
    for (const member of mesh.members) checkNames(mesh, member, report);
    for (const plane of planes) checkHosts(mesh, plane, report);
  },
});

const minorsOf = (mesh: Mesh, plane: Member) => mesh.versionOf(plane).minors;

const stateOf = (mesh: Mesh, plane: Member, name: McsFlag) => mcsSetting(plane, name, minorsOf(mesh, plane)).state;

const speaks = (mesh: Mesh, plane: Member, severity: Severity = 'warning') =>
  speaksFor(minorsOf(mesh, plane), '1.11+', severity);

// ---- flags of istiod ----

const checkFlags = (mesh: Mesh, planes: readonly Member[], report: Reporter): void => {
  for (const name of MCS_FLAGS) {
    const known = planes.filter(
      (plane) => stateOf(mesh, plane, name) !== 'unknown' && speaks(mesh, plane) !== undefined,
    );
    for (const { odd, peers } of deviations(known, (plane) => stateOf(mesh, plane, name))) {
      const at = flagPlace(mesh, odd, name);
      const found = speaks(mesh, odd);
      if (at === undefined || found === undefined) continue;
      const also = peers.flatMap((peer): readonly Related[] => {
        const place = flagPlace(mesh, peer, name);
        return place === undefined
          ? []
          : [{ place, cluster: peer.name, message: `${name} ${onOff(stateOf(mesh, peer, name) === 'yes')}` }];
      });
      report(
        'flags',
        { at, cluster: odd.name, severity: found.severity, also, fix: FLAGS_FIX },
        {
          cluster: odd.name,
          flag: name,
          found: onOff(stateOf(mesh, odd, name) === 'yes'),
          peers: inWords(peers.map((peer) => peer.name)),
          expected: onOff(stateOf(mesh, peers[0]!, name) === 'yes'),
          suffix: found.suffix,
        },
      );
    }
  }
  for (const plane of planes)
    for (const [name, needed] of NEEDS) {
      const lacking = needed.filter((other) => stateOf(mesh, plane, other) === 'no');
      const at = flagPlace(mesh, plane, name);
      const found = speaks(mesh, plane);
      if (stateOf(mesh, plane, name) !== 'yes' || lacking.length === 0 || at === undefined || found === undefined)
        continue;
      // Where a peer has the one that is lacking, the difference is told already.
      if (lacking.some((other) => planes.some((peer) => stateOf(mesh, peer, other) === 'yes'))) continue;
      report(
        'needs',
        { at, cluster: plane.name, severity: found.severity, fix: `Set ${inWords(lacking)} to "true" as well.` },
        { cluster: plane.name, flag: name, needed: inWords(lacking), suffix: found.suffix },
      );
    }
};

const flagPlace = (mesh: Mesh, plane: Member, name: McsFlag): Place | undefined =>
  mcsSetting(plane, name, minorsOf(mesh, plane)).said?.place ?? planePlace(plane);

const onOff = (isOn: boolean): string => (isOn ? 'on' : 'off');

// ---- exports ----

const exportsOf = (member: Member): readonly Resource[] => member.resources.ofKind('ServiceExport');

const isExportedBy = ({ member, resource }: ServiceStatement): boolean =>
  member.resources.find('ServiceExport', resource.namespace, resource.name).length > 0;

const checkExports = (mesh: Mesh, service: MeshService, report: Reporter): void => {
  if (service.namespace === UNSTATED || isPlatformService(mesh, service)) return;
  // Exports that some controller makes stand in no file.
  if (!mesh.members.some((member) => exportsOf(member).length > 0)) return;
  const exporting = service.statements.filter(isExportedBy);
  const users = usersOf(mesh).get(`${service.namespace}/${service.name}`) ?? [];
  for (const statement of service.statements) {
    const { member, resource } = statement;
    if (isExportedBy(statement) || !followsExports(mesh, member, service)) continue;
    if (workloadsOf(mesh, member, resource).length === 0) continue;
    const callers = users.filter((user) => user !== member);
    const peers = exporting.length > 0 ? exporting.map(clusterOf) : callers.map((user) => user.name);
    const found = speaks(mesh, planeOf(mesh, member) ?? member);
    if (peers.length === 0 || found === undefined) continue;
    report(
      'unexported',
      {
        at: placeIn(resource, 'metadata', 'name'),
        cluster: member.name,
        resource,
        severity: found.severity,
        also: exporting.flatMap((peer) => exportRelated(peer)),
      },
      {
        cluster: member.name,
        service: nameOfService(service),
        others: `${inWords(peers)} ${exporting.length > 0 ? (peers.length === 1 ? 'exports it' : 'export it') : peers.length === 1 ? 'calls it' : 'call it'}`,
        suffix: found.suffix,
      },
    );
  }
};

const exportRelated = ({ member, resource }: ServiceStatement): readonly Related[] =>
  member.resources
    .find('ServiceExport', resource.namespace, resource.name)
    .slice(0, 1)
    .map((found) => ({ place: placeIn(found, 'metadata', 'name'), cluster: member.name, message: describe(found) }));

/** Some istiod hides endpoints of the cluster that are not exported, and nothing exports them by itself. */
const followsExports = (mesh: Mesh, member: Member, service: MeshService): boolean => {
  const planes = controlPlanes(mesh);
  const own = planeOf(mesh, member);
  if (hidesKind(member.cluster, ['ServiceExport'])) return false;
  if (own === undefined || stateOf(mesh, own, 'ENABLE_MCS_AUTO_EXPORT') !== 'no') return false;
  const config = mesh.configCluster(member) ?? member;
  if (isClusterLocal(mesh, config, hostOfService(service, config))) return false;
  return planes.some((plane) => stateOf(mesh, plane, 'ENABLE_MCS_SERVICE_DISCOVERY') === 'yes');
};

const checkNames = (mesh: Mesh, member: Member, report: Reporter): void => {
  if (member.resources.ofKind('Service', '').length === 0 || hidesKind(member.cluster, ['Service'])) return;
  const plane = planeOf(mesh, member);
  const found = plane === undefined ? undefined : speaks(mesh, plane);
  if (found === undefined) return;
  for (const exported of exportsOf(member)) {
    if (exported.namespace === undefined || exported.name === '') continue;
    if (member.resources.find('Service', exported.namespace, exported.name, '').length > 0) continue;
    const twins = [
      ...(serviceTable(mesh).find(exported.namespace, exported.name)?.statements ?? []),
      ...serviceTable(mesh)
        .named(exported.name)
        .flatMap((service) => service.statements.filter((statement) => statement.member === member)),
    ];
    // A chart may bring a Service that stands in no file at all.
    if (twins.length === 0 && member.cluster.unread.length > 0) continue;
    report(
      'noService',
      {
        at: placeIn(exported, 'metadata', 'name'),
        cluster: member.name,
        resource: exported,
        severity: found.severity,
        fix: NO_SERVICE_FIX,
        also: twins.slice(0, 4).map(({ member: holder, resource }) => ({
          place: placeIn(resource, 'metadata', 'name'),
          cluster: holder.name,
          message: describe(resource),
        })),
      },
      { cluster: member.name, service: `${exported.name}.${exported.namespace}`, suffix: found.suffix },
    );
  }
};

// ---- clusterset.local ----

const checkHosts = (mesh: Mesh, plane: Member, report: Reporter): void => {
  const config = mesh.configCluster(plane);
  const found = speaks(mesh, plane);
  if (config === undefined || found === undefined || stateOf(mesh, plane, 'ENABLE_MCS_HOST') !== 'no') return;
  for (const route of routesOf(mesh, config))
    for (const { host, place } of route.destinations) {
      if (!host.endsWith('.svc.clusterset.local') || serviceEntryHosts(mesh, config).find(host) !== undefined) continue;
      report(
        'host',
        { at: place, cluster: config.name, resource: route.resource, severity: found.severity, fix: HOST_FIX },
        { cluster: config.name, host, suffix: found.suffix },
      );
    }
};
