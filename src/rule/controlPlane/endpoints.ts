// Endpoints written by hand for the Services of a control plane that runs elsewhere.
import type { Member } from '../../facts/mesh.ts';
import type { Place, Resource } from '../../model/index.ts';
import { filled, get, integer, isTemplate, list, placeIn, sameNamespace } from '../../model/index.ts';

export interface HandMadeEndpoints {
  readonly resource: Resource;
  readonly addresses: readonly { readonly address: string; readonly place: Place }[];
  readonly ports: readonly number[];
  readonly portsPlace: Place;
  /** An address or a port is a template. */
  readonly isOpen: boolean;
}

/** The Endpoints and EndpointSlices of a Service. */
export const endpointsOf = (member: Member, service: Resource): readonly HandMadeEndpoints[] => [
  ...member.resources
    .ofKind('Endpoints', '')
    .filter((endpoints) => isFor(endpoints, endpoints.name, service))
    .map(ofEndpoints),
  ...member.resources
    .ofKind('EndpointSlice')
    .filter((slice) => isFor(slice, slice.labels['kubernetes.io/service-name'], service))
    .map(ofSlice),
];

const isFor = (endpoints: Resource, name: string | undefined, service: Resource): boolean =>
  name === service.name && sameNamespace(endpoints.namespace, service.namespace);

/** Whether files of a cluster hold endpoints for Services of control planes at all. */
export const writesEndpoints = (member: Member): boolean =>
  ['Endpoints', 'EndpointSlice'].some((kind) =>
    member.resources
      .ofKind(kind)
      .some((endpoints) => /^(istiod|istio-)/.test(endpoints.labels['kubernetes.io/service-name'] ?? endpoints.name)),
  );

const ofEndpoints = (resource: Resource): HandMadeEndpoints => {
  const subsets = list(resource.value['subsets']);
  const written = subsets.flatMap((subset, index) =>
    list(get(subset, 'addresses')).map((entry, at) => ({
      value: get(entry, 'ip'),
      place: placeIn(resource, 'subsets', index, 'addresses', at, 'ip'),
    })),
  );
  const ports = subsets.flatMap((subset) => list(get(subset, 'ports')));
  return made(resource, written, ports, placeIn(resource, 'subsets', 0, 'ports'));
};

const ofSlice = (resource: Resource): HandMadeEndpoints => {
  const written = list(resource.value['endpoints']).flatMap((endpoint, index) =>
    list(get(endpoint, 'addresses')).map((value, at) => ({
      value,
      place: placeIn(resource, 'endpoints', index, 'addresses', at),
    })),
  );
  return made(resource, written, list(resource.value['ports']), placeIn(resource, 'ports'));
};

const made = (
  resource: Resource,
  written: readonly { readonly value: unknown; readonly place: Place }[],
  ports: readonly unknown[],
  portsPlace: Place,
): HandMadeEndpoints => {
  const addresses = written.flatMap(({ value, place }) => {
    const address = filled(value);
    return address === undefined || isTemplate(address) ? [] : [{ address, place }];
  });
  const numbers = ports.flatMap((port) => integer(get(port, 'port')) ?? []);
  return {
    resource,
    addresses,
    ports: numbers,
    portsPlace,
    isOpen: addresses.length < written.length || numbers.length < ports.length,
  };
};
