import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place, Related, Resource, Severity, Tri } from '../../src/model/index.ts';
import { compareText, placeIn, placeOf } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import {
  clustersWithCapture,
  incompleteNamespaces,
  isStatedIn,
  knowsItsServices,
  meshCapture,
  unresolvedUses,
} from '../../src/rule/dns.ts';
import { headlessFaults } from '../../src/rule/headless.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';
import type { MeshService } from '../../src/rule/services.ts';
import { nameOfService } from '../../src/rule/services.ts';

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
      checkUses(mesh, member, report);
      checkNamespaces(mesh, member, strict, report);
    }
  },
});

// ---- with a use in sight ----

const checkUses = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  // A Service or DNS capture would not help: services/headless-reach tells what would.
  const unreachable = new Set(
    headlessFaults(mesh).flatMap((fault) =>
      fault.member === member && fault.id === 'networks' ? [fault.service] : [],
    ),
  );
  for (const { service, use, capture, severity } of unresolvedUses(mesh, member)) {
    if (unreachable.has(service)) continue;
    const slots = {
      cluster: member.name,
      service: nameOfService(service),
      source: use.source,
      others: clustersOf(service),
      capture: captureInWords(capture),
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
};

// ---- without a use in sight ----

const checkNamespaces = (mesh: Mesh, member: Member, strict: boolean, report: Report<typeof messages>): void => {
  for (const { namespace, all, missing, clients, capture, forgotten } of incompleteNamespaces(mesh, member)) {
    // services/dns-capture-agrees names the cause.
    if (!strict && !forgotten && clustersWithCapture(mesh, member).length > 0) continue;
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
      also: relatedOf(mesh, member, missing[0]!),
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
