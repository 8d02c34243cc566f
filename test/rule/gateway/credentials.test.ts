// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 wants it loaded before itself
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CredentialFault } from '../../../src/rule/gateway/credentials.ts';
import { faultOfSecret } from '../../../src/rule/gateway/credentials.ts';
import { meshOf } from '../mesh.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

const pairOf = async (notAfter: string): Promise<Pair> => {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=www.shop.example',
    notBefore: new Date('2024-01-01'),
    notAfter: new Date(notAfter),
    keys,
    signingAlgorithm: ALGORITHM,
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const armour = ['BEGIN', 'END'].map((word) => `-----${word} PRIVATE KEY-----`);
  return { certificate: made.toString('pem'), key: `${armour[0]}\n${key}\n${armour[1]}\n` };
};

const faultOf = (
  data: Readonly<Record<string, string>>,
  field = 'stringData',
  isAll = false,
): CredentialFault | undefined => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop', namespace: 'ingress' }, [field]: data };
  const mesh = meshOf({ 'east/secret.yaml': JSON.stringify(secret) });
  return faultOfSecret(mesh.cluster('east').resources.ofKind('Secret')[0]!, new Date('2026-11-21'), isAll);
};

const encoded = (data: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

describe('Secrets of gateways', () => {
  let good: Pair;
  let other: Pair;
  let ended: Pair;
  beforeAll(async () => {
    [good, other, ended] = await Promise.all([pairOf('2094-01-01'), pairOf('2094-01-01'), pairOf('2025-01-01')]);
  });

  test('a pair is fine, plain or encoded, under either names', () => {
    expect(faultOf({ 'tls.crt': good.certificate, 'tls.key': good.key })).toBeUndefined();
    expect(faultOf(encoded({ cert: good.certificate, key: good.key }), 'data')).toBeUndefined();
  });
  test('a key of another certificate is told', () =>
    expect(faultOf({ 'tls.crt': good.certificate, 'tls.key': other.key })?.problem).toMatch(/does not belong/));
  test('a date in the past is told', () =>
    expect(faultOf(encoded({ 'tls.crt': ended.certificate, 'tls.key': ended.key }), 'data')?.problem).toMatch(
      /ended on 2025-01-01/,
    ));
  test('a missing key, and text that is no certificate', () => {
    expect(faultOf({ 'tls.crt': good.certificate })?.problem).toMatch(/holds tls.crt, where/);
    expect(faultOf({ 'tls.crt': 'hush', 'tls.key': good.key })?.problem).toMatch(/no certificate in tls.crt/);
  });
  test.each(['REDACTED', '', '${CERT}', 'ENC[AES256_GCM,data:x]', '<base64>'])('%j is no content yet', (text) =>
    expect(faultOf({ 'tls.crt': text, 'tls.key': text })).toBeUndefined(),
  );
  test('an empty Secret is filled by someone else', () => expect(faultOf({})).toBeUndefined());
  test('nobody fills one in where the files are all there is', () => {
    expect(faultOf({}, 'data', true)?.problem).toBe('is empty');
    expect(faultOf({ 'tls.crt': '', 'tls.key': good.key }, 'data', true)?.problem).toMatch(/no certificate/);
    expect(faultOf({ 'tls.crt': good.certificate, 'tls.key': '' }, 'stringData', true)?.problem).toMatch(/no private/);
  });
  test('text that is no key is told, a masked key is not', () => {
    expect(faultOf({ 'tls.crt': good.certificate, 'tls.key': 'open sesame' })?.problem).toMatch(/no private key/);
    expect(faultOf({ 'tls.crt': good.certificate, 'tls.key': 'xxxx' })).toBeUndefined();
    expect(faultOf({ 'tls.crt': good.certificate, 'tls.key': 'REDACTED' })).toBeUndefined();
  });
  test('of two pairs the one of the older names counts', () =>
    expect(
      faultOf({ cert: ended.certificate, key: ended.key, 'tls.crt': good.certificate, 'tls.key': good.key })?.problem,
    ).toMatch(/ended/));
});
