import { expect, test } from 'vitest';
import { isCopiedInto } from '../../src/rule/gateway/replicas.ts';
import { meshOf } from './mesh.ts';

const copies = (annotations: string, namespace: string): boolean => {
  const secret = `apiVersion: v1\nkind: Secret\nmetadata: { name: one, namespace: certs, annotations: { ${annotations} } }\n`;
  const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: cart, namespace: shop }\nspec: {}';
  const mesh = meshOf({ 'east/a.yaml': `${service}\n---\n${secret}`, 'west/a.yaml': service });
  return isCopiedInto(mesh.cluster('east').resources.ofKind('Secret', '')[0]!, namespace);
};

const TO = 'replicator.v1.mittwald.de/replicate-to';
const REFLECTION = 'reflector.v1.k8s.emberstack.com/reflection';
const AUTO = `${REFLECTION}-allowed: "true", ${REFLECTION}-auto-enabled: "true"`;

test.each<[string, string, boolean]>([
  ['other: shop', 'shop', false],
  [`${TO}: shop`, 'shop', true],
  [`${TO}: "edge, shop"`, 'shop', true],
  [`${TO}: "edge,shop-a"`, 'shop', false],
  [`${TO}: "shop-.*"`, 'shop-a', true],
  [`${TO}: "shop-.*"`, 'edge', false],
  [`${TO}: "^shop$"`, 'shop', true],
  [`${TO}: "^shop$"`, 'shops', false],
  [`${TO}: "(shop|edge)-a"`, 'edge-a', true],
  [`${TO}: "shops?"`, 'shop', true],
  [`${TO}-matching: "team=a"`, 'shop', true],
  [AUTO, 'shop', true],
  [`${AUTO}, ${REFLECTION}-auto-namespaces: "edge"`, 'shop', false],
  [`${AUTO}, ${REFLECTION}-allowed-namespaces: "edge,sh.*"`, 'shop', true],
  [`${REFLECTION}-allowed: "true"`, 'shop', false],
  ['kubed.appscode.com/sync: "app=a"', 'shop', true],
])('%s, %s: %s', (annotations, namespace, isCopied) => {
  expect(copies(annotations, namespace)).toBe(isCopied);
});
