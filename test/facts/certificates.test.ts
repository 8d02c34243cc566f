// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 wants it loaded before itself
import 'reflect-metadata';
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRevocationList, signingLimits } from '../../src/facts/certificateExtensions.ts';
import type { Certificate } from '../../src/facts/certificates.ts';
import {
  certificatesIn,
  chainTo,
  isIssuedBy,
  isSelfSigned,
  issuerOf,
  keyBelongsTo,
  limitsOf,
  revocationListsReadable,
  servesTls,
  shortFingerprint,
  validityOf,
} from '../../src/facts/certificates.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

interface Made {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly pem: string;
}

const make = async (
  name: string,
  by: Made | undefined,
  extensions: readonly x509.Extension[],
  keys?: webcrypto.CryptoKeyPair,
): Promise<Made> => {
  const own = keys ?? (await newKeys());
  const made = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: by?.name ?? name,
    notBefore: new Date('2024-01-01T00:00:00Z'),
    notAfter: new Date('2094-01-01T00:00:00Z'),
    publicKey: own.publicKey,
    signingKey: by?.keys.privateKey ?? own.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [...extensions],
  });
  return { name, keys: own, pem: made.toString('pem') };
};

const read = (pem: string): Certificate => certificatesIn(pem).certificates[0]!;

const authority = new x509.BasicConstraintsExtension(true, undefined, true);

/** Every certificate in the files of the fixtures. */
const fixtureCertificates = (): readonly Certificate[] => {
  const found = new Map<string, Certificate>();
  for (const entry of readdirSync('fixtures/trust', { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(yaml|pem)$/.test(entry.name)) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    const decoded = [...text.matchAll(/: ([A-Za-z0-9+/]{100,}=*)/g)].map((match) =>
      Buffer.from(match[1]!, 'base64').toString('utf8'),
    );
    for (const part of [text, ...decoded])
      for (const certificate of certificatesIn(part).certificates) found.set(certificate.fingerprint, certificate);
  }
  return [...found.values()];
};

describe('extensions, against another reader', () => {
  const oracle = (pem: string): ReturnType<typeof signingLimits> => {
    const certificate = new x509.X509Certificate(pem);
    const constraints = certificate.getExtension(x509.BasicConstraintsExtension);
    const usages = certificate.getExtension(x509.KeyUsagesExtension)?.usages;
    return {
      isAuthority: constraints?.ca ?? false,
      pathLength: constraints?.ca === true ? constraints.pathLength : undefined,
      signsCertificates: usages === undefined ? undefined : (usages & x509.KeyUsageFlags.keyCertSign) !== 0,
    };
  };

  test('all certificates of the fixtures', () => {
    const certificates = fixtureCertificates();
    expect(certificates.length).toBeGreaterThan(20);
    for (const certificate of certificates) expect(limitsOf(certificate)).toEqual(oracle(certificate.pem));
  });

  test.each([
    ['no extensions', []],
    ['CA, no limit', [authority]],
    ['CA, 0', [new x509.BasicConstraintsExtension(true, 0, true)]],
    ['CA, 300', [new x509.BasicConstraintsExtension(true, 300, false)]],
    ['no CA', [new x509.BasicConstraintsExtension(false)]],
    ['all usages', [new x509.KeyUsagesExtension(0x1ff as x509.KeyUsageFlags), authority]],
    ['decipherOnly', [new x509.KeyUsagesExtension(x509.KeyUsageFlags.decipherOnly)]],
    ['cRLSign only', [authority, new x509.KeyUsagesExtension(x509.KeyUsageFlags.cRLSign, true)]],
    [
      'others around',
      [
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'istiod.example.com' }]),
        authority,
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      ],
    ],
  ])('%s', async (_, extensions) => {
    const { pem } = await make('CN=istiod.east', undefined, extensions);
    expect(limitsOf(read(pem))).toEqual(oracle(pem));
  });

  test('any bytes are read without a throw', async () => {
    const { pem } = await make('CN=istiod.east', undefined, [
      authority,
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign),
    ]);
    const { raw } = read(pem).x509;
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void signingLimits(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.nat(raw.length - 1), fc.nat(255), fc.nat(raw.length), (at, value, length) => {
        const bent = Buffer.from(raw.subarray(0, length));
        if (at < bent.length) bent[at] = value;
        expect(typeof signingLimits(bent).isAuthority).toBe('boolean');
        expect(typeof isRevocationList(bent)).toBe('boolean');
      }),
    );
  });
});

describe('certificates of a text', () => {
  test('line ends, comments, order and other blocks do not matter', async () => {
    const [a, b] = [await make('CN=Root A', undefined, [authority]), await make('CN=Root B', undefined, [authority])];
    const one = certificatesIn(`${a.pem}\n${b.pem}`);
    const other = certificatesIn(
      `# ours\r\n${b.pem.replaceAll('\n', '\r\n')}\n-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n${a.pem}`,
    );
    const ids = (found: typeof one): string[] =>
      found.certificates.map((certificate) => certificate.fingerprint).toSorted();
    expect(ids(other)).toEqual(ids(one));
    expect(one.broken).toBe(0);
    expect(one.certificates[0]).toMatchObject({
      subject: 'CN=Root A',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('placeholders and cut blocks are broken, not certificates', () => {
    expect(certificatesIn('-----BEGIN CERTIFICATE-----\nMII...\n-----END CERTIFICATE-----')).toEqual({
      certificates: [],
      broken: 1,
    });
    expect(certificatesIn('-----BEGIN CERTIFICATE-----\nMIIB')).toEqual({ certificates: [], broken: 0 });
    expect(certificatesIn('REDACTED')).toEqual({ certificates: [], broken: 0 });
    expect(certificatesIn('')).toEqual({ certificates: [], broken: 0 });
  });

  test('a text of openings only takes no time', () => {
    const started = performance.now();
    certificatesIn('-----BEGIN CERTIFICATE-----\n'.repeat(50_000));
    expect(performance.now() - started).toBeLessThan(500);
  });

  test('names: the common name, else the whole name, never endless', async () => {
    const named = read((await make('C=DE, O=Shop, CN=Root A', undefined, [authority])).pem);
    const unnamed = read((await make('C=DE, O=Shop', undefined, [authority])).pem);
    const long = read((await make(`CN=${'x'.repeat(300)}`, undefined, [authority])).pem);
    expect([named.subject, unnamed.subject, long.subject.length]).toEqual(['CN=Root A', 'C=DE, O=Shop', 81]);
    expect(issuerOf(named)).toBe('CN=Root A');
    expect(shortFingerprint('3f9a00c1')).toBe('3f9a..c1');
  });

  test('dates are milliseconds', async () => {
    const certificate = read((await make('CN=Root A', undefined, [authority])).pem);
    expect(validityOf(certificate)).toEqual({ from: Date.UTC(2024, 0, 1), to: Date.UTC(2094, 0, 1) });
  });
});

describe('chains', () => {
  test('a way of any length, in any order', async () => {
    const root = await make('CN=Root A', undefined, [authority]);
    const policy = await make('CN=Policy CA', root, [authority]);
    const region = await make('CN=Region CA', policy, [authority]);
    const east = await make('CN=istiod.east', region, [authority]);
    const [a, b, c, d] = [root, policy, region, east].map(({ pem }) => read(pem)) as [
      Certificate,
      Certificate,
      Certificate,
      Certificate,
    ];
    expect(chainTo(d, [b, c], [a])).toEqual({ state: 'verified', path: [d, c, b, a] });
    expect(chainTo(d, [b], [a])).toEqual({ state: 'broken', path: [d] });
    expect(chainTo(d, [c], [a])).toEqual({ state: 'broken', path: [d, c] });
    expect(chainTo(a, [], [a])).toEqual({ state: 'verified', path: [a] });
    expect(isSelfSigned(a)).toBe(true);
    expect(isSelfSigned(d)).toBe(false);
  });

  test('a root of the same name with another key is another root; with its key it is the same one', async () => {
    const root = await make('CN=Root A', undefined, [authority]);
    const namesake = await make('CN=Root A', undefined, [authority]);
    const renewed = await make('CN=Root A', undefined, [authority], root.keys);
    const east = read((await make('CN=istiod.east', root, [authority])).pem);
    expect(isIssuedBy(east, read(root.pem))).toBe(true);
    expect(isIssuedBy(east, read(namesake.pem))).toBe(false);
    expect(isIssuedBy(east, read(renewed.pem))).toBe(true);
  });

  test('CAs that sign each other do not lead in circles', async () => {
    const keys = [await newKeys(), await newKeys()] as const;
    const one = await make('CN=One', { name: 'CN=Other', keys: keys[1], pem: '' }, [authority], keys[0]);
    const other = await make('CN=Other', { name: 'CN=One', keys: keys[0], pem: '' }, [authority], keys[1]);
    const root = await make('CN=Root A', undefined, [authority]);
    expect(chainTo(read(one.pem), [read(other.pem), read(one.pem)], [read(root.pem)]).state).toBe('broken');
  });

  test('purposes', async () => {
    const of = async (...purposes: string[]): Promise<boolean> =>
      servesTls(read((await make('CN=x', undefined, [new x509.ExtendedKeyUsageExtension(purposes)])).pem));
    expect(await of(x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth)).toBe(true);
    expect(await of('2.5.29.37.0')).toBe(true);
    expect(await of(x509.ExtendedKeyUsage.clientAuth)).toBe(false);
    expect(servesTls(read((await make('CN=x', undefined, [])).pem))).toBe(true);
  });
});

describe('keys', () => {
  test('a key belongs to its certificate only; other words are no key', async () => {
    const { pem, keys } = await make('CN=throw-away', undefined, [authority]);
    const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    const key = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs1',
      format: 'pem',
    }) as string;
    const certificate = read(pem);
    expect(keyBelongsTo(key, certificate)).toBe(true);
    expect(keyBelongsTo(rsa, certificate)).toBe(false);
    expect(keyBelongsTo('REDACTED: private key removed', certificate)).toBeUndefined();
    expect(
      keyBelongsTo('-----BEGIN PRIVATE KEY-----\nREDACTED\n-----END PRIVATE KEY-----', certificate),
    ).toBeUndefined();
    expect(keyBelongsTo(pem, certificate)).toBeUndefined();
  });
});

test('revocation lists', async () => {
  const { name, keys, pem } = await make('CN=Root A', undefined, [authority]);
  const made = await x509.X509CrlGenerator.create({
    issuer: name,
    thisUpdate: new Date('2024-01-01T00:00:00Z'),
    signingAlgorithm: ALGORITHM,
    signingKey: keys.privateKey,
  });
  const list = `-----BEGIN X509 CRL-----\n${Buffer.from(made.rawData).toString('base64')}\n-----END X509 CRL-----\n`;
  expect(revocationListsReadable(list)).toBe(true);
  expect(revocationListsReadable(`${list}${list}`)).toBe(true);
  expect(revocationListsReadable(pem)).toBe(false);
  expect(revocationListsReadable(list.replace('MI', 'AA'))).toBe(false);
  expect(revocationListsReadable('')).toBe(false);
});
