// Which names the DNS of a cluster knows, and whose sidecars answer for the rest.
import type { Member, Mesh } from '../facts/mesh.ts';
import { hidesKind } from '../facts/sources.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Severity, Tri } from '../model/index.ts';
import { compareText, get, list, SEVERITIES, text } from '../model/index.ts';
import { UNSTATED } from './hosts.ts';
import { installedNames, isNamedAfterOperated } from './installers.ts';
import { oncePerMember } from './scope.ts';
import type { MeshService } from './services.ts';
import {
  hostOfService,
  isClusterLocal,
  isPlatformService,
  serviceEntryHosts,
  serviceTable,
  workloadsOf,
} from './services.ts';
import type { Use } from './uses.ts';
import { clientsOfRoute, meshNamespaces, usesIn } from './uses.ts';
import { workloadsIn } from './workloadsIn.ts';

/** Services or workloads are loaded, and nothing that may hold a Service is unreadable. */
export const knowsItsServices = (member: Member): boolean =>
  (member.workloads.length > 0 || member.resources.ofKind('Service', '').length > 0) &&
  !hidesKind(member.cluster, ['Service']);

export const isStatedIn = (service: MeshService, member: Member): boolean =>
  service.statements.some((statement) => statement.member === member);

/** The cluster's DNS has no record of a Service of another cluster, and nothing else answers for the name. */
export const isMissing = (mesh: Mesh, member: Member, service: MeshService): boolean => {
  if (service.namespace === UNSTATED || isStatedIn(service, member)) return false;
  // A Service that states no namespace may be the one.
  if (
    serviceTable(mesh)
      .find(UNSTATED, service.name)
      ?.statements.some((statement) => statement.member === member) === true
  )
    return false;
  if (isPlatformService(mesh, service)) return false;
  const config = mesh.configCluster(member);
  const host = hostOfService(service, config ?? member);
  if (isClusterLocal(mesh, config ?? member, host)) return false;
  if (config !== undefined && serviceEntryHosts(mesh, config).find(host) !== undefined) return false;
  // A chart that is installed under the name of the Service probably brings it.
  if (installedNames(mesh, member).has(service.name)) return false;
  if (isNamedAfterOperated(mesh, member, service.namespace, service.name)) return false;
  return member.resources.find('ServiceImport', service.namespace, service.name).length === 0;
};

/** Headless Services are asked for by their own pods mostly; ExternalName is an alias. */
const isOrdinary = (service: MeshService): boolean =>
  service.statements.every(
    ({ resource }) =>
      get(resource.value, 'spec', 'clusterIP') !== 'None' &&
      text(get(resource.value, 'spec', 'type')) !== 'ExternalName',
  );

/** Some cluster may run pods for it; a Service whose selector finds none of the pods beside it answers nobody. */
const mayAnswer = (mesh: Mesh, service: MeshService): boolean =>
  service.statements.some(
    ({ member, resource }) =>
      get(resource.value, 'spec', 'selector') === undefined ||
      workloadsIn(mesh, member, service.namespace).length === 0 ||
      workloadsOf(mesh, member, resource).length > 0,
  );

// ---- capture ----

/** Whether sidecars of all these clients answer DNS; without clients, those of pods that say nothing themselves. */
export const captureOf = (mesh: Mesh, member: Member, clients: readonly Workload[]): Tri => {
  const states =
    clients.length === 0
      ? [meshCapture(mesh, member)]
      : [...new Set(clients.map((workload) => captureOfOne(mesh, member, workload)))];
  if (states.every((state) => state === 'yes')) return 'yes';
  return states.every((state) => state === 'no') ? 'no' : 'unknown';
};

/** Ambient clients ask the cluster first. */
const captureOfOne = (mesh: Mesh, member: Member, workload: Workload): Tri => {
  if (workload.ambient === 'yes') return 'no';
  const own = member.dnsCapture.of(workload);
  if (own.state === 'known' || own.state === 'conflict') return own.value ? 'yes' : 'no';
  return own.state === 'unknown' && member.dnsCapture.mesh.state !== 'unknown' ? 'unknown' : meshCapture(mesh, member);
};

/** A remote's pods are injected by its primary, so that one's mesh config counts where the remote says nothing. */
export const meshCapture = oncePerMember((mesh, member): Tri => {
  const config = mesh.configCluster(member);
  // The pods of a remote get what the mesh config of its control plane says.
  const servers = new Set([...(config === undefined ? [] : [config]), ...mesh.primariesOf(member)]);
  servers.delete(member);
  const facts = [member.dnsCapture.mesh, ...[...servers].map((server) => server.dnsCapture.mesh)];
  const values = facts.flatMap((fact) => (fact.state === 'known' || fact.state === 'conflict' ? [fact.value] : []));
  if (values.length > 0)
    return values.every((value) => value) ? 'yes' : values.some((value) => value) ? 'unknown' : 'no';
  if (config === undefined) return 'unknown';
  if (mesh.versionOf(config).minors.high <= 6) return 'no';
  return config.dnsCapture.mesh.state === 'absent' ? 'no' : 'unknown';
});

/** Workloads whose sidecar could answer DNS. */
export const sidecarClients = (member: Member): readonly Workload[] =>
  member.workloads.filter((workload) => workload.injected === 'yes' && !workload.gateway);

/** Whether the sidecars of a cluster answer DNS, all of them or none. */
const clusterCapture = oncePerMember((mesh, member): Tri => captureOf(mesh, member, sidecarClients(member)));

/** Clusters whose sidecars answer DNS while those of this cluster provably do not. */
export const clustersWithCapture = oncePerMember((mesh, member): readonly Member[] =>
  clusterCapture(mesh, member) !== 'no' || sidecarClients(member).length === 0
    ? []
    : mesh.members.filter((peer) => peer !== member && clusterCapture(mesh, peer) === 'yes'),
);

// ---- what does not resolve ----

/** A Service that a cluster uses and its DNS does not know. */
export interface UnresolvedUse {
  readonly service: MeshService;
  readonly use: Use;
  readonly capture: Tri;
  readonly severity: Severity;
}

/** Uses in a cluster that do not resolve, the gravest of each Service. */
export const unresolvedUses = oncePerMember((mesh, member): readonly UnresolvedUse[] => {
  const worst = new Map<MeshService, UnresolvedUse>();
  for (const use of usesIn(mesh, member)) {
    if (use.gatewayOnly || !isMissing(mesh, member, use.service)) continue;
    const capture = captureOf(mesh, member, clientsOf(member, use));
    const severity = severityOf(mesh, member, use, capture);
    if (severity === undefined) continue;
    const held = worst.get(use.service);
    if (held === undefined || SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(held.severity))
      worst.set(use.service, { service: use.service, use, capture, severity });
  }
  return [...worst.values()];
});

/** Undefined where the name resolves. */
const severityOf = (mesh: Mesh, member: Member, use: Use, capture: Tri): Severity | undefined => {
  if (capture === 'yes') return undefined;
  if (use.evidence === 'destination') return 'info';
  if (use.evidence === 'host' && !isNear(mesh, member, use)) return 'info';
  return capture === 'no' ? 'error' : 'warning';
};

const clientsOf = (member: Member, use: Use): readonly Workload[] => {
  if (use.workload !== undefined) return [use.workload];
  if (use.route !== undefined) return clientsOfRoute(member, use.route);
  return member.workloads.filter((workload) => !workload.gateway && workload.injected !== 'no');
};

/** A route of the cluster's own files, or clients in the namespace of the route or of the Service: then its hosts are called here. */
const isNear = (mesh: Mesh, member: Member, use: Use): boolean => {
  const namespaces = meshNamespaces(member);
  if (use.route === undefined || namespaces.has(use.service.namespace) || namespaces.has(use.route.namespace))
    return true;
  return mesh.configCluster(member) === member && !use.route.resource.shared;
};

/** A namespace of a cluster that lacks Services of other clusters, with no use in sight. */
export interface IncompleteNamespace {
  readonly namespace: string;
  /** All Services that the mesh has in the namespace. */
  readonly all: readonly MeshService[];
  readonly missing: readonly MeshService[];
  readonly clients: readonly Workload[];
  /** `yes` is left out. */
  readonly capture: Tri;
  /** The cluster has most of the namespace's Services, and stubs by habit: it probably was to have these as well. */
  readonly forgotten: boolean;
}

/** In the order of the namespaces. */
export const incompleteNamespaces = oncePerMember((mesh, member): readonly IncompleteNamespace[] => {
  if (member.resources.ofKind('Service', '').length === 0 || callsGlobalNames(mesh, member)) return [];
  const table = serviceTable(mesh);
  const used = new Set(usesIn(mesh, member).flatMap((use) => (use.gatewayOnly ? [] : [use.service])));
  return [...meshNamespaces(member)].toSorted(compareText).flatMap((namespace) => {
    const all = table.inNamespace(namespace).filter((service) => !isPlatformService(mesh, service));
    const missing = all.filter(
      (service) =>
        !used.has(service) && isOrdinary(service) && isMissing(mesh, member, service) && mayAnswer(mesh, service),
    );
    if (missing.length === 0) return [];
    const clients = workloadsIn(mesh, member, namespace).filter(
      (workload) => !workload.gateway && workload.injected !== 'no',
    );
    const capture = captureOf(mesh, member, clients);
    if (capture === 'yes') return [];
    const held = all.filter((service) => isStatedIn(service, member)).length;
    const forgotten = held >= 2 && held * 2 > all.length && keepsStubs(mesh, member);
    return [{ namespace, all, missing, clients, capture, forgotten }];
  });
});

/**
 * Services of other clusters stand here without pods though nothing here calls them: names are kept alike by habit.
 * Elsewhere a Service that only one cluster has is as a rule a new one.
 */
const keepsStubs = oncePerMember((mesh, member): boolean => {
  const used = new Set(usesIn(mesh, member).map(({ service }) => service));
  return serviceTable(mesh).all.some((service) => {
    const runsIn = (isHere: boolean): boolean =>
      service.statements.some(
        (statement) =>
          (statement.member === member) === isHere &&
          workloadsOf(mesh, statement.member, statement.resource).length > 0,
      );
    return isStatedIn(service, member) && !used.has(service) && !runsIn(true) && runsIn(false);
  });
});

/** Replicated control planes (Istio 1.0-1.7): what another cluster has is called `svc.ns.global`, so the plain name promises nothing. */
const callsGlobalNames = oncePerMember((mesh, member): boolean =>
  (mesh.configCluster(member) ?? member).resources
    .ofKind('ServiceEntry')
    .some((entry) => list(get(entry.value, 'spec', 'hosts')).some((host) => text(host)?.endsWith('.global') === true)),
);
