import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Related, Severity } from '../../src/model/index.ts';
import { get, placeIn, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { UNSTATED } from '../../src/rule/hosts.ts';
import { inWords, istioNamespaceOf } from '../../src/rule/scope.ts';
import type { MeshService } from '../../src/rule/services.ts';
import { nameOfService, serviceTable, workloadsOf } from '../../src/rule/services.ts';
import type { Meaning } from '../../src/rule/twins.ts';
import { clusterOf, imagesOf, isLocalSomewhere, strangersOf, twinServices } from '../../src/rule/twins.ts';
import { meshNamespaces, usesIn } from '../../src/rule/uses.ts';

export default defineRule({
  id: 'services/name-means-same',
  severity: 'warning',
  istio: 'all',
  summary: 'Services of one name and namespace are one application in all clusters, or stay in their cluster.',
  why: 'The mesh joins Services of equal name and namespace, so a call in one cluster may be answered by the pods of another: by other software, or by a Prometheus or Grafana that knows another cluster.',
  fix: 'Give one of them another name or namespace, or list the host in meshConfig.serviceSettings with clusterLocal: true (Istio 1.6+).',
  reads: ['Service', 'workloads', 'meshConfig.serviceSettings', 'hosts used'],
  messages: {
    stranger:
      '{service} is {found} in {cluster} but {expected} in {peers}: the mesh joins them, and calls of the one reach the other',
    platform:
      '{service} runs in {clusters} and each is to see its own cluster: the mesh joins them, and calls from {caller} reach any of them',
  },
  check(mesh, report) {
    for (const twin of twinServices(mesh))
      for (const { odd, peers } of strangersOf(mesh, twin))
        report(
          'stranger',
          {
            at: selectorPlace(odd),
            cluster: odd.member.name,
            resource: odd.resource,
            severity: twin.service.namespace === UNSTATED ? 'info' : undefined,
            also: peers.map((peer) => ({
              place: selectorPlace(peer),
              cluster: peer.member.name,
              message: contentInWords(peer),
            })),
          },
          {
            service: nameOfService(twin.service),
            found: contentInWords(odd),
            cluster: odd.member.name,
            expected: contentInWords(peers[0]!),
            peers: inWords(peers.map(clusterOf)),
          },
        );
    for (const service of serviceTable(mesh).all)
      checkPlatform(mesh, service, (...found) => report('platform', ...found));
  },
});

const selectorPlace = ({ resource }: Meaning) => placeIn(resource, 'spec', 'selector');

/** `app: cart (image cart)`. */
const contentInWords = ({ resource, workloads }: Meaning): string => {
  const selector = Object.entries(textMap(get(resource.value, 'spec', 'selector'))).map(
    ([key, value]) => `${key}: ${value}`,
  );
  const images = [...new Set(workloads.flatMap(imagesOf))];
  return `${selector.join(', ')}${images.length === 0 ? '' : ` (image ${images.join(', ')})`}`;
};

// ---- services that know one cluster only ----

/** Tools that watch or run the cluster they are in. */
const PLATFORM =
  /^(kiali|prometheus|prometheus-(server|operated|k8s|operator)|kube-prometheus.*-prometheus|grafana|jaeger|jaeger-(query|collector)|tracing|zipkin|loki|tempo|kube-state-metrics|alertmanager(-operated)?|[a-z0-9-]+-webhook(-service)?)$/;

// Where only some clusters keep it local, services/cluster-local-agrees speaks.
const checkPlatform = (
  mesh: Mesh,
  service: MeshService,
  report: (
    where: {
      readonly at: Related['place'];
      readonly cluster: string;
      readonly resource: MeshService['statements'][number]['resource'];
      readonly severity: Severity;
      readonly also: readonly Related[];
    },
    slots: { readonly service: string; readonly clusters: string; readonly caller: string },
  ) => void,
): void => {
  if (!PLATFORM.test(service.name) || service.namespace === 'kube-system' || isLocalSomewhere(mesh, service)) return;
  const running = service.statements.filter(({ member, resource }) => workloadsOf(mesh, member, resource).length > 0);
  const first = running[0];
  if (
    first === undefined ||
    running.length < 2 ||
    strangersOf(mesh, { service, statements: service.statements }).length > 0
  )
    return;
  const callers = running.flatMap(({ member }) => callerOf(mesh, member, service));
  const caller = callers.find(({ severity }) => severity === 'warning') ?? callers[0];
  if (caller === undefined) return;
  report(
    {
      at: placeIn(first.resource, 'metadata', 'name'),
      cluster: first.member.name,
      resource: first.resource,
      severity: caller.severity,
      also: running.slice(1).map(({ member, resource }) => ({
        place: placeIn(resource, 'metadata', 'name'),
        cluster: member.name,
        message: `Service ${nameOfService(service)}`,
      })),
    },
    {
      service: nameOfService(service),
      clusters: inWords(running.map(clusterOf)),
      caller: caller.name,
    },
  );
};

/** Only callers with a sidecar (or gateways) are led to other clusters; pods outside of the mesh stay in theirs. */
const callerOf = (
  mesh: Mesh,
  member: Member,
  service: MeshService,
): readonly { readonly name: string; readonly severity: Severity }[] => {
  const use = usesIn(mesh, member).find((candidate) => candidate.service === service);
  if (use !== undefined) return [{ name: use.source, severity: 'warning' }];
  if (service.namespace === istioNamespaceOf(member)) return [];
  if (meshNamespaces(member).has(service.namespace))
    return [{ name: `pods with a sidecar in ${service.namespace}`, severity: 'warning' }];
  const isOpen = member.workloads.some(
    (workload) => workload.namespace === service.namespace && workload.injected === 'unknown',
  );
  return isOpen ? [{ name: 'pods with a sidecar', severity: 'info' }] : [];
};
