import { isSecretName, secretSpans } from '../model/index.ts';
import type { Span } from '../model/index.ts';

/** Keys of Secrets whose values are public. */
const PUBLIC = /^(?:root-cert|ca-cert|cert-chain|ca-crl)\.pem$|^(?:ca|tls)\.crt$|^certificate-authority-data$/;
const HOLDERS = new Set(['data', 'stringData', 'secretGenerator']);
/** Keys below one that sounds like a secret which hold the secret itself. */
const CONTENT = new Set(['value', 'values', 'exact', 'prefix', 'regex', 'data', 'stringData', 'content', 'plain']);
const KEY = /^(?<lead>[\s-]*)(?<key>"[^"]*"|'[^']*'|[^\s#:'"{[][^:]*?)\s*:(?=\s|$)/;

/** Keys of a Secret beside its data. */
const DESCRIPTIVE = new Set(['apiVersion', 'kind', 'type', 'metadata', 'labels', 'annotations']);

/** A line as it may be shown, and the column (from 0) at which a column of the file now stands. */
export interface ShownLine {
  readonly text: string;
  readonly columnOf: (column: number) => number;
}

/** A line of a file as it may be shown: secrets left out, long encoded text shortened. */
export const withoutSecrets = (lines: readonly string[], index: number): string => shownLine(lines, index).text;

export const shownLine = (lines: readonly string[], index: number): ShownLine => {
  const line = lines[index] ?? '';
  const spans: Span[] = [...hiddenSpans(lines, index)];
  for (const long of line.matchAll(/[A-Za-z0-9+/_=-]{48,}/g)) {
    const span: Span = [long.index + 15, long.index + long[0].length];
    if (!spans.some(([start, end]) => start < span[1] && span[0] < end)) spans.push(span);
  }
  return cutOut(
    line,
    spans.toSorted((a, b) => a[0] - b[0]),
  );
};

/** Keys stay, so that people find the line. */
const hiddenSpans = (lines: readonly string[], index: number): readonly Span[] => {
  const line = lines[index] ?? '';
  const found = KEY.exec(line);
  const key = unquoted(found?.groups?.['key']);
  if (key !== undefined && PUBLIC.test(key)) return secretSpans(line);
  const isWhole = isInPrivateKey(lines, index) || isSecretValue(lines, index) || isBelowSecret(lines, index, key);
  if (!isWhole) return secretSpans(line);
  if (found === null) return [[/^[\s-]*/.exec(line)?.[0].length ?? 0, line.length]];
  const value = line.slice(found[0].length);
  const isBare = value.trim() === '' || value.trim().startsWith('#') || /^\s*[|>][+-]?\d?\s*$/.test(value);
  return isBare ? [] : [[found[0].length + (/^\s*/.exec(value)?.[0].length ?? 0), line.length]];
};

const cutOut = (line: string, spans: readonly Span[]): ShownLine => {
  let [text, last] = ['', 0];
  const cuts: { readonly span: Span; readonly at: number }[] = [];
  for (const span of spans) {
    text += line.slice(last, span[0]);
    cuts.push({ span, at: text.length });
    text += '…';
    last = span[1];
  }
  text += line.slice(last);
  const columnOf = (column: number): number => {
    const cut = cuts.findLast(({ span }) => span[0] <= column);
    if (cut === undefined) return column;
    return column < cut.span[1] ? cut.at : cut.at + 1 + column - cut.span[1];
  };
  return { text, columnOf };
};

/** Whether the line stands between the first and the last line of a private key. */
const isInPrivateKey = (lines: readonly string[], index: number): boolean => {
  // Nothing else looks like encoded text on a line of its own.
  if (!/^\s*["']?[A-Za-z0-9+/=]+["',]*\s*$/.test(lines[index] ?? '')) return false;
  for (let at = index - 1; at >= 0 && at > index - 200; at--) {
    const line = lines[at] ?? '';
    if (line.includes('-----END ')) return false;
    if (line.includes('-----BEGIN ')) return /PRIVATE KEY/.test(line);
    if (isSeparator(line)) return false;
  }
  return false;
};

/** Whether the line continues the value of a key or of an environment variable that sounds like a secret. */
const isBelowSecret = (lines: readonly string[], index: number, key: string | undefined): boolean => {
  if (key === 'value' && isValueOfSecret(lines, index)) return true;
  if (key !== undefined && !CONTENT.has(key)) return false;
  let indent = indentOf(lines[index] ?? '');
  for (let at = index - 1; at >= 0 && indent > 0; at--) {
    const line = lines[at] ?? '';
    if (isSeparator(line)) return false;
    if (line.trim() === '' || indentOf(line) >= indent) continue;
    indent = indentOf(line);
    const above = unquoted(KEY.exec(line)?.groups?.['key']);
    if (above === undefined) continue;
    if (isSecretName(above)) return true;
    if (above === 'value' && isValueOfSecret(lines, at)) return true;
  }
  return false;
};

/** `value` beside a `name` that sounds like a secret. */
const isValueOfSecret = (lines: readonly string[], index: number): boolean => {
  const indent = indentOf(lines[index] ?? '');
  for (const step of [-1, 1])
    for (let at = index; at >= 0 && at < lines.length; at += step) {
      const line = lines[at] ?? '';
      if (isSeparator(line)) break;
      if (at !== index && line.trim() !== '' && indentOf(line) < indent) break;
      const beginsItem = /^\s*-\s/.test(line) && indentOf(line) === indent;
      if (step === 1 && at !== index && beginsItem) break;
      if (indentOf(line) === indent) {
        const { key } = KEY.exec(line)?.groups ?? {};
        const name = /:\s*["']?([\w.-]+)/.exec(line)?.[1];
        if (unquoted(key) === 'name' && name !== undefined) return isSecretName(name);
      }
      if (step === -1 && beginsItem) break;
    }
  return false;
};

/** Whether the line stands below `data` or `stringData` of a Secret, or in literals of a generator. */
const isSecretValue = (lines: readonly string[], index: number): boolean => {
  if (!isInSecret(lines, index)) return false;
  // In one-line and JSON notation nothing tells what belongs to what.
  const own = unquoted(KEY.exec(lines[index] ?? '')?.groups?.['key']);
  if (/[{}]/.test(lines[index] ?? '')) return own === undefined || !DESCRIPTIVE.has(own);
  let indent = indentOf(lines[index] ?? '');
  for (let at = index - 1; at >= 0 && indent > 0; at--) {
    const line = lines[at] ?? '';
    if (isSeparator(line)) return false;
    if (line.trim() === '' || indentOf(line) >= indent) continue;
    indent = indentOf(line);
    const key = unquoted(KEY.exec(line)?.groups?.['key']);
    if (key !== undefined && HOLDERS.has(key)) return true;
  }
  return false;
};

const isInSecret = (lines: readonly string[], index: number): boolean => {
  let start = index;
  while (start > 0 && !isSeparator(lines[start - 1] ?? '')) start--;
  for (let at = start; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (at > index && isSeparator(line)) return false;
    if (/["']?kind["']?\s*:\s*["']?Secret\b|secretGenerator/.test(line)) return true;
  }
  return false;
};

const isSeparator = (line: string): boolean => /^---(?:\s|$)/.test(line);

const indentOf = (line: string): number => /^[\s-]*/.exec(line)?.[0].length ?? 0;

const unquoted = (key: string | undefined): string | undefined => key?.replaceAll(/^["']|["']$/g, '');
