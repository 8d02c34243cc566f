/** The kinds that a text names in column 0, as far as they are written out. */
export const kindsIn = (text: string): readonly string[] => {
  const kinds = new Set<string>();
  for (const match of text.matchAll(/^kind:[ \t]*(["']?)([A-Za-z][A-Za-z0-9]*)\1[ \t]*(?:#.*)?\r?$/gm))
    kinds.add(match[2] ?? '');
  return [...kinds];
};

/**
 * True for a text that becomes YAML only after Helm or another tool has filled it in: `{{ … }}`, `[[ … ]]`,
 * `<% … %>` or `${…}` stands where YAML has its own structure, or in the line that cannot be read.
 */
export const isTemplateText = (text: string, faultOffset: number): boolean => {
  if (!marks.test(text)) return false;
  // A line may be a megabyte long; what makes it a template stands at its beginning.
  const lines = text.split('\n').map((line) => line.slice(0, 2_000));
  const faulty = text.slice(0, faultOffset).split('\n').length - 1;
  // A parser often notices a fault one line late.
  if ([lines[faulty - 1], lines[faulty]].some((line) => line !== undefined && inFaultyLine.test(withoutComment(line))))
    return true;
  return outsideBlocks(lines).some((line) => structural.test(line));
};

const marks = /\{\{|\[\[|<%|\$\{/;
const inFaultyLine = /\{\{.*\}\}|\{\{-|\[\[ .*\]\]|<%|^\s*(?:- )?\$\{/;
// Alone on a line, or where a key or an unquoted value begins. `[[ ` with its space: `[[a], [b]]` is a list.
const structural =
  /^\s*(?:- +)*(?:\{\{|\[\[ .*\]\]|<%|\$\{[^}]*\}\s*(?:#.*)?$)|^\s*(?:- +)*[\w./-]*\{\{[^"']*\}\}[\w./-]*\s*:|:\s+(?:\{\{|<%)/;

const withoutComment = (line: string): string => (/^\s*#/.test(line) ? '' : line);

/** Lines that are no comments and do not belong to a block scalar (`key: |`), where braces are only text. */
const outsideBlocks = (lines: readonly string[]): readonly string[] => {
  const kept: string[] = [];
  let block = -1;
  for (const line of lines) {
    const indent = line.search(/\S/);
    if (indent === -1 || (block !== -1 && indent > block)) continue;
    block = /(?:^|[\s:-])[|>][+-]?\d?[+-]?\s*(?:#.*)?$/.test(line) && /[:-]\s/.test(line) ? indent : -1;
    if (line[indent] !== '#') kept.push(line);
  }
  return kept;
};
