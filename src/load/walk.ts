import { isUtf8 } from 'node:buffer';
import type { Dirent, Stats } from 'node:fs';
import { lstatSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Note, Problem, SourceFile } from '../model/index.ts';
import { compareText } from '../model/index.ts';

/** The call itself cannot be carried out; the message is for the person who made it. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The files below some paths, sorted by path, and what was said about those that were left out. */
export interface Walked {
  readonly files: readonly SourceFile[];
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

export interface WalkOptions {
  /** Larger files are not read; 64 MiB where it is not said. */
  readonly maxFileBytes?: number;
}

/**
 * Finds the files below `paths` that may hold manifests or certificates. A file that is named itself is taken
 * whatever its name. Links are followed inside the given paths only. Throws `InputError` where a path does not
 * exist or is neither file nor directory; anything else that cannot be read is said and left out.
 */
export const walk = (paths: readonly string[], cwd: string, options: WalkOptions = {}): Walked => {
  const walker = new Walker(cwd, options.maxFileBytes ?? MAX_FILE_BYTES);
  return walker.walk(paths);
};

/** The text of a file, or why it cannot be read. A byte order mark is taken off. */
export const readSource = (file: SourceFile): { readonly text: string } | { readonly problem: Problem } => {
  if (file.text !== undefined) return { text: file.text.charCodeAt(0) === 0xfeff ? file.text.slice(1) : file.text };
  if (file.absolute === undefined) return { text: '' };
  try {
    const bytes = readFileSync(file.absolute);
    const wide = wideText(bytes);
    if (wide !== undefined) return { text: wide };
    const nul = bytes.indexOf(0);
    if (nul !== -1) return { problem: problem(file, 'is not text: it holds a NUL byte', textLength(bytes, nul)) };
    if (!isUtf8(bytes))
      return { problem: problem(file, 'is not text in UTF-8', textLength(bytes, firstBroken(bytes))) };
    return { text: decode(bytes) };
  } catch (error) {
    return { problem: problem(file, `cannot be read: ${reasonOf(error)}`) };
  }
};

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** The text of a file with replacement characters where it is none; undefined where it cannot be read at all. */
export const readLenient = (file: SourceFile): string | undefined => {
  if (file.text !== undefined) return file.text.charCodeAt(0) === 0xfeff ? file.text.slice(1) : file.text;
  if (file.absolute === undefined) return undefined;
  try {
    // A note may stand at a pipe or at a file that was too large to read: neither is opened.
    const stats = statSync(file.absolute);
    if (!stats.isFile() || stats.size > MAX_FILE_BYTES) return undefined;
    const bytes = readFileSync(file.absolute);
    return wideText(bytes) ?? decode(bytes);
  } catch {
    return undefined;
  }
};

const extensions = /\.(?:ya?ml|json|pem|crt)$/i;

/** Files of tools that are never manifests. */
const otherFiles =
  /^(?:package(?:-lock)?|npm-shrinkwrap|tsconfig(?:\..+)?|jsconfig|composer|renovate|lerna|.+\.schema)\.json$|^pnpm-lock\.ya?ml$|^mesh-lint\.ya?ml$/;

/** A directory that many links lead to is read so often and no more: links can multiply without a loop. */
const mostVisits = 64;

interface Directory {
  readonly absolute: string;
  /** Where it really is, and the real directories around it on the way here. */
  readonly real: string;
  readonly around: readonly string[];
  /** Reached through a link: the same file may then be read once more, under its other name. */
  readonly linked: boolean;
}

class Walker {
  private readonly files = new Map<string, SourceFile>();
  private readonly problems: Problem[] = [];
  private readonly notes = new Map<string, Note>();
  private readonly entered = new Set<string>();
  private readonly visits = new Map<string, number>();
  private roots: readonly string[] = [];

  constructor(
    private readonly cwd: string,
    private readonly maxFileBytes: number,
  ) {}

  walk(paths: readonly string[]): Walked {
    const found = paths.map((path) => ({ path, absolute: resolve(this.cwd, path), stats: this.stats(path) }));
    this.roots = found.map(({ absolute }) => realpathSync(absolute));
    found.forEach(({ absolute, stats }, index) => {
      const real = this.roots[index] ?? absolute;
      if (stats.isFile()) this.take(absolute, real, stats.size);
      else this.enter({ absolute, real, around: [], linked: false });
    });
    return {
      files: [...this.files.values()].toSorted((a, b) => compareText(a.path, b.path)),
      problems: this.problems.toSorted((a, b) => compareText(a.place.file.path, b.place.file.path)),
      notes: [...this.notes.values()].toSorted((a, b) => compareText(a.message, b.message)),
    };
  }

  private stats(path: string): Stats {
    let stats: Stats;
    try {
      stats = statSync(realpathSync(resolve(this.cwd, path)));
    } catch (error) {
      throw new InputError(
        codeOf(error) === 'ENOENT'
          ? `no such file or directory: ${path}`
          : `${path} cannot be read: ${reasonOf(error)}`,
      );
    }
    if (!stats.isFile() && !stats.isDirectory()) throw new InputError(`${path} is neither a file nor a directory`);
    return stats;
  }

  private enter(directory: Directory): void {
    if (!this.mayEnter(directory)) return;
    let entries: readonly Dirent[];
    try {
      entries = readdirSync(directory.absolute, { withFileTypes: true });
    } catch (error) {
      this.problems.push(problem(this.source(directory.absolute, 0), `cannot be read: ${reasonOf(error)}`));
      return;
    }
    for (const entry of entries.toSorted((a, b) => compareText(a.name, b.name))) this.visit(directory, entry);
  }

  /** Paths that overlap meet at the same directory; it is read once. Under the names that links give it, it is read again. */
  private mayEnter({ absolute, real, linked }: Directory): boolean {
    if (!linked) return !this.entered.has(real) && this.entered.add(real) !== undefined;
    const visits = (this.visits.get(real) ?? 0) + 1;
    this.visits.set(real, visits);
    if (visits <= mostVisits) return true;
    this.note(absolute, `was not followed: links lead to the same directory more than ${mostVisits} times`);
    return false;
  }

  private visit(parent: Directory, entry: Dirent): void {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return;
    const absolute = join(parent.absolute, entry.name);
    const around = [...parent.around, parent.real];
    if (entry.isDirectory())
      this.enter({ absolute, real: join(parent.real, entry.name), around, linked: parent.linked });
    else if (entry.isSymbolicLink()) this.link(absolute, around);
    else if (!isManifestName(entry.name)) return;
    else if (entry.isFile()) this.measure(absolute, parent.linked ? absolute : join(parent.real, entry.name));
    else this.note(absolute, 'was not read: it is no regular file');
  }

  private link(absolute: string, around: readonly string[]): void {
    let real: string;
    let stats: Stats;
    try {
      real = realpathSync(absolute);
      stats = statSync(real);
    } catch (error) {
      const isLoop = codeOf(error) === 'ELOOP';
      this.note(
        absolute,
        isLoop ? 'was not followed: the link leads to itself' : 'was not followed: the link leads to nothing',
      );
      return;
    }
    if (stats.isFile() && !isManifestName(basename(absolute))) return;
    if (!this.roots.some((root) => isInside(real, root)))
      this.note(absolute, 'was not followed: the link leads out of the given paths');
    else if (stats.isDirectory() && around.some((directory) => isInside(directory, real)))
      this.note(absolute, 'was not followed: the link leads back to a directory around it');
    else if (stats.isDirectory()) this.enter({ absolute, real, around, linked: true });
    else if (stats.isFile()) this.take(absolute, absolute, stats.size);
    else this.note(absolute, 'was not read: it is no regular file');
  }

  private measure(absolute: string, key: string): void {
    const stats = lstatSync(absolute, { throwIfNoEntry: false });
    // Gone since the directory was listed.
    if (stats !== undefined) this.take(absolute, key, stats.size);
  }

  private take(absolute: string, key: string, bytes: number): void {
    if (this.files.has(key)) return;
    const file = this.source(absolute, bytes);
    if (bytes <= this.maxFileBytes) this.files.set(key, file);
    else if (this.problems.every(({ place }) => place.file.absolute !== absolute)) {
      this.problems.push(
        problem(file, `was not read: it has ${size(bytes)}, more than the limit of ${size(this.maxFileBytes)}`),
      );
    }
  }

  private source(absolute: string, bytes: number): SourceFile {
    return { path: shownPath(absolute, this.cwd), absolute, bytes };
  }

  private note(absolute: string, message: string): void {
    const file = this.source(absolute, 0);
    this.notes.set(absolute, { message: `${file.path} ${message}`, place: { file, document: 0, path: [] } });
  }
}

const isManifestName = (name: string): boolean => extensions.test(name) && !otherFiles.test(name);

/** Relative to the working directory where the file is below it, with `/` on every system. */
const shownPath = (absolute: string, cwd: string): string => {
  const path = relative(cwd, absolute);
  const isBelow = path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
  return (isBelow ? path || '.' : absolute).split(sep).join('/');
};

const isInside = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);

const problem = (file: SourceFile, message: string, offset?: number): Problem => ({
  rule: 'schema/parse',
  place: { file, document: 0, path: [], ...(offset === undefined ? {} : { offsets: [offset, offset + 1] as const }) },
  message,
});

const size = (bytes: number): string => {
  const [unit, one] = bytes >= 1024 * 1024 ? ['MiB', 1024 * 1024] : bytes >= 1024 ? ['KiB', 1024] : ['bytes', 1];
  return `${Math.round((bytes / one) * 10) / 10} ${unit}`;
};

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const reasons = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['ENOENT', 'it is gone'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'it is gone'],
  ['ELOOP', 'its links lead to themselves'],
  ['EMFILE', 'too many files are open'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ERR_STRING_TOO_LONG', 'it is too large'],
  ['ERR_FS_FILE_TOO_LARGE', 'it is too large'],
]);

/** Never the message of the system: it repeats absolute paths. */
const reasonOf = (error: unknown): string => {
  const code = codeOf(error);
  return (code === undefined ? undefined : reasons.get(code)) ?? code ?? 'unknown reason';
};

const decode = (bytes: Buffer): string => {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', isMarked ? 3 : 0);
};

/** UTF-16 is taken only with a byte order mark, as go-yaml does. */
const wideText = (bytes: Buffer): string | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
  if (bytes[0] !== 0xfe || bytes[1] !== 0xff) return undefined;
  return Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)))
    .swap16()
    .toString('utf16le');
};

/** Offset in the text of the byte at `offset`. */
const textLength = (bytes: Buffer, offset: number): number => decode(bytes.subarray(0, offset)).length;

/** Offset of the first byte of the first line that is not UTF-8, or of the broken byte where the line is short. */
const firstBroken = (bytes: Buffer): number => {
  let start = 0;
  for (;;) {
    const lineBreak = bytes.indexOf(10, start);
    const end = lineBreak === -1 ? bytes.length : lineBreak + 1;
    if (!isUtf8(bytes.subarray(start, end))) return start + (firstReplaced(bytes.subarray(start, end)) ?? 0);
    if (lineBreak === -1) return start;
    start = end;
  }
};

const firstReplaced = (line: Buffer): number | undefined => {
  const text = line.toString('utf8');
  // U+FFFD that was written as such is three good bytes; the first that is not marks the fault.
  let offset = 0;
  for (const character of text) {
    if (character === '\uFFFD' && !(line[offset] === 0xef && line[offset + 1] === 0xbf && line[offset + 2] === 0xbd))
      return offset;
    offset += Buffer.byteLength(character);
  }
  return undefined;
};
