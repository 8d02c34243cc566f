import type { Path, Place, Range, SourceFile } from '../model/index.ts';
import { readLenient } from './walk.ts';
import { Lines } from './yaml/lines.ts';
import { parseDocument } from './yaml/parse.ts';
import type { Segment } from './yaml/split.ts';
import { contentStart, splitDocuments, withLineFeeds } from './yaml/split.ts';
import type { Found, PlacedNode, Span } from './yaml/tree.ts';
import { blockLines, follow, holdsLines, isNothing, placeNodes, writtenText } from './yaml/tree.ts';

/** Works out where places stand, and keeps the last few files so that many places of one file are cheap. */
export interface Locator {
  /** The key or list item that is meant; a path that does not exist stands for its nearest parent. */
  readonly locate: (place: Place) => Range;
  /** A line of a file as it is written, from 1; undefined where there is none or the file is no text. */
  readonly sourceLine: (file: SourceFile, line: number) => string | undefined;
  /** The value at a place as written, with its quotes; undefined for maps, lists and what is not there. */
  readonly rawText: (place: Place) => string | undefined;
}

const mostFiles = 64;
const mostCharacters = 32 * 1024 * 1024;

/** A locator with its own memory of files. It reads a file again where the `SourceFile` object is another one. */
export const createLocator = (): Locator => {
  const held = new Map<SourceFile, PlacedFile>();
  let characters = 0;
  const open = (file: SourceFile): PlacedFile => {
    const known = held.get(file);
    if (known !== undefined) {
      // The order of a Map is the order of use: the first is the one used longest ago.
      held.delete(file);
      held.set(file, known);
      return known;
    }
    const opened = new PlacedFile(readLenient(file));
    held.set(file, opened);
    characters += opened.text.length;
    for (const [oldest, { text }] of held) {
      if (held.size === 1 || (held.size <= mostFiles && characters <= mostCharacters)) break;
      held.delete(oldest);
      characters -= text.length;
    }
    return opened;
  };
  return {
    locate: (place) => open(place.file).locate(place),
    sourceLine: (file, line) => open(file).line(line),
    rawText: (place) => open(place.file).rawText(place),
  };
};

interface PlacedDocument {
  readonly start: number;
  readonly text: string;
  readonly joined: boolean;
  readonly root: PlacedNode | undefined;
}

interface Embedded {
  readonly root: PlacedNode;
  /** Offset in the embedded text to the offset in the document around it. */
  readonly outer: (offset: number) => number;
  readonly text: string;
}

class PlacedFile {
  readonly text: string;
  private readonly lines: Lines;
  private readonly isText: boolean;
  private segments: readonly Segment[] | undefined;
  private readonly documents = new Map<number, PlacedDocument>();
  private readonly embedded = new Map<PlacedNode, Embedded | undefined>();

  constructor(source: string | undefined) {
    this.text = withLineFeeds(source ?? '');
    this.isText = source !== undefined && !this.text.includes('\0');
    this.lines = new Lines(this.text);
  }

  locate(place: Place): Range {
    return this.range(place.offsets ?? this.spanOf(place));
  }

  line(line: number): string | undefined {
    return this.isText ? this.lines.line(line) : undefined;
  }

  rawText(place: Place): string | undefined {
    const document = this.document(place.document);
    if (document?.root === undefined) return undefined;
    const found = follow(document.root, place.path);
    if (!found.complete) return undefined;
    if (place.inner === undefined) return found.node.scalar && writtenText(document.text, found.node.scalar);
    const embedded = this.embeddedIn(document, found.node);
    const inner = embedded && follow(embedded.root, place.inner);
    return embedded && inner?.complete === true && inner.node.scalar
      ? writtenText(embedded.text, inner.node.scalar)
      : undefined;
  }

  private spanOf(place: Place): Span {
    const document = this.document(place.document);
    if (document === undefined) return [0, 1];
    if (document.root === undefined) return this.firstLine(document);
    const found = follow(document.root, place.path);
    const [start, end] =
      withinScalar(document, found, place.within) ?? this.innerSpan(document, found, place.inner) ?? found.span;
    return [document.start + start, document.start + end];
  }

  private innerSpan(document: PlacedDocument, found: Found, inner: Path | undefined): Span | undefined {
    if (inner === undefined || !found.complete) return undefined;
    const embedded = this.embeddedIn(document, found.node);
    if (embedded === undefined) return undefined;
    const [start, end] = follow(embedded.root, inner).span;
    return [embedded.outer(start), embedded.outer(start) + end - start];
  }

  private embeddedIn(document: PlacedDocument, node: PlacedNode): Embedded | undefined {
    if (!holdsLines(node) || node.scalar === undefined) return undefined;
    if (this.embedded.has(node)) return this.embedded.get(node);
    const { text, outer } = blockLines(document.text, node.scalar, document.joined);
    const parsed = placedDocuments(text).find(({ root, text: body }) => root !== undefined && !isNothing(root, body));
    const made = parsed?.root && {
      root: parsed.root,
      text: parsed.text,
      outer: (offset: number) => outer(parsed.start + offset),
    };
    this.embedded.set(node, made);
    return made;
  }

  private document(index: number): PlacedDocument | undefined {
    const known = this.documents.get(index);
    if (known !== undefined) return known;
    this.segments ??= splitDocuments(this.text);
    const segment = this.segments[index];
    if (segment === undefined) return undefined;
    const made = placedDocument(this.text, segment);
    this.documents.set(index, made);
    return made;
  }

  /** The first line of a document that cannot be parsed. */
  private firstLine({ start, text }: PlacedDocument): Span {
    const first = contentStart(text.replace(/^---(?=\s)/, '   '), 0, text.length);
    if (first === -1) return [start, start + 1];
    const end = text.indexOf('\n', first);
    return [start + first, start + (end === -1 ? text.length : end)];
  }

  /** A range never leaves the line it begins in: one line is what a report shows. */
  private range([start, end]: Span): Range {
    const from = Math.max(0, Math.min(start, this.text.length));
    const line = this.lines.lineOf(from);
    const column = Math.max(1, this.lines.columnOf(from));
    const last = (this.lines.line(line)?.trimEnd().length ?? 0) + 1;
    const endColumn = Math.max(column + 1, Math.min(column + end - start, last));
    return { line, column, endLine: line, endColumn };
  }
}

/** Characters of a block scalar; scalars on one line keep their own span. */
const withinScalar = (
  document: PlacedDocument,
  { node, complete }: Found,
  within: Place['within'],
): Span | undefined => {
  if (within === undefined || !complete || !holdsLines(node) || node.scalar === undefined) return undefined;
  const { outer } = blockLines(document.text, node.scalar, document.joined);
  return [outer(within[0]), outer(within[0]) + within[1] - within[0]];
};

const placedDocument = (text: string, segment: Segment): PlacedDocument => {
  const body = text.slice(segment.start, segment.end);
  const parsed = parseDocument(body);
  const isRead = 'events' in parsed;
  return {
    start: segment.start,
    text: body,
    joined: isRead && parsed.joined,
    root: isRead ? placeNodes(body, parsed) : undefined,
  };
};

const placedDocuments = (source: string): readonly PlacedDocument[] => {
  const text = withLineFeeds(source);
  return splitDocuments(text).map((segment) => placedDocument(text, segment));
};

const shared = createLocator();

/** The lines and columns of a place. Never throws; a file that is gone has line 1, column 1. */
export const locate = (place: Place): Range => shared.locate(place);

/** A line of a file as it is written, for code frames; from 1. */
export const sourceLine = (file: SourceFile, line: number): string | undefined => shared.sourceLine(file, line);

/** The value at a place as it is written (`on`, `"1"`, `0x1`); undefined for maps, lists and what is not there. */
export const rawText = (place: Place): string | undefined => shared.rawText(place);
