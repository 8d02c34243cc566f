import type { Problem, SourceFile, SuppressionComment, UnreadDocument } from '../model/index.ts';
import { suppressionsIn } from './comments.ts';
import { build, startOf } from './yaml/build.ts';
import type { Built } from './yaml/build.ts';
import type { Fault } from './yaml/parse.ts';
import { maximumDepth, parseDocument, parseDocuments, rootEvents } from './yaml/parse.ts';
import { explain } from './yaml/reasons.ts';
import { Lines } from './yaml/lines.ts';
import type { Segment } from './yaml/split.ts';
import { splitDocuments, withLineFeeds } from './yaml/split.ts';
import { isTemplateText, kindsIn } from './yaml/templates.ts';

/** One document that parsed and is not empty. `index` counts all documents of the file as split. */
export interface RawDocument {
  readonly index: number;
  readonly value: unknown;
}

/** All that one file says. */
export interface ReadFile {
  readonly documents: readonly RawDocument[];
  /** Documents of the file as split, with the empty and the unreadable ones. */
  readonly count: number;
  readonly problems: readonly Problem[];
  /** Documents that are broken or templates; whether they are shared is not known here. */
  readonly unread: readonly UnreadDocument[];
  readonly suppressions: readonly SuppressionComment[];
}

/**
 * Reads a file of YAML or JSON documents as Kubernetes does. Never throws: what cannot be read becomes a
 * problem of its own document and leaves the other documents alone.
 */
export const readText = (file: SourceFile, source: string): ReadFile => {
  const text = withLineFeeds(source.charCodeAt(0) === 0xfeff ? source.slice(1) : source);
  const segments = splitDocuments(text);
  const documents: RawDocument[] = [];
  const problems: Problem[] = [];
  const unread: UnreadDocument[] = [];
  const lines = new Lines(text);
  readDocuments(text, segments).forEach((read, index) => {
    if ('reason' in read) {
      const refused = refuse(file, text, segments[index]!, index, read);
      unread.push(refused.unread);
      if (refused.problem !== undefined) problems.push(refused.problem);
      return;
    }
    if (read.value !== null) documents.push({ index, value: read.value });
    for (const { key, start, end, firstStart } of read.duplicates) {
      problems.push({
        rule: 'schema/duplicate-key',
        place: { file, document: index, path: [], offsets: [read.base + start, read.base + end] },
        message: `repeats the key \`${shortened(key)}\` of line ${lines.lineOf(read.base + firstStart)}; Kubernetes takes the last one`,
      });
    }
  });
  const suppressions = text.includes('mesh-lint-disable') ? suppressionsIn(file, text, segments) : [];
  return { documents, count: segments.length, problems, unread, suppressions };
};

/** The first document of YAML or JSON that is written inside a scalar; null where it is empty. Never throws. */
export const parseEmbedded = (source: string): { readonly value: unknown } | { readonly error: string } => {
  const json = parseJson(source);
  if (json !== undefined) return { value: json };
  const text = withLineFeeds(source);
  for (const segment of splitDocuments(text)) {
    const body = text.slice(segment.start, segment.end);
    const read = readDocument(body);
    if ('reason' in read) return { error: explain(body, read).message };
    if (read.value !== null) return { value: read.value };
  }
  return { value: null };
};

/** What was read of a document; `base` is the offset in the file that its own offsets count from. */
type Read = (Built & { readonly base: number }) | Fault;

/** Large enough that starting the parser costs nothing, small enough that its events do not pile up. */
const batchLength = 32 * 1024;

/** Reads short documents in batches; a batch in which anything is odd is read again one by one. */
const readDocuments = (text: string, segments: readonly Segment[]): readonly Read[] => {
  const reads: Read[] = [];
  for (let from = 0; from < segments.length;) {
    const start = segments[from]!.start;
    let to = from + 1;
    while (to < segments.length && segments[to]!.end - start <= batchLength) to++;
    const batch = segments.slice(from, to);
    reads.push(...(readBatch(text, batch) ?? batch.map((segment) => readSegment(text, segment))));
    from = to;
  }
  return reads;
};

const readBatch = (text: string, batch: readonly Segment[]): readonly Read[] | undefined => {
  const base = batch[0]!.start;
  const last = batch.at(-1)!;
  if (batch.length < 2) return undefined;
  const body = text.slice(base, last.end);
  const parsed = parseDocuments(body);
  const roots = parsed === undefined ? [] : rootEvents(parsed.events);
  if (parsed === undefined || roots.length !== batch.length) return undefined;
  return batch.map((segment, index) => {
    const root = roots[index]!;
    const start = base + startOf(parsed.events[root]!);
    const isElsewhere = start !== base && (start < segment.start || start >= segment.end);
    const read = isElsewhere ? undefined : build(body, parsed, root);
    return read === undefined || 'reason' in read ? readSegment(text, segment) : { ...read, base };
  });
};

const readSegment = (text: string, { start, end }: Segment): Read => {
  const read = readDocument(text.slice(start, end));
  return 'reason' in read ? read : { ...read, base: start };
};

const readDocument = (body: string): Built | Fault => {
  const parsed = parseDocument(body);
  const read = 'events' in parsed ? build(body, parsed) : parsed;
  if (!('reason' in read) || read.reason.startsWith('nesting exceeded')) return read;
  const json = parseJson(body);
  return json === undefined ? read : { value: json, duplicates: [] };
};

/** JSON that YAML readers may stumble over (tabs, odd white space); undefined where it is none. */
const parseJson = (text: string): unknown => {
  if (!/^\s*[[{]/.test(text) || mayBeTooDeep(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** Brackets in strings count as well: a wrong yes only costs the slower way through YAML. */
const mayBeTooDeep = (text: string): boolean => {
  let depth = 0;
  for (let at = 0; at < text.length && depth <= maximumDepth; at++) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) depth++;
    else if (code === 93 || code === 125) depth--;
  }
  return depth > maximumDepth;
};

const refuse = (
  file: SourceFile,
  text: string,
  segment: Segment,
  index: number,
  fault: Fault,
): { readonly unread: UnreadDocument; readonly problem?: Problem } => {
  const body = text.slice(segment.start, segment.end);
  const kinds = kindsIn(body);
  if (isTemplateText(body, fault.firstOffset ?? fault.offset)) {
    return { unread: { place: { file, document: index, path: [] }, why: 'template', kinds, shared: false } };
  }
  const { message, start, end } = explain(body, fault);
  const place = { file, document: index, path: [], offsets: [segment.start + start, segment.start + end] as const };
  return { unread: { place, why: 'broken', kinds, shared: false }, problem: { rule: 'schema/parse', place, message } };
};

const shortened = (key: string): string => (key.length <= 60 ? key : `${key.slice(0, 57)}…`).replaceAll(/\s/g, ' ');
