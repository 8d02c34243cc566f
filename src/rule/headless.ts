// Calls of headless Services whose pods the caller does not reach.
import type { Member, Mesh } from '../facts/mesh.ts';
import { envSightings, hidesKind } from '../facts/sources.ts';
import { within } from '../facts/minors.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Severity } from '../model/index.ts';
import { flag, get, list, textMap, texts } from '../model/index.ts';
import { captureOf } from './dns.ts';
import { isOfOtherNetwork } from './endpoints.ts';
import { covers } from './hosts.ts';
import { oncePerMesh } from './scope.ts';
import type { MeshService, ServiceStatement } from './services.ts';
import { hostOfService, isClusterLocal, isPlatformService, serviceTable, workloadsOf } from './services.ts';
import type { Use } from './uses.ts';
import { clientsOfRoute } from './uses.ts';
import { usersOfService } from './users.ts';

/** A use of a headless Service in a cluster that has no pods of it. */
export interface HeadlessFault extends Judgement {
  readonly service: MeshService;
  readonly member: Member;
  readonly use: Use;
  /** Statements of the clusters that run pods of it. */
  readonly serving: readonly ServiceStatement[];
}

export const headlessFaults = oncePerMesh((mesh): readonly HeadlessFault[] =>
  serviceTable(mesh).all.flatMap((service): readonly HeadlessFault[] => {
    const held = service.statements.filter(({ resource }) => isHeadless(resource.value));
    if (held.length === 0 || isPlatformService(mesh, service)) return [];
    const serving = held.filter(({ member, resource }) => workloadsOf(mesh, member, resource).length > 0);
    if (serving.length === 0) return [];
    return usersOfService(mesh, service).flatMap(({ member, use }): readonly HeadlessFault[] => {
      if (use.gatewayOnly || !isWithoutPods(mesh, member, service)) return [];
      const found = judge(mesh, member, use, service, serving);
      return found === undefined ? [] : [{ service, member, use, serving, ...found }];
    });
  }),
);

const isHeadless = (service: unknown): boolean =>
  get(service, 'spec', 'clusterIP') === 'None' || texts(get(service, 'spec', 'clusterIPs')).includes('None');

/** A headless stub is no help; a Service with an address of its own stands for the pods of all clusters. */
const isWithoutPods = (mesh: Mesh, member: Member, service: MeshService): boolean => {
  const own = service.statements.find((statement) => statement.member === member);
  if (own === undefined) return !hidesKind(member.cluster, ['Service']);
  if (!isHeadless(own.resource.value)) return false;
  if (Object.keys(textMap(get(own.resource.value, 'spec', 'selector'))).length === 0)
    return !hasEndpoints(member, service);
  // A selector that matches nothing although the files hold workloads: the pods are elsewhere.
  return (
    workloadsOf(mesh, member, own.resource).length === 0 &&
    member.workloads.length > 0 &&
    !hidesKind(member.cluster, ['Deployment', 'StatefulSet', 'Pod', 'HelmRelease', 'Application'])
  );
};

const hasEndpoints = (member: Member, service: MeshService): boolean =>
  ['Endpoints', 'EndpointSlice'].some((kind) =>
    member.resources
      .inNamespace(kind, service.namespace)
      .some(
        (resource) => resource.name === service.name || resource.labels['kubernetes.io/service-name'] === service.name,
      ),
  );

/** Why: pods of other networks only, names that do not resolve, or a version that does not resolve them. */
interface Judgement {
  readonly id: 'networks' | 'capture' | 'version';
  readonly severity: Severity;
}

const judge = (
  mesh: Mesh,
  client: Member,
  use: Use,
  service: MeshService,
  serving: readonly ServiceStatement[],
): Judgement | undefined => {
  const config = mesh.configCluster(client);
  if (config === undefined || isClusterLocal(mesh, config, hostOfService(service, config))) return undefined;
  if (namesPods(config, service) || servesByEndpoints(config)) return undefined;
  const apart = serving.map(({ member, resource }) =>
    workloadsOf(mesh, member, resource).map((workload) => isOfOtherNetwork(mesh, client, member, workload)),
  );
  if (apart.flat().every((state) => state === 'yes')) return { id: 'networks', severity: 'error' };
  if (!apart.flat().includes('no')) return undefined;
  const capture = captureOf(mesh, client, clientsOf(client, use));
  if (capture === 'no') return { id: 'capture', severity: 'warning' };
  return capture === 'yes' ? byVersion(mesh, config) : undefined;
};

/** ENABLE_MULTICLUSTER_HEADLESS came in 1.11, off, and is on from 1.12. */
const byVersion = (mesh: Mesh, config: Member): Judgement | undefined => {
  const { minors } = mesh.versionOf(config);
  const said = envSightings(config.cluster, 'istiod', 'ENABLE_MULTICLUSTER_HEADLESS').map((sighting) =>
    flag(sighting.value),
  );
  if (within(minors, '1.12+') === 'inside')
    return said.includes(false) ? { id: 'version', severity: 'warning' } : undefined;
  if (within(minors, '1.11+') === 'inside' && said.includes(true)) return undefined;
  return { id: 'version', severity: within(minors, '<=1.11') === 'inside' ? 'warning' : 'info' };
};

/** Whether a ServiceEntry of the config cluster names the Service or its single pods. */
const namesPods = (config: Member, service: MeshService): boolean => {
  const host = hostOfService(service, config);
  return config.resources
    .ofKind('ServiceEntry', 'networking.istio.io')
    .some((entry) =>
      list(get(entry.value, 'spec', 'hosts')).some(
        (written) => typeof written === 'string' && (written.endsWith(`.${host}`) || covers(written, host)),
      ),
    );
};

const servesByEndpoints = (config: Member): boolean =>
  envSightings(config.cluster, 'istiod', 'PILOT_ENABLE_EDS_FOR_HEADLESS_SERVICES').some(
    (sighting) => flag(sighting.value) === true,
  );

const clientsOf = (member: Member, use: Use): readonly Workload[] => {
  if (use.workload !== undefined) return [use.workload];
  return use.route === undefined ? [] : clientsOfRoute(member, use.route);
};
