// What keeps a signing certificate from being of use, one certificate chain at a time.
import type { Certificate, Chain } from '../facts/certificates.ts';
import {
  certificatesIn,
  chainTo,
  issuerOf,
  limitsOf,
  revocationListsReadable,
  servesTls,
  validityOf,
} from '../facts/certificates.ts';
import type { CaChain } from '../facts/roots.ts';
import { FORMS, REVOCATIONS } from '../facts/roots.ts';

/** Begin of the time in which a certificate that runs out is worth a word. */
const NOTICE_DAYS = 90;
const DAY = 24 * 60 * 60 * 1000;

export type CaProblemKind =
  | 'notCa'
  | 'noCertSign'
  | 'purpose'
  | 'expired'
  | 'early'
  | 'expiring'
  | 'pathLength'
  | 'unrooted'
  | 'otherKey'
  | 'chainStart'
  | 'chainLacks'
  | 'revocations';

export interface CaProblem {
  readonly kind: CaProblemKind;
  /** File of cacerts that is wrong. */
  readonly file: string;
  /** The certificate meant: the same one elsewhere is the same cause. */
  readonly certificate: Certificate;
  /** Date of `expired`, `early` and `expiring`, milliseconds since 1970. */
  readonly date?: number | undefined;
  /** Of `unrooted`: what is missing at the end of the way, a clause. */
  readonly missing?: string | undefined;
  /** Of `pathLength`: how many CA certificates it allows, and how many there are. */
  readonly lengths?: { readonly allowed: number; readonly found: number } | undefined;
}

/** Everything wrong with a chain, worst first. Parts that are not known are not judged. */
export const problemsOf = (held: CaChain, now: Date): readonly CaProblem[] => {
  const names = FORMS[held.form];
  const [signing, ...rest] = readAll(held.signing) ?? [];
  if (signing === undefined) return [];
  const about = (kind: CaProblemKind, file: string, certificate: Certificate = signing): CaProblem => ({
    kind,
    file,
    certificate,
  });
  const roots = readAll(held.root) ?? [];
  const between = readAll(held.chain);
  const key = held.keyMatches === false ? [about('otherKey', names.key)] : [];
  if (!limitsOf(signing).isAuthority)
    return [about('notCa', names.signing), ...key, ...dateProblems(signing, names.signing, now)];

  const { state, path: found } = pathOf(signing, [...rest, ...(between ?? [])], roots, now);
  const path = state === 'verified' ? found : [signing];
  const fileOf = (certificate: Certificate): string => {
    if (certificate === signing) return names.signing;
    return roots.some((root) => root.fingerprint === certificate.fingerprint) ? names.root : names.chain;
  };
  return [
    ...(limitsOf(signing).signsCertificates === false ? [about('noCertSign', names.signing)] : []),
    ...key,
    ...(state === 'broken' && roots.length > 0 && between !== undefined
      ? [{ ...about('unrooted', names.chain), missing: missingAfter(found, [...roots, ...between], names) }]
      : []),
    ...path.flatMap((certificate, index) => [
      ...(servesTls(certificate) ? [] : [about('purpose', fileOf(certificate), certificate)]),
      ...lengthProblems(certificate, fileOf(certificate), index),
      ...dateProblems(certificate, fileOf(certificate), now),
    ]),
    ...(held.form === 'pem' && between !== undefined ? chainProblems(signing, between, roots) : []),
    ...(held.revocations !== undefined && isWrongList(held.revocations) ? [about('revocations', REVOCATIONS)] : []),
  ];
};

/** The certificates of a file; undefined where it is not known, or holds a block that is no certificate. */
const readAll = (text: string | undefined): readonly Certificate[] | undefined => {
  if (text === undefined) return undefined;
  const { certificates, broken } = certificatesIn(text);
  // A placeholder is neither an empty file nor a chain.
  return broken > 0 || (certificates.length === 0 && text.trim() !== '') ? undefined : certificates;
};

/** A way over certificates that are valid goes before one that is not: bundles keep old roots for a while. */
const pathOf = (
  signing: Certificate,
  between: readonly Certificate[],
  roots: readonly Certificate[],
  now: Date,
): Chain => {
  const isCurrent = (certificate: Certificate): boolean =>
    dateProblems(certificate, '', now).every(({ kind }) => kind === 'expiring');
  const current = chainTo(signing, between.filter(isCurrent), roots.filter(isCurrent));
  return current.state === 'verified' ? current : chainTo(signing, between, roots);
};

const missingAfter = (
  path: readonly Certificate[],
  held: readonly Certificate[],
  names: { readonly chain: string; readonly root: string },
): string => {
  const last = path.at(-1);
  if (last === undefined) return '';
  const issuer = issuerOf(last);
  // A root of its own, at the end of the chain.
  if (last.x509.checkIssued(last.x509)) return `the chain ends at ${last.subject}, which is not in ${names.root}`;
  return held.some((certificate) => certificate.x509.subject === last.x509.issuer)
    ? `the ${issuer} here is not the one that issued ${last.subject}`
    : `neither ${names.chain} nor ${names.root} holds ${issuer}, which issued ${last.subject}`;
};

/** Proxies count the CA certificates between a CA and the certificate of a workload. */
const lengthProblems = (certificate: Certificate, file: string, below: number): readonly CaProblem[] => {
  const { pathLength } = limitsOf(certificate);
  if (pathLength === undefined || below <= pathLength) return [];
  return [{ kind: 'pathLength', file, certificate, lengths: { allowed: pathLength, found: below } }];
};

const dateProblems = (certificate: Certificate, file: string, now: Date): readonly CaProblem[] => {
  const { from, to } = validityOf(certificate);
  const time = now.getTime();
  if (time > to) return [{ kind: 'expired', file, certificate, date: to }];
  if (time < from) return [{ kind: 'early', file, certificate, date: from }];
  return to - time < NOTICE_DAYS * DAY ? [{ kind: 'expiring', file, certificate, date: to }] : [];
};

/** istiod hands cert-chain.pem to the workloads, which send it to their peers; a root needs no sending. */
const chainProblems = (
  signing: Certificate,
  between: readonly Certificate[],
  roots: readonly Certificate[],
): readonly CaProblem[] => {
  const isThis = (other: Certificate | undefined): boolean => other?.fingerprint === signing.fingerprint;
  if (isThis(between[0]) || roots.some(isThis)) return [];
  return [{ kind: between.some(isThis) ? 'chainStart' : 'chainLacks', file: FORMS.pem.chain, certificate: signing }];
};

/** Words that are neither PEM nor DER are a placeholder. */
const isWrongList = (text: string): boolean =>
  (text.includes('-----BEGIN') || text.startsWith('0\u{fffd}')) && !revocationListsReadable(text);
