import type { Problem, SourceFile, SuppressionComment } from '../model/index.ts';
import { isPemPath, publicBlocks } from './place/pem.ts';
import type { ParsedFile } from './place/placed.ts';
import { readSource } from './walk.ts';
import { readText } from './yaml.ts';

/** A file as plain data, with what there is to say about the file itself. */
export interface FileContent {
  readonly parsed: ParsedFile | undefined;
  readonly documents: number;
  readonly problems: readonly Problem[];
  readonly suppressions: readonly SuppressionComment[];
}

/** Reads one file by itself; nothing of it depends on any other file. */
export const parseFile = (file: SourceFile): FileContent => {
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
  const { documents, count, problems, unread, suppressions } = readText(file, source.text);
  return { parsed: { file, documents, unread, pem: undefined }, documents: count, problems, suppressions };
};
