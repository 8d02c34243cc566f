/** A file that was found below one of the given paths. */
export interface SourceFile {
  /** As shown to people: '/'-separated, relative to the working directory where possible. */
  readonly path: string;
  /** Where the bytes can be read again; undefined for standard input. */
  readonly absolute: string | undefined;
  readonly bytes: number;
  /** Kept only where the bytes cannot be read again (standard input, library callers). */
  readonly text?: string | undefined;
}

/** Keys and indexes from the root of a document to a value. */
export type Path = readonly (string | number)[];

/**
 * Where something is said. Cheap to make: lines and columns are worked out from the file
 * only for the few places that a report shows.
 */
export interface Place {
  readonly file: SourceFile;
  /** Index of the document in the file, from 0. */
  readonly document: number;
  /** To the key or list item meant; a path that does not exist stands for its nearest parent. */
  readonly path: Path;
  /** Continues inside YAML or JSON that is written in the scalar at `path`. */
  readonly inner?: Path | undefined;
  /** Characters of the scalar at `path` that are meant, where its text is no YAML (a template); end exclusive. */
  readonly within?: readonly [start: number, end: number] | undefined;
  /** Set where the text itself is meant (a syntax error): offsets into the file's text, end exclusive. */
  readonly offsets?: readonly [start: number, end: number] | undefined;
}

/** Lines and columns count from 1, columns in UTF-16 units; the end is exclusive. */
export interface Range {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The place `path` below `place`. Inside embedded YAML the path continues there. */
export const below = (place: Place, ...path: Path): Place =>
  place.inner === undefined
    ? { ...place, path: [...place.path, ...path] }
    : { ...place, inner: [...place.inner, ...path] };

/** Orders places by file (code points), document and path, so that output never wavers. */
export const comparePlaces = (a: Place, b: Place): number =>
  compareText(a.file.path, b.file.path) ||
  a.document - b.document ||
  (a.offsets?.[0] ?? -1) - (b.offsets?.[0] ?? -1) ||
  comparePaths(a.path, b.path) ||
  comparePaths(a.inner ?? [], b.inner ?? []) ||
  (a.within?.[0] ?? -1) - (b.within?.[0] ?? -1);

/** One text for each place, in the order of places of one file. */
export const placeKey = (place: Place): string =>
  [place.file.path, String(place.document).padStart(6, '0'), ...place.path, ...(place.inner ?? [])].join('\0');

/** By code unit: the same on every machine, unlike `localeCompare`. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const comparePaths = (a: Path, b: Path): number => {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [left, right] = [a[i], b[i]];
    if (left === right) continue;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return compareText(String(left), String(right));
  }
  return a.length - b.length;
};
