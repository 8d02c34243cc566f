import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/rule/controlPlane/legacy.ts';
import { hasService } from '../../src/rule/controlPlane/planeServices.ts';
import { exposureOf } from '../../src/rule/controlPlane/exposure.ts';
import {
  entrancesTo,
  hasLocalIstiod,
  isDnsName,
  isIpv4,
  isIpv6,
  usedEntrance,
} from '../../src/rule/controlPlane/remotes.ts';
import { meshOf, primary, remote } from '../support/models.ts';

describe('addresses', () => {
  test.each([
    ['203.0.113.10', 'IPv4'],
    ['2001:db8::10', 'IPv6'],
    ['[2001:db8::10]', 'IPv6'],
    ['istiod.mesh.example', 'name'],
    ['a1.elb.eu-west-1.cloud.example', 'name'],
    ['ISTIO_REMOTE_EP', 'none'],
    ['istiod', 'none'],
    ['999.1.1.1', 'name'],
    ['', 'none'],
  ])('%s: %s', (address, expected) => {
    const kind = isIpv4(address) ? 'IPv4' : isIpv6(address) ? 'IPv6' : isDnsName(address) ? 'name' : 'none';
    expect(kind).toBe(expected);
  });

  test.each([
    ['istio-pilot.istio-system:15011', { host: 'istio-pilot.istio-system', port: 15011 }],
    ['istio-pilot', undefined],
    ['', undefined],
  ])('parseAddress(%j)', (written, expected) => expect(parseAddress(written)).toEqual(expected));
});

const service = (name: string, spec: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, namespace: istio-system }\nspec: ${spec}\n`;
const gatewayService = service(
  'gw',
  '{ type: LoadBalancer, loadBalancerIP: 192.0.2.1, selector: { istio: eastwestgateway }, ports: [{ port: 15012 }] }',
);

describe('the way to a primary', () => {
  test('entrances have a port of istiod and are open to others', () => {
    const mesh = meshOf({
      'east/mesh.yaml': primary('east', 'net-1'),
      'east/services.yaml': [
        gatewayService,
        service('web', '{ type: LoadBalancer, ports: [{ port: 443 }] }'),
        service('istiod', '{ ports: [{ port: 15012 }] }'),
      ].join('---\n'),
      'west/mesh.yaml': remote('west', 'net-1'),
    });
    const east = mesh.cluster('east');
    expect(entrancesTo(east).map((entrance) => [entrance.name, entrance.addresses])).toEqual([['gw', ['192.0.2.1']]]);
    expect(usedEntrance(mesh.cluster('west'), east)?.name).toBe('gw');
  });

  test.each([
    ['profile remote', '{ profile: remote, values: { global: { remotePilotAddress: 192.0.2.1 } } }', false],
    ['the default profile with an address', '{ values: { global: { remotePilotAddress: 192.0.2.1 } } }', true],
    [
      'pilot switched off',
      '{ values: { pilot: { enabled: false }, global: { remotePilotAddress: 192.0.2.1 } } }',
      false,
    ],
    ['a local injector', '{ profile: remote, values: { istiodRemote: { enabledLocalInjectorIstiod: true } } }', true],
  ])('an istiod of its own, %s', (_, spec, expected) => {
    const west = `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: { name: mesh }\nspec: ${spec}\n`;
    const mesh = meshOf({ 'east/mesh.yaml': primary('east', 'net-1'), 'west/mesh.yaml': west });
    expect(hasLocalIstiod(mesh.cluster('west'))).toBe(expected);
  });
});

describe('hasService', () => {
  const east = (more = '', revision = '') =>
    meshOf({
      'east/mesh.yaml': primary('east', 'net-1', revision),
      ...(more === '' ? {} : { 'east/services.yaml': more }),
      'west/mesh.yaml': remote('west', 'net-1'),
    }).cluster('east');

  test.each([
    ['implied by the operator', 'istiod', '', '', 'yes'],
    ['of another revision', 'istiod-1-22', '', '', 'no'],
    ['of its revision', 'istiod-1-22', '', ', revision: 1-22', 'yes'],
    ['default beside a revision', 'istiod', '', ', revision: 1-22', 'no'],
    ['rendered', 'istiod-blue', service('istiod-blue', '{ ports: [{ port: 15012 }] }'), '', 'yes'],
  ])('%s', (_, name, more, revision, expected) =>
    expect(hasService(east(more, revision), 'istio-system', name)).toBe(expected),
  );

  test('nothing is known without an installation', () => {
    const mesh = meshOf({
      'east/mesh.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: istio-system }\n',
      'west/mesh.yaml': remote('west', 'net-1'),
    });
    expect(hasService(mesh.cluster('east'), 'istio-system', 'istiod-1-22')).toBe('unknown');
  });
});

describe('exposureOf', () => {
  const gateway = (server: string): string =>
    `apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: istiod-gateway, namespace: istio-system }\nspec: { selector: { istio: eastwestgateway }, servers: [{ port: { number: 15012, name: tls, protocol: ${server} }, hosts: ["*"] }] }\n`;
  const route = (bound: string, host: string, port: number): string =>
    `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: istiod-vs, namespace: istio-system }\nspec: { hosts: ["*"], gateways: [${bound}], tls: [{ match: [{ port: 15012, sniHosts: ["*"] }], route: [{ destination: { host: ${host}, port: { number: ${port} } } }] }] }\n`;
  const PASSTHROUGH = 'TLS }, tls: { mode: PASSTHROUGH';
  const ISTIOD = 'istiod.istio-system.svc.cluster.local';

  test.each([
    ['all parts', gateway(PASSTHROUGH), route('istiod-gateway', ISTIOD, 15012), 'open'],
    ['a short name', gateway(PASSTHROUGH), route('istiod-gateway', 'istiod', 15012), 'open'],
    [
      'a namespace before the Gateway',
      gateway(PASSTHROUGH),
      route('istio-system/istiod-gateway', ISTIOD, 15012),
      'open',
    ],
    ['its own namespace', gateway(PASSTHROUGH), route('./istiod-gateway', ISTIOD, 15012), 'open'],
    ['no Gateway', '', route('istiod-gateway', ISTIOD, 15012), 'unknown'],
    ['another mode', gateway('TLS }, tls: { mode: AUTO_PASSTHROUGH'), route('istiod-gateway', ISTIOD, 15012), 'mode'],
    ['no VirtualService', gateway(PASSTHROUGH), '', 'route'],
    ['one for another Gateway', gateway(PASSTHROUGH), route('other', ISTIOD, 15012), 'unbound'],
    ['a Service that is not there', gateway(PASSTHROUGH), route('istiod-gateway', 'istiod-old', 15012), 'host'],
    ['a Service of another name', gateway(PASSTHROUGH), route('istiod-gateway', 'proxy', 15012), 'unknown'],
    ['another port', gateway(PASSTHROUGH), route('istiod-gateway', ISTIOD, 15010), 'target'],
  ])('%s', (_, servers, routes, expected) => {
    const parts = [gatewayService, servers, routes].filter((part) => part !== '');
    const mesh = meshOf({
      'east/mesh.yaml': primary('east', 'net-1'),
      'east/exposed.yaml': parts.join('---\n'),
      'west/mesh.yaml': remote('west', 'net-1'),
    });
    const found = exposureOf(mesh, mesh.cluster('east'), {
      port: 15012,
      services: /^istiod(-|$)/,
      targets: [15012],
      exists: (_namespace, name) => (name === 'istiod' ? 'yes' : 'no'),
    });
    expect(typeof found === 'string' ? found : found.kind).toBe(expected);
  });
});
