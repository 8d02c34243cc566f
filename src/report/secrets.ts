import { isAboutSecret, isSecretName, secretSpans } from '../model/index.ts';
import type { Span } from '../model/index.ts';

/** Keys of Secrets whose values are public. */
const PUBLIC = /^(?:root-cert|ca-cert|cert-chain|ca-crl)\.pem$|^(?:ca|tls)\.crt$|^certificate-authority-data$/;
const HOLDERS = new Set(['data', 'stringData', 'secretGenerator']);
/** Keys below one that sounds like a secret which hold the secret itself. */
const CONTENT = new Set(['value', 'values', 'exact', 'prefix', 'regex', 'data', 'stringData', 'content', 'plain']);
/** A key without quotes ends in no space, so that a long line is read once. */
const KEY = /^(?<lead>[\s-]*)(?<key>"[^"]*"|'[^']*'|[^\s#:'"{[-](?:[^:]*[^\s:])?)\s*:(?=\s|$)/;

/** Keys of a Secret beside its data. */
const DESCRIPTIVE = new Set(['apiVersion', 'kind', 'type', 'metadata', 'labels', 'annotations']);

/** A line as it may be shown, and the column (from 0) at which a column of the file now stands. */
export interface ShownLine {
  readonly text: string;
  readonly columnOf: (column: number) => number;
}

/** The last lines that were asked for: of the many findings on one long line each is shown with the same work. */
const shownBefore = new WeakMap<readonly string[], Map<number, ShownLine>>();

/** A line of a file as it may be shown: secrets left out, long encoded text shortened. */
export const shownLine = (lines: readonly string[], index: number): ShownLine => {
  let known = shownBefore.get(lines);
  if (known === undefined) shownBefore.set(lines, (known = new Map()));
  let shown = known.get(index);
  if (shown === undefined) known.set(index, (shown = showLine(lines, index)));
  return shown;
};

const showLine = (lines: readonly string[], index: number): ShownLine => {
  const line = lines[index] ?? '';
  const hidden = hiddenSpans(lines, index);
  const long = [...line.matchAll(/[A-Za-z0-9+/_=-]{48,}/g)].map(({ 0: word, index: start }): Span => [
    start + 15,
    start + word.length,
  ]);
  return cutOut(line, merged(hidden, long));
};

/** Both lists are sorted; of the second what overlaps the first is left out. */
const merged = (spans: readonly Span[], more: readonly Span[]): readonly Span[] => {
  let next = 0;
  const free = more.filter(([start, end]) => {
    while (next < spans.length && (spans[next]?.[1] ?? 0) <= start) next++;
    return (spans[next]?.[0] ?? Infinity) >= end;
  });
  return [...spans, ...free].toSorted((a, b) => a[0] - b[0]);
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
    let [low, high] = [0, cuts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cuts[middle]?.span[0] ?? 0) <= column) low = middle + 1;
      else high = middle;
    }
    const cut = cuts[low - 1];
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
  if (key !== undefined && !CONTENT.has(key) && isAboutSecret(key)) return false;
  for (const at of linesAbove(lines, index)) {
    const above = unquoted(KEY.exec(lines[at] ?? '')?.groups?.['key']);
    if (above === undefined) continue;
    if (isSecretName(above)) return true;
    if (isAboutSecret(above) && !CONTENT.has(above)) return false;
    if (above === 'value' && isValueOfSecret(lines, at)) return true;
  }
  return false;
};

/** The lines that a line stands below, from the nearest on. */
const linesAbove = (lines: readonly string[], index: number): readonly number[] => {
  const { above } = layoutOf(lines);
  const found: number[] = [];
  for (let at = above[index] ?? -1; at >= 0; at = above[at] ?? -1) found.push(at);
  return found;
};

/** What is told of every line of a file. */
interface Layout {
  /** The nearest line before it that is indented less, in the same document; -1 for none. */
  readonly above: Int32Array;
  /** 1 in a document that holds a Secret or makes one. */
  readonly isInSecret: Uint8Array;
}

const layouts = new WeakMap<readonly string[], Layout>();

const layoutOf = (lines: readonly string[]): Layout => {
  let layout = layouts.get(lines);
  if (layout === undefined) layouts.set(lines, (layout = layOut(lines)));
  return layout;
};

const layOut = (lines: readonly string[]): Layout => {
  const above = new Int32Array(lines.length).fill(-1);
  const isInSecret = new Uint8Array(lines.length);
  let open: { readonly at: number; readonly indent: number }[] = [];
  let start = 0;
  let holdsSecret = false;
  const close = (end: number): void => {
    if (holdsSecret) isInSecret.fill(1, start, end);
    [start, holdsSecret, open] = [end, false, []];
  };
  lines.forEach((line, at) => {
    if (isSeparator(line)) {
      close(at);
      // `--- {kind: Secret}`
      holdsSecret = SECRET.test(line);
      return;
    }
    if (SECRET.test(line)) holdsSecret = true;
    if (line.trim() === '') return;
    const indent = indentOf(line);
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
    above[at] = open.at(-1)?.at ?? -1;
    open.push({ at, indent });
  });
  close(lines.length);
  return { above, isInSecret };
};

const SECRET = /["']?kind["']?\s*:\s*["']?Secret\b|secretGenerator/;

/** An entry with more lines is none of a list of variables. */
const LONGEST_ENTRY = 2000;

/** `value` beside a `name` that sounds like a secret. */
const isValueOfSecret = (lines: readonly string[], index: number): boolean => {
  const indent = indentOf(lines[index] ?? '');
  for (const step of [-1, 1])
    for (let at = index; at >= 0 && at < lines.length && Math.abs(at - index) < LONGEST_ENTRY; at += step) {
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
  return linesAbove(lines, index).some((at) => {
    const key = unquoted(KEY.exec(lines[at] ?? '')?.groups?.['key']);
    return key !== undefined && HOLDERS.has(key);
  });
};

const isInSecret = (lines: readonly string[], index: number): boolean => layoutOf(lines).isInSecret[index] === 1;

const isSeparator = (line: string): boolean => /^---(?:\s|$)/.test(line);

const indentOf = (line: string): number => /^[\s-]*/.exec(line)?.[0].length ?? 0;

const unquoted = (key: string | undefined): string | undefined => key?.replaceAll(/^["']|["']$/g, '');
