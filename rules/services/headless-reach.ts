import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { envSightings, hidesKind } from '../../src/facts/sources.ts';
import { rangeInWords, within } from '../../src/facts/version.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Severity } from '../../src/model/index.ts';
import { flag, get, list, placeIn, textMap, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { captureOf } from '../../src/rule/dns.ts';
import { clusterNetwork, isOfOtherNetwork } from '../../src/rule/endpoints.ts';
import { covers } from '../../src/rule/hosts.ts';
import { someInWords } from '../../src/rule/scope.ts';
import type { MeshService, ServiceStatement } from '../../src/rule/services.ts';
import {
  hostOfService,
  isClusterLocal,
  isPlatformService,
  nameOfService,
  serviceTable,
  workloadsOf,
} from '../../src/rule/services.ts';
import type { Use } from '../../src/rule/uses.ts';
import { clientsOfRoute } from '../../src/rule/uses.ts';
import { usersOfService } from '../../src/rule/users.ts';

export default defineRule({
  id: 'services/headless-reach',
  severity: 'error',
  istio: 'all',
  summary: 'A headless Service is called only where its pods can be reached by their own addresses.',
  why: 'Clients of a headless Service connect to the addresses of pods. No gateway stands between, so pods of another network are out of reach; on one network the names resolve only through DNS capture (Istio 1.12+).',
  fix: 'Give the Service a cluster IP, run pods of it in the calling cluster, or reach the pods through a ServiceEntry and their own gateway.',
  reads: ['Service', 'workloads', 'network', 'dnsCapture', 'VirtualService', 'ServiceEntry'],
  messages: {
    networks:
      '{service} (headless, pods in {servers}) is called in {client} ({source}): no gateway leads to single pods of another network',
    capture:
      '{service} (headless, pods in {servers}) is called in {client} ({source}): without DNS capture {client} does not resolve pods of other clusters',
    version:
      '{service} (headless, pods in {servers}) is called in {client} ({source}): sidecars resolve headless Services of other clusters {since}',
  },
  check(mesh, report) {
    for (const service of serviceTable(mesh).all) {
      const held = service.statements.filter(({ resource }) => isHeadless(resource.value));
      if (held.length === 0 || isPlatformService(mesh, service)) continue;
      const serving = held.filter(({ member, resource }) => workloadsOf(mesh, member, resource).length > 0);
      if (serving.length === 0) continue;
      for (const { member, use } of usersOfService(mesh, service)) {
        if (use.gatewayOnly || !isWithoutPods(mesh, member, service)) continue;
        const found = judge(mesh, member, use, service, serving);
        if (found === undefined) continue;
        const where = {
          at: use.place,
          cluster: member.name,
          resource: use.resource,
          severity: found.severity,
          fix: FIXES[found.id],
          also: serving.map((statement) => ({
            place: placeIn(statement.resource, 'spec', 'clusterIP'),
            cluster: statement.member.name,
            message: `Service ${nameOfService(service)}${networkInWords(statement.member)}`,
          })),
        };
        const common = {
          service: nameOfService(service),
          servers: someInWords(
            serving.map((statement) => `${statement.member.name}${networkInWords(statement.member)}`),
          ),
          client: found.id === 'networks' ? `${member.name}${networkInWords(member)}` : member.name,
          source: use.source,
        };
        if (found.id === 'version') report('version', where, { ...common, since: SINCE });
        else report(found.id, where, common);
      }
    }
  },
});

const FIXES: Readonly<Record<Judgement['id'], string | undefined>> = {
  networks: undefined,
  capture:
    'Set meshConfig.defaultConfig.proxyMetadata.ISTIO_META_DNS_CAPTURE to "true" in the calling cluster, or give the Service a cluster IP.',
  version:
    'Update the control plane of the calling cluster, set ENABLE_MULTICLUSTER_HEADLESS to "true" on istiod (Istio 1.11), or give the Service a cluster IP.',
};

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

const SINCE = rangeInWords('1.12+');

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

const networkInWords = (member: Member): string => {
  const name = clusterNetwork(member);
  return name === undefined || name === '' ? '' : ` (${name})`;
};
