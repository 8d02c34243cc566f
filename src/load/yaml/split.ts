/** Where one document stands in the text of its file; `end` is exclusive. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** `text` with the line breaks that splitting looks for; every offset stays as it is. */
export const withLineFeeds = (text: string): string =>
  text.includes('\r') && !text.includes('\n') ? text.replaceAll('\r', '\n') : text;

/**
 * Splits a stream at its column-0 markers (`---`, `...`), which no scalar may hold. Comments and
 * directives in front of the first `---` belong to the document that follows, as in any YAML reader.
 */
export const splitDocuments = (text: string): readonly Segment[] => {
  const segments: Segment[] = [];
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let explicit = false;
  const close = (end: number, content = end): boolean => {
    if (!explicit && !hasContent(text, start, content)) return false;
    segments.push({ start, end });
    return true;
  };
  const next = markers(text, start);
  for (let marker = next(); marker !== -1; marker = next()) {
    if (text.charCodeAt(marker) === 46) {
      const lineBreak = text.indexOf('\n', marker);
      const after = lineBreak === -1 ? text.length : lineBreak + 1;
      close(after, marker);
      start = after;
      explicit = false;
    } else {
      if (close(marker)) start = marker;
      explicit = true;
    }
  }
  close(text.length);
  return segments;
};

/** Offset of the first line that is neither blank nor comment nor directive, or -1. */
export const contentStart = (text: string, start: number, end: number): number => {
  let line = start;
  while (line < end) {
    let at = line;
    while (at < end && (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9)) at++;
    const first = text.charCodeAt(at);
    const isDirective = first === 37 && at === line;
    if (at < end && first !== 10 && first !== 13 && first !== 35 && !isDirective) return at;
    const lineBreak = text.indexOf('\n', at);
    if (lineBreak === -1) return -1;
    line = lineBreak + 1;
  }
  return -1;
};

const hasContent = (text: string, start: number, end: number): boolean => contentStart(text, start, end) !== -1;

/** Walks the column-0 markers from left to right. Each kind is searched ahead once, so a file is scanned twice at most. */
const markers = (text: string, begin: number): (() => number) => {
  let dashes = find(text, '---', begin, true);
  let dots = find(text, '...', begin, true);
  return () => {
    if (dashes === -1 && dots === -1) return -1;
    if (dots === -1 || (dashes !== -1 && dashes < dots)) {
      const found = dashes;
      dashes = find(text, '---', found, false);
      return found;
    }
    const found = dots;
    dots = find(text, '...', found, false);
    return found;
  };
};

const find = (text: string, marker: string, from: number, atLineStart: boolean): number => {
  if (atLineStart && text.startsWith(marker, from) && isMarkerEnd(text, from + 3)) return from;
  for (let at = text.indexOf(`\n${marker}`, from); at !== -1; at = text.indexOf(`\n${marker}`, at + 1)) {
    if (isMarkerEnd(text, at + 4)) return at + 1;
  }
  return -1;
};

const isMarkerEnd = (text: string, at: number): boolean => {
  if (at >= text.length) return true;
  const code = text.charCodeAt(at);
  return code === 32 || code === 9 || code === 10 || code === 13;
};
