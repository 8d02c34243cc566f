// The other way round: which Services of its cluster select a workload.
import type { Member } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Resource } from '../model/index.ts';
import { get, list, textMap } from '../model/index.ts';
import { protocolOfPort } from './portNames.ts';
import { oncePerMember } from './scope.ts';
import { selects } from './selectors.ts';
import type { ServicePort } from './services.ts';
import { portsOf } from './services.ts';

/** Services with a selector by namespace, and the one label that fewest of them ask for first. */
const selectors = oncePerMember((_mesh, member): ReadonlyMap<string, readonly Resource[]> => {
  const found = new Map<string, Resource[]>();
  for (const service of member.resources.ofKind('Service', '')) {
    const [pair] = Object.entries(textMap(get(service.value, 'spec', 'selector')));
    if (pair === undefined || get(service.value, 'spec', 'type') === 'ExternalName') continue;
    const key = `${service.namespace ?? ''}\0${pair[0]}\0${pair[1]}`;
    const held = found.get(key);
    if (held === undefined) found.set(key, [service]);
    else held.push(service);
  }
  return found;
});

/** Services of the workload's namespace that surely select its pods, in the order of the files. */
export const servicesOfWorkload = (
  mesh: Parameters<typeof selectors>[0],
  member: Member,
  workload: Workload,
): readonly Resource[] => {
  const index = selectors(mesh, member);
  return Object.entries(workload.labels)
    .flatMap(([key, value]) => index.get(`${workload.namespace ?? ''}\0${key}\0${value}`) ?? [])
    .filter((service) => selects(textMap(get(service.value, 'spec', 'selector')), workload.labels) === 'yes');
};

/** A port of a Service that leads to a workload. */
export interface LeadingPort extends ServicePort {
  readonly service: Resource;
  /** Undefined where nothing tells it. */
  readonly meshProtocol: string | undefined;
}

/** Without UDP and SCTP, which no sidecar handles. */
export const leadingPorts = (service: Resource): readonly LeadingPort[] => {
  let ports = held.get(service);
  if (ports === undefined)
    held.set(
      service,
      (ports = portsOf(service).flatMap((port) =>
        UNTOUCHED.has(port.protocol) ? [] : [{ ...port, service, meshProtocol: protocolOfPort(port) }],
      )),
    );
  return ports;
};

/** Many workloads may ask for the same Services. */
const held = new WeakMap<Resource, readonly LeadingPort[]>();

const UNTOUCHED: ReadonlySet<string> = new Set(['UDP', 'SCTP']);

/** What one controller made is its matter: the Pods and ReplicaSets of a Deployment are the same workload. */
export const isMade = ({ resource }: Workload): boolean =>
  list(get(resource.value, 'metadata', 'ownerReferences')).length > 0;
