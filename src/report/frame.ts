import type { Range } from '../model/index.ts';
import { printable } from './paint.ts';
import { shownLine } from './secrets.ts';

const WIDTH = 100;

/** The line a range begins on, with marks below it. Nothing where the line is not there. */
export const frame = (lines: readonly string[], range: Range): readonly [source: string, marks: string] | undefined => {
  const source = lines[range.line - 1];
  if (source === undefined || source.trim() === '') return undefined;
  const { text: line, columnOf } = shownLine(lines, range.line - 1);
  const from = Math.min(columnOf(range.column - 1), line.length);
  // A mark that ends in what is left out covers the sign for it.
  const end = range.endLine === range.line ? columnOf(range.endColumn - 2) + 1 : line.length;
  const until = Math.max(from + 1, Math.min(end, line.length));
  const cut = window(line, from, until);
  const marks =
    [...cut.text.slice(0, cut.from)].map(blank).join('') + '^'.repeat(widthOf(cut.text.slice(cut.from, cut.until)));
  return [printable(cut.text), marks];
};

interface Cut {
  readonly text: string;
  readonly from: number;
  readonly until: number;
}

/** The part of a long line that holds the marked text. */
const window = (line: string, from: number, until: number): Cut => {
  const end = line.trimEnd().length;
  if (end <= WIDTH) return { text: line.slice(0, Math.max(end, until)), from, until };
  const start = from < WIDTH - 20 ? 0 : from - 20;
  const text = line.slice(start, start + WIDTH);
  const head = start > 0 ? '…' : '';
  const shift = head.length - start;
  return {
    text: `${head}${text}${start + WIDTH < end ? '…' : ''}`,
    from: from + shift,
    until: Math.min(until + shift, head.length + text.length),
  };
};

/** Characters of East Asian scripts take two columns. */
const isWide = (character: string): boolean =>
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uFF01-\uFF60]/u.test(character);

const blank = (character: string): string => (character === '\t' ? '\t' : isWide(character) ? '  ' : ' ');

const widthOf = (text: string): number =>
  Math.max(
    1,
    [...text].reduce((sum, character) => sum + (isWide(character) ? 2 : 1), 0),
  );
