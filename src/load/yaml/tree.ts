import type { Event, ScalarEvent } from 'js-yaml';
import { EVENT_ID, SCALAR_STYLE } from 'js-yaml';
import type { Path } from '../../model/index.ts';
import { isMergeKey, startOf, textOfKey } from './build.ts';
import type { Parsed } from './parse.ts';
import { isBlockScalar, rangeOfScalar, rootEvent, scalarText } from './parse.ts';
import { resolvePlain } from './scalars.ts';

/** Offsets into the text of a document, end exclusive. */
export type Span = readonly [start: number, end: number];

/** One node of a document with the places where its parts are written. Aliases share the node they name. */
export interface PlacedNode {
  readonly start: number;
  readonly entries: Map<string, Entry> | undefined;
  readonly items: PlacedNode[] | undefined;
  readonly merged: PlacedNode[];
  readonly scalar: ScalarEvent | undefined;
  /** The text of the scalar as written begins and ends here. */
  readonly span: Span;
}

interface Entry {
  readonly key: Span;
  readonly value: PlacedNode;
}

/** What was found at a path: the key or item to point at, and the value there. */
export interface Found {
  readonly span: Span;
  readonly node: PlacedNode;
  /** False where the path goes on and only its parent exists. */
  readonly complete: boolean;
}

/** The document as a tree of places. */
export const placeNodes = (text: string, parsed: Parsed): PlacedNode | undefined => {
  const root = rootEvent(parsed.events);
  return root === -1 ? undefined : new Planter(text, parsed, root).node();
};

/** Goes as far along a path as the document does. */
export const follow = (root: PlacedNode, path: Path): Found => {
  let found: Found = { span: firstSpan(root), node: root, complete: true };
  for (const step of path) {
    const next = child(found.node, step);
    if (next === undefined) return { ...found, complete: false };
    found = { ...next, complete: true };
  }
  return found;
};

/** The text that a block scalar holds, and the offset in the document of each of its lines. */
export const blockLines = (
  text: string,
  event: ScalarEvent,
  joined: boolean,
): { readonly text: string; readonly outer: (offset: number) => number } => {
  const inner = scalarText(text, event, joined);
  const starts: { readonly inner: number; readonly outer: number }[] = [];
  let from = 0;
  let at = event.valueStart;
  for (const line of text.slice(event.valueStart, event.valueEnd).split('\n')) {
    const content = line.replace(/\r$/, '').slice(Math.max(0, event.indent));
    // Folding turns line breaks into spaces but leaves the words of a line as they are.
    const position = content === '' ? -1 : inner.indexOf(content, from);
    if (position !== -1) {
      starts.push({ inner: position, outer: at + Math.max(0, event.indent) });
      from = position + content.length;
    }
    at += line.length + 1;
  }
  const outer = (offset: number): number => {
    const line = starts.findLast((start) => start.inner <= offset) ?? starts[0];
    return line === undefined ? event.valueStart : line.outer + Math.max(0, offset - line.inner);
  };
  return { text: inner, outer };
};

/** True for a scalar whose text may hold embedded YAML line by line. */
export const holdsLines = (node: PlacedNode): boolean => node.scalar !== undefined && isBlockScalar(node.scalar);

/** True for a document that says nothing or `null`. */
export const isNothing = (node: PlacedNode, text: string): boolean =>
  node.scalar !== undefined &&
  node.scalar.style === SCALAR_STYLE.PLAIN &&
  resolvePlain(writtenText(text, node.scalar) ?? '') === null;

const child = (node: PlacedNode, step: string | number): Omit<Found, 'complete'> | undefined => {
  if (node.items !== undefined) {
    const item = node.items[Number(step)];
    return item === undefined ? undefined : { span: firstSpan(item), node: item };
  }
  const entry = entryOf(node, String(step));
  return entry === undefined ? undefined : { span: entry.key, node: entry.value };
};

const entryOf = (node: PlacedNode, key: string): Entry | undefined => {
  const own = node.entries?.get(key);
  if (own !== undefined) return own;
  for (const source of node.merged.toReversed()) {
    for (const merged of source.items ?? [source]) {
      const entry = entryOf(merged, key);
      if (entry !== undefined) return entry;
    }
  }
  return undefined;
};

/** The first key of a map, the first item of a list, the scalar itself. */
const firstSpan = (node: PlacedNode): Span => {
  if (node.entries === undefined && node.items === undefined) return node.span;
  const first = node.entries?.values().next().value;
  if (first !== undefined && first.key[0] >= node.start) return first.key;
  const item = node.items?.[0];
  return item === undefined || item.start < node.start ? node.span : firstSpan(item);
};

class Planter {
  private readonly events: readonly Event[];
  private readonly anchors = new Map<string, PlacedNode>();

  constructor(
    private readonly text: string,
    private readonly parsed: Parsed,
    private at: number,
  ) {
    this.events = parsed.events;
  }

  node(): PlacedNode {
    const event = this.events[this.at++]!;
    if (event.type === EVENT_ID.ALIAS) {
      const span = [event.anchorStart - 1, event.anchorEnd] as const;
      return this.anchors.get(this.text.slice(event.anchorStart, event.anchorEnd)) ?? this.empty(span);
    }
    if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.MAPPING && event.type !== EVENT_ID.SEQUENCE)
      return this.empty([0, 0]);
    const node = this.open(event);
    if (event.anchorStart !== -1) this.anchors.set(this.text.slice(event.anchorStart, event.anchorEnd), node);
    if (node.entries !== undefined) this.fillMap(node, node.entries);
    else if (node.items !== undefined) this.fillList(node.items);
    return node;
  }

  private open(
    event: Exclude<Event, { type: typeof EVENT_ID.ALIAS | typeof EVENT_ID.POP | typeof EVENT_ID.DOCUMENT }>,
  ): PlacedNode {
    if (event.type === EVENT_ID.SCALAR) {
      const span = rangeOfScalar(event) ?? this.gap(event);
      return { ...this.empty(span), scalar: event };
    }
    const isMap = event.type === EVENT_ID.MAPPING;
    return {
      ...this.empty([event.start, event.start + 1]),
      entries: isMap ? new Map() : undefined,
      items: isMap ? undefined : [],
    };
  }

  private fillMap(node: PlacedNode, entries: Map<string, Entry>): void {
    while (this.events[this.at]!.type !== EVENT_ID.POP) {
      const event = this.events[this.at]!;
      const start = startOf(event);
      if (event.type === EVENT_ID.SCALAR && isMergeKey(this.text, event)) {
        this.at++;
        node.merged.push(this.node());
        continue;
      }
      const key = this.node();
      const name = key.scalar === undefined ? '' : textOfKey(this.text, key.scalar, this.parsed.joined);
      const span = event.type === EVENT_ID.ALIAS ? ([start, event.anchorEnd] as const) : key.span;
      entries.set(name, { key: span, value: this.node() });
    }
    this.at++;
  }

  private fillList(items: PlacedNode[]): void {
    while (this.events[this.at]!.type !== EVENT_ID.POP) items.push(this.node());
    this.at++;
  }

  /** A value that is not written stands where its tag, anchor or the text before it ends. */
  private gap(event: ScalarEvent): Span {
    if (event.tagStart !== -1) return [event.tagStart, event.tagEnd];
    if (event.anchorStart !== -1) return [event.anchorStart - 1, event.anchorEnd];
    for (let at = this.at - 2; at > 0; at--) {
      const before = this.events[at]!;
      const end = before.type === EVENT_ID.SCALAR ? rangeOfScalar(before)?.[1] : undefined;
      if (end !== undefined) return [end, end];
    }
    return [0, 0];
  }

  private empty(span: Span): PlacedNode {
    return { start: span[0], span, entries: undefined, items: undefined, merged: [], scalar: undefined };
  }
}

/** A scalar's text as written, with its quotes; a block scalar without its indicator. */
export const writtenText = (text: string, event: ScalarEvent): string | undefined => {
  const span = rangeOfScalar(event);
  return span === undefined ? undefined : text.slice(span[0], span[1]);
};
