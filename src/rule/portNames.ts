// What the name of a Service port tells of its protocol: `<protocol>[-<suffix>]`.

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
