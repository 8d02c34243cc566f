const HTTP = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web']);
const TLS = new Set(['https', 'tls']);
const OTHER = new Set(['tcp', 'udp', 'mongo', 'redis', 'mysql', 'hbone', 'double-hbone']);

export const isHttp = (protocol: string): boolean => HTTP.has(protocol.toLowerCase());

export const isTls = (protocol: string): boolean => TLS.has(protocol.toLowerCase());

/** Whether Istio knows the protocol, in any case of letters. */
export const isProtocol = (protocol: string): boolean =>
  isHttp(protocol) || isTls(protocol) || OTHER.has(protocol.toLowerCase());

export const PROTOCOLS = 'HTTP, HTTP2, HTTPS, GRPC, GRPC-WEB, TCP, TLS, MONGO, MYSQL, REDIS or UDP';
