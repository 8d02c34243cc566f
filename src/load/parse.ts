import { createHash } from 'node:crypto';
import type { Problem, SourceFile, SuppressionComment } from '../model/index.ts';
import { isPemPath, publicBlocks } from './place/pem.ts';
import type { ParsedFile } from './place/placed.ts';
import { isRecord } from '../model/index.ts';
import { readSource } from './walk.ts';
import type { RawDocument } from './yaml.ts';
import { readText } from './yaml.ts';

/** A file as plain data, with what there is to say about the file itself. */
export interface FileContent {
  readonly parsed: ParsedFile | undefined;
  readonly documents: number;
  readonly problems: readonly Problem[];
  readonly suppressions: readonly SuppressionComment[];
}

/**
 * Reads files, each by itself: nothing of one depends on any other. Clusters of one mesh hold many copies of the same
 * file, whose text is parsed once.
 */
export const parseFiles = (files: readonly SourceFile[]): readonly FileContent[] => {
  const known = new Map<string, Copied>();
  return files.map((file) => parseFile(file, known));
};

/** What copies of a file share: the values below the roots of its documents. */
interface Copied {
  readonly documents: readonly RawDocument[];
  readonly count: number;
}

const parseFile = (file: SourceFile, known: Map<string, Copied>): FileContent => {
  const source = readSource(file);
  if ('problem' in source) return { parsed: undefined, documents: 0, problems: [source.problem], suppressions: [] };
  if (isPemPath(file.path)) {
    const pem = publicBlocks(source.text);
    return {
      parsed: { file, documents: [], unread: [], pem },
      documents: pem === '' ? 0 : 1,
      problems: [],
      suppressions: [],
    };
  }
  const key = createHash('sha256').update(source.text).digest('base64');
  const copied = known.get(key);
  if (copied !== undefined) return cleanFile(file, copied);
  const { documents, count, problems, unread, suppressions } = readText(file, source.text);
  if (problems.length + unread.length + suppressions.length === 0 && documents.every(({ value }) => mayBeCopied(value)))
    known.set(key, { documents, count });
  return { parsed: { file, documents, unread, pem: undefined }, documents: count, problems, suppressions };
};

const cleanFile = (file: SourceFile, { documents, count }: Copied): FileContent => ({
  parsed: {
    file,
    // Each object is a value of its own: patches find it by identity.
    documents: documents.map(({ index, value }) => ({ index, value: isRecord(value) ? { ...value } : value })),
    unread: [],
    pem: undefined,
  },
  documents: count,
  problems: [],
  suppressions: [],
});

/** The objects of a list stand below the root. */
const mayBeCopied = (value: unknown): boolean =>
  !Array.isArray(value) && !(isRecord(value) && Array.isArray(value['items']));
