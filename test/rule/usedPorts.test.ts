import { describe, expect, test } from 'vitest';
import { serviceTable } from '../../src/rule/services.ts';
import { portUsesOf } from '../../src/rule/usedPorts.ts';
import { documents, meshOf } from './mesh.ts';

const namespace = (name: string): string => `
apiVersion: v1
kind: Namespace
metadata: { name: ${name}, labels: { istio-injection: enabled } }`;

const cart = `
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop }
spec: { ports: [{ name: http, port: 8080 }] }`;

const client = (value: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: web, env: [{ name: CART, value: '${value}' }] }]`;

const route = (port: string): string => `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec:
  hosts: [cart]
  http: [{ route: [{ destination: { host: cart${port} } }] }]`;

describe('ports in use', () => {
  test.each([
    ['http://cart.shop:8080/x', [8080]],
    ['cart.shop.svc.cluster.local:9090', [9090]],
    ['http://cart:8081', [8081]],
    ['https://cart.shop', [443]],
    ['http://cart.shop/x', [80]],
    ['cart.shop', []],
    ['http://cart.shop.example.com:8080', []],
    ['cart.shop:1,cart.shop:2', [1, 2]],
    ['cart.shop:1,cart.other:2', [1]],
  ])('%s', (value, ports) => {
    const mesh = meshOf({ 'east/shop.yaml': documents(namespace('shop'), cart, client(value)) });
    const service = serviceTable(mesh).find('shop', 'cart')!;
    expect(portUsesOf(mesh, service).map(({ port }) => port)).toEqual(ports);
  });

  test('destinations of routes name them too', () => {
    for (const [port, ports] of [
      [', port: { number: 8080 }', [8080]],
      ['', []],
    ] as const) {
      const mesh = meshOf({
        'east/shop.yaml': documents(namespace('shop'), cart, client('x'), route(port)),
      });
      expect(portUsesOf(mesh, serviceTable(mesh).find('shop', 'cart')!).map((use) => use.port)).toEqual(ports);
    }
  });
});
