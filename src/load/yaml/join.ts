const [tab, lineFeed, carriageReturn, space, quotation, sharp, apostrophe, backslash] = [9, 10, 13, 32, 34, 35, 39, 92];

/** A text of which some lines are joined to the line before; every character stays at its offset. */
export class JoinedText {
  private constructor(private readonly units: Uint16Array) {}

  static of(text: string): JoinedText {
    const bytes = Buffer.from(text, 'utf16le');
    return new JoinedText(new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)));
  }

  copy(): JoinedText {
    return new JoinedText(this.units.slice());
  }

  toString(): string {
    return Buffer.from(this.units.buffer).toString('utf16le');
  }

  /** Joins all lines that hold nothing but closing brackets: by far the most common case, taken at once. */
  joinClosers(): void {
    for (const match of this.toString().matchAll(/\n[ \t]*[\]}][\]}, \t]*(?=\r?\n|$)/g)) this.joinLine(match.index);
  }

  /** Joins the line of `offset` and the lines after it to the line before, `count` in all; false where there is none. */
  joinLines(offset: number, count: number): boolean {
    let lineBreak = this.units.lastIndexOf(lineFeed, Math.max(0, offset - 1));
    if (lineBreak === -1) return false;
    for (let joined = 0; joined < count && lineBreak !== -1; joined++) {
      this.joinLine(lineBreak);
      lineBreak = this.units.indexOf(lineFeed, lineBreak + 1);
    }
    return true;
  }

  /** Turns a line break, a comment before it and tabs behind it into spaces. */
  private joinLine(lineBreak: number): void {
    const lineStart = lineBreak === 0 ? 0 : this.units.lastIndexOf(lineFeed, lineBreak - 1) + 1;
    this.units.fill(space, this.commentStart(lineStart, lineBreak), lineBreak + 1);
    for (let at = lineBreak + 1; this.units[at] === tab; at++) this.units[at] = space;
  }

  private commentStart(start: number, end: number): number {
    let quote = 0;
    for (let at = start; at < end; at++) {
      const unit = this.units[at];
      if (quote !== 0) {
        if (unit === backslash && quote === quotation) at++;
        else if (unit === quote) quote = 0;
      } else if (unit === quotation || unit === apostrophe) quote = unit;
      else if (unit === sharp && (at === start || this.units[at - 1] === space || this.units[at - 1] === tab))
        return at;
    }
    return this.units[end - 1] === carriageReturn ? end - 1 : end;
  }
}
