// node:crypto shows neither the key usage nor the path length of a certificate. This walks DER just far enough
// for those two; a general ASN.1 library would cost the start of every run more than all of our own trust code.

/** What a certificate says of its right to sign others. */
export interface SigningLimits {
  /** CA:TRUE of the basic constraints. node:crypto's `ca` mixes it with the key usage. */
  readonly isAuthority: boolean;
  /** Whether `keyUsage` holds keyCertSign; undefined where the certificate has no key usage. */
  readonly signsCertificates: boolean | undefined;
  /** How many CA certificates may stand between it and an end-entity; undefined where there is no limit. */
  readonly pathLength: number | undefined;
}

/** One tag-length-value: where the content begins and ends. */
interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;
/** `[3] EXPLICIT` of TBSCertificate. */
const EXTENSIONS = 0xa3;
/** 2.5.29.15 and 2.5.29.19. */
const KEY_USAGE = '551d0f';
const BASIC_CONSTRAINTS = '551d13';
/** Bit 5 of KeyUsage, counted from the highest. */
const KEY_CERT_SIGN = 0x04;

/** Reads key usage and path length of a DER certificate. What cannot be read counts as not said. */
export const signingLimits = (der: Buffer): SigningLimits => {
  const extensions = extensionsOf(der);
  return {
    ...basicConstraints(der, extensions.get(BASIC_CONSTRAINTS)),
    signsCertificates: certificateSigning(der, extensions.get(KEY_USAGE)),
  };
};

/** Whether the bytes have the outer shape of a certificate list: SEQUENCE of a SEQUENCE, a SEQUENCE and a BIT STRING. */
export const isRevocationList = (der: Buffer): boolean => {
  const outer = elementAt(der, 0, der.length);
  if (outer?.tag !== SEQUENCE || outer.end !== der.length) return false;
  const tags = childrenOf(der, outer).map((child) => child.tag);
  return tags.length === 3 && tags[0] === SEQUENCE && tags[1] === SEQUENCE && tags[2] === BIT_STRING;
};

/** Content of the extensions by the hexadecimal form of their object identifier. */
const extensionsOf = (der: Buffer): ReadonlyMap<string, Element> => {
  const found = new Map<string, Element>();
  const certificate = elementAt(der, 0, der.length);
  const body = certificate === undefined ? undefined : elementAt(der, certificate.start, certificate.end);
  const holder = body === undefined ? undefined : childrenOf(der, body).find((child) => child.tag === EXTENSIONS);
  const sequence = holder === undefined ? undefined : elementAt(der, holder.start, holder.end);
  if (sequence?.tag !== SEQUENCE) return found;
  for (const extension of childrenOf(der, sequence)) {
    const parts = childrenOf(der, extension);
    const [name, content] = [parts[0], parts.at(-1)];
    if (name?.tag !== OBJECT_IDENTIFIER || content?.tag !== OCTET_STRING) continue;
    found.set(der.toString('hex', name.start, name.end), content);
  }
  return found;
};

const certificateSigning = (der: Buffer, extension: Element | undefined): boolean | undefined => {
  const bits = extension === undefined ? undefined : elementAt(der, extension.start, extension.end);
  // The first byte counts the unused bits at the end.
  if (bits?.tag !== BIT_STRING || bits.end - bits.start < 1) return undefined;
  return ((der[bits.start + 1] ?? 0) & KEY_CERT_SIGN) !== 0 && bits.end - bits.start > 1;
};

const basicConstraints = (
  der: Buffer,
  extension: Element | undefined,
): { readonly isAuthority: boolean; readonly pathLength: number | undefined } => {
  const constraints = extension === undefined ? undefined : elementAt(der, extension.start, extension.end);
  if (constraints?.tag !== SEQUENCE) return { isAuthority: false, pathLength: undefined };
  const [authority, limit] = childrenOf(der, constraints);
  const isAuthority = authority?.tag === BOOLEAN && authority.end > authority.start && der[authority.start] !== 0;
  const size = limit?.tag === INTEGER ? limit.end - limit.start : 0;
  const pathLength =
    isAuthority && limit !== undefined && size > 0 && size <= 4 ? der.readIntBE(limit.start, size) : undefined;
  return { isAuthority, pathLength };
};

const childrenOf = (der: Buffer, parent: Element): readonly Element[] => {
  const children: Element[] = [];
  let at = parent.start;
  while (at < parent.end) {
    const child = elementAt(der, at, parent.end);
    if (child === undefined) break;
    children.push(child);
    at = child.end;
  }
  return children;
};

/** The element that begins at `at`, or undefined where it is not DER or does not fit before `limit`. */
const elementAt = (der: Buffer, at: number, limit: number): Element | undefined => {
  if (at + 2 > limit) return undefined;
  const first = der[at + 1]!;
  // 0x81…0x84: that many bytes of length follow; 0x80 (indefinite) is not DER.
  const sizeBytes = first < 0x80 ? 0 : first - 0x80;
  if (first === 0x80 || sizeBytes > 4 || at + 2 + sizeBytes > limit) return undefined;
  const length = sizeBytes === 0 ? first : der.readUIntBE(at + 2, sizeBytes);
  const start = at + 2 + sizeBytes;
  return start + length > limit ? undefined : { tag: der[at]!, start, end: start + length };
};
