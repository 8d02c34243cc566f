// The grammar of the Common Expression Language, as far as filters of access logs use it.

const TOKEN =
  /\s+|\/\/[^\n]*|(?<text>[rRbB]{0,2}(?:"""(?:\\[^]|(?!""")[^\\])*"""|'''(?:\\[^]|(?!''')[^\\])*'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))|(?<number>0x[0-9a-fA-F]+u?|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+|\d+u?)|(?<name>[A-Za-z_]\w*)|(?<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}])/y;

type Token = readonly [kind: 'text' | 'number' | 'name' | 'sign', text: string];

const BINARY = new Set(['&&', '||', '==', '!=', '<=', '>=', '<', '>', '+', '-', '*', '/', '%', 'in']);

/** What keeps a text from being an expression, as the tail of a sentence; undefined where nothing does. */
export const faultOfCel = (expression: string): string | undefined => {
  const tokens = tokensOf(expression);
  if (typeof tokens === 'string') return tokens;
  let position = 0;
  const peek = (): string | undefined => (tokens[position]?.[0] === 'text' ? undefined : tokens[position]?.[1]);
  const take = (sign: string): boolean => {
    if (peek() !== sign) return false;
    position++;
    return true;
  };

  /** Operands with operators between them; which of them binds closer makes no difference here. */
  const readExpression = (): boolean => {
    if (!readUnary()) return false;
    for (let sign = peek(); sign !== undefined && BINARY.has(sign); sign = peek()) {
      position++;
      if (!readUnary()) return false;
    }
    return !take('?') || (readExpression() && take(':') && readExpression());
  };
  const readUnary = (): boolean => {
    while (peek() === '!' || peek() === '-') position++;
    return readPrimary() && readMembers();
  };
  const readPrimary = (): boolean => {
    if (take('(')) return readExpression() && take(')');
    if (take('[')) return readList(']', readExpression);
    if (take('{')) return readList('}', readEntry);
    take('.');
    const token = tokens[position];
    if (token === undefined || token[0] === 'sign' || token[1] === 'in') return false;
    position++;
    return true;
  };
  const readMembers = (): boolean => {
    for (;;) {
      if (take('.')) {
        if (tokens[position]?.[0] !== 'name') return false;
        position++;
      } else if (take('[')) {
        if (!readExpression() || !take(']')) return false;
      } else if (take('(')) {
        if (!readList(')', readExpression)) return false;
      } else if (take('{')) {
        if (!readList('}', readEntry)) return false;
      } else return true;
    }
  };
  const readEntry = (): boolean => readExpression() && take(':') && readExpression();
  const readList = (end: string, readItem: () => boolean): boolean => {
    while (!take(end)) {
      if (!readItem()) return false;
      if (!take(',') && peek() !== end) return false;
    }
    return true;
  };

  if (readExpression() && position === tokens.length) return undefined;
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
