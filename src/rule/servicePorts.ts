// How the ports of one Service differ between two clusters. The mesh joins endpoints by the name of the port.
import type { Resource } from '../model/index.ts';
import { get, integer, isTemplate, list, text } from '../model/index.ts';
import { protocolOfPort } from './portNames.ts';
import type { ServicePort } from './services.ts';
import { portsOf } from './services.ts';

export type PortDifference =
  /** One number and protocol, two names: the endpoints of one side are none of the other's. */
  | { readonly kind: 'name'; readonly own: ServicePort; readonly peer: ServicePort }
  | { readonly kind: 'number'; readonly own: ServicePort; readonly peer: ServicePort }
  | { readonly kind: 'protocol'; readonly own: ServicePort; readonly peer: ServicePort }
  /** The peer has a port that this side lacks. */
  | { readonly kind: 'lacking'; readonly own: undefined; readonly peer: ServicePort }
  | { readonly kind: 'extra'; readonly own: ServicePort; readonly peer: undefined };

/** Ports are all written out: none is a template. */
export const hasPlainPorts = (service: Resource): boolean => {
  const ports = list(get(service.value, 'spec', 'ports'));
  return (
    ports.length > 0 &&
    ports.every((port) => integer(get(port, 'port')) !== undefined && !isTemplate(text(get(port, 'name')) ?? ''))
  );
};

export const portDifferences = (own: Resource, peer: Resource): readonly PortDifference[] => {
  const [here, there] = [portsOf(own), portsOf(peer)];
  const names = new Map(there.map((port) => [nameOfPort(port), port]));
  const found: PortDifference[] = [];
  const joined = new Set<ServicePort>();
  for (const port of here) {
    const twin = names.get(nameOfPort(port));
    if (twin === undefined) continue;
    joined.add(port).add(twin);
    if (twin.number !== port.number) found.push({ kind: 'number', own: port, peer: twin });
    else if (protocolOf(port) !== protocolOf(twin)) found.push({ kind: 'protocol', own: port, peer: twin });
  }
  const rest = there.filter((port) => !joined.has(port));
  for (const port of here.filter((candidate) => !joined.has(candidate))) {
    const index = rest.findIndex((other) => other.number === port.number && other.protocol === port.protocol);
    const renamed = index < 0 ? undefined : rest.splice(index, 1)[0];
    found.push(
      renamed === undefined
        ? { kind: 'extra', own: port, peer: undefined }
        : { kind: 'name', own: port, peer: renamed },
    );
  }
  return [...found, ...rest.map((port): PortDifference => ({ kind: 'lacking', own: undefined, peer: port }))];
};

/** '' where it has none: a Service with one port needs no name. */
export const nameOfPort = (port: ServicePort): string => port.name ?? '';

/** As Istio reads a port. '' is found out at run time. */
export const protocolOf = (port: ServicePort): string =>
  port.protocol === 'TCP' ? (protocolOfPort(port) ?? '') : port.protocol.toLowerCase();

/** `http:8080`, `8080 without a name`. */
export const portInWords = (port: ServicePort): string =>
  port.name === undefined || port.name === '' ? `${port.number} without a name` : `${port.name}:${port.number}`;
