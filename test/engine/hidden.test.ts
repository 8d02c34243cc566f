import { describe, expect, test } from 'vitest';
import { secretsOf } from '../../src/engine/hidden.ts';
import type { Path } from '../../src/model/index.ts';
import { placeIn } from '../../src/model/index.ts';
import { fleetOf } from '../support/fleet.ts';

const fleet = fleetOf({
  'east/shop.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  env:
  - { name: DB_PASSWORD, value: 20240117 }
  - { name: HOST, value: example }
  - { name: API_TOKEN, value: east }
  - { name: PIN_SECRET, value: "17" }
  headers: { authorization: { exact: hunter2 } }
  tls: { credentialName: shop-cert }
  secret: { secretName: shop-secret }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: cart, namespace: shop }
spec:
  rules:
  - when: [{ key: "request.headers[x-api-key]", values: [hunter2] }]
---
apiVersion: v1
kind: Secret
metadata: { name: any, namespace: shop }
stringData: { any: hunter2, name: shown, ca.crt: shown }
`,
});
const resources = fleet.clusters[0]!.resources;
const secretsAt = secretsOf(fleet);

const hidden = (kind: string, path: Path, text: string): string =>
  secretsAt([placeIn(resources.ofKind(kind)[0]!, ...path)])(text);

describe('what has the name of a secret is left out of what is said at its place', () => {
  test.each<readonly [string, Path, string, string]>([
    ['Deployment', ['spec', 'env', 0, 'value'], '20240117', '<hidden>'],
    ['Deployment', ['spec', 'env', 0, 'value'], 'is "20240117" here', 'is "<hidden>" here'],
    ['Deployment', ['spec', 'env', 0, 'name'], 'is 20240117, not 202401178', 'is <hidden>, not 202401178'],
    ['Deployment', ['spec', 'env', 0], '20240117', '<hidden>'],
    ['Deployment', ['spec', 'env', 3, 'value'], 'port 17 is "17"', 'port 17 is "<hidden>"'],
    ['Deployment', ['spec', 'headers', 'authorization', 'exact'], 'hunter2', '<hidden>'],
    ['Deployment', ['spec', 'headers', 'authorization', 'regex'], 'hunter2', '<hidden>'],
    ['AuthorizationPolicy', ['spec', 'rules', 0, 'when', 0, 'values', 0], 'hunter2', '<hidden>'],
    ['Secret', ['stringData', 'any'], 'hunter2', '<hidden>'],
  ])('%s %j: %s', (kind, path, text, shown) => expect(hidden(kind, path, text)).toBe(shown));

  test.each<readonly [string, Path, string]>([
    ['Deployment', ['spec', 'env', 1, 'value'], 'example, not 20240117'],
    ['Deployment', ['spec', 'env', 2, 'value'], 'env API_TOKEN in east'],
    ['Deployment', ['spec', 'tls', 'credentialName'], 'shop-cert'],
    ['Deployment', ['spec', 'secret', 'secretName'], 'shop-secret'],
    ['Secret', ['stringData', 'name'], 'shown'],
    ['Secret', ['stringData', 'ca.crt'], 'shown'],
    ['Secret', ['metadata', 'name'], 'any'],
  ])('%s %j stays: %s', (kind, path, text) => expect(hidden(kind, path, text)).toBe(text));
});
