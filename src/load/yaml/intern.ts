/** Longer texts are rarely repeated, and hashing them costs more than a copy. */
const longest = 48;
const most = 50_000;

/** Remembers what was made of short texts, so that equal ones share one copy and are worked out once. */
export class Interner<T> {
  private readonly known = new Map<string, T>();

  constructor(private readonly make: (text: string) => T) {}

  get(text: string): T {
    if (text.length > longest) return this.make(text);
    const held = this.known.get(text);
    if (held !== undefined) return held;
    const own = this.known.size < most ? detached(text) : text;
    const made = this.make(own);
    if (this.known.size < most) this.known.set(own, made);
    return made;
  }
}

// A slice keeps the whole file alive; a property name is a copy of its own.
const detached = (text: string): string => Object.keys({ [text]: 0 })[0] ?? text;
