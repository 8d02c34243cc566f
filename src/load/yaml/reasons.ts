import type { Fault } from './parse.ts';
import { maximumDepth } from './parse.ts';

/** What to tell a person about a document that cannot be read; offsets into the text of the document. */
export interface Explained {
  /** Tail of a sentence that begins with the file. */
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** The likely cause of a fault in plain words, and where it stands. Shows no more of the text than one key or sign. */
export const explain = (text: string, fault: Fault): Explained => {
  const found = causes.reduce<Explained | undefined>((held, cause) => held ?? cause(text, fault), undefined);
  return found ?? at(text, fault.offset, fault.reason);
};

type Cause = (text: string, fault: Fault) => Explained | undefined;

interface Line {
  readonly start: number;
  readonly content: string;
  readonly indent: number;
}

const conflict: Cause = (text) => {
  const found = /^<{7}(?: |\r?$)/m.exec(text);
  return found !== null && /^>{7}(?: |\r?$)/m.test(text)
    ? span(found.index, 7, 'an unresolved merge conflict')
    : undefined;
};

const limits: Cause = (text, { offset, reason }) => {
  if (reason.startsWith('nesting exceeded')) {
    return { ...at(text, offset, ''), message: `cannot be read: it is nested more than ${maximumDepth} levels deep` };
  }
  if (reason === 'alias bomb') {
    return {
      ...at(text, offset, ''),
      message: 'cannot be read: its aliases (*name) repeat each other until the document grows out of bounds',
    };
  }
  if (reason === 'alias inside its own anchor') return at(text, offset, 'an alias stands inside the value it names');
  return undefined;
};

const controlCharacter: Cause = (text, { offset, reason }) => {
  if (!/non-printable|null byte|valid JSON character/.test(reason)) return undefined;
  const code = (text.charCodeAt(offset) || 0).toString(16).toUpperCase().padStart(4, '0');
  return span(offset, 1, `it holds the control character U+${code}`);
};

const tab: Cause = (text, { offset, reason }) => {
  const here = lineAt(text, offset);
  const tabs = /^ *(\t+)[^\s#]/.exec(here.content);
  if (tabs === null || /quoted|flow collection/.test(reason)) return undefined;
  return span(here.start + here.content.indexOf('\t'), tabs[1]?.length ?? 1, 'tab used for indentation');
};

const unknownAlias: Cause = (text, { offset, reason }) => {
  const bare = reason.startsWith('name of an alias');
  if (!bare && reason !== 'unknown alias') return undefined;
  const start = bare ? Math.max(0, offset - 1) : offset;
  const token = /^\*[^\s,\]}]{0,40}/.exec(text.slice(start, start + 41))?.[0] ?? '*';
  const message = /^\*[\w-]+$/.test(token)
    ? `the alias ${token} has no anchor &${token.slice(1)} above it`
    : `\`${token}\` begins with *, which is an alias in YAML; put it in quotes`;
  return span(start, token.length, message);
};

const keys: Cause = (text, { offset, reason }) => {
  if (reason === 'null key') return at(text, offset, 'an empty key; Kubernetes takes text as keys');
  if (reason === 'complex key')
    return at(text, offset, 'a list or map stands where a key belongs; a value with { or [ needs quotes');
  if (reason === 'merge of no map') return at(text, offset, '`<<` needs a map or a list of maps');
  return undefined;
};

const tag: Cause = (_text, { offset, reason }) => {
  const found = /^cannot resolve (!!\w+)$/.exec(reason)?.[1];
  return found === undefined ? undefined : span(offset, found.length, `the value does not fit its tag ${found}`);
};

const openQuote: Cause = (text, { offset, reason, firstOffset }) => {
  const quoted = /within a (double|single) quoted scalar/.exec(reason)?.[1];
  const limit = firstOffset ?? offset;
  if (quoted !== undefined) {
    const quote = quoted === 'double' ? '"' : "'";
    const opened = text.lastIndexOf(quote, Math.max(0, limit - 1));
    return span(Math.max(0, opened), 1, `the quote ${quote} is opened here and not closed`);
  }
  if (firstOffset === undefined) return undefined;
  const before = lineBefore(text, firstOffset);
  const opened = before === undefined ? -1 : oddQuote(before.content);
  return before === undefined || opened === -1
    ? undefined
    : span(before.start + opened, 1, `the quote ${before.content[opened]} is opened here and not closed`);
};

const openBracket: Cause = (text, { offset, reason, firstOffset }) => {
  if (firstOffset === undefined && !reason.includes('within a flow collection')) return undefined;
  const opened = unmatched(text, firstOffset ?? offset);
  return opened === -1 ? undefined : span(opened, 1, `the bracket ${text[opened]} is opened here and not closed`);
};

const missingComma: Cause = (text, { offset, reason }) =>
  reason.startsWith('missed comma')
    ? at(text, offset, 'a comma is missing between two entries of [ ] or { }')
    : undefined;

const escape: Cause = (text, { offset, reason }) => {
  if (!/unknown escape|hexadecimal/.test(reason)) return undefined;
  const start = text.lastIndexOf('\\', offset);
  return span(
    Math.max(0, start),
    2,
    `\`${text.slice(start, start + 2)}\` is no escape that "…" knows; write \\\\ or use '…'`,
  );
};

const reserved: Cause = (text, { offset }) => {
  const sign = text[offset] ?? '';
  return /[@`%]/.test(sign) ? span(offset, 1, `a value cannot begin with ${sign}; put it in quotes`) : undefined;
};

const afterQuote: Cause = (text, { offset }) => {
  const here = lineAt(text, offset);
  const before = here.content.slice(0, offset - here.start);
  if (!/["'][ \t]*$/.test(before) || !/\S/.test(before)) return undefined;
  return at(text, offset, 'text follows the closing quote; quote the whole value');
};

const itemAfterKey: Cause = (text, { offset }) => {
  const here = lineAt(text, offset);
  if (
    !/:[ \t]+$/.test(here.content.slice(0, offset - here.start)) ||
    !/^-(?:\s|$)/.test(text.slice(offset, offset + 2))
  )
    return undefined;
  return span(offset, 1, 'a list item cannot begin on the line of its key');
};

const secondColon: Cause = (text, { offset }) => {
  const here = lineAt(text, offset);
  const before = here.content.slice(0, offset - here.start);
  if (text[offset] !== ':' || !/:\s/.test(before)) return undefined;
  return span(offset, 1, 'a second `: ` in one line; put the value in quotes');
};

const missingSpace: Cause = (text, { offset }) => {
  const here = lineAt(text, offset);
  const candidates = [here, lineBefore(text, here.start)].filter((line) => line !== undefined);
  for (const line of candidates) {
    const found = /^(\s*(?:- +)*)([A-Za-z_][\w./-]{0,62}):[^\s/]/.exec(line.content);
    if (found === null || /:\s/.test(line.content) || /[[{"']/.test(found[2] ?? '')) continue;
    return span(
      line.start + (found[1] ?? '').length,
      (found[2] ?? '').length + 1,
      `a space is missing after \`${found[2]}:\``,
    );
  }
  return undefined;
};

const missingColon: Cause = (text, { offset, reason }) => {
  if (!/multiline key|expected ':'|expected after the key-value/.test(reason)) return undefined;
  const here = lineAt(text, offset);
  const before = lineBefore(text, here.start);
  const line =
    here.content.trim() === '' || (before !== undefined && !before.content.includes(':')) ? (before ?? here) : here;
  return span(line.start + line.indent, lengthOfLine(line), 'this line is neither `key: value` nor `- item`');
};

const underValue: Cause = (text, { offset, reason }) => {
  const here = lineAt(text, offset);
  const before = lineBefore(text, here.start);
  if (!reason.startsWith('bad indentation of a mapping') || text[offset] !== ':' || before === undefined)
    return undefined;
  if (before.indent >= here.indent) return undefined;
  return span(
    here.start + here.indent,
    offset - here.start - here.indent,
    'this line is indented below a key that has a value already',
  );
};

const mixed: Cause = (text, { offset, reason }) => {
  if (!reason.startsWith('end of the stream')) return undefined;
  const here = lineAt(text, offset);
  const first = text.search(/\S/);
  if (/^[[{]/.test(text.slice(first, first + 1)))
    return at(text, offset, 'text follows the end of the document; a new one begins with `---`');
  const isItem = /^-(?:\s|$)/.test(here.content.trimStart());
  const before = lineBefore(text, here.start);
  if (isItem) return at(text, offset, 'a list item stands where the keys above would go on');
  if (before !== undefined && /^\s*-(?:\s|$)/.test(before.content) && here.indent <= before.indent) {
    return at(text, offset, 'a key stands where the list above would go on');
  }
  return indentation(text, offset);
};

const badIndentation: Cause = (text, { offset, reason }) =>
  /indentation/.test(reason) ? indentation(text, offset) : undefined;

const indentation = (text: string, offset: number): Explained => {
  const here = lineAt(text, offset);
  const isWholeLine = offset <= here.start + here.indent;
  if (!isWholeLine) return at(text, offset, 'this part of the line does not fit what stands before it');
  const spaces = here.indent === 1 ? '1 space' : `${here.indent} spaces`;
  return span(
    here.start + here.indent,
    lengthOfLine(here),
    `the indentation of this line (${spaces}) fits no line above it`,
  );
};

const causes: readonly Cause[] = [
  conflict,
  limits,
  controlCharacter,
  tab,
  unknownAlias,
  keys,
  tag,
  openQuote,
  openBracket,
  missingComma,
  escape,
  reserved,
  afterQuote,
  itemAfterKey,
  secondColon,
  missingSpace,
  missingColon,
  underValue,
  mixed,
  badIndentation,
];

const span = (start: number, length: number, reason: string): Explained => ({
  message: `is not YAML: ${reason}`,
  start,
  end: start + Math.max(1, length),
});

/** The word at an offset; at the end of a line, its last character. */
const at = (text: string, offset: number, reason: string): Explained => {
  const here = lineAt(text, offset);
  const last = here.start + Math.max(0, here.content.length - 1);
  const start = Math.min(offset, last);
  const word = /^[^\s,\]}]+/.exec(text.slice(start, start + 80))?.[0].length ?? 1;
  return span(start, word, reason);
};

const lineAt = (text: string, offset: number): Line => {
  // At the very end of the text the last line that says something is meant.
  const inside = offset >= text.length ? Math.max(0, text.trimEnd().length - 1) : offset;
  return lineFrom(text, startOfLine(text, inside));
};

const startOfLine = (text: string, offset: number): number =>
  offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;

const lineFrom = (text: string, start: number): Line => {
  const end = text.indexOf('\n', start);
  const content = text.slice(start, end === -1 ? text.length : end).replace(/\r$/, '');
  return { start, content, indent: Math.max(0, content.search(/\S/)) };
};

/** The nearest line above that holds more than a comment. */
const lineBefore = (text: string, offset: number): Line | undefined => {
  let start = startOfLine(text, offset);
  while (start > 0) {
    start = startOfLine(text, start - 1);
    const line = lineFrom(text, start);
    if (/^\s*[^\s#]/.test(line.content)) return line;
  }
  return undefined;
};

const lengthOfLine = (line: Line): number => line.content.trimEnd().length - line.indent;

/** Column of a quote in the line that has no partner, or -1. */
const oddQuote = (line: string): number => {
  let opened = -1;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (opened === -1 && /["']/.test(character) && (at === 0 || /[\s[{,:]/.test(line[at - 1] ?? ''))) opened = at;
    else if (opened !== -1 && character === '\\' && line[opened] === '"') at++;
    else if (opened !== -1 && character === line[opened]) opened = -1;
  }
  return opened;
};

/** The last bracket before `end` that nothing closes, or -1. Brackets in quotes or comments are rare enough to be left in. */
const unmatched = (text: string, end: number): number => {
  let closed = 0;
  for (let at = Math.min(end, text.length) - 1; at >= 0; at--) {
    const character = text[at];
    if (character === ']' || character === '}') closed++;
    else if ((character === '[' || character === '{') && closed-- === 0) return at;
  }
  return -1;
};
