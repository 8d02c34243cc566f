import { describe, expect, test } from 'vitest';
import type { Resource } from '../../src/model/index.ts';
import { hasPlainPorts, portDifferences, portInWords, protocolOf } from '../../src/rule/servicePorts.ts';
import { portsOf, serviceTable } from '../../src/rule/services.ts';
import { meshOf } from './mesh.ts';

const service = (ports: string): Resource => {
  const mesh = meshOf({
    'east/cart.yaml': `
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { ports: [${ports}] }
`,
  });
  return serviceTable(mesh).find('shop', 'cart')!.statements[0]!.resource;
};

describe('portDifferences', () => {
  test.each([
    ['{ name: http, port: 80 }', '{ name: http, port: 80 }', []],
    ['{ name: http, port: 80, targetPort: 1 }', '{ name: http, port: 80, targetPort: web, nodePort: 30000 }', []],
    ['{ name: a, port: 1 }, { name: b, port: 2 }', '{ name: b, port: 2 }, { name: a, port: 1 }', []],
    ['{ name: http, port: 80 }', '{ name: web, port: 80 }', ['name http:80 web:80']],
    ['{ port: 80 }', '{ name: web, port: 80 }', ['name 80 without a name web:80']],
    ['{ name: http, port: 80 }', '{ name: http, port: 8080 }', ['number http:80 http:8080']],
    ['{ name: web, port: 80 }', '{ name: web, port: 80, appProtocol: grpc }', ['protocol web:80 web:80']],
    ['{ name: http, port: 80 }', '{ name: grpc, port: 90 }', ['extra http:80', 'lacking grpc:90']],
    ['{ name: http, port: 80 }, { name: b, port: 2 }', '{ name: http, port: 80 }', ['extra b:2']],
    ['{ name: http, port: 80 }', '{ name: http, port: 80 }, { name: b, port: 2 }', ['lacking b:2']],
    ['{ name: dns, port: 53, protocol: UDP }', '{ name: dns-tcp, port: 53 }', ['extra dns:53', 'lacking dns-tcp:53']],
    [
      '{ name: a, port: 1 }, { name: b, port: 2 }',
      '{ name: b, port: 1 }, { name: a, port: 2 }',
      ['number a:1 a:2', 'number b:2 b:1'],
    ],
  ])('%s against %s', (own, peer, found) => {
    const differences = portDifferences(service(own), service(peer)).map((difference) =>
      [
        difference.kind,
        ...[difference.own, difference.peer].flatMap((port) => (port === undefined ? [] : [portInWords(port)])),
      ].join(' '),
    );
    expect(differences).toEqual(found);
  });
});

describe('protocolOf', () => {
  test.each([
    ['{ name: http, port: 80 }', 'http'],
    ['{ name: grpc-web, port: 80 }', 'grpc-web'],
    ['{ name: database, port: 3306 }', 'tcp'],
    ['{ name: web, port: 80 }', ''],
    ['{ name: web, port: 80, appProtocol: HTTP }', 'http'],
    ['{ name: http, port: 80, appProtocol: kubernetes.io/h2c }', 'http2'],
    ['{ name: http, port: 80, appProtocol: example.com/own }', ''],
    ['{ name: http, port: 80, protocol: UDP }', 'udp'],
  ])('%s', (port, protocol) => {
    expect(protocolOf(portsOf(service(port))[0]!)).toBe(protocol);
  });
});

test('ports that a tool will fill in are not compared', () => {
  expect(hasPlainPorts(service('{ name: http, port: 80 }'))).toBe(true);
  expect(hasPlainPorts(service(''))).toBe(false);
  expect(hasPlainPorts(service("{ name: http, port: '${PORT}' }"))).toBe(false);
  expect(hasPlainPorts(service("{ name: '${NAME}', port: 80 }"))).toBe(false);
});
