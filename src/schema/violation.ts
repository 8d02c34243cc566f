import type { Path } from '../model/index.ts';
import { get, isRecord, isTemplate, list } from '../model/index.ts';

/** Something in an object that the API server or istiod refuses. */
export interface Violation {
  /** From the root of the object to the key that is wrong, or to where a missing one belongs. */
  readonly path: Path;
  /** Tail of a sentence that begins with the key: `is 0, but a port lies between 1 and 65535`. */
  readonly problem: string;
  /** Istio versions that refuse it; left out: all. */
  readonly istio?: string | undefined;
  /** Something is not there: no fault where the document may be only a part of the object. */
  readonly isMissing?: boolean | undefined;
  /** What istiod only warns of may be meant so. */
  readonly isMild?: boolean | undefined;
  /** The key whose value asks for what is missing. */
  readonly asker?: Path | undefined;
}

/** A value of an object and the way to it. */
export interface Field {
  readonly value: unknown;
  readonly path: Path;
}

/** What a violation says beside its place and its problem. */
export interface Scope {
  readonly istio?: string | undefined;
  readonly isMissing?: boolean | undefined;
  readonly isMild?: boolean | undefined;
  readonly asker?: Path | undefined;
}

/** Takes down a violation. */
export type Refuse = (field: Field, problem: string, scope?: Scope) => void;

/** Nearly all fields are fine, and nobody asks for the way to them: it is put together when someone does. */
class InnerField implements Field {
  readonly value: unknown;
  readonly #outer: Field;
  readonly #step: string | number;

  constructor(value: unknown, outer: Field, step: string | number) {
    this.value = value;
    this.#outer = outer;
    this.#step = step;
  }

  get path(): Path {
    return [...this.#outer.path, this.#step];
  }
}

const stepInto = (field: Field, step: string | number): Field => new InnerField(get(field.value, step), field, step);

export const at = (field: Field, first: string | number, ...more: (string | number)[]): Field => {
  let found = stepInto(field, first);
  for (const step of more) found = stepInto(found, step);
  return found;
};

/** The items of a list, with the way to each. */
export const itemsOf = (field: Field): readonly Field[] => {
  const items = list(field.value);
  return items.length === 0 ? NO_FIELDS : items.map((value, index) => new InnerField(value, field, index));
};

const NO_FIELDS: readonly Field[] = [];

/** The entries of a map, with the way to each. */
export const entriesOf = (field: Field): readonly (readonly [key: string, field: Field])[] =>
  isRecord(field.value)
    ? Object.entries(field.value).map(([key, value]) => [key, new InnerField(value, field, key)] as const)
    : [];

/** Whether the key is there; null is dropped on the way into the cluster. */
export const has = (field: Field): boolean => field.value !== undefined && field.value !== null;

/** Whether the key is there and holds more than the empty value of its type. */
export const isFilled = ({ value }: Field): boolean =>
  value !== undefined && value !== null && value !== '' && value !== 0 && value !== false && !isEmpty(value);

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;

/** Whether a list is absent or has no items. What some tool fills in later is neither. */
export const isEmptyList = ({ value }: Field): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** The text of a string that is there, known and not left to a tool to fill in. */
export const written = ({ value }: Field): string | undefined =>
  typeof value === 'string' && !isTemplate(value) ? value : undefined;

/** The same for lists of strings: those that are known, each with its place. */
export const writtenItems = (field: Field): readonly (Field & { readonly value: string })[] =>
  itemsOf(field).filter((item): item is Field & { readonly value: string } => written(item) !== undefined);

/** A number, as it is written. */
export const numberOf = ({ value }: Field): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** The text of a string, templates included; '' where there is none: for comparisons with words that are known. */
export const wordOf = ({ value }: Field): string => (typeof value === 'string' ? value : '');

/** A value in a message, cut where it is long. */
export const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
};

/** `http[0].retries` */
export const pathInWords = (path: Path): string =>
  path.reduce<string>((words, step) => {
    if (typeof step === 'number') return `${words}[${step}]`;
    if (!/^[\w-]+$/.test(step)) return `${words}[${JSON.stringify(step)}]`;
    return words === '' ? step : `${words}.${step}`;
  }, '');

/** Runs a check and gives back what it refuses. */
export const collect = (check: (refuse: Refuse) => void): readonly Violation[] => {
  const found: Violation[] = [];
  check(({ path }, problem, scope = {}) => found.push({ path, problem, ...scope }));
  return found;
};
