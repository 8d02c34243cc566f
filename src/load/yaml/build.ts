import type { AliasEvent, Event, MappingEvent, ScalarEvent, SequenceEvent } from 'js-yaml';
import { EVENT_ID, SCALAR_STYLE } from 'js-yaml';
import type { Fault, Parsed } from './parse.ts';
import { rangeOfScalar, rootEvent, scalarText } from './parse.ts';
import type { Resolved } from './scalars.ts';
import { keyText, resolvePlain } from './scalars.ts';
import { Interner } from './intern.ts';

/** A key that its map holds already; offsets into the text of the document. */
export interface Duplicate {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly firstStart: number;
}

export interface Built {
  readonly value: unknown;
  readonly duplicates: readonly Duplicate[];
}

/** The value of the document whose root is event `root`, as Kubernetes' JSON conversion makes it, or why there is none. */
export const build = (text: string, parsed: Parsed, root = rootEvent(parsed.events)): Built | Fault => {
  const builder = new Builder(text, parsed, root);
  try {
    return builder.build();
  } catch (error) {
    if (error instanceof Refusal) return error.fault;
    throw error;
  }
};

/** Short texts repeat all over a fleet (`name`, `istio-system`); one copy of each is kept. */
const strings = new Interner<string>((text) => text);
const plainValues = new Interner<Resolved>((text) => resolvePlain(text));
const keys = new Interner<string | undefined>((text) => keyText(text));

interface Anchor {
  /** Undefined while the anchored node is still open. */
  readonly finished: boolean;
  readonly value: unknown;
  /** Nodes that the anchored value has once every alias in it is followed. */
  readonly size: number;
}

class Refusal extends Error {
  readonly fault: Fault;
  constructor(offset: number, reason: string) {
    super(reason);
    this.fault = { offset, reason };
  }
}

class Builder {
  private readonly events: readonly Event[];
  private nodes = 0;
  private aliased = 0;
  private anchors: Map<string, Anchor> | undefined;
  private repeated: { mapping: number; key: string; event: ScalarEvent | AliasEvent }[] | undefined;

  constructor(
    private readonly text: string,
    private readonly parsed: Parsed,
    private at: number,
  ) {
    this.events = parsed.events;
  }

  build(): Built {
    if (this.at === -1) return { value: null, duplicates: [] };
    const value = this.node();
    return { value, duplicates: this.repeated === undefined ? [] : this.duplicates(this.repeated) };
  }

  private node(): unknown {
    const event = this.events[this.at++]!;
    this.nodes++;
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return event.anchorStart === -1 && event.tagStart === -1 ? this.untagged(event) : this.marked(event);
      case EVENT_ID.MAPPING:
        return event.anchorStart === -1 ? this.map() : this.anchored(event, () => this.map());
      case EVENT_ID.SEQUENCE:
        return event.anchorStart === -1 ? this.list() : this.anchored(event, () => this.list());
      case EVENT_ID.ALIAS:
        return this.alias(event);
      default:
        throw new Refusal(0, 'unexpected event');
    }
  }

  private list(): unknown[] {
    const items: unknown[] = [];
    while (this.events[this.at]!.type !== EVENT_ID.POP) items.push(this.node());
    this.at++;
    return items;
  }

  private map(): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const opened = this.at;
    let merged: Set<string> | undefined;
    for (;;) {
      const event = this.events[this.at]!;
      if (event.type === EVENT_ID.POP) break;
      if (event.type === EVENT_ID.SCALAR && isMergeKey(this.text, event)) {
        this.at++;
        merged ??= new Set();
        this.merge(map, merged, rangeOfScalar(event)?.[0] ?? 0);
        continue;
      }
      const key = this.key(event);
      const value = this.node();
      if (Object.hasOwn(map, key) && merged?.delete(key) !== true) this.repeat(opened, key, event);
      put(map, key, value);
    }
    this.at++;
    return map;
  }

  private key(event: Event): string {
    if (event.type === EVENT_ID.SCALAR && event.anchorStart === -1 && event.tagStart === -1) {
      this.at++;
      if (event.style !== SCALAR_STYLE.PLAIN) return this.string(event);
      const key = event.valueStart === -1 ? undefined : keys.get(scalarText(this.text, event, this.parsed.joined));
      if (key === undefined) throw new Refusal(rangeOfScalar(event)?.[0] ?? this.nearby(), 'null key');
      return key;
    }
    if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.ALIAS)
      throw new Refusal(startOf(event), 'complex key');
    const value = this.node();
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return keyText(String(value)) ?? String(value);
    throw new Refusal(startOf(event), value === null ? 'null key' : 'complex key');
  }

  /** Keys written in the map win; of a list of sources the first wins, of several `<<` the last. */
  private merge(map: Record<string, unknown>, merged: Set<string>, offset: number): void {
    const value = this.node();
    const fresh: Record<string, unknown> = {};
    for (const source of Array.isArray(value) ? value : [value]) {
      if (typeof source !== 'object' || source === null || Array.isArray(source))
        throw new Refusal(offset, 'merge of no map');
      for (const [key, item] of Object.entries(source)) if (!Object.hasOwn(fresh, key)) put(fresh, key, item);
    }
    for (const [key, item] of Object.entries(fresh)) {
      if (Object.hasOwn(map, key) && !merged.has(key)) continue;
      put(map, key, item);
      merged.add(key);
    }
  }

  private untagged(event: ScalarEvent): Resolved {
    if (event.style !== SCALAR_STYLE.PLAIN) return this.string(event);
    return event.valueStart === -1 ? null : plainValues.get(scalarText(this.text, event, this.parsed.joined));
  }

  private string(event: ScalarEvent): string {
    return strings.get(scalarText(this.text, event, this.parsed.joined));
  }

  private marked(event: ScalarEvent): Resolved {
    const value = event.tagStart === -1 ? this.untagged(event) : this.tagged(event);
    if (event.anchorStart !== -1) this.anchor(event, { finished: true, value, size: 1 });
    return value;
  }

  private tagged(event: ScalarEvent): Resolved {
    const tag = this.text.slice(event.tagStart, event.tagEnd).replace(/^!<tag:yaml\.org,2002:(.*)>$/, '!!$1');
    const source = scalarText(this.text, event, this.parsed.joined);
    if (tag === '!!binary') return this.binary(event, source);
    const wanted = resolvedTags.get(tag);
    if (wanted === undefined) return source;
    const value = resolvePlain(source);
    if (wanted === (value === null ? 'null' : typeof value)) return value;
    throw new Refusal(event.tagStart, `cannot resolve ${tag}`);
  }

  private binary(event: ScalarEvent, source: string): string {
    const packed = source.replaceAll(/\s/g, '');
    if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed))
      throw new Refusal(event.tagStart, 'cannot resolve !!binary');
    return Buffer.from(packed, 'base64').toString('utf8');
  }

  private anchored<T>(event: MappingEvent | SequenceEvent, read: () => T): T {
    const before = this.nodes;
    this.anchor(event, { finished: false, value: undefined, size: 0 });
    const value = read();
    this.anchor(event, { finished: true, value, size: this.nodes - before + 1 });
    return value;
  }

  private anchor(event: MappingEvent | SequenceEvent | ScalarEvent, anchor: Anchor): void {
    this.anchors ??= new Map();
    this.anchors.set(this.text.slice(event.anchorStart, event.anchorEnd), anchor);
  }

  private alias(event: AliasEvent): unknown {
    const anchor = this.anchors?.get(this.text.slice(event.anchorStart, event.anchorEnd));
    if (anchor === undefined) throw new Refusal(event.anchorStart - 1, 'unknown alias');
    if (!anchor.finished) throw new Refusal(event.anchorStart - 1, 'alias inside its own anchor');
    this.nodes += anchor.size - 1;
    this.aliased += anchor.size;
    if (this.aliased > 100 && this.nodes > 1_000 && this.aliased / this.nodes > allowedShare(this.nodes)) {
      throw new Refusal(event.anchorStart - 1, 'alias bomb');
    }
    return anchor.value;
  }

  private repeat(mapping: number, key: string, event: Event): void {
    if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.ALIAS) return;
    this.repeated ??= [];
    this.repeated.push({ mapping, key, event });
  }

  /** Offset just before the event in hand, for nodes that are not written at all. */
  private nearby(): number {
    for (let at = this.at - 1; at > 0; at--) {
      const event = this.events[at];
      if (event?.type === EVENT_ID.SCALAR && event.valueEnd !== -1) return event.valueEnd;
      if (event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE) return event.start;
    }
    return 0;
  }

  private duplicates(
    repeated: readonly { mapping: number; key: string; event: ScalarEvent | AliasEvent }[],
  ): readonly Duplicate[] {
    const firstKeys = new Map<number, ReadonlyMap<string, number>>();
    return repeated.map(({ mapping, key, event }) => {
      let first = firstKeys.get(mapping);
      if (first === undefined) {
        first = this.firstKeysOf(mapping);
        firstKeys.set(mapping, first);
      }
      const [start, end] =
        event.type === EVENT_ID.SCALAR ? (rangeOfScalar(event) ?? [0, 0]) : [event.anchorStart - 1, event.anchorEnd];
      return { key, start, end, firstStart: first.get(key) ?? start };
    });
  }

  /** Offsets of the first use of each key of the map whose keys begin at event `mapping`. */
  private firstKeysOf(mapping: number): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    this.at = mapping;
    while (this.events[this.at]!.type !== EVENT_ID.POP) {
      const event = this.events[this.at]!;
      const key = event.type === EVENT_ID.SCALAR && isMergeKey(this.text, event) ? undefined : this.key(event);
      if (key === undefined) this.at++;
      else if (!found.has(key)) found.set(key, startOf(event));
      this.at = skip(this.events, this.at);
    }
    return found;
  }
}

const resolvedTags = new Map([
  ['!!int', 'number'],
  ['!!float', 'number'],
  ['!!bool', 'boolean'],
  ['!!null', 'null'],
]);

/** True for the key `<<`. In quotes it is a key like any other. */
export const isMergeKey = (text: string, event: ScalarEvent): boolean =>
  event.valueEnd - event.valueStart === 2 &&
  event.style === SCALAR_STYLE.PLAIN &&
  text.startsWith('<<', event.valueStart) &&
  (event.tagStart === -1 || /^!(?:!merge)?$/.test(text.slice(event.tagStart, event.tagEnd)));

/** The name that a key has in the value that `build` makes. */
export const textOfKey = (text: string, event: ScalarEvent, joined: boolean): string => {
  const source = scalarText(text, event, joined);
  const tag = event.tagStart === -1 ? undefined : text.slice(event.tagStart, event.tagEnd);
  const isText = tag === undefined ? event.style !== SCALAR_STYLE.PLAIN : !resolvedTags.has(tag);
  return isText ? source : (keyText(source) ?? source);
};

/** Index of the event after the node that begins at `at`. */
export const skip = (events: readonly Event[], at: number): number => {
  let depth = 0;
  for (;;) {
    const type = events[at++]?.type;
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth++;
    else if (type === EVENT_ID.POP) depth--;
    if (depth === 0 || type === undefined) return at;
  }
};

/** Offset where a node is written; 0 where it is not. */
export const startOf = (event: Event): number => {
  if (event.type === EVENT_ID.SCALAR) return rangeOfScalar(event)?.[0] ?? 0;
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
  return event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE ? event.start : 0;
};

/** How much of a document may come from aliases: go-yaml's own limits, from 99 % for small ones to 10 %. */
const allowedShare = (nodes: number): number => {
  const [low, high] = [400_000, 4_000_000];
  if (nodes <= low) return 0.99;
  return nodes >= high ? 0.1 : 0.99 - (0.89 * (nodes - low)) / (high - low);
};

const put = (map: Record<string, unknown>, key: string, value: unknown): void => {
  if (key !== '__proto__') map[key] = value;
  else Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
};
