import type { Mesh } from '../../src/facts/mesh.ts';
import type { Path, Resource, Severity } from '../../src/model/index.ts';
import { describe, get, isRecord, list, placeIn, text, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { driftOption, isAllowed } from '../../src/rule/drift/allowed.ts';
import type { Difference } from '../../src/rule/drift/canonical.ts';
import type { Absence } from '../../src/rule/drift/compare.ts';
import { absencesOf, deviationsOf, inFields } from '../../src/rule/drift/compare.ts';
import type { ComparedKind, Held, MeshObject } from '../../src/rule/drift/objects.ts';
import { meshObjects } from '../../src/rule/drift/objects.ts';
import { isFaultInjection, isTuningField } from '../../src/rule/drift/tuning.ts';
import { remoteSubsetFaults } from '../../src/rule/remoteSubsets.ts';
import { routedSubsets } from '../../src/rule/routes.ts';
import { clusterDomainOf, inWords } from '../../src/rule/scope.ts';
import { isNobody } from '../../src/rule/traffic/meantHosts.ts';
import { isRefused } from '../../src/rule/traffic/refusedFields.ts';

const ID = 'traffic/primaries-agree';

export default defineRule({
  id: ID,
  severity: 'warning',
  istio: 'all',
  summary: 'Primaries hold the same routing for the hosts that their proxies call.',
  why: 'A control plane reads Istio resources from its own config cluster only. What one primary lacks or says differently holds for the callers of that half of the mesh.',
  fix: 'Apply the same object in every primary, or list it under options → traffic/primaries-agree → drift where it differs on purpose.',
  reads: ['VirtualService', 'DestinationRule', 'ServiceEntry', 'Sidecar', 'EnvoyFilter', 'HTTPRoute', 'workloads'],
  models: [
    'multi-primary-one-network',
    'multi-primary-networks',
    'replicated-control-planes',
    'external-control-plane',
    'ambient-networks',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  options: { drift: driftOption },
  messages: {
    absent: '{objects}: {holders} {has}, {cluster} has no such object although {client}',
    alone: '{objects}: only {holders} has it; {clusters} have no such object although {client}',
    differs: '{object}: {cluster} differs from {peers} in {fields}',
    tie: '{object}: {cluster} differs from {peers} in {fields}, and no side has more clusters',
  },
  check(mesh, report) {
    const objects = meshObjects(mesh, KINDS).filter(({ held }) => !held.some((one) => isAllowed(mesh, ID, one)));
    for (const lack of joinAbsences(objects.flatMap((object) => lacksOf(mesh, object)))) {
      const { holders, absences, names } = lack;
      const [first] = absences;
      if (first === undefined) continue;
      const also = holders.map(({ resource, realm }) => ({
        place: placeIn(resource, 'metadata', 'name'),
        cluster: realm.config.name,
        message: describe(resource),
      }));
      const slots = {
        objects: inWords(names),
        holders: inWords([...new Set(holders.map(nameOf))]),
        client: first.client.words,
      };
      if (absences.length > 1 && absences.length > new Set(holders.map(nameOf)).size) {
        const [holder] = holders;
        if (holder === undefined) continue;
        report(
          'alone',
          {
            at: placeIn(holder.resource, 'metadata', 'name'),
            cluster: holder.realm.config.name,
            resource: holder.resource,
            severity: severityOf(lack),
            also: absences.map(({ realm, client }) => ({
              place: client.place,
              cluster: realm.config.name,
              message: client.words,
            })),
          },
          { ...slots, clusters: inWords(absences.map(({ realm }) => realm.config.name)) },
        );
        continue;
      }
      for (const { realm, client } of absences)
        report(
          'absent',
          {
            at: client.place,
            cluster: realm.config.name,
            resource: client.resource,
            severity: severityOf(lack),
            also,
          },
          {
            ...slots,
            cluster: realm.config.name,
            client: client.words,
            has: `${new Set(holders.map(nameOf)).size > 1 ? 'have' : 'has'} ${names.length > 1 ? 'them' : 'it'}`,
          },
        );
    }
    for (const object of objects)
      for (const { odd, others, isTie, differences } of deviationsOf(object)) {
        const open = differences.filter(
          (difference) =>
            !isToldElsewhere(mesh, [odd, ...others], difference) && !isAmiss(mesh, odd, others, difference),
        );
        const tuned = open.filter(({ field }) => isTuningField(object.kind.kind, field));
        const found = [...open.filter((difference) => !tuned.includes(difference)), ...tuned];
        const [first] = found;
        if (first === undefined) continue;
        report(
          isTie && object.held.length > 2 ? 'tie' : 'differs',
          {
            at: placeIn(odd.resource, 'spec', ...first.onePath),
            cluster: odd.realm.config.name,
            resource: odd.resource,
            // Clusters may be tuned apart on purpose, for a canary or for their size.
            severity: tuned.length === found.length ? 'info' : undefined,
            also: others.map(({ realm, resource }) => ({
              place: placeIn(resource, 'spec', ...first.otherPath),
              cluster: realm.config.name,
              message: `${first.field} ${first.other ?? 'is not there'}`,
            })),
          },
          {
            object: describe(odd.resource),
            cluster: odd.realm.config.name,
            fields: inFields(found),
            peers: inWords(others.map(nameOf)),
          },
        );
      }
  },
});

const GROUP = 'networking.istio.io';

const obeyedBySidecars = ({ value }: Resource): boolean => {
  const gateways = texts(get(value, 'spec', 'gateways'));
  return gateways.length === 0 || gateways.includes('mesh');
};

const hangsOnService = ({ value }: Resource): boolean =>
  list(get(value, 'spec', 'parentRefs')).some((parent) => get(parent, 'kind') === 'Service');

/** A filter of gateways belongs to the cluster that runs them. */
const isForSidecars = ({ value }: Resource): boolean =>
  !list(get(value, 'spec', 'configPatches')).some((patch) => get(patch, 'match', 'context') === 'GATEWAY');

const KINDS: readonly ComparedKind[] = [
  { kind: 'VirtualService', group: GROUP, counts: obeyedBySidecars },
  { kind: 'DestinationRule', group: GROUP },
  { kind: 'ServiceEntry', group: GROUP },
  { kind: 'Sidecar', group: GROUP },
  { kind: 'EnvoyFilter', group: GROUP, counts: isForSidecars },
  { kind: 'HTTPRoute', group: 'gateway.networking.k8s.io', counts: hangsOnService },
];

const nameOf = ({ realm }: Held): string => realm.config.name;

/** Objects that the same clusters lack, about the same hosts: one omission. */
interface Lack {
  readonly names: readonly string[];
  readonly holders: readonly Held[];
  readonly absences: readonly Absence[];
  readonly isRouted: boolean;
  readonly isSupporting: boolean;
  /** Calls go where they would go without it. */
  readonly isTrial: boolean;
}

const severityOf = ({ isRouted, isTrial }: Lack): Severity | undefined =>
  isRouted ? 'error' : isTrial ? 'info' : undefined;

const lacksOf = (mesh: Mesh, object: MeshObject): readonly Lack[] => {
  const absences = absencesOf(mesh, object).filter(({ realm }) => !isNamedByRoute(mesh, realm.config.name, object));
  const [first] = object.held;
  if (first === undefined || absences.length === 0) return [];
  return [
    {
      names: [describe(first.resource)],
      holders: object.held,
      absences,
      // Without the entry the host of the route is not known at all.
      isRouted: object.kind.kind === 'ServiceEntry' && absences.every(({ client }) => client.isRouted),
      isSupporting: object.kind.kind === 'DestinationRule' && hasSubsetsOnly(first.resource),
      isTrial: object.held.every(({ resource }) => isFaultInjection(resource)),
    },
  ];
};

/** Subsets alone do nothing where no route names them. */
const hasSubsetsOnly = ({ value }: Resource): boolean => {
  const policy = get(value, 'spec', 'trafficPolicy');
  const isBare = (subset: unknown): boolean => !isRecord(get(subset, 'trafficPolicy'));
  return !isRecord(policy) && list(get(value, 'spec', 'subsets')).every(isBare);
};

/** Routes there send to its subsets: traffic/subset-defined says so. */
const isNamedByRoute = (mesh: Mesh, name: string, { kind, held }: MeshObject): boolean =>
  kind.kind === 'DestinationRule' &&
  held.some(({ hosts, resource }) =>
    list(get(resource.value, 'spec', 'subsets')).some((subset) =>
      isRouted(mesh, name, hosts, text(get(subset, 'name'))),
    ),
  );

const isRouted = (mesh: Mesh, name: string, hosts: readonly string[], subset: string | undefined): boolean => {
  const config = mesh.cluster(name);
  const routed = routedSubsets(mesh, config);
  return hosts.some((host) => routed.has(`${host.replace('<domain>', clusterDomainOf(config))}|${subset ?? ''}`));
};

/**
 * TLS towards Services of the mesh is a matter of mtls/*, subsets that routes name of traffic/subset-defined,
 * outlierDetection beside a failover of traffic/failover-has-outlier-detection.
 */
const isToldElsewhere = (mesh: Mesh, all: readonly Held[], { field, one, other }: Difference): boolean => {
  if (isUndefinedSubset(mesh, all, field) || isAtGateway(mesh, all, field)) return true;
  if (all[0]?.resource.kind !== 'DestinationRule') return false;
  if (/(^|\.)tls(\.mode)?$/.test(field) || [one, other].some((words) => /^tls mode \w+$/.test(words ?? '')))
    return all.some(({ hosts }) => hosts.some((host) => host.endsWith('.svc.<domain>')));
  const isUnset = one === undefined || other === undefined;
  return field.endsWith('outlierDetection') && isUnset && all.some(({ resource }) => hasFailover(resource));
};

/** Subsets with other labels, or kept from a gateway: network/subset-known-at-gateway says which calls end there. */
const isAtGateway = (mesh: Mesh, all: readonly Held[], field: string): boolean => {
  const kinds = field === 'exportTo' ? ['hidden'] : /^subsets\[\d+\]\.labels/.test(field) ? ['labels', 'no-pods'] : [];
  return (
    kinds.length > 0 &&
    remoteSubsetFaults(mesh).some(
      ({ kind, remote }) => kinds.includes(kind) && all.some(({ resource }) => resource === remote?.resource),
    )
  );
};

/** What one side says there leads nowhere: schema/* tells of a field, traffic/* of a host that no cluster has. */
const isAmiss = (mesh: Mesh, odd: Held, others: readonly Held[], difference: Difference): boolean =>
  isAmissIn(mesh, odd, difference.onePath, difference.one !== undefined) ||
  others.some((other) => isAmissIn(mesh, other, difference.otherPath, difference.other !== undefined));

const isAmissIn = (mesh: Mesh, { realm, resource }: Held, path: Path, isThere: boolean): boolean => {
  if (isRefused(mesh, resource, { path: ['spec', ...path], isThere })) return true;
  const host = isThere && path.at(-1) === 'host' ? text(get(resource.value, 'spec', ...path)) : undefined;
  return host !== undefined && isNobody(mesh, realm.config, host, resource.namespace);
};

const hasFailover = ({ value }: Resource): boolean =>
  isRecord(get(value, 'spec', 'trafficPolicy', 'loadBalancer', 'localityLbSetting'));

/** A difference that is a subset which one side lacks although its routes name it. */
const isUndefinedSubset = (mesh: Mesh, all: readonly Held[], field: string): boolean => {
  const index = /^subsets\[(\d+)\]$/.exec(field)?.[1];
  if (index === undefined) return false;
  return all.some(({ resource }) => {
    const subset = text(get(resource.value, 'spec', 'subsets', Number(index), 'name'));
    const lacking = all.filter(
      (other) => !list(get(other.resource.value, 'spec', 'subsets')).some((one) => get(one, 'name') === subset),
    );
    return lacking.some((other) => isRouted(mesh, nameOf(other), other.hosts, subset));
  });
};

const joinAbsences = (lacks: readonly Lack[]): readonly Lack[] => {
  const joined = new Map<string, Lack>();
  for (const lack of lacks) {
    const hosts = lack.holders[0]!.hosts.toSorted().join(' ');
    const clusters = lack.absences.map(({ realm }) => realm.config.name).join(' ');
    const key = `${clusters}\0${hosts === '' ? lack.names[0] : hosts}`;
    const held = joined.get(key);
    joined.set(
      key,
      held === undefined
        ? lack
        : {
            names: [...held.names, ...lack.names],
            holders: [...held.holders, ...lack.holders],
            absences: held.absences,
            isRouted: held.isRouted || lack.isRouted,
            isSupporting: held.isSupporting && lack.isSupporting,
            isTrial: held.isTrial && lack.isTrial,
          },
    );
  }
  return [...joined.values()].filter(({ isSupporting }) => !isSupporting);
};
