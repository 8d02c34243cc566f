import type { PemFile, SourceFile } from '../../model/index.ts';
import { baseOf, directoryOf } from './paths.ts';

const BLOCK = /-----BEGIN (CERTIFICATE|TRUSTED CERTIFICATE|X509 CRL)-----[A-Za-z0-9+/=\s]*-----END \1-----/g;

/** The certificates and revocation lists of a text, in order; everything else (private keys) is dropped. */
export const publicBlocks = (text: string): string => (text.match(BLOCK) ?? []).map((block) => `${block}\n`).join('');

export const isPemPath = (path: string): boolean => /\.(?:pem|crt|cer)$/i.test(path);

export const pemFileOf = (file: SourceFile, text: string): PemFile => ({
  file,
  name: baseOf(file.path),
  directory: directoryOf(file.path),
  text,
  shared: false,
});
