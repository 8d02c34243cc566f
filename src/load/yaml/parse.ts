import type { Event, ScalarEvent } from 'js-yaml';
import { EVENT_ID, SCALAR_STYLE, YAMLException, getScalarValue, parseEvents } from 'js-yaml';
import { JoinedText } from './join.ts';

/** Deeper nesting is refused; hand-written manifests and CRD schemas stay far below. */
export const maximumDepth = 200;

/** Why a document cannot be read: an offset into its text, and the reason as the parser words it. */
export interface Fault {
  readonly offset: number;
  readonly reason: string;
  /** Where reading stopped first, if lines had to be joined to come as far as `offset`. */
  readonly firstOffset?: number;
}

/** The events of one document. `joined`: lines were joined for the parser, so no scalar may be cut out as it stands. */
export interface Parsed {
  readonly events: readonly Event[];
  readonly joined: boolean;
}

/** Events of all documents of a text that needs no repair; undefined where any of them does. */
export const parseDocuments = (text: string): Parsed | undefined => {
  const parsed = attempt(text);
  return 'events' in parsed ? parsed : undefined;
};

/** Events of one document, with offsets into `text`. Never throws. */
export const parseDocument = (text: string): Parsed | Fault => {
  const first = attempt(text);
  if ('events' in first || first.reason !== deficient) return first;
  return parseJoined(text, first);
};

/** The text of a scalar as it was meant, escapes and folding undone. */
export const scalarText = (text: string, event: ScalarEvent, joined: boolean): string => {
  if (!event.fast) return getScalarValue(text, event);
  return joined ? getScalarValue(text, { ...event, fast: false }) : text.slice(event.valueStart, event.valueEnd);
};

/** True for a scalar written with `|` or `>`. */
export const isBlockScalar = (event: ScalarEvent): boolean =>
  event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;

/** First and last offset of a node as written, with quotes; undefined where nothing is written. */
export const rangeOfScalar = (event: ScalarEvent): readonly [start: number, end: number] | undefined => {
  if (event.valueStart === -1) return undefined;
  const quotes = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
  return [event.valueStart - quotes, event.valueEnd + quotes];
};

/** Index of the first event of the document's root node; -1 for an empty text. */
export const rootEvent = (events: readonly Event[]): number => (events[0]?.type === EVENT_ID.DOCUMENT ? 1 : -1);

/** Indexes of the root events of all documents. */
export const rootEvents = (events: readonly Event[]): readonly number[] =>
  events.flatMap((event, index) => (event.type === EVENT_ID.DOCUMENT ? [index + 1] : []));

const deficient = 'deficient indentation';

const attempt = (text: string): Parsed | Fault => {
  try {
    return { events: parseEvents(text, { maxDepth: maximumDepth }), joined: false };
  } catch (error) {
    if (error instanceof YAMLException) return { offset: error.mark?.position ?? 0, reason: error.reason };
    return { offset: 0, reason: error instanceof Error ? error.message : String(error) };
  }
};

// js-yaml follows YAML 1.2, where a `]` or a quoted line must be indented deeper than its key; go-yaml takes
// `args: [` with `]` below `args`. Joining such lines keeps all offsets, and values are cut from the true text.
const parseJoined = (text: string, first: Fault): Parsed | Fault => {
  const given = { ...first, firstOffset: first.offset };
  if (text.length > longestRepair) return given;
  let joined = JoinedText.of(text);
  joined.joinClosers();
  let lines = 1;
  let undo: JoinedText | undefined;
  for (let budget = repairBudget; budget > 0;) {
    const result = attempt(joined.toString());
    if ('events' in result) return { events: result.events, joined: true };
    budget -= result.offset + text.length / 8 + 1_000;
    if (result.reason === deficient) {
      // Lists of thousands of lines in column 0 are taken in ever larger steps.
      undo = joined.copy();
      if (!joined.joinLines(result.offset, lines)) return given;
      lines *= 2;
    } else if (undo !== undefined && lines > 2) {
      // Joined beyond the end of the list: half of it once more.
      joined = undo;
      lines = Math.max(1, Math.floor(lines / 4));
      undo = undefined;
    } else return { ...result, firstOffset: first.offset };
  }
  return given;
};

const longestRepair = 16 * 1024 * 1024;

/** Characters that may be parsed again while one document is repaired. */
const repairBudget = 6_000_000;
