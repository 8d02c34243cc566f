// Who serves a Service of the mesh, and in which mTLS mode.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Place, Resource, Tri } from '../model/index.ts';
import { get, integer, isRecord, list, scalar, text, texts, textMap } from '../model/index.ts';
import { expandHost, UNSTATED } from './hosts.ts';
import type { EffectiveMtls } from './mtls.ts';
import { effectiveMtls } from './mtls.ts';
import { clusterDomainOf, oncePerMember, oncePerMesh, realmsOf } from './scope.ts';
import type { Labels } from './selectors.ts';
import { matchLabels, selects } from './selectors.ts';
import type { MeshService, ServicePort } from './services.ts';
import {
  containerPort,
  endpointLabels,
  hostOfService,
  isPlatformService,
  nameOfService,
  portsOf,
  serviceTable,
  speaksMtls,
  workloadsOf,
} from './services.ts';

/** One workload (or endpoint) that serves. */
export interface Server {
  readonly member: Member;
  readonly namespace: string | undefined;
  readonly labels: Labels;
  /** Undefined for endpoints of a ServiceEntry. */
  readonly workload: Workload | undefined;
  readonly speaksMtls: Tri;
  readonly place: Place;
}

/** A host of the mesh that is called by name, with all that serves it. */
export interface Target {
  readonly name: string;
  readonly namespace: string;
  /** The Service behind it; undefined for a ServiceEntry of the mesh. */
  readonly service: MeshService | undefined;
  /** TCP ports of all clusters, each number once. */
  readonly ports: readonly ServicePort[];
  readonly servers: readonly Server[];
  hostIn(config: Member): string;
  /** Config clusters that know it; undefined is all. */
  readonly config: Member | undefined;
}

/**
 * Services of the mesh with workloads that are no gateways and no part of the platform, and ServiceEntries
 * MESH_INTERNAL. Ambient workloads are left out: HBONE stands in for the mode.
 */
export const targetsOf = oncePerMesh((mesh): readonly Target[] => [
  ...serviceTable(mesh).all.flatMap((service) => serviceTarget(mesh, service) ?? []),
  ...realmsOf(mesh).flatMap((realm) => entryTargets(mesh, realm.config)),
]);

const serviceTarget = (mesh: Mesh, service: MeshService): Target | undefined => {
  const { statements } = service;
  if (isPlatformService(mesh, service)) return undefined;
  const servers = statements.flatMap(({ member, resource }) =>
    workloadsOf(mesh, member, resource)
      .filter((workload) => workload.ambient !== 'yes')
      .map((workload): Server => ({
        member,
        namespace: workload.namespace,
        labels: workload.labels,
        workload,
        speaksMtls: speaksMtls(workload.injected, workload.labels),
        place: workload.specPlace,
      })),
  );
  if (servers.length === 0) return undefined;
  return {
    name: nameOfService(service),
    namespace: service.namespace,
    service,
    ports: onePerNumber(statements.flatMap(({ resource }) => portsOf(resource))),
    servers,
    hostIn: (config) => hostOfService(service, config),
    config: undefined,
  };
};

const onePerNumber = (ports: readonly ServicePort[]): readonly ServicePort[] => {
  const found = new Map<number, ServicePort>();
  for (const port of ports) if (port.protocol !== 'UDP' && !found.has(port.number)) found.set(port.number, port);
  return [...found.values()].toSorted((a, b) => a.number - b.number);
};

/** Endpoints of a ServiceEntry of the mesh count by label tlsMode only. */
const entryTargets = (mesh: Mesh, config: Member): readonly Target[] =>
  config.resources.ofKind('ServiceEntry', 'networking.istio.io').flatMap((entry) => {
    if (scalar(get(entry.value, 'spec', 'location')) !== 'MESH_INTERNAL') return [];
    const labels = [...endpointLabels(entry), ...workloadEntryLabels(config, entry)];
    const server = (own: Labels): Server => ({
      member: config,
      namespace: entry.namespace,
      labels: own,
      workload: undefined,
      speaksMtls: speaksMtls('unknown', own),
      place: entry.place,
    });
    const servers = labels.filter((own) => own['security.istio.io/tlsMode'] !== undefined).map(server);
    if (servers.length === 0) return [];
    return texts(get(entry.value, 'spec', 'hosts')).flatMap((written): readonly Target[] => {
      const host = expandHost(written, entry.namespace, clusterDomainOf(config));
      const [name, namespace] = host.split('.');
      if (host.startsWith('*') || serviceTable(mesh).find(namespace ?? '', name ?? '') !== undefined) return [];
      return [
        {
          name: host,
          namespace: entry.namespace ?? UNSTATED,
          service: undefined,
          ports: entryPorts(entry),
          servers,
          hostIn: () => host,
          config,
        },
      ];
    });
  });

const entryPorts = (entry: Resource): readonly ServicePort[] =>
  list(get(entry.value, 'spec', 'ports')).flatMap((port) => {
    const number = integer(get(port, 'number'));
    if (number === undefined || !isRecord(port)) return [];
    return [
      {
        number,
        name: text(port['name']),
        protocol: text(port['protocol']) ?? 'TCP',
        targetPort: integer(port['targetPort']) ?? number,
        place: entry.place,
      },
    ];
  });

const workloadEntryLabels = (config: Member, entry: Resource): readonly Labels[] => {
  const selector = textMap(get(entry.value, 'spec', 'workloadSelector', 'labels'));
  if (Object.keys(selector).length === 0) return [];
  return config.resources
    .inNamespace('WorkloadEntry', entry.namespace ?? UNSTATED, 'networking.istio.io')
    .map((workload) => textMap(get(workload.value, 'spec', 'labels')))
    .filter((labels) => selects(selector, labels) === 'yes');
};

/** A server with the mode of one port of the target. */
export interface ServerMtls {
  readonly server: Server;
  /** The cluster whose policies rule the server. */
  readonly config: Member;
  readonly mtls: EffectiveMtls;
  /**
   * Whether the server has a sidecar. Where labels of its namespace are not loaded, a policy made for the namespace
   * or the workload says so: it would be pointless otherwise.
   */
  readonly meshed: Tri;
}

/** Modes of all servers of a target for one port, by their own policies. Ports that bypass the sidecar are left out. */
export const serverModes = (mesh: Mesh, target: Target, port: ServicePort): readonly ServerMtls[] =>
  target.servers.flatMap((server) => {
    const config = mesh.configCluster(server.member);
    const mtls = config === undefined ? undefined : modeSeenBy(mesh, config, target, port, server);
    if (config === undefined || mtls === undefined) return [];
    const byPolicy =
      server.speaksMtls === 'unknown' &&
      ['namespace', 'workload', 'port'].includes(mtls.level) &&
      mtls.mode === 'STRICT';
    return [{ server, config, mtls, meshed: byPolicy ? 'yes' : server.speaksMtls }];
  });

/**
 * The mode of one server by the policies of a config cluster: its own, or the one whose clients call it. Undefined where
 * the port bypasses the sidecar.
 */
export const modeSeenBy = (
  mesh: Mesh,
  config: Member,
  target: Target,
  port: ServicePort,
  server: Server,
): EffectiveMtls | undefined => {
  const inside = portInside(port, server);
  if (bypasses(server.workload, inside)) return undefined;
  const service = { name: target.name.split('.')[0]!, port: port.number, portName: port.name };
  return effectiveMtls(mesh, config, { namespace: server.namespace, labels: server.labels, service }, inside);
};

/** The port of a server that a port of its Service leads to; undefined where it cannot be found. */
export const portInside = (port: ServicePort, server: Server): number | undefined => {
  if (server.workload !== undefined) return containerPort(port, server.workload);
  return typeof port.targetPort === 'number' ? port.targetPort : undefined;
};

const bypasses = (workload: Workload | undefined, port: number | undefined): boolean => {
  const written = workload?.annotations['traffic.sidecar.istio.io/excludeInboundPorts'];
  return (
    written !== undefined && port !== undefined && written.split(',').some((entry) => entry.trim() === String(port))
  );
};

/** Whether a Sidecar of the server's config cluster serves TLS of the application's own on a port. */
export const servesOwnTls = (mesh: Mesh, server: Server, port: number): boolean => {
  const config = mesh.configCluster(server.member);
  return (
    config !== undefined &&
    ingressTls(mesh, config).some(
      (sidecar) =>
        sidecar.namespace === server.namespace &&
        sidecar.ports.includes(port) &&
        selects(sidecar.selector, server.labels) !== 'no',
    )
  );
};

const ingressTls = oncePerMember((_mesh, config) =>
  config.resources.ofKind('Sidecar', 'networking.istio.io').flatMap((sidecar) => {
    const ports = list(get(sidecar.value, 'spec', 'ingress')).flatMap((listener) =>
      isRecord(get(listener, 'tls')) ? (integer(get(listener, 'port', 'number')) ?? []) : [],
    );
    const selector =
      matchLabels(sidecar.value['spec'], 'workloadSelector') ??
      textMap(get(sidecar.value, 'spec', 'workloadSelector', 'labels'));
    return ports.length === 0 ? [] : [{ namespace: sidecar.namespace, selector, ports }];
  }),
);
