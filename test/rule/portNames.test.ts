import { describe, expect, test } from 'vitest';
import { isProtocol, protocolOfName, protocolOfPort } from '../../src/rule/portNames.ts';

describe('protocolOfName', () => {
  test.each([
    ['http', 'http'],
    ['HTTP2-api', 'http2'],
    ['grpc-web', 'grpc-web'],
    ['grpc-web-shop', 'grpc-web'],
    ['grpc-webs', 'grpc'],
    ['api-http', undefined],
    ['', undefined],
  ])('%s', (name, protocol) => {
    expect(protocolOfName(name)).toBe(protocol);
  });
});

describe('protocolOfPort', () => {
  const port = { number: 8080, name: undefined, protocol: 'TCP', appProtocol: undefined };
  test.each([
    ['nothing', {}, undefined],
    ['a name', { name: 'tls-api' }, 'tls'],
    ['appProtocol over the name', { name: 'tcp', appProtocol: 'http' }, 'http'],
    ['appProtocol that hides a name', { name: 'http', appProtocol: 'shop' }, undefined],
    ['a word of Kubernetes', { name: 'tcp', appProtocol: 'kubernetes.io/ws' }, 'http'],
    ['UDP', { name: 'http', protocol: 'UDP' }, 'udp'],
    ['a usual port', { number: 3306, name: 'database' }, 'tcp'],
    ['a name on a usual port', { number: 27_017, name: 'mongo' }, 'mongo'],
  ])('%s', (_case, told, protocol) => {
    expect(protocolOfPort({ ...port, ...told })).toBe(protocol);
  });
});

describe('isProtocol', () => {
  test.each([
    ['http', true],
    ['kubernetes.io/h2c', true],
    ['http-old', false],
    ['shop.example/own', false],
  ])('%s', (word, answer) => {
    expect(isProtocol(word)).toBe(answer);
  });
});
