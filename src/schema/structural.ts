// What is wrong with the form of an object, in the releases that its cluster may run.
import type { Path } from '../model/index.ts';
import { isRecord } from '../model/index.ts';
import type { Node, Schema, Table } from './table.ts';
import { FIRST_CRDS, schemaIn } from './table.ts';
import type { Problem, ProblemKind, WalkOptions } from './walk.ts';
import { walk } from './walk.ts';

type Minors = WalkOptions['minors'];

export interface StructuralOptions {
  readonly minors: Minors;
  /** The releases are a guess: what is wrong in some of them only is no problem. */
  readonly assumed: boolean;
  /** Part of an object (a patch, an overlay): nothing is required. */
  readonly isPartial?: boolean | undefined;
}

/** The newest release that the tables know. */
export const NEWEST = 30;

/**
 * Problems of the form of an object of Istio, with paths from its root; none for kinds without a schema. A field or
 * a value that another release knows is told as `not-yet-in` or `removed-in`; what only some of the releases refuse
 * is `partly`.
 */
export const structuralProblems = (
  key: string,
  value: Readonly<Record<string, unknown>>,
  options: StructuralOptions,
): readonly Problem[] => {
  if (options.minors.low > NEWEST) return beyondTables(key, value, options);
  const spans = spansOf(key, options.minors);
  const newest = spans.at(-1);
  if (newest === undefined) return [];
  const first = problemsIn(newest, value, options);
  // In a span that is only assumed, one release that takes the object is enough.
  if (spans.length === 1 || (options.assumed && first.length === 0))
    return first.map((problem) => explained(key, problem, options.minors));
  const all = [first, ...spans.slice(0, -1).map((span) => problemsIn(span, value, options))];
  const counted = new Map<string, { readonly problem: Problem; count: number }>();
  for (const problem of all.flat()) {
    const id = JSON.stringify([problem.kind, problem.path, problem.name]);
    const held = counted.get(id);
    if (held === undefined) counted.set(id, { problem, count: 1 });
    else held.count++;
  }
  return [...counted.values()].flatMap(({ problem, count }) => {
    const partly = count < all.length || problem.partly === true;
    if (partly && options.assumed) return [];
    return [explained(key, partly ? { ...problem, partly } : problem, options.minors)];
  });
};

/** A release after the newest one of the tables may know more fields and values, but takes none away. */
const beyondTables = (
  key: string,
  value: Readonly<Record<string, unknown>>,
  options: StructuralOptions,
): readonly Problem[] =>
  structuralProblems(key, value, { ...options, minors: { low: NEWEST, high: NEWEST } }).filter(
    ({ kind }) => !WORDS.has(kind),
  );

/** Problems that end when a release learns a word. */
export const WORDS: ReadonlySet<ProblemKind> = new Set(['unknown-field', 'enum', 'not-yet-in', 'removed-in']);

/** Releases in a row with one schema. */
interface Span {
  readonly schema: Schema;
  readonly minors: Minors;
}

const spansOf = (key: string, { low, high }: Minors): readonly Span[] => {
  const spans: Span[] = [];
  for (let minor = low; minor <= Math.min(high, NEWEST); minor++) {
    const schema = schemaIn(key, minor);
    if (schema === undefined) continue;
    const last = spans.at(-1);
    if (last?.schema.table === schema.table && last.schema.root === schema.root)
      spans[spans.length - 1] = { schema, minors: { low: last.minors.low, high: minor } };
    else spans.push({ schema, minors: { low: minor, high: minor } });
  }
  return spans;
};

const problemsIn = (
  { schema, minors }: Span,
  value: Readonly<Record<string, unknown>>,
  { isPartial }: StructuralOptions,
): readonly Problem[] => {
  // Up to 1.5 the API server keeps all fields, and istiod reads them as protos.
  const options = { minors, isPartial: isPartial === true, isProto: minors.low <= FIRST_CRDS };
  if (!schema.isSpec) return walk(schema.table, schema.root, contentOf(value), options);
  if (!isRecord(value['spec'])) return [];
  return walk(schema.table, schema.root, value['spec'], options).map((problem) => ({
    ...problem,
    path: ['spec', ...problem.path],
  }));
};

/** An object without what every object has, and without keys that are there for tools and readers. */
export const contentOf = (value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const content: Record<string, unknown> = {};
  for (const key of Object.keys(value))
    if (!COMMON.has(key) && !key.startsWith('x-') && !key.startsWith('.')) content[key] = value[key];
  return content;
};

const COMMON = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/** What releases after the newest one of the tables know: `group/Kind name`. */
const COMING: ReadonlySet<string> = new Set(['networking.istio.io/EnvoyFilter MERGE_AND_REPLACE_LIST']);

/** Whether other releases know the field or the value. */
const explained = (key: string, problem: Problem, { low, high }: Minors): Problem => {
  if (problem.kind !== 'unknown-field' && problem.kind !== 'enum') return problem;
  if (COMING.has(`${key.replace(/\/[^/]*\//, '/')} ${problem.name}`))
    return { ...problem, kind: 'not-yet-in', minor: NEWEST + 1 };
  const known: number[] = [];
  for (let minor = 1; minor <= NEWEST; minor++) if (knows(schemaIn(key, minor), problem, minor)) known.push(minor);
  const isInside = known.some((minor) => minor >= low && minor <= high);
  if (isInside && problem.partly !== true) return problem;
  const later = known.find((minor) => minor > low);
  const earlier = known.findLast((minor) => minor < high);
  if (later !== undefined && !known.includes(low)) return { ...problem, kind: 'not-yet-in', minor: later };
  if (earlier !== undefined) return { ...problem, kind: 'removed-in', minor: earlier + 1 };
  return problem;
};

const knows = (schema: Schema | undefined, problem: Problem, minor: number): boolean => {
  if (schema === undefined || (schema.isSpec && problem.path[0] !== 'spec')) return false;
  const path = schema.isSpec ? problem.path.slice(1) : problem.path;
  if (problem.kind === 'enum')
    return nodeAt(schema.table, schema.root, path, minor)?.enum?.includes(problem.name) ?? false;
  return nodeAt(schema.table, schema.root, path, minor) !== undefined;
};

/** The schema of what stands at a path from the root of another one; undefined where none is written down. */
export const nodeIn = ({ table, root }: Pick<Schema, 'table' | 'root'>, path: Path, minor: number): Node | undefined =>
  nodeAt(table, root, path, minor);

/** The schema of what stands at a path; undefined where none is written down. */
const nodeAt = (table: Table, root: number, path: Path, minor: number): Node | undefined => {
  let here = table.nodes[root];
  for (const step of path) {
    if (here === undefined) return undefined;
    const history = typeof step === 'string' ? here.versions?.[step] : undefined;
    if (history !== undefined && (minor < history[0] || (history[1] > 0 && minor >= history[1]))) return undefined;
    const inner: number | undefined =
      typeof step === 'number'
        ? here.items
        : here.properties !== undefined && Object.hasOwn(here.properties, step)
          ? here.properties[step]
          : typeof here.additionalProperties === 'number'
            ? here.additionalProperties
            : undefined;
    here = inner === undefined ? undefined : table.nodes[inner];
  }
  return here;
};

/** Where else in an object of the kind a field of that name stands, nearest first: `spec.http[].retries`. */
export const homesOf = (key: string, name: string, path: Path, minor: number): readonly string[] => {
  const schema = schemaIn(key, Math.min(minor, NEWEST));
  return schema === undefined ? [] : homesIn(schema, schema.isSpec ? ['spec'] : [], name, path);
};

/** The same below any root of a table, to which `base` leads. */
export const homesIn = (
  { table, root }: Pick<Schema, 'table' | 'root'>,
  base: Path,
  name: string,
  path: Path,
): readonly string[] => {
  const found: Path[] = [];
  const search = (index: number, here: Path): void => {
    const node = table.nodes[index];
    if (node === undefined || here.length > 8 || found.length >= 64) return;
    for (const [field, inner] of Object.entries(node.properties ?? {})) {
      if (field === name) found.push([...here, field]);
      search(inner, [...here, field]);
    }
    if (node.items !== undefined) search(node.items, [...here, 0]);
  };
  search(root, base);
  const distance = (other: Path): number => {
    let same = 0;
    while (same < other.length - 1 && same < path.length - 1 && kindOf(other[same]) === kindOf(path[same])) same++;
    return other.length + path.length - 2 * same;
  };
  return found.toSorted((a, b) => distance(a) - distance(b)).map(pathInWords);
};

const kindOf = (step: string | number | undefined): string => (typeof step === 'number' ? '[]' : String(step));

/** `spec.http[].retries`. */
export const pathInWords = (path: Path): string =>
  path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[]` : text === '' ? step : `${text}.${step}`),
    '',
  );
