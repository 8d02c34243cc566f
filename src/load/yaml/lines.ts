/** Offsets to lines and columns. The table is made on first use. */
export class Lines {
  private starts: readonly number[] | undefined;

  constructor(private readonly text: string) {}

  get count(): number {
    return this.table().length;
  }

  /** Line of an offset, from 1. */
  lineOf(offset: number): number {
    const starts = this.table();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** Column of an offset in its line, from 1, in UTF-16 units. */
  columnOf(offset: number): number {
    return offset - this.startOf(this.lineOf(offset)) + 1;
  }

  /** Offset of the first character of a line. A byte order mark is no part of the line. */
  startOf(line: number): number {
    return this.table()[line - 1] ?? this.text.length;
  }

  /** The text of a line without its line break; undefined where there is no such line. */
  line(line: number): string | undefined {
    if (line < 1 || line > this.count) return undefined;
    const next = this.table()[line];
    return this.text.slice(this.startOf(line), next ?? this.text.length).replace(/\r?\n$/, '');
  }

  private table(): readonly number[] {
    if (this.starts !== undefined) return this.starts;
    const starts = [this.text.charCodeAt(0) === 0xfeff ? 1 : 0];
    for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.starts = starts;
    return starts;
  }
}
