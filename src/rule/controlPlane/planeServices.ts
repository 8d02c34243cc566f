// The Services of control planes: which a cluster has, and which its installation makes.
import type { Member } from '../../facts/mesh.ts';
import { DEFAULT_REVISION } from '../../facts/revisions.ts';
import { hidesKind } from '../../facts/sources.ts';
import type { Resource, Tri } from '../../model/index.ts';
import { get, sameNamespace, sightingsOf } from '../../model/index.ts';
import { istioNamespaceOf } from '../scope.ts';

const NAMES = /^(istiod|istio-(pilot|policy|telemetry|citadel|galley|sidecar-injector))(-|$)/;

/** Services of a control plane in the files of a cluster: istiod of any revision, and the parts of 1.1-1.5. */
export const planeServices = (member: Member): readonly Resource[] =>
  member.resources
    .ofKind('Service', '')
    .filter((service) => NAMES.test(service.name) && !/gateway|ingress|egress/.test(service.name));

/** Services that lead to endpoints written by hand: those of another cluster's control plane. */
export const handMadeServices = (member: Member): readonly Resource[] =>
  planeServices(member).filter(
    (service) =>
      get(service.value, 'spec', 'selector') === undefined && get(service.value, 'spec', 'type') !== 'ExternalName',
  );

export const serviceOfRevision = (revision: string): string =>
  revision === DEFAULT_REVISION ? 'istiod' : `istiod-${revision}`;

/** Namespaces in which files of a cluster put a control plane. */
export const planeNamespaces = (member: Member): ReadonlySet<string> =>
  new Set([istioNamespaceOf(member), ...sightingsOf(member.istioNamespace).map((sighting) => sighting.value)]);

/** Services of istiod that a cluster has in its files, or gets from what its files install. */
export interface KnownServices {
  readonly rendered: readonly Resource[];
  readonly names: ReadonlySet<string>;
  /** A Service that is neither seen nor implied is not there. */
  readonly certain: boolean;
}

export const knownServices = (member: Member): KnownServices => {
  const rendered = planeServices(member).filter((service) => service.name.startsWith('istiod'));
  const { all, open } = member.revisions;
  const planes = all.filter((revision) => revision.kind === 'plane').map(({ value }) => serviceOfRevision(value));
  const isRemote = ['remote', 'config'].includes(member.controlPlaneRole.role);
  const names = new Set([
    ...rendered.map((service) => service.name),
    ...planes,
    // From 1.27 on they are called so beside a local injector, before 1.24 beside an istiod of its own.
    ...(isRemote ? ['istiod-remote', ...planes.map((name) => `${name}-remote`)] : []),
  ]);
  const certain = (rendered.length > 0 || open === undefined) && !hidesKind(member.cluster, ['Service']);
  return { rendered, names, certain };
};

/** Whether a cluster has, or may have, that Service of istiod. */
export const hasService = (member: Member, namespace: string | undefined, name: string): Tri => {
  const { rendered, names, certain } = knownServices(member);
  if (rendered.some((service) => service.name === name && sameNamespace(service.namespace, namespace))) return 'yes';
  const isOurs = namespace === undefined || planeNamespaces(member).has(namespace);
  if (names.has(name) && isOurs && !rendered.some((service) => service.name === name)) return 'yes';
  return certain ? 'no' : 'unknown';
};
