// What is known of a host that a route sends to: its ports, and the namespaces that see it.
import { isComplete } from '../../facts/mesh/tracks.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import { hidesKind, meshConfigSightings } from '../../facts/sources.ts';
import type { Resource } from '../../model/index.ts';
import { compareText, get, integer, isTemplate, list, texts } from '../../model/index.ts';
import { exportOfService } from '../clients.ts';
import { covers, expandHost, UNSTATED } from '../hosts.ts';
import type { Resolution } from '../resolve.ts';
import type { Route } from '../routes.ts';
import { clusterDomainOf, oncePerMember, oncePerMesh, realmsOf } from '../scope.ts';
import { portsOf } from '../services.ts';

/** Port numbers of a Service in all clusters that have it, or of a ServiceEntry; undefined where not all are told. */
export const portsOfHost = (
  found: Extract<Resolution, { readonly resource: Resource }>,
): readonly number[] | undefined => {
  const { resource } = found;
  if (resource.kind === 'ServiceEntry') return numbersOf(list(get(resource.value, 'spec', 'ports')), 'number');
  let ports = servicePorts.get(found.members);
  if (ports === undefined) servicePorts.set(found.members, (ports = portsOfService(found.members, resource)));
  return ports.numbers;
};

/** By the clusters that have the Service, which `resolveHost` lists in one and the same array for each Service. */
const servicePorts = new WeakMap<readonly Member[], { readonly numbers: readonly number[] | undefined }>();

const portsOfService = (
  members: readonly Member[],
  resource: Resource,
): { readonly numbers: readonly number[] | undefined } => {
  const numbers = new Set<number>();
  for (const member of members)
    for (const service of member.resources.find('Service', resource.namespace, resource.name, '')) {
      const ports = list(get(service.value, 'spec', 'ports'));
      const known = numbersOf(ports, 'port');
      if (get(service.value, 'spec', 'type') === 'ExternalName' || known === undefined) return { numbers: undefined };
      for (const port of portsOf(service)) numbers.add(port.number);
    }
  return { numbers: numbers.size === 0 ? undefined : [...numbers].toSorted((a, b) => a - b) };
};

/** Undefined where there is none, or where one is no number yet. */
const numbersOf = (ports: readonly unknown[], key: string): readonly number[] | undefined => {
  const numbers = ports.map((port) => integer(get(port, key)));
  return numbers.length === 0 || numbers.includes(undefined)
    ? undefined
    : [...new Set(numbers.filter((number) => number !== undefined))].toSorted((a, b) => a - b);
};

/** Namespaces that see a host of a ServiceEntry or Service; undefined is all of them. */
export const exportOfHost = (config: Member, host: string, resource: Resource): readonly string[] | undefined => {
  if (resource.kind === 'Service') return exportOfService(config, resource)?.namespaces;
  const others = config.resources
    .ofKind('ServiceEntry', 'networking.istio.io')
    .filter((entry) => entry !== resource && namesHost(config, entry, host));
  const found = new Set<string>();
  for (const entry of [resource, ...others]) {
    const stated = texts(get(entry.value, 'spec', 'exportTo'));
    const names =
      stated.length > 0 ? stated : texts(meshConfigSightings(config.cluster, ['defaultServiceExportTo'])[0]?.value);
    if (names.length === 0 || names.includes('*') || names.some(isTemplate)) return undefined;
    for (const name of names) if (name !== '~') found.add(name === '.' ? (entry.namespace ?? UNSTATED) : name);
  }
  return [...found].toSorted(compareText);
};

const namesHost = (config: Member, entry: Resource, host: string): boolean =>
  texts(get(entry.value, 'spec', 'hosts')).some((written) =>
    covers(expandHost(written, entry.namespace, clusterDomainOf(config)), host),
  );

/** Namespaces whose clients obey a VirtualService, as far as they can be named; empty where they cannot. */
export const clientsOfRoute = (mesh: Mesh, config: Member, route: Route): readonly string[] => {
  // Its own namespace is among them only where exportTo names it.
  if (route.exportedTo !== undefined) return [...new Set(route.exportedTo)];
  if (route.ofMesh) return route.gateways.length === 0 ? [route.namespace] : [];
  return gatewayNamespaces(mesh, config);
};

/** Where the pods of gateways run that a config cluster rules; empty where some are not told. */
const gatewayNamespaces = oncePerMember((mesh, config): readonly string[] => {
  const members = realmsOf(mesh).find((realm) => realm.config === config)?.members ?? [];
  const found = members.flatMap((member) =>
    member.workloads.filter((workload) => workload.gateway).map((workload) => workload.namespace),
  );
  return found.includes(undefined)
    ? []
    : [...new Set(found.filter((name) => name !== undefined))].toSorted(compareText);
});

/** Whether the files hold every Service and ServiceEntry of the mesh, as mesh-lint.yaml says. */
export const seesAllHosts = oncePerMesh(
  (mesh) =>
    isComplete(mesh.settings.complete, 'service:') &&
    isComplete(mesh.settings.complete, 'config:ServiceEntry') &&
    mesh.members.every((member) => !hidesKind(member.cluster, ['Service', 'ServiceEntry'])),
);
