// The grammar of the Common Expression Language, as far as filters of access logs use it.

const ESCAPE = String.raw`\\(?:[abfnrtv\\?"'\`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})`;
const TOKEN = new RegExp(
  [
    String.raw`\s+|\/\/[^\n]*`,
    String.raw`(?<text>[bB]?(?:[rR](?:"""[^]*?"""|'''[^]*?'''|"[^"\n\r]*"|'[^'\n\r]*')|"""(?:${ESCAPE}|(?!""")[^\\])*"""|'''(?:${ESCAPE}|(?!''')[^\\])*'''|"(?:${ESCAPE}|[^"\\\n\r])*"|'(?:${ESCAPE}|[^'\\\n\r])*'))`,
    String.raw`(?<number>0x[0-9a-fA-F]+u?|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|\d+[uU]?)`,
    String.raw`(?<name>[A-Za-z_]\w*)`,
    String.raw`(?<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}])`,
  ].join('|'),
  'y',
);

type Token = readonly [kind: 'text' | 'number' | 'name' | 'sign', text: string];

/** What was read: macros ask for names and for fields of something. */
type Shape = 'name' | 'field' | 'other';

const BINARY = new Set(['&&', '||', '==', '!=', '<=', '>=', '<', '>', '+', '-', '*', '/', '%', 'in']);
const RESERVED = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);
const LITERALS = new Set(['true', 'false', 'null']);
/** Macros that name the item of a list, and how many arguments they take. */
const OVER_ITEMS: ReadonlyMap<string, readonly number[]> = new Map([
  ['all', [2]],
  ['exists', [2]],
  ['exists_one', [2]],
  ['filter', [2]],
  ['map', [2, 3]],
]);

/** What keeps a text from being an expression, as the tail of a sentence; undefined where nothing does. */
export const faultOfCel = (expression: string): string | undefined => {
  const tokens = tokensOf(expression);
  if (typeof tokens === 'string') return tokens;
  let position = 0;
  let fault: string | undefined;
  const peek = (ahead = 0): string | undefined => {
    const token = tokens[position + ahead];
    return token === undefined || token[0] === 'text' ? undefined : token[1];
  };
  const take = (sign: string): boolean => {
    if (peek() !== sign) return false;
    position++;
    return true;
  };

  /** Operands with operators between them; which of them binds closer makes no difference here. */
  const readOperation = (): Shape | undefined => {
    let shape = readUnary();
    for (let sign = peek(); shape !== undefined && sign !== undefined && BINARY.has(sign); sign = peek()) {
      position++;
      shape = readUnary() === undefined ? undefined : 'other';
    }
    return shape;
  };
  const readExpression = (): Shape | undefined => {
    const shape = readOperation();
    if (shape === undefined || !take('?')) return shape;
    return readOperation() !== undefined && take(':') && readExpression() !== undefined ? 'other' : undefined;
  };
  const readUnary = (): Shape | undefined => {
    const sign = peek();
    if (sign !== '!' && sign !== '-') return readMember();
    while (take(sign));
    // The sign of a number is a part of it.
    if (peek() === '-' && tokens[position + 1]?.[0] === 'number') position++;
    return readMember() === undefined ? undefined : 'other';
  };
  const readMember = (): Shape | undefined => {
    let shape = readPrimary();
    while (shape !== undefined) {
      if (take('.')) {
        const name = peek();
        if (tokens[position]?.[0] !== 'name' || name === 'in') return undefined;
        position++;
        shape = 'field';
        if (take('(')) shape = readCall(name ?? '', true);
      } else if (take('[')) shape = readExpression() !== undefined && take(']') ? 'other' : undefined;
      else return shape;
    }
    return undefined;
  };
  const readPrimary = (): Shape | undefined => {
    if (take('(')) return readExpression() !== undefined && take(')') ? 'other' : undefined;
    if (take('[')) return readList(']', readExpression);
    if (take('{')) return readList('}', readEntry);
    const isRooted = take('.');
    const token = tokens[position];
    if (token === undefined || token[0] === 'sign' || token[1] === 'in') return undefined;
    if (token[0] !== 'name' || LITERALS.has(token[1])) {
      position++;
      return isRooted ? undefined : 'other';
    }
    if (isMessage()) return readList('}', readField);
    if (RESERVED.has(token[1])) return undefined;
    position++;
    return take('(') ? readCall(token[1], false) : 'name';
  };
  /** `a.b.Message{`: goes on behind the brace. */
  const isMessage = (): boolean => {
    let ahead = 1;
    while (peek(ahead) === '.' && tokens[position + ahead + 1]?.[0] === 'name') ahead += 2;
    if (peek(ahead) !== '{') return false;
    position += ahead + 1;
    return true;
  };
  const readEntry = (): Shape | undefined =>
    readExpression() !== undefined && take(':') ? readExpression() : undefined;
  const readField = (): Shape | undefined => {
    if (tokens[position]?.[0] !== 'name') return undefined;
    position++;
    return take(':') ? readExpression() : undefined;
  };
  /** A , may stand before the end. */
  const readList = (end: string, readItem: () => Shape | undefined): Shape | undefined => {
    let isFirst = true;
    while (!take(end)) {
      // `[,]` is an empty list.
      if (isFirst && peek() === ',' && peek(1) === end) position++;
      else if (readItem() === undefined || (!take(',') && peek() !== end)) return undefined;
      isFirst = false;
    }
    return 'other';
  };
  const readCall = (name: string, isMember: boolean): Shape | undefined => {
    const shapes: Shape[] = [];
    while (shapes.length > 0 || !take(')')) {
      const shape = readExpression();
      if (shape === undefined) return undefined;
      shapes.push(shape);
      if (take(')')) break;
      if (!take(',')) return undefined;
    }
    if (!isMember && name === 'has' && shapes.length === 1 && shapes[0] !== 'field')
      fault ??= 'asks has() for something else than a field, like has(request.headers)';
    if (isMember && OVER_ITEMS.get(name)?.includes(shapes.length) === true && shapes[0] !== 'name')
      fault ??= `gives ${name}() something else than a name for the items first`;
    return 'other';
  };

  if (readExpression() !== undefined && position === tokens.length) return fault;
  const wrong = tokens[position]?.[1];
  return wrong === undefined ? 'ends too early' : `does not go on with ${wrong}`;
};

const tokensOf = (expression: string): readonly Token[] | string => {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.length) {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(expression);
    if (found === null)
      return `has ${JSON.stringify(expression.slice(start, start + 1))}, which stands in no expression`;
    for (const kind of ['text', 'number', 'name', 'sign'] as const) {
      const token = found.groups?.[kind];
      if (token !== undefined) tokens.push([kind, token]);
    }
  }
  return tokens;
};
