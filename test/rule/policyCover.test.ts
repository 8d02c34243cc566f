import { describe, expect, test } from 'vitest';
import { uncoveredOf } from '../../src/rule/policyCover.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { documents, meshOf } from './mesh.ts';

const namespace = (name: string, labels = 'istio-injection: enabled'): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { ${labels} } }`;

const workload = (name: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: app, image: app }] }`;

const policy = (at: string, spec: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: one, namespace: ${at} }
spec: { ${spec} }`;

describe('uncoveredOf', () => {
  test.each<[string, string[], string]>([
    ['no policy', [], 'cart web'],
    ['one for the namespace', [policy('shop', '')], ''],
    ['one for the mesh', [policy('istio-system', '')], ''],
    ['one for another namespace', [policy('bank', '')], 'cart web'],
    ['a selector', [policy('shop', 'selector: { matchLabels: { app: cart } }')], 'web'],
    ['a selector in the root namespace', [policy('istio-system', 'selector: { matchLabels: { app: web } }')], 'cart'],
    ['a selector with a template', [policy('shop', "selector: { matchLabels: { app: '${APP}' } }")], ''],
    ['a target that is not there', [policy('shop', 'targetRefs: [{ kind: Service, name: pay }]')], 'cart web'],
  ])('%s', (_, policies, expected) => {
    const texts = [namespace('shop'), workload('cart'), workload('web'), ...policies];
    const mesh = meshOf({ 'east/shop.yaml': documents(...texts) }, '1.26.0');
    const found = realmsOf(mesh).flatMap((realm) => uncoveredOf(mesh, realm));
    expect(found.map((one) => one.workload.name).join(' ')).toBe(expected);
  });
});
