import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { SigningLimits } from './certificateExtensions.ts';
import { isRevocationList, signingLimits } from './certificateExtensions.ts';

/** A certificate that could be read. */
export interface Certificate {
  /** SHA-256 of the DER bytes, 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** `CN=Root A`, or the whole name where there is no common name. */
  readonly subject: string;
  readonly pem: string;
  readonly x509: X509Certificate;
}

/** The CERTIFICATE blocks of a text, in their order. */
export interface Certificates {
  readonly certificates: readonly Certificate[];
  /** Blocks that are no certificate: placeholders, cut text. */
  readonly broken: number;
}

/** Longest name shown in a message. */
const SUBJECT_LENGTH = 80;
/** Bundles of system roots hold some 150; more is not worth anyone's time. */
const MOST_BLOCKS = 512;
/** Roots stand in many places of a fleet; texts seen lately are not parsed again. */
const REMEMBERED = 256;
const remembered = new Map<string, Certificate | undefined>();

/** Reads every CERTIFICATE block of a text; comments, line ends and other blocks do not matter. */
export const certificatesIn = (text: string): Certificates => {
  const blocks = pemBlocks(text, 'CERTIFICATE');
  const certificates = blocks.map(certificateOf).filter((certificate) => certificate !== undefined);
  return { certificates, broken: blocks.length - certificates.length };
};

/** Whether a text holds at least one PEM block of a revocation list, and all of them can be read. */
export const revocationListsReadable = (text: string): boolean => {
  const blocks = pemBlocks(text, 'X509 CRL');
  return blocks.length > 0 && blocks.every((block) => isRevocationList(Buffer.from(block, 'base64')));
};

/** `3f9a..c1`: enough of a fingerprint to tell two certificates apart in a sentence. */
export const shortFingerprint = (fingerprint: string): string => `${fingerprint.slice(0, 4)}..${fingerprint.slice(-2)}`;

/** Whether it is a CA, its key usage and its path length. */
export const limitsOf = (certificate: Certificate): SigningLimits => signingLimits(certificate.x509.raw);

export const isSelfSigned = (certificate: Certificate): boolean => isIssuedBy(certificate, certificate) === true;

/** Whether one certificate carries the signature of the other; undefined where the algorithm is not known here. */
export const isIssuedBy = (certificate: Certificate, issuer: Certificate): boolean | undefined => {
  if (certificate.x509.issuer !== issuer.x509.subject) return false;
  try {
    return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.x509.publicKey);
  } catch {
    return undefined;
  }
};

/** Name of the issuer, as short as `subject`. */
export const issuerOf = (certificate: Certificate): string => shortName(certificate.x509.issuer);

/** serverAuth or anyExtendedKeyUsage: Go refuses a chain in which a list of purposes holds neither. */
export const servesTls = (certificate: Certificate): boolean => {
  // In node:crypto `keyUsage` is the list of extended key usages.
  const purposes: readonly string[] | undefined = certificate.x509.keyUsage;
  return purposes === undefined || purposes.includes('1.3.6.1.5.5.7.3.1') || purposes.includes('2.5.29.37.0');
};

/** Begin and end of validity, milliseconds since 1970; NaN where the date cannot be read. */
export const validityOf = (certificate: Certificate): { readonly from: number; readonly to: number } => ({
  from: Date.parse(certificate.x509.validFrom),
  to: Date.parse(certificate.x509.validTo),
});

/** Certificates from `signing` up to a root, or as far as they lead; `unknown` where a signature cannot be checked here. */
export interface Chain {
  readonly state: 'verified' | 'broken' | 'unknown';
  readonly path: readonly Certificate[];
}

/** Looks for a way from a signing certificate over intermediates to one of the roots. Dates are not looked at. */
export const chainTo = (
  signing: Certificate,
  intermediates: readonly Certificate[],
  roots: readonly Certificate[],
): Chain => {
  let doubtful = false;
  const seen = new Set([signing.fingerprint]);
  const ways: (readonly Certificate[])[] = [[signing]];
  let longest: readonly Certificate[] = [];
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    longest = way;
    const last = way.at(-1)!;
    if (roots.some((root) => root.fingerprint === last.fingerprint)) return { state: 'verified', path: way };
    for (const issuer of [...roots, ...intermediates]) {
      if (seen.has(issuer.fingerprint)) continue;
      const issued = isIssuedBy(last, issuer);
      doubtful ||= issued === undefined;
      if (issued !== true) continue;
      seen.add(issuer.fingerprint);
      ways.push([...way, issuer]);
    }
  }
  return { state: doubtful ? 'unknown' : 'broken', path: longest };
};

/**
 * Whether a private key belongs to a certificate. Undefined where the text is no key (`REDACTED`, encrypted,
 * a placeholder). The key is used here and not kept.
 */
export const keyBelongsTo = (key: string, certificate: Certificate): boolean | undefined => {
  if (!key.includes('PRIVATE KEY-----')) return undefined;
  try {
    return certificate.x509.checkPrivateKey(createPrivateKey(key));
  } catch {
    return undefined;
  }
};

/** The base64 text of the blocks of one type. */
const pemBlocks = (text: string, type: string): readonly string[] => {
  const [begin, end] = [`-----BEGIN ${type}-----`, `-----END ${type}-----`];
  const blocks: string[] = [];
  let at = text.indexOf(begin);
  while (at >= 0 && blocks.length < MOST_BLOCKS) {
    const close = text.indexOf(end, at + begin.length);
    if (close < 0) break;
    blocks.push(text.slice(at + begin.length, close).replaceAll(/\s+/g, ''));
    at = text.indexOf(begin, close + end.length);
  }
  return blocks;
};

const certificateOf = (block: string): Certificate | undefined => {
  if (remembered.has(block)) return remembered.get(block);
  if (remembered.size >= REMEMBERED) remembered.clear();
  const certificate = readCertificate(block);
  remembered.set(block, certificate);
  return certificate;
};

const readCertificate = (block: string): Certificate | undefined => {
  try {
    const x509 = new X509Certificate(Buffer.from(block, 'base64'));
    return {
      fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
      subject: shortName(x509.subject),
      pem: x509.toString(),
      x509,
    };
  } catch {
    return undefined;
  }
};

/** node:crypto gives one attribute a line. */
const shortName = (name: string | undefined): string => {
  const attributes = (name ?? '').split('\n').filter((attribute) => attribute !== '');
  const short = attributes.findLast((attribute) => attribute.startsWith('CN=')) ?? attributes.join(', ');
  return short.length > SUBJECT_LENGTH ? `${short.slice(0, SUBJECT_LENGTH)}…` : short;
};
