import type { Certificate } from './certificates.ts';
import { certificatesIn } from './certificates.ts';

/** One trust anchor: the SHA-256 of a DER certificate (64 hex digits), or the symbol of a CA. */
export interface Root {
  /** 64 hex digits; or `issuer:<kind>/<name>`, `ca:<address>`. A symbol says nothing about other clusters. */
  readonly id: string;
  /** `CN=Root A`, for messages. */
  readonly subject: string | undefined;
  /** The certificate itself, PEM. */
  readonly pem: string | undefined;
}

/** The roots of a text, or undefined where it holds none or one that cannot be read. */
export const rootsIn = (pem: string): readonly Root[] | undefined => {
  const { certificates, broken } = certificatesIn(pem);
  return broken > 0 || certificates.length === 0 ? undefined : rootSet(certificates);
};

/** The roots of certificates; the same certificate twice is one root. */
export const rootSet = (certificates: readonly Certificate[]): readonly Root[] => {
  const byId = new Map(certificates.map((certificate) => [certificate.fingerprint, certificate]));
  return [...byId.values()].map(({ fingerprint, subject, pem }) => ({ id: fingerprint, subject, pem }));
};

/** Whether two sets hold the same certificates. */
export const sameRoots = (a: readonly Root[], b: readonly Root[]): boolean =>
  a.length === b.length && a.every((root) => b.some((other) => other.id === root.id));

/** The root of a CA whose certificate is not known. */
export const symbol = (id: string): Root => ({ id, subject: undefined, pem: undefined });

/** A symbol instead of a certificate. */
export const isSymbol = (root: Root): boolean => root.pem === undefined;
