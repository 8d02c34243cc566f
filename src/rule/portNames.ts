// What a Service port tells of its protocol: by appProtocol, or by its name as `<protocol>[-<suffix>]`.
import type { ServicePort } from './services.ts';

/** Protocols that Istio takes from a port name; the name is compared without case. */
const PROTOCOLS = new Set([
  'grpc',
  'grpc-web',
  'hbone',
  'http',
  'http2',
  'http_proxy',
  'https',
  'mongo',
  'mysql',
  'redis',
  'tcp',
  'tls',
  'udp',
]);

/** The protocol that a port name tells; undefined where it tells none. */
export const protocolOfName = (name: string): string | undefined => {
  const lower = name.toLowerCase();
  if (lower === 'grpc-web' || lower.startsWith('grpc-web-')) return 'grpc-web';
  const first = lower.split('-')[0] ?? '';
  return PROTOCOLS.has(first) ? first : undefined;
};

/** Server-first protocols on their usual ports are plain TCP for Istio without a word: SMTP, DNS, MySQL, MongoDB. */
const TCP_PORTS = new Set([25, 53, 3306, 27_017]);

/** Names that Kubernetes gives to protocols. */
const KUBERNETES: Readonly<Record<string, string>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};

/** The protocol that appProtocol tells: Istio reads it as it reads a name. */
export const protocolOfWord = (appProtocol: string): string | undefined =>
  KUBERNETES[appProtocol] ?? protocolOfName(appProtocol);

/** Whether appProtocol is a protocol and nothing else. */
export const isProtocol = (appProtocol: string): boolean =>
  KUBERNETES[appProtocol] !== undefined || PROTOCOLS.has(appProtocol.toLowerCase());

/** The protocol by which Istio handles a port; undefined where it has to guess it from the bytes. */
export const protocolOfPort = ({
  number,
  name,
  protocol,
  appProtocol,
}: Pick<ServicePort, 'number' | 'name' | 'protocol' | 'appProtocol'>): string | undefined => {
  if (protocol === 'UDP') return 'udp';
  const told = appProtocol === undefined ? protocolOfName(name ?? '') : protocolOfWord(appProtocol);
  return told ?? (TCP_PORTS.has(number) ? 'tcp' : undefined);
};
