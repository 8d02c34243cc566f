// Who calls: the namespaces with clients that a config cluster's rules govern, grouped by the DestinationRules they obey.
import { meshConfigSightings } from '../facts/sources.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Place, Resource } from '../model/index.ts';
import { compareText, get, isTemplate, list, placeIn, texts } from '../model/index.ts';
import type { DestinationRule } from './destinationRules.ts';
import { destinationRulesOf } from './destinationRules.ts';
import { covers, expandHost, splitHost, UNSTATED } from './hosts.ts';
import type { Realm } from './scope.ts';
import { clusterDomainOf, oncePerMember, realmsOf, rootNamespaceOf } from './scope.ts';
import { selects } from './selectors.ts';
import type { MeshService } from './services.ts';

/** Clients of a realm by namespace: workloads with a sidecar, and gateways. */
export const clientsOf = oncePerMember(
  (mesh, config): ReadonlyMap<string, readonly { readonly member: Member; readonly workload: Workload }[]> => {
    const realm = realmsOf(mesh).find((candidate) => candidate.config === config);
    const found = new Map<string, { member: Member; workload: Workload }[]>();
    for (const member of realm?.members ?? [])
      for (const workload of member.workloads) {
        if (workload.namespace === undefined || (workload.injected !== 'yes' && !workload.gateway)) continue;
        const held = found.get(workload.namespace);
        if (held === undefined) found.set(workload.namespace, [{ member, workload }]);
        else held.push({ member, workload });
      }
    return found;
  },
);

/** Client namespaces that obey the same DestinationRules for a host. */
export interface ClientGroup {
  readonly rules: readonly DestinationRule[];
  /** In the order of names. Where nothing tells the other namespaces apart, one stands for all of them. */
  readonly namespaces: readonly string[];
}

/** What is called, as far as the look-up needs it. */
export interface Called {
  readonly host: string;
  readonly namespace: string;
  readonly service: MeshService | undefined;
}

/**
 * Groups the client namespaces of a realm by the rules that govern a host there. Only namespaces with rules of their
 * own for the host are told apart; `more` are namespaces known to hold clients by other means.
 */
export const clientGroups = (
  mesh: Mesh,
  realm: Realm,
  called: Called,
  more: readonly string[] = [],
): readonly ClientGroup[] => {
  const { config } = realm;
  const table = destinationRulesOf(mesh, config);
  const candidates = table.covering(called.host);
  if (candidates.length === 0) return [];
  const clients = clientsOf(mesh, config);
  const all = [...new Set([...clients.keys(), ...more])];
  const own = new Set(candidates.map((rule) => rule.namespace));
  const needsAll =
    candidates.some((rule) => !rule.isPrivate && rule.exportedTo !== undefined) ||
    hidesServices(mesh, config, called.service);
  const others = all.filter((namespace) => !own.has(namespace));
  const told = [
    ...all.filter((namespace) => own.has(namespace)),
    ...(needsAll ? others : others.toSorted(compareText).slice(0, 1)),
  ]
    .filter((namespace) => sees(mesh, config, namespace, called))
    .toSorted(compareText);

  const groups = new Map<string, { rules: readonly DestinationRule[]; namespaces: string[] }>();
  const add = (rules: readonly DestinationRule[], namespace: string): void => {
    if (rules.length === 0) return;
    const key = rules.map((rule) => `${rule.namespace}/${rule.resource.name}`).join(' ');
    const held = groups.get(key);
    if (held === undefined) groups.set(key, { rules, namespaces: [namespace] });
    else held.namespaces.push(namespace);
  };
  for (const namespace of told) {
    const governing = table.governing(namespace, called.host, called.namespace);
    if (governing === undefined) continue;
    const workloads = clients.get(namespace) ?? [];
    for (const rule of governing.selecting)
      if (workloads.some(({ workload }) => selects(rule.selector ?? {}, workload.labels) === 'yes'))
        add([rule], namespace);
    const allSelected =
      workloads.length > 0 &&
      workloads.every(({ workload }) =>
        governing.selecting.some((rule) => selects(rule.selector ?? {}, workload.labels) === 'yes'),
      );
    if (!allSelected) add(governing.rules, namespace);
  }
  return [...groups.values()];
};

// ---- who sees a Service at all ----

interface Scope {
  readonly namespace: string;
  readonly hosts: readonly { readonly namespace: string; readonly host: string }[];
  readonly forAll: boolean;
}

/** Sidecars with egress hosts, by namespace. */
const sidecarScopes = oncePerMember((_mesh, config): ReadonlyMap<string, readonly Scope[]> => {
  const found = new Map<string, Scope[]>();
  for (const sidecar of config.resources.ofKind('Sidecar', 'networking.istio.io')) {
    const { namespace } = sidecar;
    const egress = get(sidecar.value, 'spec', 'egress');
    if (namespace === undefined || egress === undefined) continue;
    const hosts = list(egress).flatMap((listener) =>
      texts(get(listener, 'hosts')).map((written) => {
        const { namespace: from, host } = splitHost(written);
        return {
          namespace: from ?? '*',
          host: expandHost(host, from === '.' ? namespace : from, clusterDomainOf(config)),
        };
      }),
    );
    const scope: Scope = { namespace, hosts, forAll: get(sidecar.value, 'spec', 'workloadSelector') === undefined };
    found.set(namespace, [...(found.get(namespace) ?? []), scope]);
  }
  return found;
});

const hidesServices = (mesh: Mesh, config: Member, service: MeshService | undefined): boolean =>
  sidecarScopes(mesh, config).size > 0 || exportOf(config, service) !== undefined;

/** Where a Service is visible, when that is not everywhere. */
export interface Export {
  /** `.` and `~` are resolved: its own namespace, and none. */
  readonly namespaces: readonly string[];
  /** As written: `.`, `shop,bank`. */
  readonly written: string;
  /** The annotation, or `defaultServiceExportTo` of the mesh config. */
  readonly place: Place;
  readonly isDefault: boolean;
}

/** The exportTo of a Service as a config cluster takes it; undefined is all namespaces. */
export const exportOfService = (config: Member, service: Resource): Export | undefined => {
  const key = 'networking.istio.io/exportTo';
  const annotation = service.annotations[key];
  const fallback = meshConfigSightings(config.cluster, ['defaultServiceExportTo'])[0];
  const entries = annotation === undefined ? texts(fallback?.value) : annotation.split(',');
  const names = entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
  if (names.length === 0 || names.includes('*') || names.some(isTemplate)) return undefined;
  const own = service.namespace ?? UNSTATED;
  return {
    namespaces: names.flatMap((entry) => (entry === '~' ? [] : [entry === '.' ? own : entry])),
    written: names.join(', '),
    place:
      annotation === undefined && fallback !== undefined
        ? fallback.place
        : placeIn(service, 'metadata', 'annotations', key),
    isDefault: annotation === undefined,
  };
};

/** Namespaces to which a Service is exported; undefined is all. The config cluster's own Service decides. */
const exportOf = (config: Member, service: MeshService | undefined): readonly string[] | undefined =>
  service === undefined ? undefined : exportOfService(config, statementFor(service, config))?.namespaces;

/** The Service as the control plane of a config cluster takes it: its own, else that of the given or the first cluster. */
export const statementFor = (service: MeshService, config: Member, member?: Member): Resource =>
  (
    service.statements.find((statement) => statement.member === config) ??
    service.statements.find((statement) => statement.member === member) ??
    service.statements[0]!
  ).resource;

/** Whether clients of a namespace know a Service: by its exportTo and by their Sidecars. */
const sees = (mesh: Mesh, config: Member, clientNamespace: string, called: Called): boolean => {
  const exported = exportOf(config, called.service);
  if (exported !== undefined && !exported.includes(clientNamespace)) return false;
  const scopes = sidecarScopes(mesh, config);
  if (scopes.size === 0) return true;
  const own = scopes.get(clientNamespace) ?? [];
  const general = own.filter((scope) => scope.forAll);
  const inherited =
    general.length > 0 ? general : (scopes.get(rootNamespaceOf(config)) ?? []).filter((scope) => scope.forAll);
  if (inherited.length === 0) return true;
  return [...own, ...inherited].some((scope) =>
    scope.hosts.some(({ namespace, host }) => {
      const from = namespace === '.' ? clientNamespace : namespace;
      return (from === '*' || from === called.namespace) && covers(host, called.host);
    }),
  );
};
