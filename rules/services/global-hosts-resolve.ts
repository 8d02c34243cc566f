import { isLoopbackAddress, isPrivateAddress } from '../../src/facts/cidr.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Related, Severity } from '../../src/model/index.ts';
import { describe, isOneSlipAway, placeIn } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { knowsItsServices } from '../../src/rule/dns.ts';
import type { GlobalEntry } from '../../src/rule/globalHosts.ts';
import {
  gatewayAddresses,
  globalCalls,
  globalEntries,
  globalPorts,
  serviceOfGlobal,
} from '../../src/rule/globalHosts.ts';
import { covers } from '../../src/rule/hosts.ts';
import { nearest } from '../../src/rule/nearest.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';
import type { ServiceStatement } from '../../src/rule/services.ts';
import { nameOfService, portsOf, serviceEntryHosts, serviceTable } from '../../src/rule/services.ts';

const messages = {
  service:
    '{entry} in {cluster} stands for {host}; {owners} no Service {name} in namespace {namespace}{near}: calls end at the gateway{suffix}',
  port: '{entry} in {cluster} has port {port} for {host}; Service {service} of {owners} has {ports}: calls of {port} end at the gateway{suffix}',
  endpoint:
    '{entry} in {cluster} sends calls of {host} to port {port} of {address}; the gateway of {owners} takes them on {open}{suffix}',
  own: '{entry} in {cluster} sends calls of {host} to {address}, a gateway of {cluster} itself, where no Service {service} is{suffix}',
  both: '{entry} in {cluster} sends calls of {host} to {address}, as {peer} does those of {other}: one of the two calls itself{suffix}',
  entry:
    '{cluster} calls {host} ({source}), and no ServiceEntry of {cluster} has this host: the name does not resolve{suffix}',
} as const;

export default defineRule({
  id: 'services/global-hosts-resolve',
  severity: 'error',
  istio: '1.0-1.7',
  summary:
    'A .global host has a ServiceEntry where it is called, which leads to the gateway of a cluster with the Service.',
  why: 'Clusters with control planes of their own see nothing of each other. Host, port and gateway of a Service of another cluster are written by hand, and the gateway drops what does not fit one of its Services.',
  fix: 'Write the ServiceEntry with the host <service>.<namespace>.global, the ports of the Service, and endpoints with the address of the gateway of the other cluster and port 15443.',
  reads: ['ServiceEntry', 'Service', 'Gateway', 'workloads', 'VirtualService'],
  models: ['replicated-control-planes'],
  messages,
  check(mesh, report) {
    for (const member of mesh.members) {
      const speaks = speaksFor(mesh.versionOf(member).minors, '1.0-1.7', 'error');
      if (speaks === undefined) continue;
      const entries = globalEntries(mesh, member);
      const lost = entries.filter((entry) => checkEntry(mesh, entry, speaks, report));
      checkCalls(mesh, member, lost, speaks, report);
    }
    checkCopies(mesh, report);
  },
});

interface Speaks {
  readonly severity: Severity;
  readonly suffix: string;
}

// ---- entries ----

/** True where its host stands for no Service. */
const checkEntry = (mesh: Mesh, entry: GlobalEntry, speaks: Speaks, report: Report<typeof messages>): boolean => {
  const { member, resource, host, name, namespace } = entry;
  const others = mesh.members.filter((other) => other !== member);
  if (others.length === 0 || !others.every(knowsItsServices)) return false;
  const service = serviceOfGlobal(mesh, entry);
  const where = { cluster: member.name, resource, severity: speaks.severity };
  const slots = { entry: describe(resource), cluster: member.name, host, suffix: speaks.suffix };
  if (service === undefined) {
    if (!isOfMesh(mesh, entry)) return false;
    const names = serviceTable(mesh).inNamespace(namespace);
    const near =
      nearest(
        name,
        names.map((one) => one.name),
      ) ?? undefined;
    const meant =
      near === undefined ? serviceTable(mesh).named(name)[0] : names.find((candidate) => candidate.name === near);
    report(
      'service',
      { ...where, at: entry.place, also: (meant?.statements ?? []).slice(0, 2).map(related) },
      {
        ...slots,
        name,
        namespace,
        owners: `${inWords(mesh.members.map((one) => one.name))} have`,
        near: meant === undefined ? '' : ` (${nameOfService(meant)} is there)`,
      },
    );
    return true;
  }
  const elsewhere = service.statements.filter((statement) => statement.member !== member);
  if (elsewhere.length === 0) return false;
  checkPorts(entry, elsewhere, { ...slots, service: nameOfService(service) }, where, report);
  const own = entry.endpoints.find(({ address }) => gatewayAddresses(mesh, member).has(address));
  if (own !== undefined && elsewhere.length === service.statements.length) {
    const theirs = elsewhere.flatMap((statement) => [...gatewayAddresses(mesh, statement.member)]);
    report(
      'own',
      {
        ...where,
        at: own.place,
        also: elsewhere.slice(0, 2).map(related),
        ...(theirs.length > 0 && {
          fix: `Write the address of the gateway of ${elsewhere[0]!.member.name}: ${someInWords(theirs)}.`,
        }),
      },
      { ...slots, address: own.address, service: nameOfService(service) },
    );
    return false;
  }
  checkEndpoints(mesh, entry, elsewhere, slots, where, report);
  return false;
};

type Slots = { readonly entry: string; readonly cluster: string; readonly host: string; readonly suffix: string };
type EntryWhere = Pick<Parameters<Report<typeof messages>>[1], 'cluster' | 'resource' | 'severity'>;

/** The namespace, or a Service of that name, is in the mesh. */
const isOfMesh = (mesh: Mesh, { name, namespace }: GlobalEntry): boolean =>
  serviceTable(mesh).inNamespace(namespace).length > 0 || serviceTable(mesh).named(name).length > 0;

const checkPorts = (
  entry: GlobalEntry,
  elsewhere: readonly ServiceStatement[],
  slots: Slots & { readonly service: string },
  where: EntryWhere,
  report: Report<typeof messages>,
): void => {
  const known = new Set(elsewhere.flatMap(({ resource }) => portsOf(resource).map((port) => port.number)));
  if (known.size === 0) return;
  for (const { number, place } of entry.ports)
    if (!known.has(number))
      report(
        'port',
        { ...where, at: place, also: elsewhere.slice(0, 2).map(relatedPorts) },
        { ...slots, port: number, owners: ownersOf(elsewhere), ports: inWords([...known].map(String)) },
      );
};

const checkEndpoints = (
  mesh: Mesh,
  entry: GlobalEntry,
  elsewhere: readonly ServiceStatement[],
  slots: Slots,
  where: EntryWhere,
  report: Report<typeof messages>,
): void => {
  const open = new Set(elsewhere.flatMap((statement) => [...globalPorts(mesh, statement.member)]));
  if (open.size === 0) return;
  for (const { address, ports } of entry.endpoints) {
    if (/\.svc(\.|$)/.test(address)) continue;
    const isGateway =
      elsewhere.some((statement) => gatewayAddresses(mesh, statement.member).has(address)) || !mayBeMachine(address);
    const wrong = ports.find(
      ({ number }) =>
        !open.has(number) && !isNodePort(number) && (isGateway || isOneSlipAway(String(number), GATEWAY_PORT)),
    );
    if (wrong === undefined) continue;
    report(
      'endpoint',
      { ...where, at: wrong.place, also: elsewhere.slice(0, 2).flatMap((one) => openingOf(mesh, one.member)) },
      { ...slots, port: wrong.number, address, owners: ownersOf(elsewhere), open: inWords([...open].map(String)) },
    );
  }
};

const GATEWAY_PORT = '15443';

/** Machines have addresses of their own there, and gateways on test clusters. */
const mayBeMachine = (address: string): boolean => isPrivateAddress(address) || isLoopbackAddress(address);

/** Kubernetes chooses them where no file says one. */
const isNodePort = (port: number): boolean => port >= 30_000 && port <= 32_767;

const openingOf = (mesh: Mesh, member: Member): readonly Related[] =>
  member.resources
    .ofKind('Gateway', 'networking.istio.io')
    .filter((gateway) => JSON.stringify(gateway.value['spec'] ?? '').includes('AUTO_PASSTHROUGH'))
    .slice(0, 1)
    .map((gateway) => ({
      place: placeIn(gateway, 'spec', 'servers'),
      cluster: member.name,
      message: `port ${inWords([...globalPorts(mesh, member)].map(String))}`,
    }));

const ownersOf = (statements: readonly ServiceStatement[]): string =>
  inWords(statements.map(({ member }) => member.name));

const related = ({ member, resource }: ServiceStatement): Related => ({
  place: placeIn(resource, 'metadata', 'name'),
  cluster: member.name,
  message: describe(resource),
});

const relatedPorts = ({ member, resource }: ServiceStatement): Related => ({
  place: placeIn(resource, 'spec', 'ports'),
  cluster: member.name,
  message: `ports of ${describe(resource)}`,
});

// ---- one address in two clusters ----

/** Of two clusters that call each other by one address, one calls its own gateway: an entry was copied from the other. */
const checkCopies = (mesh: Mesh, report: Report<typeof messages>): void => {
  const all = mesh.members.flatMap((member) => globalEntries(mesh, member));
  const onlyIn = (entry: GlobalEntry, holder: Member): boolean => {
    const statements = serviceOfGlobal(mesh, entry)?.statements ?? [];
    return statements.length > 0 && statements.every((statement) => statement.member === holder);
  };
  for (const entry of all)
    for (const endpoint of entry.endpoints) {
      const mirrored = all.find(
        (other) =>
          other.member.name > entry.member.name &&
          other.endpoints.some(({ address }) => address === endpoint.address) &&
          onlyIn(entry, other.member) &&
          onlyIn(other, entry.member),
      );
      const speaks = speaksFor(mesh.versionOf(entry.member).minors, '1.0-1.7', 'error');
      const isKnown = mesh.members.some((member) => gatewayAddresses(mesh, member).has(endpoint.address));
      if (mirrored === undefined || speaks === undefined || isKnown || /\.svc(\.|$)/.test(endpoint.address)) continue;
      const theirs = mirrored.endpoints.find(({ address }) => address === endpoint.address);
      report(
        'both',
        {
          at: endpoint.place,
          cluster: entry.member.name,
          resource: entry.resource,
          severity: speaks.severity,
          also:
            theirs === undefined
              ? []
              : [
                  {
                    place: theirs.place,
                    cluster: mirrored.member.name,
                    message: `${mirrored.host} at ${theirs.address}`,
                  },
                ],
        },
        {
          entry: describe(entry.resource),
          cluster: entry.member.name,
          host: entry.host,
          address: endpoint.address,
          peer: mirrored.member.name,
          other: mirrored.host,
          suffix: speaks.suffix,
        },
      );
    }
};

// ---- calls ----

const checkCalls = (
  mesh: Mesh,
  member: Member,
  lost: readonly GlobalEntry[],
  speaks: Speaks,
  report: Report<typeof messages>,
): void => {
  const tracked = mesh.members.some((other) => globalEntries(mesh, other).length > 0);
  if (!tracked || hidesKind(member.cluster, ['ServiceEntry'])) return;
  const told = new Set<string>();
  for (const { host, name, namespace, place, resource, source } of globalCalls(mesh, member)) {
    if (told.has(host) || serviceTable(mesh).inNamespace(namespace).length === 0) continue;
    if (serviceEntryHosts(mesh, member).find(host) !== undefined) continue;
    if (globalEntries(mesh, member).some((entry) => covers(entry.host, host))) continue;
    // The entry that was meant is told by itself.
    if (lost.some((entry) => entry.name === name || entry.namespace === namespace)) continue;
    told.add(host);
    const peer = mesh.members
      .flatMap((other) => (other === member ? [] : globalEntries(mesh, other)))
      .find((entry) => entry.host === host);
    const service = serviceOfGlobal(mesh, { host, name, namespace });
    const also: readonly Related[] =
      peer === undefined
        ? (service?.statements ?? []).slice(0, 2).map(related)
        : [{ place: peer.place, cluster: peer.member.name, message: describe(peer.resource) }];
    report(
      'entry',
      { at: place, cluster: member.name, resource, severity: speaks.severity, also },
      { cluster: member.name, host, source, suffix: speaks.suffix },
    );
  }
};
