// Ports of policies: what workloads listen on, not what their Services call it.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import { hidesKind } from '../facts/sources.ts';
import type { Resource } from '../model/index.ts';
import { get, integer, list } from '../model/index.ts';
import { mayMakeObjectsIn } from './installers.ts';
import type { Selection } from './selections.ts';
import type { LeadingPort } from './servicesOfWorkload.ts';
import { leadingPorts, servicesOfWorkload } from './servicesOfWorkload.ts';
import { containerPort } from './services.ts';

/** A port of a Service that a policy names, where all pods that it selects listen on another. */
export interface ServicePortNamed {
  readonly member: Member;
  readonly workload: Workload;
  readonly service: Resource;
  /** The entry of the Service. */
  readonly entry: LeadingPort;
  /** What its pods listen on. */
  readonly target: number;
}

/**
 * Why no pod that a policy selects sees a port: it is one of their Services' alone. Undefined where some pod may listen
 * on it, or where the policy names the port of the pods (`beside`) too.
 */
export const servicePortNamed = (
  mesh: Mesh,
  selection: Selection,
  port: number,
  beside: ReadonlySet<number>,
): ServicePortNamed | undefined => {
  if (selection.any !== 'yes' || mayListenElsewhere(mesh, selection, port)) return undefined;
  const found: ServicePortNamed[] = [];
  for (const { member, workload } of selection.workloads) {
    if (workload.injected === 'no' && workload.ambient === 'no') continue;
    if (workload.gateway || listensOn(workload, port)) return undefined;
    for (const service of servicesOfWorkload(mesh, member, workload))
      for (const entry of leadingPorts(service)) {
        const target = containerPort(entry, workload);
        // Calls of a headless Service go to pods with the number that clients use.
        const isOpen = target === undefined || target === port || get(service.value, 'spec', 'clusterIP') === 'None';
        if (isOpen) return undefined;
        if (entry.number === port) found.push({ member, workload, service, entry, target });
      }
  }
  return found.some(({ target }) => beside.has(target)) ? undefined : found[0];
};

/** Ports of containers and of what Kubernetes asks them. */
const listensOn = ({ spec }: Workload, port: number): boolean =>
  ['containers', 'initContainers'].some((key) =>
    list(spec[key]).some(
      (container) =>
        list(get(container, 'ports')).some((entry) => integer(get(entry, 'containerPort')) === port) ||
        PROBES.some((probe) =>
          ['httpGet', 'tcpSocket', 'grpc'].some((form) => integer(get(container, probe, form, 'port')) === port),
        ),
    ),
  );

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];

/** Machines, listeners of Sidecars, ServiceEntries for pods; for policies of whole namespaces what charts bring too. */
const mayListenElsewhere = (mesh: Mesh, { realm, resource, labels }: Selection, port: number): boolean => {
  const namespaces = new Set(resource.namespace === undefined ? [] : [resource.namespace]);
  const isPort = (entry: unknown): boolean =>
    [get(entry, 'port', 'number'), get(entry, 'targetPort') ?? get(entry, 'number')].some(
      (number) => integer(number) === port,
    );
  const opens = ({ kind, namespace, value }: Resource): boolean =>
    (labels === undefined || namespace === undefined || namespaces.has(namespace)) &&
    list(get(value, 'spec', kind === 'Sidecar' ? 'ingress' : 'ports')).some(isPort) &&
    (kind === 'Sidecar' || get(value, 'spec', 'workloadSelector') !== undefined);
  return realm.members.some(
    (member) =>
      ['WorkloadEntry', 'WorkloadGroup'].some((kind) =>
        member.resources.ofKind(kind).some(({ namespace }) => namespace === undefined || namespaces.has(namespace)),
      ) ||
      ['Sidecar', 'ServiceEntry'].some((kind) => member.resources.ofKind(kind, 'networking.istio.io').some(opens)) ||
      (labels === undefined &&
        (mayMakeObjectsIn(mesh, member, resource.namespace) || hidesKind(member.cluster, ['Deployment', 'Service']))),
  );
};
