import type { Member, Mesh } from '../../src/facts/mesh.ts';
import {
  CONTROL_PLANE,
  concrete,
  envSightings,
  hidesKind,
  meshConfigSightings,
  valueSightings,
} from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Resource } from '../../src/model/index.ts';
import { below, describe, filled, flag, get, list, placeIn, placeOf, texts } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import {
  captureOf,
  clustersWithCapture,
  incompleteNamespaces,
  isMissing,
  knowsItsServices,
  meshCapture,
  sidecarClients,
  unresolvedUses,
} from '../../src/rule/dns.ts';
import { isWildcard, serviceOf } from '../../src/rule/hosts.ts';
import { clusterDomainOf, inWords, realmsOf, someInWords } from '../../src/rule/scope.ts';
import { nameOfService, serviceTable } from '../../src/rule/services.ts';

const messages = {
  off: '{cluster} has no DNS capture, {peers} {have} it: without it {names} {do} not resolve in {cluster}{suffix}',
  remote:
    '{cluster} has a mesh config of its own without DNS capture, which its primary {primary} switches on: {names} may not resolve in {cluster}{suffix}',
  allocate:
    '{cluster} captures DNS without {key}, which {peers} {have}: {entry} has no address for its hosts in {cluster}{suffix}',
} as const;

type Reporter = Report<typeof messages>;

const ALLOCATE_FIX =
  'Set meshConfig.defaultConfig.proxyMetadata.ISTIO_META_DNS_AUTO_ALLOCATE to "true" in every cluster, or give the ServiceEntry addresses.';

export default defineRule({
  id: 'services/dns-capture-agrees',
  severity: 'warning',
  istio: '1.7+',
  summary: 'Sidecars answer DNS for the services of the mesh in all of its clusters, or in none.',
  why: 'Where DNS capture is off, pods resolve only the Services of their own cluster: a name that works in one cluster gives "could not resolve host" in the next.',
  fix: 'Set meshConfig.defaultConfig.proxyMetadata.ISTIO_META_DNS_CAPTURE to "true" in this cluster too, or create the Services there.',
  reads: ['dnsCapture', 'Service', 'ServiceEntry', 'workloads', 'meshConfig'],
  messages,
  check(mesh, report) {
    for (const member of mesh.members) {
      if (!knowsItsServices(member)) continue;
      checkCapture(mesh, member, report);
      checkRemote(mesh, member, report);
    }
    checkAllocation(mesh, report);
  },
});

/** A name that only sidecars can answer for. */
interface Unresolved {
  readonly name: string;
  readonly statement: { readonly member: Member; readonly resource: Resource };
}

/** Services of other clusters and hosts of ServiceEntries; none where services/present-for-dns speaks of them. */
const unresolvedNames = (mesh: Mesh, member: Member): readonly Unresolved[] => {
  const isTold =
    unresolvedUses(mesh, member).some(({ severity }) => severity !== 'info') ||
    incompleteNamespaces(mesh, member).some(({ forgotten }) => forgotten) ||
    mesh.settings.options['services/present-for-dns']?.['sameness'] === 'strict';
  if (isTold) return [];
  const services = serviceTable(mesh).all.filter((service) => isMissing(mesh, member, service));
  return [
    ...services.map((service) => ({ name: nameOfService(service), statement: service.statements[0]! })),
    ...meshHosts(mesh, member),
  ];
};

/** Hosts that no DNS server has: of ServiceEntries inside of the mesh, under names of clusters. */
const meshHosts = (mesh: Mesh, member: Member): readonly Unresolved[] => {
  const config = mesh.configCluster(member);
  if (config === undefined) return [];
  const domain = clusterDomainOf(config);
  return config.resources.ofKind('ServiceEntry', 'networking.istio.io').flatMap((resource) => {
    if (filled(get(resource.value, 'spec', 'location')) !== 'MESH_INTERNAL') return [];
    return texts(get(resource.value, 'spec', 'hosts'))
      .filter((host) => {
        const named = serviceOf(host, domain);
        const isService =
          named !== undefined && member.resources.find('Service', named.namespace, named.name, '').length > 0;
        return (
          !isWildcard(host) && !isService && (host.endsWith(`.svc.${domain}`) || /\.(global|local|mesh)$/.test(host))
        );
      })
      .map((name) => ({ name, statement: { member: config, resource } }));
  });
};

const checkCapture = (mesh: Mesh, member: Member, report: Reporter): void => {
  const peers = clustersWithCapture(mesh, member);
  const versions = mesh.versionOf(mesh.configCluster(member) ?? member);
  const speaks = speaksFor(versions.minors, '1.7+', 'warning');
  const at = capturePlace(mesh, member);
  if (peers.length === 0 || speaks === undefined || at === undefined) return;
  const names = unresolvedNames(mesh, member);
  if (names.length === 0) return;
  report(
    'off',
    {
      at,
      cluster: member.name,
      severity: speaks.severity,
      also: [...peers.flatMap((peer) => relatedCapture(mesh, peer)), ...relatedNames(names)],
    },
    {
      cluster: member.name,
      peers: inWords(peers.map((peer) => peer.name)),
      have: peers.length === 1 ? 'has' : 'have',
      names: someInWords(names.map(({ name }) => name)),
      do: names.length === 1 ? 'does' : 'do',
      suffix: speaks.suffix,
    },
  );
};

/** A remote's mesh config does not take over what its primary's says. */
const checkRemote = (mesh: Mesh, member: Member, report: Reporter): void => {
  const config = mesh.configCluster(member);
  if (config === undefined || config === member || mesh.roleOf(member) !== 'remote') return;
  const own = member.cluster.meshConfigs.find((source) => !source.shared);
  if (own === undefined || member.dnsCapture.mesh.state !== 'absent' || hidesKind(member.cluster, ['ConfigMap']))
    return;
  const clients = sidecarClients(member);
  if (clients.length === 0 || captureOf(mesh, member, clients) !== 'yes' || meshCapture(mesh, config) !== 'yes') return;
  // Pods that say it themselves need no mesh config.
  if (clients.every((workload) => member.dnsCapture.of(workload).state !== 'absent')) return;
  const speaks = speaksFor(mesh.versionOf(config).minors, '1.7+', injectsItself(mesh, member) ? 'warning' : 'info');
  const names = unresolvedNames(mesh, member);
  if (speaks === undefined || names.length === 0) return;
  report(
    'remote',
    {
      at: below(own.place, 'defaultConfig', 'proxyMetadata'),
      cluster: member.name,
      resource: own.object,
      severity: speaks.severity,
      also: [...relatedCapture(mesh, config), ...relatedNames(names)],
    },
    {
      cluster: member.name,
      primary: config.name,
      names: someInWords(names.map(({ name }) => name)),
      suffix: speaks.suffix,
    },
  );
};

/** Up to 1.7, and with a local injector from 1.27, pods of a remote are injected by an istiod of its own. */
const injectsItself = (mesh: Mesh, member: Member): boolean =>
  mesh.versionOf(member).minors.high <= 7 ||
  valueSightings(member.cluster, CONTROL_PLANE, ['istiodRemote', 'enabledLocalInjectorIstiod']).some(
    (sighting) => flag(sighting.value) === true,
  );

// ---- addresses for ServiceEntries without ----

const ALLOCATE = 'ISTIO_META_DNS_AUTO_ALLOCATE';

/** From 1.25 istiod itself gives addresses out. */
const checkAllocation = (mesh: Mesh, report: Reporter): void => {
  const planes = realmsOf(mesh)
    .map(({ config }) => config)
    .filter((config) => meshCapture(mesh, config) === 'yes');
  const allocating = planes.filter((config) => allocation(config)?.isOn === true);
  if (allocating.length === 0) return;
  for (const config of planes) {
    const speaks = speaksFor(mesh.versionOf(config).minors, '1.9-1.24', 'warning');
    const entry = entryWithoutAddress(config);
    const own = allocation(config);
    if (speaks === undefined || entry === undefined || own === undefined || own.isOn || byIstiod(config)) continue;
    const names = allocating.map((peer) => peer.name);
    report(
      'allocate',
      {
        at: own.place,
        cluster: config.name,
        severity: speaks.severity,
        fix: ALLOCATE_FIX,
        also: [
          { place: placeIn(entry, 'spec', 'hosts'), cluster: config.name, message: describe(entry) },
          ...allocating.map((peer): Related => ({
            place: allocation(peer)!.place,
            cluster: peer.name,
            message: `${ALLOCATE} on`,
          })),
        ],
      },
      {
        cluster: config.name,
        key: ALLOCATE,
        peers: inWords(names),
        have: names.length === 1 ? 'has' : 'have',
        entry: describe(entry),
        suffix: speaks.suffix,
      },
    );
  }
};

/** Undefined where it is not known. */
const allocation = (config: Member): { readonly isOn: boolean; readonly place: Place } | undefined => {
  const said = meshConfigSightings(config.cluster, ['defaultConfig', 'proxyMetadata', ALLOCATE])[0];
  if (said !== undefined)
    return concrete([said]).length === 0 ? undefined : { isOn: flag(said.value) === true, place: said.place };
  const source = config.cluster.meshConfigs[0];
  return source === undefined || hidesKind(config.cluster, ['ConfigMap', 'IstioOperator', 'Istio'])
    ? undefined
    : { isOn: false, place: placeOf(config.dnsCapture.mesh) ?? source.place };
};

const byIstiod = (config: Member): boolean =>
  envSightings(config.cluster, 'istiod', 'PILOT_ENABLE_IP_AUTOALLOCATE').some(
    (sighting) => flag(sighting.value) === true,
  );

/** A ServiceEntry whose hosts get an address from nowhere else. */
const entryWithoutAddress = (config: Member): Resource | undefined =>
  config.resources
    .ofKind('ServiceEntry', 'networking.istio.io')
    .find(
      (entry) =>
        list(get(entry.value, 'spec', 'addresses')).length === 0 &&
        ['STATIC', 'DNS'].includes(filled(get(entry.value, 'spec', 'resolution')) ?? '') &&
        texts(get(entry.value, 'spec', 'hosts')).some((host) => !isWildcard(host)) &&
        needsAddress(entry),
    );

/** Hosts outside of the mesh resolve anyway, and HTTP and TLS tell hosts apart without addresses. */
const needsAddress = (entry: Resource): boolean =>
  filled(get(entry.value, 'spec', 'location')) === 'MESH_INTERNAL' ||
  list(get(entry.value, 'spec', 'ports')).some((port) =>
    ['TCP', 'MONGO', 'MYSQL', 'REDIS'].includes(filled(get(port, 'protocol'))?.toUpperCase() ?? ''),
  );

// ---- places ----

/** Where capture is (or would be) switched. */
const capturePlace = (mesh: Mesh, member: Member): Place | undefined => {
  const config = mesh.configCluster(member) ?? member;
  for (const holder of [member, config]) {
    const said = placeOf(holder.dnsCapture.mesh);
    if (said !== undefined) return said;
    const source = holder.cluster.meshConfigs[0];
    if (source !== undefined) return below(source.place, 'defaultConfig', 'proxyMetadata');
  }
  return config.controlPlaneRole.sightings[0]?.place;
};

const relatedCapture = (mesh: Mesh, peer: Member): readonly Related[] => {
  const place = capturePlace(mesh, peer);
  return place === undefined ? [] : [{ place, cluster: peer.name, message: 'DNS capture on' }];
};

const relatedNames = (names: readonly Unresolved[]): readonly Related[] =>
  names.slice(0, 3).map(({ statement: { member, resource } }) => ({
    place: placeIn(resource, 'metadata', 'name'),
    cluster: member.name,
    message: describe(resource),
  }));
