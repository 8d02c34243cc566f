import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Place, Related, Resource, Severity, Tri } from '../../src/model/index.ts';
import { compareText, get, placeIn, placeOf, text } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { UNSTATED } from '../../src/rule/hosts.ts';
import { inWords, oncePerMember, someInWords } from '../../src/rule/scope.ts';
import type { MeshService } from '../../src/rule/services.ts';
import {
  hostOfService,
  isClusterLocal,
  isPlatformService,
  nameOfService,
  serviceEntryHosts,
  serviceTable,
} from '../../src/rule/services.ts';
import type { Use } from '../../src/rule/uses.ts';
import { clientsOfRoute, meshNamespaces, usesIn } from '../../src/rule/uses.ts';

const messages = {
  used: '{cluster} uses {service} ({source}): Service in {others} only, {capture} in {cluster}',
  reached:
    '{cluster} sends to {service} ({source}): Service in {others} only, so that no pod of {cluster} resolves the name itself ({capture})',
  forgotten: '{cluster} has Services of {namespace} but not {services} of {others}, {capture} in {cluster}',
  separate:
    '{cluster} has workloads in {namespace} but not {services} of {others}: without DNS capture or such a Service the name does not resolve in {cluster} ({capture})',
} as const;

export default defineRule({
  id: 'services/present-for-dns',
  severity: 'error',
  istio: 'all',
  summary: 'A Service that a cluster uses is known to its DNS: as a Service there, or by DNS capture.',
  why: 'Pods ask the DNS of their own cluster before the mesh sees the call. A Service that only another cluster has gives no answer there, and the call fails with "could not resolve host".',
  fix: 'Create the Service without pods in the cluster that calls it too, or set meshConfig.defaultConfig.proxyMetadata.ISTIO_META_DNS_CAPTURE to "true" there.',
  reads: ['Service', 'VirtualService', 'HTTPRoute', 'workloads', 'ConfigMap', 'ServiceEntry', 'dnsCapture'],
  options: {
    sameness: {
      schema: { enum: ['strict'] },
      description: '`strict`: every Service of a namespace counts as used wherever that namespace has workloads.',
    },
  },
  messages,
  check(mesh, report) {
    const strict = mesh.settings.options['services/present-for-dns']?.['sameness'] === 'strict';
    for (const member of mesh.members) {
      if (!knowsItsServices(member)) continue;
      const used = checkUses(mesh, member, report);
      checkNamespaces(mesh, member, used, strict, report);
    }
  },
});

/** Services or workloads are loaded, and nothing that may hold a Service is unreadable. */
const knowsItsServices = (member: Member): boolean =>
  (member.workloads.length > 0 || member.resources.ofKind('Service', '').length > 0) &&
  !hidesKind(member.cluster, ['Service']);

// ---- with a use in sight ----

const checkUses = (mesh: Mesh, member: Member, report: Report<typeof messages>): ReadonlySet<MeshService> => {
  const byService = new Map<MeshService, Use[]>();
  for (const use of usesIn(mesh, member)) {
    if (use.gatewayOnly || !isMissing(mesh, member, use.service)) continue;
    const held = byService.get(use.service);
    if (held === undefined) byService.set(use.service, [use]);
    else held.push(use);
  }
  for (const [service, uses] of byService) {
    const judged = uses.flatMap((use) => {
      const severity = severityOf(mesh, member, use);
      return severity === undefined ? [] : [{ use, severity }];
    });
    const worst = (['error', 'warning', 'info'] as const).flatMap((severity) =>
      judged.filter((entry) => entry.severity === severity),
    )[0];
    if (worst === undefined) continue;
    const { use, severity } = worst;
    const slots = {
      cluster: member.name,
      service: nameOfService(service),
      source: use.source,
      others: clustersOf(service),
      capture: captureInWords(captureOf(mesh, member, clientsOf(member, use))),
    };
    const where = {
      at: use.place,
      cluster: member.name,
      resource: use.resource,
      also: relatedOf(mesh, member, service),
      severity,
    };
    report(use.evidence === 'destination' ? 'reached' : 'used', where, slots);
  }
  return new Set(byService.keys());
};

/** Undefined where the name resolves. */
const severityOf = (mesh: Mesh, member: Member, use: Use): Severity | undefined => {
  const capture = captureOf(mesh, member, clientsOf(member, use));
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

// ---- without a use in sight ----

const checkNamespaces = (
  mesh: Mesh,
  member: Member,
  used: ReadonlySet<MeshService>,
  strict: boolean,
  report: Report<typeof messages>,
): void => {
  if (member.resources.ofKind('Service', '').length === 0) return;
  const table = serviceTable(mesh);
  for (const namespace of [...meshNamespaces(member)].toSorted(compareText)) {
    const all = table.inNamespace(namespace).filter((service) => !isPlatformService(mesh, service));
    const missing = all.filter(
      (service) => isMissing(mesh, member, service) && !used.has(service) && isOrdinary(service),
    );
    const first = missing[0];
    if (first === undefined) continue;
    const clients = member.workloads.filter(
      (workload) => workload.namespace === namespace && !workload.gateway && workload.injected !== 'no',
    );
    const capture = captureOf(mesh, member, clients);
    if (capture === 'yes') continue;
    const held = all.filter((service) => isStatedIn(service, member)).length;
    const forgotten = held >= 2 && held * 2 > all.length;
    const anchor = all
      .find((service) => isStatedIn(service, member))
      ?.statements.find((statement) => statement.member === member)?.resource;
    const at = anchor ?? clients[0]?.resource;
    if (at === undefined) continue;
    const others = [
      ...new Set(missing.flatMap((service) => service.statements.map((statement) => statement.member.name))),
    ].toSorted(compareText);
    const severity: Severity = strict ? (capture === 'no' ? 'error' : 'warning') : forgotten ? 'warning' : 'info';
    const where = {
      at: nameOf(at),
      cluster: member.name,
      resource: at,
      also: relatedOf(mesh, member, first),
      severity,
    };
    const slots = {
      cluster: member.name,
      namespace,
      services: someInWords(missing.map((service) => service.name)),
      others: inWords(others),
      capture: captureInWords(capture),
    };
    report(strict || forgotten ? 'forgotten' : 'separate', where, slots);
  }
};

/** Headless Services are asked for by their own pods mostly; ExternalName is an alias. */
const isOrdinary = (service: MeshService): boolean =>
  service.statements.every(
    ({ resource }) =>
      get(resource.value, 'spec', 'clusterIP') !== 'None' &&
      text(get(resource.value, 'spec', 'type')) !== 'ExternalName',
  );

// ---- facts ----

const isStatedIn = (service: MeshService, member: Member): boolean =>
  service.statements.some((statement) => statement.member === member);

/** The cluster's DNS has no record of a Service of another cluster, and nothing else answers for the name. */
const isMissing = (mesh: Mesh, member: Member, service: MeshService): boolean => {
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
  if (installedByChart(mesh, member, service.name)) return false;
  return member.resources.find('ServiceImport', service.namespace, service.name).length === 0;
};

/** A chart that is installed under the name of the Service probably brings it; what it renders is not in the files. */
const installedByChart = (mesh: Mesh, member: Member, name: string): boolean => chartNames(mesh, member).has(name);

const chartNames = oncePerMember(
  (_mesh, member): ReadonlySet<string> =>
    new Set(
      ['HelmRelease', 'HelmChart', 'Application', 'ApplicationSet'].flatMap((kind) =>
        member.resources
          .ofKind(kind)
          .flatMap((resource) => [resource.name, text(get(resource.value, 'spec', 'releaseName')) ?? resource.name]),
      ),
    ),
);

/** Whether sidecars of all these clients answer DNS. Ambient ones ask the cluster first. */
const captureOf = (mesh: Mesh, member: Member, clients: readonly Workload[]): Tri => {
  const states =
    clients.length === 0
      ? [meshCapture(mesh, member)]
      : [...new Set(clients.map((workload) => captureOfOne(mesh, member, workload)))];
  if (states.every((state) => state === 'yes')) return 'yes';
  return states.every((state) => state === 'no') ? 'no' : 'unknown';
};

const captureOfOne = (mesh: Mesh, member: Member, workload: Workload): Tri => {
  if (workload.ambient === 'yes') return 'no';
  const own = member.dnsCapture.of(workload);
  if (own.state === 'known' || own.state === 'conflict') return own.value ? 'yes' : 'no';
  return own.state === 'unknown' && member.dnsCapture.mesh.state !== 'unknown' ? 'unknown' : meshCapture(mesh, member);
};

/** A remote's pods are injected by its primary, so that one's mesh config counts where the remote says nothing. */
const meshCapture = oncePerMember((mesh, member): Tri => {
  const config = mesh.configCluster(member);
  const facts = [
    member.dnsCapture.mesh,
    ...(config === undefined || config === member ? [] : [config.dnsCapture.mesh]),
  ];
  const values = facts.flatMap((fact) => (fact.state === 'known' || fact.state === 'conflict' ? [fact.value] : []));
  if (values.length > 0)
    return values.every((value) => value) ? 'yes' : values.some((value) => value) ? 'unknown' : 'no';
  if (config === undefined) return 'unknown';
  if (mesh.versionOf(config).minors.high <= 6) return 'no';
  return (config === member ? facts[0] : facts[1])?.state === 'absent' ? 'no' : 'unknown';
});

const captureInWords = (capture: Tri): string => (capture === 'no' ? 'no DNS capture' : 'DNS capture not known');

const nameOf = (resource: Resource): Place => placeIn(resource, 'metadata', 'name');

const clustersOf = (service: MeshService): string =>
  inWords(service.statements.map((statement) => statement.member.name));

const relatedOf = (mesh: Mesh, member: Member, service: MeshService): readonly Related[] => {
  const services = service.statements.map((statement): Related => ({
    place: nameOf(statement.resource),
    cluster: statement.member.name,
    message: `Service ${nameOfService(service)}`,
  }));
  const capture = placeOf(member.dnsCapture.mesh);
  return capture === undefined
    ? services
    : [
        ...services,
        {
          place: capture,
          cluster: member.name,
          message: `DNS capture ${meshCapture(mesh, member) === 'yes' ? 'on' : 'off'}`,
        },
      ];
};
