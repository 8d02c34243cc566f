// Regular expressions as RE2 reads them, which Envoy and Istio use.

/** What RE2 does not accept in an expression, as the tail of a sentence; undefined where it accepts it. */
export const faultOfRegex = (expression: string): string | undefined => {
  let depth = 0;
  let position = 0;
  /** What a repetition would repeat: nothing, something, or a repetition. */
  let before: 'nothing' | 'operand' | 'repetition' = 'nothing';
  while (position < expression.length) {
    const rest = expression.slice(position);
    const char = rest[0]!;
    if (char === '\\') {
      const escape = readEscape(rest);
      if (typeof escape === 'string') return escape;
      position += escape;
      before = 'operand';
    } else if (char === '[') {
      const end = readClass(rest);
      if (typeof end === 'string') return end;
      position += end;
      before = 'operand';
    } else if (char === '(') {
      const opening = readGroup(rest);
      if (typeof opening === 'string') return opening;
      // `(?i)` sets flags and opens nothing.
      const isFlags = rest.slice(0, opening).endsWith(')');
      position += opening;
      if (isFlags) continue;
      depth++;
      before = 'nothing';
    } else if (char === ')') {
      if (depth === 0) return 'has a ) without its (';
      depth--;
      position++;
      before = 'operand';
    } else if (char === '|') {
      position++;
      before = 'nothing';
    } else {
      const repetition = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(rest)?.[0];
      if (repetition === undefined) {
        position++;
        before = 'operand';
        continue;
      }
      if (before === 'nothing') return `has nothing before ${repetition} that could be repeated`;
      if (before === 'repetition') return `repeats a repetition with ${repetition}, which RE2 does not know`;
      const fault = faultOfCount(repetition);
      if (fault !== undefined) return fault;
      position += repetition.length;
      if (expression[position] === '?') position++;
      before = 'repetition';
    }
  }
  return depth > 0 ? 'has a ( without its )' : undefined;
};

const faultOfCount = (repetition: string): string | undefined => {
  const counts = repetition.match(/\d+/g)?.map(Number) ?? [];
  if (counts.some((count) => count > 1000)) return `repeats more than 1000 times with ${repetition}`;
  return counts.length === 2 && counts[0]! > counts[1]! ? `counts down in ${repetition}` : undefined;
};

/** Length of an escape at the beginning of the text, or what is wrong with it. */
const readEscape = (rest: string): number | string => {
  if (rest.length < 2) return 'ends in a \\';
  if (rest.startsWith('\\Q')) {
    const end = rest.indexOf('\\E', 2);
    return end < 0 ? rest.length : end + 2;
  }
  const found =
    /^\\(?:x[0-9a-fA-F]{2}|x\{[0-9a-fA-F]+\}|[pP](?:[A-Za-z]|\{\^?[A-Za-z_]+\})|0[0-7]{0,2}|[1-7][0-7]{1,2}|[dDsSwWAbBzaftnrv])/.exec(
      rest,
    )?.[0];
  if (found !== undefined) return faultOfScript(found) ?? found.length;
  if (/^\\\d/.test(rest)) return `has the back-reference ${rest.slice(0, 2)}, which RE2 does not know`;
  return /^\\[A-Za-z\u0080-\uffff]/.test(rest) ? `has the escape ${rest.slice(0, 2)}, which RE2 does not know` : 2;
};

/** `\\p{Greek}`: a category or a script of Unicode. */
const faultOfScript = (escape: string): string | undefined => {
  const name = /^\\[pP]\{?\^?(\w+)/.exec(escape)?.[1];
  if (name === undefined || name === 'Any' || isProperty(name) || isProperty(`Script=${name}`)) return undefined;
  return `names the class ${escape}, which RE2 does not know`;
};

const isProperty = (name: string): boolean => {
  try {
    return new RegExp(`\\p{${name}}`, 'u').source !== '';
  } catch {
    return false;
  }
};

const readGroup = (rest: string): number | string => {
  if (!rest.startsWith('(?')) return 1;
  const found = /^\(\?(?:P?<[A-Za-z_]\w*>|[imsU]*(?:-[imsU]+)?:|(?=[imsU-])[imsU]*(?:-[imsU]+)?\))/.exec(rest)?.[0];
  if (found !== undefined) return found.length;
  if (/^\(\?<?[=!]/.test(rest))
    return `looks ahead or behind with ${/^\(\?<?[=!]/.exec(rest)![0]}, which RE2 does not know`;
  return `has the group ${rest.slice(0, 3)}, which RE2 does not know`;
};

const readClass = (rest: string): number | string => {
  let position = rest[1] === '^' ? 2 : 1;
  const first = position;
  let low: string | undefined;
  while (position < rest.length) {
    const char = rest[position]!;
    if (char === ']' && position > first) return position + 1;
    const named = /^\[:\^?\w+:\]/.exec(rest.slice(position))?.[0];
    const escape = char === '\\' ? readEscape(rest.slice(position)) : 1;
    if (typeof escape === 'string') return escape;
    const isPlain = named === undefined && char !== '\\';
    if (char === '-' && low !== undefined && isPlain && /^-[^\]\\[]/.test(rest.slice(position))) {
      const high = rest[position + 1]!;
      if (high < low) return `counts down in [${low}-${high}]`;
      position += 2;
      low = undefined;
      continue;
    }
    low = isPlain ? char : undefined;
    position += named?.length ?? escape;
  }
  return 'has a [ without its ]';
};
