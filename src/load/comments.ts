import type { Event, ScalarEvent } from 'js-yaml';
import { EVENT_ID } from 'js-yaml';
import type { SourceFile, SuppressionComment } from '../model/index.ts';
import { startOf } from './yaml/build.ts';
import { Lines } from './yaml/lines.ts';
import { parseDocument, rootEvent } from './yaml/parse.ts';
import type { Segment } from './yaml/split.ts';
import { contentStart } from './yaml/split.ts';

const token = 'mesh-lint-disable';

/**
 * The suppression comments of a file. A comment for a whole document counts only above its first key;
 * the words inside a value are no comment.
 */
export const suppressionsIn = (
  file: SourceFile,
  text: string,
  segments: readonly Segment[],
): readonly SuppressionComment[] => {
  const found: SuppressionComment[] = [];
  const lines = new Lines(text);
  let document = 0;
  let shape: Shape | undefined;
  let next = 0;
  for (let at = text.indexOf(token); at !== -1; at = text.indexOf(token, next)) {
    next = at + token.length;
    while (document < segments.length - 1 && at >= (segments[document]?.end ?? 0)) {
      document++;
      shape = undefined;
    }
    const segment = segments[document];
    if (segment === undefined) break;
    const sign = commentSign(text, at);
    if (sign === -1) continue;
    const end = endOfLine(text, at);
    const comment = read(text.slice(at, end));
    if (comment === undefined) continue;
    shape ??= shapeOf(text, segment);
    if (shape.isInValue(sign) || (comment.scope === 'document' && at > shape.firstKey)) continue;
    found.push({ file, document, line: lines.lineOf(at), ...comment });
    next = end;
  }
  return found;
};

/** Offset of the `#` that the words at `at` follow, or -1 where none stands before them or it begins no comment. */
const commentSign = (text: string, at: number): number => {
  const sign = skipBack(text, at - 1);
  if (text[sign] !== '#') return -1;
  return sign === 0 || /\s/.test(text[sign - 1] ?? '') ? sign : -1;
};

/** The first offset to the left that is neither blank nor tab. */
const skipBack = (text: string, from: number): number => {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at--;
  return at;
};

const read = (comment: string): Pick<SuppressionComment, 'scope' | 'rules' | 'reason'> | undefined => {
  const parts = /^mesh-lint-disable(-next-line)?(?:\s+(.*))?$/.exec(comment.trimEnd());
  if (parts === null) return undefined;
  const [rules = '', ...reason] = (parts[2] ?? '').split(/(?:^|\s)--(?:\s|$)/);
  const because = reason.join(' -- ').trim();
  return {
    scope: parts[1] === undefined ? 'document' : 'next-line',
    rules: rules.split(/[,\s]+/).filter((rule) => rule !== ''),
    reason: because === '' ? undefined : because,
  };
};

interface Shape {
  readonly firstKey: number;
  /** `sign` is the offset of a `#`. */
  readonly isInValue: (sign: number) => boolean;
}

/** Where the values of a document stand. What cannot be parsed has comments on lines of their own only. */
const shapeOf = (text: string, segment: Segment): Shape => {
  const body = text.slice(segment.start, segment.end);
  const parsed = parseDocument(body);
  if (!('events' in parsed)) {
    const first = contentStart(body.replace(/^---/, '   '), 0, body.length);
    return {
      firstKey: first === -1 ? Number.POSITIVE_INFINITY : segment.start + first,
      isInValue: (sign) => ![undefined, '\n'].includes(text[skipBack(text, sign - 1)]),
    };
  }
  const root = parsed.events[rootEvent(parsed.events)];
  const isEmpty = root === undefined || (root.type === EVENT_ID.SCALAR && root.valueStart === -1);
  const values = parsed.events.filter(
    (event: Event): event is ScalarEvent => event.type === EVENT_ID.SCALAR && event.valueStart !== -1,
  );
  return {
    firstKey: isEmpty ? Number.POSITIVE_INFINITY : segment.start + startOf(root),
    isInValue: (sign) => {
      const value = lastBefore(values, sign - segment.start);
      return value !== undefined && sign - segment.start < value.valueEnd;
    },
  };
};

/** The last scalar that begins at or before an offset. */
const lastBefore = (values: readonly ScalarEvent[], offset: number): ScalarEvent | undefined => {
  let low = -1;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle]!.valueStart <= offset) low = middle;
    else high = middle - 1;
  }
  return values[low];
};

const endOfLine = (text: string, at: number): number => {
  const lineBreak = text.indexOf('\n', at);
  return lineBreak === -1 ? text.length : lineBreak;
};
