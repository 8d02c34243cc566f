import { describe, expect, test } from 'vitest';
import { loadBalancerFaults } from '../../src/rule/loadBalancers.ts';

const aws = 'service.beta.kubernetes.io/aws-load-balancer-';
const digitalOcean = 'service.beta.kubernetes.io/do-loadbalancer-';
const port = { number: 15443, name: 'tls' };

describe('what load balancers do to the gateway port', () => {
  test.each<[what: string, annotations: Readonly<Record<string, string>>, expected: readonly string[]]>([
    ['no annotation', {}, []],
    ['certificate for all ports', { [`${aws}ssl-cert`]: 'arn:x' }, ['tls']],
    ['certificate, port by number', { [`${aws}ssl-cert`]: 'arn:x', [`${aws}ssl-ports`]: '443, 15443' }, ['tls']],
    ['certificate, port by name', { [`${aws}ssl-cert`]: 'arn:x', [`${aws}ssl-ports`]: 'tls' }, ['tls']],
    ['certificate, any port', { [`${aws}ssl-cert`]: 'arn:x', [`${aws}ssl-ports`]: '*' }, ['tls']],
    ['certificate for other ports', { [`${aws}ssl-cert`]: 'arn:x', [`${aws}ssl-ports`]: '443' }, []],
    ['certificate is a template', { [`${aws}ssl-cert`]: '${CERTIFICATE}' }, []],
    ['empty certificate', { [`${aws}ssl-cert`]: '' }, []],
    ['HTTP behind it', { [`${aws}backend-protocol`]: 'HTTP' }, ['http']],
    ['HTTP on other ports', { [`${aws}backend-protocol`]: 'http', [`${aws}ssl-ports`]: '443' }, []],
    ['TCP behind it', { [`${aws}backend-protocol`]: 'tcp' }, []],
    ['HTTP of a network load balancer', { [`${aws}backend-protocol`]: 'http', [`${aws}type`]: 'nlb' }, []],
    ['PROXY header', { [`${aws}proxy-protocol`]: '*' }, ['proxy']],
    [
      'PROXY header of target groups',
      { [`${aws}target-group-attributes`]: 'stickiness.enabled=true,proxy_protocol_v2.enabled=true' },
      ['proxy'],
    ],
    ['target groups without it', { [`${aws}target-group-attributes`]: 'proxy_protocol_v2.enabled=false' }, []],
    ['HTTP/2', { [`${digitalOcean}protocol`]: 'http2' }, ['http']],
    ['TCP by name', { [`${digitalOcean}protocol`]: 'tcp' }, []],
    ['TLS on this port', { [`${digitalOcean}tls-ports`]: '443,15443' }, ['tls']],
    ['TLS on another port', { [`${digitalOcean}tls-ports`]: '443' }, []],
    ['HTTPS of Hetzner', { 'load-balancer.hetzner.cloud/protocol': 'https' }, ['http']],
    ['PROXY header of Hetzner', { 'load-balancer.hetzner.cloud/uses-proxyprotocol': 'true' }, ['proxy']],
    ['no PROXY header of Hetzner', { 'load-balancer.hetzner.cloud/uses-proxyprotocol': 'false' }, []],
    [
      'this port of Alibaba Cloud',
      { 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-protocol-port': 'http:80,https:15443' },
      ['http'],
    ],
    [
      'another port of Alibaba Cloud',
      { 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-protocol-port': 'https:443,http:80' },
      [],
    ],
    ['HTTPS of Google for this port', { 'cloud.google.com/app-protocols': '{"tls":"HTTPS"}' }, ['http']],
    ['HTTPS of Google for another port', { 'cloud.google.com/app-protocols': '{"https":"HTTPS"}' }, []],
  ])('%s', (_what, annotations, expected) => {
    expect(loadBalancerFaults(annotations, port).map((fault) => fault.what)).toEqual(expected);
  });
});
