// Annotations by which cloud providers make the load balancer of a Service speak TLS, HTTP or the PROXY protocol.
import { isTemplate } from '../model/index.ts';

/** What a load balancer does to the calls of a port instead of handing on TCP. */
export interface LoadBalancerFault {
  readonly what: 'tls' | 'http' | 'proxy';
  /** The annotation that makes it so. */
  readonly key: string;
  readonly value: string;
}

/** A port of a Service, by number and by name. */
export interface ExposedPort {
  readonly number: number;
  readonly name: string | undefined;
}

type Annotations = Readonly<Record<string, string>>;
type Reader = (annotations: Annotations, port: ExposedPort) => LoadBalancerFault | undefined;

const AWS = 'service.beta.kubernetes.io/aws-load-balancer-';
const DIGITAL_OCEAN = 'service.beta.kubernetes.io/do-loadbalancer-';
const HETZNER = 'load-balancer.hetzner.cloud/';
const LINODE = 'service.beta.kubernetes.io/linode-loadbalancer-';
const OPENSTACK = 'loadbalancer.openstack.org/';
const ORACLE = 'service.beta.kubernetes.io/oci-load-balancer-';
const ALIBABA = 'service.beta.kubernetes.io/';
const GOOGLE_PROTOCOLS = ['cloud.google.com/app-protocols', 'service.alpha.kubernetes.io/app-protocols'];

/** All that the annotations of a Service do to one of its ports, TLS and HTTP before the PROXY protocol. */
export const loadBalancerFaults = (annotations: Annotations, port: ExposedPort): readonly LoadBalancerFault[] => {
  const found = READERS.flatMap((reader) => reader(annotations, port) ?? []);
  return found.filter((fault) => !isTemplate(fault.value));
};

/** `443,tls-data`, `*`; without the annotation all ports are meant. */
const isListed = (list: string | undefined, port: ExposedPort): boolean =>
  list === undefined ||
  list
    .split(',')
    .map((entry) => entry.trim())
    .some(
      (entry) => entry === '*' || entry === String(port.number) || (port.name !== undefined && entry === port.name),
    );

const amazonCertificate: Reader = (annotations, port) => {
  const key = `${AWS}ssl-cert`;
  const value = annotations[key];
  if (value === undefined || value === '' || !isListed(annotations[`${AWS}ssl-ports`], port)) return undefined;
  return { what: 'tls', key, value: shortened(value) };
};

/** Network load balancers know no HTTP and leave the annotation aside. */
const amazonProtocol: Reader = (annotations, port) => {
  const key = `${AWS}backend-protocol`;
  const value = annotations[key]?.toLowerCase();
  const type = annotations[`${AWS}type`]?.toLowerCase() ?? '';
  if ((value !== 'http' && value !== 'https') || /^(nlb|nlb-ip|external)$/.test(type)) return undefined;
  return isListed(annotations[`${AWS}ssl-ports`], port) ? { what: 'http', key, value } : undefined;
};

const amazonProxy: Reader = (annotations) => {
  const key = `${AWS}proxy-protocol`;
  const value = annotations[key];
  if (value === '*') return { what: 'proxy', key, value };
  const attributes = `${AWS}target-group-attributes`;
  const written = annotations[attributes];
  return written !== undefined && /proxy_protocol_v2\.enabled\s*=\s*true/.test(written)
    ? { what: 'proxy', key: attributes, value: written }
    : undefined;
};

/** One annotation that holds for every port: its value in lower case decides. */
const byValue =
  (key: string, what: LoadBalancerFault['what'], test: RegExp): Reader =>
  (annotations) => {
    const value = annotations[key];
    return value !== undefined && test.test(value.toLowerCase()) ? { what, key, value: shortened(value) } : undefined;
  };

/** One annotation that lists ports. */
const byPorts =
  (key: string, what: LoadBalancerFault['what']): Reader =>
  (annotations, port) => {
    const value = annotations[key];
    return value !== undefined && isListed(value, port) ? { what, key, value } : undefined;
  };

/** `https:443,http:80` of Alibaba Cloud. */
const alibabaProtocols: Reader = (annotations, port) => {
  const names = ['alibaba-cloud-loadbalancer-protocol-port', 'alicloud-loadbalancer-protocol-port'];
  const key = names.map((name) => `${ALIBABA}${name}`).find((name) => annotations[name] !== undefined);
  const value = key === undefined ? undefined : annotations[key];
  if (key === undefined || value === undefined) return undefined;
  const entry = value
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .find((item) => item === `http:${port.number}` || item === `https:${port.number}`);
  return entry === undefined ? undefined : { what: 'http', key, value: entry };
};

/** `{"tls":"HTTPS"}`: what Google's HTTP load balancers speak to a port. */
const googleProtocols: Reader = (annotations, port) => {
  const key = GOOGLE_PROTOCOLS.find((name) => annotations[name] !== undefined);
  const value = key === undefined ? undefined : annotations[key];
  if (key === undefined || value === undefined || port.name === undefined) return undefined;
  const quoted = port.name.replaceAll(/[^\w-]/g, '\\$&');
  return new RegExp(`["']?${quoted}["']?\\s*:\\s*["']?HTTP`, 'i').test(value)
    ? { what: 'http', key, value }
    : undefined;
};

/** Certificates are named by long identifiers; their end is enough to find them. */
const shortened = (value: string): string => (value.length <= 40 ? value : `…${value.slice(-24)}`);

const ON = /^(true|1)$/;
const READERS: readonly Reader[] = [
  amazonCertificate,
  amazonProtocol,
  byValue(`${DIGITAL_OCEAN}protocol`, 'http', /^http(s|2|3)?$/),
  byPorts(`${DIGITAL_OCEAN}tls-ports`, 'tls'),
  byPorts(`${DIGITAL_OCEAN}http-ports`, 'http'),
  byPorts(`${DIGITAL_OCEAN}http2-ports`, 'http'),
  byValue(`${HETZNER}protocol`, 'http', /^https?$/),
  byValue(`${LINODE}default-protocol`, 'http', /^https?$/),
  byValue(`${OPENSTACK}default-tls-container-ref`, 'tls', /./),
  byValue(`${OPENSTACK}x-forwarded-for`, 'http', ON),
  byPorts(`${ORACLE}ssl-ports`, 'tls'),
  byValue(`${ORACLE}backend-protocol`, 'http', /^http$/),
  byValue('oci.oraclecloud.com/load-balancer-backend-protocol', 'http', /^http$/),
  alibabaProtocols,
  googleProtocols,
  amazonProxy,
  byValue(`${DIGITAL_OCEAN}enable-proxy-protocol`, 'proxy', ON),
  byValue(`${HETZNER}uses-proxyprotocol`, 'proxy', ON),
  byValue(`${OPENSTACK}proxy-protocol`, 'proxy', ON),
];
