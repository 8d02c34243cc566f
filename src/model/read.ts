/** Small readers that narrow YAML of unknown shape. They never throw and never see inherited keys. */

/** The value at `path`, or undefined where anything on the way is missing or of another shape. */
export const get = (value: unknown, ...path: (string | number)[]): unknown => {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    const held = here as Record<string | number, unknown>;
    const next = held[step];
    // All that is inherited is a function or a prototype, and YAML holds neither; to ask for each key takes twice as long.
    if ((typeof next === 'function' || step === '__proto__') && !Object.hasOwn(held, step)) return undefined;
    here = next;
  }
  return here;
};

/** A string, and nothing else. */
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A string, number or boolean as its text; undefined for null, maps and lists. */
export const scalar = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;

/** The text of a scalar that is neither empty nor missing. */
export const filled = (value: unknown): string | undefined => {
  const found = scalar(value);
  return found === undefined || found === '' ? undefined : found;
};

/** The map itself, or an empty one for anything else. */
export const record = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The list itself, or an empty one for anything else. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The strings of a list; other items are left out. */
export const texts = (value: unknown): readonly string[] => list(value).filter((item) => typeof item === 'string');

/** A map of strings (labels, selectors); values that are no scalars are left out. */
export const textMap = (value: unknown): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {};
  for (const [key, item] of Object.entries(record(value))) {
    const as = scalar(item);
    if (as !== undefined) found[key] = as;
  }
  return found;
};

/**
 * `true`/`false` as YAML or as text ("true", "1", "t" as Go's ParseBool reads env values).
 * Undefined for anything else.
 */
export const flag = (value: unknown): boolean | undefined => {
  const found = scalar(value);
  if (found === undefined) return undefined;
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(found)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(found)) return false;
  return undefined;
};

/** An integer, written as a number or as decimal text. */
export const integer = (value: unknown): number | undefined => {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  return typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value) ? Number(value) : undefined;
};

/**
 * Text that some tool will fill in before Kubernetes sees it (`${VAR}`, `$VAR`, `$(…)`, `{{ }}`, `[[ ]]`,
 * `{name}`, `<name>`, REPLACE_ME): it has no value yet.
 */
export const isTemplate = (value: string): boolean =>
  /\$\{|\$\(|\$[A-Za-z_]|\{\{|\[\[|\{[A-Za-z_]\w*\}|REPLACE_ME|^<[^<>\n]*>$/.test(value);
