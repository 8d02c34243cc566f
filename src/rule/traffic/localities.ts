// Which regions, zones and subzones the clusters of a mesh lie in.
import type { Locality, SightedLocality } from '../../facts/localities.ts';
import { parseLocality } from '../../facts/localities.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import { compareText } from '../../model/index.ts';
import { oncePerMember, oncePerMesh } from '../scope.ts';
import type { MeshService } from '../services.ts';
import { isPlatformService, workloadsOf } from '../services.ts';

export interface PlacedLocality extends SightedLocality {
  readonly member: Member;
}

export interface MeshLocalities {
  readonly all: readonly PlacedLocality[];
  /** The localities of every cluster that runs workloads are known. */
  readonly complete: boolean;
}

export const meshLocalities = oncePerMesh((mesh): MeshLocalities => {
  const members = mesh.members.filter((member) => runsProxies(mesh, member));
  return {
    all: mesh.members.flatMap((member) => member.localities.localities.map((found) => ({ ...found, member }))),
    complete: members.length > 0 && members.every((member) => member.localities.state === 'known'),
  };
});

/** A cluster that only holds a control plane has no endpoints of its own. */
const runsProxies = (mesh: Mesh, member: Member): boolean =>
  mesh.roleOf(member) !== 'external' || member.workloads.some((workload) => workload.injected === 'yes');

/** Whether a locality is covered by `region/zone/subzone` with `*` or missing steps at its end. */
export const matchesLocality = (pattern: string, locality: Locality): boolean => {
  const wanted = parseLocality(pattern);
  const fits = (step: string, value: string, mayBeMissing: boolean): boolean =>
    step === '*' || (mayBeMissing && step === '') || step === value;
  return (
    fits(wanted.region, locality.region, false) &&
    fits(wanted.zone, locality.zone, true) &&
    fits(wanted.subzone, locality.subzone, true)
  );
};

/** Clusters that may run endpoints of a Service: with pods of it, or without any pod of its namespace in the files. */
export const carriersOf = (mesh: Mesh, service: MeshService): readonly Member[] =>
  service.statements
    .filter(
      ({ member, resource }) =>
        workloadsOf(mesh, member, resource).length > 0 || !showsPods(mesh, member, service.namespace),
    )
    .map(({ member }) => member);

const showsPods = (mesh: Mesh, member: Member, namespace: string): boolean => {
  const namespaces = workloadNamespaces(mesh, member);
  return namespaces.has(namespace) || namespaces.has(undefined);
};

const workloadNamespaces = oncePerMember(
  (_mesh, member): ReadonlySet<string | undefined> => new Set(member.workloads.map((workload) => workload.namespace)),
);

/** Region and zone of each of the clusters, each once; undefined where one of them does not tell. */
export const zonesOf = (members: readonly Member[]): readonly string[] | undefined =>
  members.every((member) => member.localities.state === 'known')
    ? [
        ...new Set(members.flatMap((member) => member.localities.localities.map((at) => `${at.region}/${at.zone}`))),
      ].toSorted(compareText)
    : undefined;

/** Whether endpoints of a Service are told apart by localities: no where all provably lie in one zone. */
export const isInOnePlace = (mesh: Mesh, service: MeshService | undefined): boolean => {
  if (service === undefined) {
    const { all, complete } = meshLocalities(mesh);
    return complete && new Set(all.map((at) => `${at.region}/${at.zone}/${at.subzone}`)).size <= 1;
  }
  const carriers = carriersOf(mesh, service);
  const steps = carriers.flatMap((member) =>
    member.localities.localities.map((at) => `${at.region}/${at.zone}/${at.subzone}`),
  );
  return zonesOf(carriers) !== undefined && new Set(steps).size <= 1;
};

/** Services of the applications that several clusters run. */
export const sharedServices = (mesh: Mesh, services: readonly MeshService[]): readonly MeshService[] =>
  services.filter(
    (service) =>
      service.statements.length > 1 && !isPlatformService(mesh, service) && carriersOf(mesh, service).length > 1,
  );
