// Throw-away certificates for the fixtures. Their keys live as long as the process.
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 wants it loaded before itself
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const FOREVER = '2094-01-01';
const LONG_AGO = '2024-01-01';

let serial = 0;

/**
 * A certificate and its key. `by` is the issuer (itself where there is none); `ca`, `usage`, `purposes` and
 * `pathLength` are its extensions; `usage: null` leaves the key usage out.
 */
export const certificate = async (name, options = {}) => {
  const {
    by,
    ca = true,
    usage = x509.KeyUsageFlags.keyCertSign,
    purposes,
    pathLength,
    from = LONG_AGO,
    to = FOREVER,
    keys,
  } = options;
  const own = keys ?? (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']));
  const issuer = by ?? { name, keys: own };
  serial += 1;
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString(16).padStart(4, '0'),
    subject: `CN=${name}`,
    issuer: `CN=${issuer.name}`,
    notBefore: new Date(`${from}T00:00:00Z`),
    notAfter: new Date(`${to}T00:00:00Z`),
    publicKey: own.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(ca, pathLength, true),
      ...(usage === null ? [] : [new x509.KeyUsagesExtension(usage, true)]),
      ...(purposes === undefined ? [] : [new x509.ExtendedKeyUsageExtension(purposes)]),
    ],
  });
  return { name, keys: own, pem: `${made.toString('pem')}\n` };
};

/** PEM of a private key: only for the cases in which a key has to match or not. */
export const keyOf = async ({ keys }) => {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = der
    .toString('base64')
    .match(/.{1,64}/g)
    .join('\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
};

/** PEM of an empty list of revoked certificates. */
export const revocationsOf = async ({ name, keys }) => {
  const made = await x509.X509CrlGenerator.create({
    issuer: `CN=${name}`,
    thisUpdate: new Date(`${LONG_AGO}T00:00:00Z`),
    nextUpdate: new Date(`${FOREVER}T00:00:00Z`),
    signingAlgorithm: ALGORITHM,
    signingKey: keys.privateKey,
  });
  return `${made.toString('pem').replaceAll('CRL-----', 'X509 CRL-----')}\n`;
};

export { KeyUsageFlags, ExtendedKeyUsage } from '@peculiar/x509';
