import { expect, test } from 'vitest';
import { admissionOf } from '../../src/rule/admissions.ts';
import { resourceOf } from '../../src/load/place/resource.ts';
import type { Place } from '../../src/model/index.ts';

const place = { path: [], document: 0 } as unknown as Place;

const policy = (source: Readonly<Record<string, unknown>> | undefined) =>
  resourceOf(
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'cart', namespace: 'shop' },
      spec: { rules: [source === undefined ? {} : { from: [{ source }] }] },
    },
    place,
  )!;

test.each([
  [{ principals: ['cluster.local/ns/shop/sa/web'] }, 'named'],
  [{ principals: ['cluster.local/ns/shop/sa/till'] }, 'no'],
  [{ principals: ['*/ns/shop/sa/web'] }, 'named'],
  [{ principals: ['cluster.local/ns/shop/*'] }, 'named'],
  [{ principals: ['cluster.local/ns/bank/*'] }, 'no'],
  [{ principals: ['*'] }, 'open'],
  [{ serviceAccounts: ['web'] }, 'named'],
  [{ serviceAccounts: ['bank/web'] }, 'no'],
  [{ namespaces: ['shop'] }, 'open'],
  [{ namespaces: ['bank'] }, 'no'],
  [{ ipBlocks: ['10.0.0.0/8'] }, 'open'],
  [undefined, 'open'],
])('%j takes shop/web: %s', (source, expected) => {
  expect(admissionOf(policy(source), { namespace: 'shop', name: 'web' })).toBe(expected);
});
