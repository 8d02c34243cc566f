// Looks at a value the way the API server looks at an object: types, fields, enums, bounds. Nothing is compiled; a
// table of schemas is walked beside the value.
import type { Path } from '../model/index.ts';
import { get, isTemplate } from '../model/index.ts';
import { missedFormat } from './forms/formats.ts';
import type { History, Node, Table } from './table.ts';

export type ProblemKind =
  | 'type'
  | 'unknown-field'
  | 'enum'
  | 'one-of'
  | 'required'
  | 'pattern'
  | 'bounds'
  | 'duplicate'
  | 'format'
  | 'not-yet-in'
  | 'removed-in'
  | 'deprecated';

/** Where a value does not have the form that its schema wants. */
export interface Problem {
  readonly kind: ProblemKind;
  /** To the key or list item meant; for a missing field the map that lacks it. */
  readonly path: Path;
  /** Name of the field, the missing field, or the value of an enum. */
  readonly name: string;
  /**
   * `type`: the type wanted (`a list`); `enum`: the values; `one-of`: the fields that are set; `unknown-field`: the
   * fields there are; `pattern`: the pattern; `bounds`: the bound in words (`at most 256 items`); `duplicate`: the
   * fields by which items tell apart; `format`: the format in words (`a duration like 1.5s or 1h`).
   */
  readonly wanted: readonly string[];
  /** For `not-yet-in`, `removed-in` and `deprecated`: the minor. */
  readonly minor?: number | undefined;
  /** `type`: the value would be taken if it stood in quotes. */
  readonly isUnquoted?: boolean | undefined;
  /** Only some of the releases that the cluster may run have the problem. */
  readonly partly?: boolean | undefined;
}

export interface WalkOptions {
  /** Releases that are meant, for fields with a history; both ends included. */
  readonly minors: { readonly low: number; readonly high: number };
  /** Part of an object (a patch, an overlay): nothing is required. */
  readonly isPartial: boolean;
  /** Read as protos are: snake_case is the same field, numbers may be text, enums may be numbers. */
  readonly isProto: boolean;
}

/** One document has no more problems than a person reads. */
const MOST = 200;

/** The problems of a value, in the order in which they stand. */
export const walk = (table: Table, root: number, value: unknown, options: WalkOptions): readonly Problem[] => {
  const problems: Problem[] = [];
  const path: (string | number)[] = [];
  const { nodes } = table;

  const tell = (kind: ProblemKind, name: string, wanted: readonly string[], more?: Partial<Problem>): void => {
    if (problems.length < MOST) problems.push({ kind, path: [...path], name, wanted, ...more });
  };

  const visit = (index: number, here: unknown): void => {
    const node = nodes[index];
    if (node === undefined) return;
    switch (typeof here) {
      case 'string':
        return visitText(node, here);
      case 'number':
        return visitNumber(node, here);
      case 'boolean':
        if (node.type !== undefined && node.type !== 'boolean') tellType(node, here);
        return;
      case 'object':
        // Null is a field that is not set.
        if (here === null) return;
        return Array.isArray(here) ? visitList(node, here) : visitMap(node, here as Readonly<Record<string, unknown>>);
      default:
        return;
    }
  };

  const tellType = (node: Node, here?: number | boolean): void =>
    tell('type', nameAt(path), [typeInWords(node)], isUnquoted(node, here) ? { isUnquoted: true } : undefined);

  const visitText = (node: Node, here: string): void => {
    const { type } = node;
    if (type !== undefined && type !== 'string' && node['x-kubernetes-int-or-string'] !== true) {
      const isNumber = options.isProto && (type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(here);
      if (!isNumber && !isTemplate(here)) tellType(node);
      return;
    }
    if (node.enum !== undefined) return visitEnum(node, node.enum, here);
    const format = node.format === undefined || isTemplate(here) ? undefined : missedFormat(node.format, here);
    if (format !== undefined) tell('format', nameAt(path), [format]);
    if (node.minLength === undefined && node.maxLength === undefined && node.pattern === undefined) return;
    if (isTemplate(here)) return;
    const length = node.maxLength === undefined && node.minLength === undefined ? 0 : [...here].length;
    if (length < (node.minLength ?? 0))
      tell('bounds', nameAt(path), [`at least ${count(node.minLength, 'character')}`]);
    if (length > (node.maxLength ?? length))
      tell('bounds', nameAt(path), [`at most ${count(node.maxLength, 'character')}`]);
    if (node.pattern !== undefined && !matches(node.pattern, here)) tell('pattern', nameAt(path), [node.pattern]);
  };

  const visitEnum = (node: Node, values: readonly string[], here: string): void => {
    if (!values.includes(here)) {
      if (!isTemplate(here)) tell('enum', here, valuesIn(node, values, options.minors.high));
      return;
    }
    tellHistory(node.versions?.[here], here);
  };

  const visitNumber = (node: Node, here: number): void => {
    const { type } = node;
    if (type === 'string' && node.enum !== undefined && options.isProto) return;
    if (type === 'integer' ? !Number.isInteger(here) : type !== undefined && type !== 'number') {
      if (node['x-kubernetes-int-or-string'] !== true || !Number.isInteger(here)) tellType(node, here);
      return;
    }
    const { minimum, maximum } = boundsOf(node);
    if (here < (minimum ?? here)) tell('bounds', nameAt(path), [`at least ${minimum}`]);
    if (here > (maximum ?? here)) tell('bounds', nameAt(path), [`at most ${maximum}`]);
  };

  const visitList = (node: Node, here: readonly unknown[]): void => {
    if (node.type !== 'array') {
      if (node.type !== undefined) tellType(node);
      return;
    }
    if (here.length < (node.minItems ?? 0)) tell('bounds', nameAt(path), [`at least ${count(node.minItems, 'item')}`]);
    if (here.length > (node.maxItems ?? here.length))
      tell('bounds', nameAt(path), [`at most ${count(node.maxItems, 'item')}`]);
    const { items } = node;
    if (items === undefined) return;
    for (let index = 0; index < here.length; index++) {
      path.push(index);
      // An item cannot be absent: null is a value of the wrong type there.
      if ((here[index] ?? null) === null && nodes[items]?.type !== undefined && nodes[items]?.nullable !== true)
        tellType(nodes[items]!);
      else visit(items, here[index]);
      path.pop();
    }
    const keys = node['x-kubernetes-list-map-keys'];
    if (keys !== undefined && here.length > 1) tellRepeated(keys, here);
  };

  const tellRepeated = (keys: readonly string[], here: readonly unknown[]): void => {
    const seen = new Set<string>();
    for (const [index, item] of here.entries()) {
      const held = keys.map((key) => get(item, key) ?? undefined);
      // What is missing is told of by itself.
      if (held.some((value) => value === undefined || (typeof value === 'string' && isTemplate(value)))) continue;
      const id = JSON.stringify(held);
      const last = keys.at(-1)!;
      path.push(index, last);
      if (seen.has(id)) tell('duplicate', last, keys);
      path.length -= 2;
      seen.add(id);
    }
  };

  const visitMap = (node: Node, here: Readonly<Record<string, unknown>>): void => {
    if (node.type !== 'object') {
      if (node.type !== undefined) tellType(node);
      return;
    }
    const { properties, additionalProperties } = node;
    const isOpen = node['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
    let isTemplated = false;
    let size = 0;
    for (const key in here) {
      if (!Object.hasOwn(here, key)) continue;
      const item = here[key];
      if (item !== null) size++;
      const own = fieldOf(properties, key, options.isProto);
      const inner =
        own === undefined
          ? typeof additionalProperties === 'number'
            ? additionalProperties
            : undefined
          : properties?.[own];
      path.push(key);
      if (inner !== undefined) {
        if (own !== undefined && node.versions !== undefined && item !== null) tellHistory(node.versions[own], own);
        visit(inner, item);
      } else if (isTemplate(key)) isTemplated = true;
      // A map that says nothing of its fields may hold any.
      else if (!isOpen && properties !== undefined && key !== '$patch')
        tell('unknown-field', key, fieldsIn(node, options.minors.high));
      path.pop();
    }
    if (size < (node.minProperties ?? 0) && !isTemplated)
      tell('bounds', nameAt(path), [`at least ${count(node.minProperties, 'entry')}`]);
    if (size > (node.maxProperties ?? size))
      tell('bounds', nameAt(path), [`at most ${count(node.maxProperties, 'entry')}`]);
    if (isTemplated) return;
    if (node.required !== undefined && !options.isPartial)
      for (const name of node.required) if (!isSet(here, name, options.isProto)) tell('required', name, []);
    for (const group of node.groups ?? []) {
      const set = Object.keys(here).filter(
        (key) => here[key] !== null && group.includes(fieldOf(properties, key, options.isProto) ?? ''),
      );
      if (set.length > 1) tell('one-of', set.at(-1)!, set);
    }
  };

  const tellHistory = (history: History | undefined, name: string): void => {
    if (history === undefined) return;
    const [since, removed, deprecated] = history;
    const { low, high } = options.minors;
    if (low < since) tell('not-yet-in', name, [], { minor: since, partly: high >= since });
    else if (removed > 0 && high >= removed) tell('removed-in', name, [], { minor: removed, partly: low < removed });
    else if (deprecated > 0 && low >= deprecated) tell('deprecated', name, [], { minor: deprecated });
  };

  visit(root, value);
  return problems;
};

/** 32 bits with a sign, where the schema names no bounds of its own. */
const boundsOf = (node: Node): Pick<Node, 'minimum' | 'maximum'> =>
  node.type === 'integer' && node.format === 'int32' ? { minimum: -(2 ** 31), maximum: 2 ** 31 - 1, ...node } : node;

/** The name under which a schema knows a key; undefined where it does not. */
const fieldOf = (
  properties: Readonly<Record<string, number>> | undefined,
  key: string,
  isProto: boolean,
): string | undefined => {
  if (properties === undefined) return undefined;
  if (Object.hasOwn(properties, key)) return key;
  if (!isProto || !key.includes('_')) return undefined;
  const camel = camelCase(key);
  return Object.hasOwn(properties, camel) ? camel : undefined;
};

/** `jwks_uri` as `jwksUri`. */
export const camelCase = (key: string): string =>
  key.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const snakeCase = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const isSet = (here: Readonly<Record<string, unknown>>, name: string, isProto: boolean): boolean =>
  (Object.hasOwn(here, name) && here[name] !== null && here[name] !== undefined) ||
  (isProto && snakeCase(name) !== name && isSet(here, snakeCase(name), false));

const valuesIn = (node: Node, values: readonly string[], minor: number): readonly string[] =>
  values.filter((value) => isThere(node.versions?.[value], minor));

const fieldsIn = (node: Node, minor: number): readonly string[] =>
  Object.keys(node.properties ?? {}).filter((name) => isThere(node.versions?.[name], minor));

const isThere = (history: History | undefined, minor: number): boolean =>
  history === undefined || (history[0] <= minor && (history[1] === 0 || minor < history[1]));

/** The last key of a path: an index stands for the list around it. */
const nameAt = (path: Path): string => String(path.findLast((step) => typeof step === 'string') ?? '');

const isUnquoted = ({ type, enum: values, format, pattern }: Node, here: number | boolean | undefined): boolean =>
  here !== undefined &&
  type === 'string' &&
  (values === undefined || values.includes(String(here))) &&
  (format === undefined || missedFormat(format, String(here)) === undefined) &&
  (pattern === undefined || matches(pattern, String(here)));

const typeInWords = (node: Node): string =>
  node['x-kubernetes-int-or-string'] === true
    ? 'a whole number or text'
    : node.format === 'duration'
      ? 'a duration like 10s'
      : TYPES[node.type ?? 'object'];

const TYPES: Readonly<Record<NonNullable<Node['type']>, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

const count = (size: number | undefined, word: string): string =>
  size === 1 ? `1 ${word}` : `${size} ${word === 'entry' ? 'entries' : `${word}s`}`;

const patterns = new Map<string, RegExp | undefined>();

/** Patterns come from our own tables, never from a manifest; one that JavaScript reads otherwise refuses nothing. */
const matches = (pattern: string, value: string): boolean => {
  if (!patterns.has(pattern)) patterns.set(pattern, expression(pattern));
  return patterns.get(pattern)?.test(value) ?? true;
};

const expression = (pattern: string): RegExp | undefined => {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
};
