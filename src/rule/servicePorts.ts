// How the ports of one Service differ between two clusters. The mesh joins endpoints by the name of the port.
import type { Resource } from '../model/index.ts';
import { get, integer, isTemplate, list, text } from '../model/index.ts';
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
    else if (protocolOf(own, port) !== protocolOf(peer, twin)) found.push({ kind: 'protocol', own: port, peer: twin });
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

/** As Istio reads a port: `appProtocol` over the prefix of the name. '' is found out at run time. */
export const protocolOf = (service: Resource, port: ServicePort): string => {
  if (port.protocol !== 'TCP') return port.protocol.toLowerCase();
  const entry = writtenAt(service, port) ?? writtenAs(service, port);
  const written = text(get(entry, 'appProtocol'))?.toLowerCase();
  const word =
    written === undefined ? nameOfPort(port).split('-')[0]!.toLowerCase() : (ALIASES.get(written) ?? written);
  return PROTOCOLS.has(word) ? word : '';
};

type Asked = Pick<ServicePort, 'number' | 'name'>;

const isMeant = (candidate: unknown, port: Asked): boolean =>
  integer(get(candidate, 'port')) === port.number && text(get(candidate, 'name')) === port.name;

/** The entry at the place of a port, where it is a port of this Service. */
const writtenAt = ({ value }: Resource, port: ServicePort): unknown => {
  const entry: unknown = list(get(value, 'spec', 'ports'))[Number(port.place.path.at(-1))];
  return isMeant(entry, port) ? entry : undefined;
};

const writtenAs = ({ value }: Resource, port: Asked): unknown =>
  list(get(value, 'spec', 'ports')).find((candidate) => isMeant(candidate, port));

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['kubernetes.io/h2c', 'http2'],
  ['kubernetes.io/ws', 'http'],
  ['kubernetes.io/wss', 'https'],
]);

const PROTOCOLS: ReadonlySet<string> = new Set([
  'http',
  'http2',
  'https',
  'grpc',
  'tcp',
  'tls',
  'mongo',
  'mysql',
  'redis',
  'udp',
]);

/** `http:8080`, `8080 without a name`. */
export const portInWords = (port: ServicePort): string =>
  port.name === undefined || port.name === '' ? `${port.number} without a name` : `${port.name}:${port.number}`;
