// Services of one name in several clusters: which statements the mesh joins to one service, and whether they mean the same.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Resource } from '../model/index.ts';
import { get, list, text, textMap } from '../model/index.ts';
import { clusterLocality } from './clusterLocal.ts';
import { statementsOf } from './objects.ts';
import type { Deviation } from './peers.ts';
import { deviations } from './peers.ts';
import { oncePerMesh, realmsOf } from './scope.ts';
import type { MeshService, ServiceStatement } from './services.ts';
import { hostOfService, isPlatformService, serviceTable, workloadsOf } from './services.ts';

/** A Service that several clusters state, each in one way. */
export interface TwinService {
  readonly service: MeshService;
  /** At least two, in the order of the clusters' names. */
  readonly statements: readonly ServiceStatement[];
}

/** Services that the mesh joins over clusters; those of the control plane, of gateways and cluster-local ones are left out. */
export const twinServices = oncePerMesh((mesh): readonly TwinService[] =>
  serviceTable(mesh).all.flatMap((service) => {
    if (service.statements.length < 2 || isPlatformService(mesh, service) || isLocalEverywhere(mesh, service))
      return [];
    const statements = service.statements.filter((statement) => isStatedOnce(service, statement));
    return statements.length < 2 ? [] : [{ service, statements }];
  }),
);

/** No control plane joins the Service with its namesakes. */
const isLocalEverywhere = (mesh: Mesh, service: MeshService): boolean => {
  const realms = realmsOf(mesh);
  return (
    realms.length > 0 &&
    realms.every(({ config }) => clusterLocality(mesh, config, hostOfService(service, config)).local !== 'no')
  );
};

/** Some control plane keeps clients of the Service in their cluster. */
export const isLocalSomewhere = (mesh: Mesh, service: MeshService): boolean =>
  realmsOf(mesh).some(({ config }) => clusterLocality(mesh, config, hostOfService(service, config)).local !== 'no');

/** Documents that state one object differently are alternatives, or a base and its patch. */
const isStatedOnce = (service: MeshService, { member, resource }: ServiceStatement): boolean => {
  const all = member.resources
    .find('Service', resource.namespace, service.name, '')
    .filter((other) => other.namespace === resource.namespace && other.shared === resource.shared);
  return all.length < 2 || statementsOf(all).every((statement) => !statement.ambiguous);
};

export type Shape = 'headless' | 'ExternalName' | 'ClusterIP' | 'NodePort' | 'LoadBalancer';

export const shapeOf = (service: Resource): Shape => {
  const type = text(get(service.value, 'spec', 'type'));
  if (type === 'ExternalName') return type;
  if (text(get(service.value, 'spec', 'clusterIP')) === 'None') return 'headless';
  return type === 'NodePort' || type === 'LoadBalancer' ? type : 'ClusterIP';
};

// ---- what it stands for ----

/** A statement with what its pods run. */
export interface Meaning extends ServiceStatement {
  readonly workloads: readonly Workload[];
  readonly traits: ReadonlySet<string>;
}

/** Namesakes that run something else: no selector pair, image, app or chart in common. */
export const strangersOf = (mesh: Mesh, { service, statements }: TwinService): readonly Deviation<Meaning>[] => {
  let found = strangers.get(service);
  if (found === undefined) strangers.set(service, (found = findStrangers(mesh, statements)));
  return found;
};

const strangers = new WeakMap<MeshService, readonly Deviation<Meaning>[]>();

const findStrangers = (mesh: Mesh, statements: readonly ServiceStatement[]): readonly Deviation<Meaning>[] => {
  if (shareSelector(statements)) return [];
  const meanings = statements.flatMap((statement): readonly Meaning[] => {
    const workloads = workloadsOf(mesh, statement.member, statement.resource);
    return workloads.length === 0 ? [] : [{ ...statement, workloads, traits: traitsOf(statement.resource, workloads) }];
  });
  if (meanings.length < 2) return [];
  // Meanings that share a trait stand for one thing, and so do those that a third joins.
  const group = new Map<Meaning, number>();
  const ofTrait = new Map<string, number>();
  for (const [index, meaning] of meanings.entries()) {
    group.set(meaning, index);
    const joined = new Set([...meaning.traits].flatMap((trait) => ofTrait.get(trait) ?? []));
    for (const map of [group, ofTrait] as readonly Map<unknown, number>[])
      for (const [key, held] of map) if (joined.has(held)) map.set(key, index);
    for (const trait of meaning.traits) ofTrait.set(trait, index);
  }
  return deviations(meanings, (meaning) => String(group.get(meaning)));
};

/** All select by one and the same pair: a trait that they share, and no other has to be asked for. */
const shareSelector = ([first, ...others]: readonly ServiceStatement[]): boolean => {
  const pairs = Object.entries(selectorOf(first?.resource));
  return pairs.some(([key, value]) => others.every(({ resource }) => selectorOf(resource)[key] === value));
};

const selectorOf = (service: Resource | undefined): Readonly<Record<string, string>> =>
  textMap(get(service?.value, 'spec', 'selector'));

const APP_LABELS = ['app', 'app.kubernetes.io/name', 'app.kubernetes.io/part-of', 'k8s-app'];

const traitsOf = (service: Resource, workloads: readonly Workload[]): ReadonlySet<string> => {
  const selector = selectorOf(service);
  const labels = [service.labels, ...workloads.map((workload) => workload.labels)];
  return new Set([
    ...Object.entries(selector).map(([key, value]) => `selector ${key}=${value}`),
    ...labels.flatMap((held) => [
      ...APP_LABELS.flatMap((key) => (held[key] === undefined ? [] : [`app ${held[key]}`])),
      ...['helm.sh/chart', 'chart'].flatMap((key) =>
        held[key] === undefined ? [] : [`chart ${held[key].replace(/-v?\d.*$/, '')}`],
      ),
    ]),
    ...workloads.flatMap((workload) => imagesOf(workload).map((image) => `image ${image}`)),
  ]);
};

/** Last part of the image's name: registries and mirrors differ, and versions do. */
export const imagesOf = (workload: Workload): readonly string[] =>
  list(workload.spec['containers']).flatMap((container) => {
    if (get(container, 'name') === 'istio-proxy') return [];
    const image = text(get(container, 'image'));
    const name = image === undefined ? undefined : /([^/:@]+)(?::[^/:@]*)?(?:@.*)?$/.exec(image)?.[1];
    return name === undefined ? [] : [name];
  });

export const clusterOf = ({ member }: { readonly member: Member }): string => member.name;
