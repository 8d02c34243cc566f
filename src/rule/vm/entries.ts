// Endpoints that people write: WorkloadEntries, and endpoints of ServiceEntries.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { NETWORK_LABEL } from '../../facts/network.ts';
import type { Place, Resource } from '../../model/index.ts';
import { filled, get, isTemplate, list, placeIn, textMap } from '../../model/index.ts';
import { statementsOf } from '../objects.ts';
import { oncePerMember } from '../scope.ts';
import type { Labels } from '../selectors.ts';

/** One endpoint that is no pod. */
export interface Entry {
  readonly member: Member;
  readonly resource: Resource;
  /** `WorkloadEntry shop/vm-1`, `endpoint 2 of ServiceEntry shop/cart`. */
  readonly title: string;
  /** The WorkloadEntry's spec, or the endpoint. */
  readonly place: Place;
  /** Undefined where none is written: Istio then takes the network of the cluster. */
  readonly network: string | undefined;
  readonly networkPlace: Place;
  readonly address: string | undefined;
  readonly locality: string | undefined;
  readonly labels: Labels;
  readonly serviceAccount: string | undefined;
  /** istiod wrote it when the VM registered itself. */
  readonly isRegistered: boolean;
}

/** WorkloadEntries and ServiceEntry endpoints in the files of a cluster. */
export const entriesOf = oncePerMember((_mesh: Mesh, member): readonly Entry[] => [
  ...statementsOf(member.resources.ofKind('WorkloadEntry', 'networking.istio.io')).map(({ resource }) =>
    entryAt(member, resource, ['spec'], `WorkloadEntry ${nameOf(resource)}`),
  ),
  ...statementsOf(member.resources.ofKind('ServiceEntry', 'networking.istio.io')).flatMap(({ resource }) =>
    list(get(resource.value, 'spec', 'endpoints')).map((_, index) =>
      entryAt(
        member,
        resource,
        ['spec', 'endpoints', index],
        `endpoint ${index + 1} of ServiceEntry ${nameOf(resource)}`,
      ),
    ),
  ),
]);

const nameOf = (resource: Resource): string =>
  resource.namespace === undefined ? resource.name : `${resource.namespace}/${resource.name}`;

const entryAt = (member: Member, resource: Resource, path: readonly (string | number)[], title: string): Entry => {
  const value = get(resource.value, ...path);
  const labels = textMap(get(value, 'labels'));
  const own = filled(get(value, 'network'));
  const isLabel = own === undefined && filled(labels[NETWORK_LABEL]) !== undefined;
  return {
    member,
    resource,
    title,
    place: placeIn(resource, ...path),
    network: own ?? filled(labels[NETWORK_LABEL]),
    networkPlace: isLabel ? placeIn(resource, ...path, 'labels', NETWORK_LABEL) : placeIn(resource, ...path, 'network'),
    address: filled(get(value, 'address')),
    locality: filled(get(value, 'locality')),
    labels,
    serviceAccount: filled(get(value, 'serviceAccount')),
    isRegistered: isRegistered(resource),
  };
};

const isRegistered = (resource: Resource): boolean =>
  Object.keys(resource.annotations).some((key) =>
    /^istio\.io\/(autoRegistrationGroup|workloadController|connectedAt)$/.test(key),
  );

/** Networks of VMs that join by a WorkloadGroup: legal without any cluster in them. */
export const groupNetworks = (mesh: Mesh): ReadonlySet<string> =>
  new Set(
    mesh.members.flatMap((member) =>
      member.resources
        .ofKind('WorkloadGroup', 'networking.istio.io')
        .flatMap((group) => filled(get(group.value, 'spec', 'template', 'network')) ?? [])
        .filter((network) => !isTemplate(network)),
    ),
  );
