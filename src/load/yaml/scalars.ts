/**
 * What a plain scalar means to Kubernetes: sigs.k8s.io/yaml reads with go-yaml v2, so YAML 1.1 words are
 * booleans, a leading 0 is octal, underscores are dropped, and dates stay text.
 */
export type Resolved = string | number | boolean | null;

const words = new Map<string, boolean | number | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['~', 'null', 'Null', 'NULL', ''].map((word) => [word, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const fraction = /^\.\d+(?:_\d+)*(?:[eE][-+]?\d+)?$/;
const maximum = 2n ** 64n;
const half = 2n ** 63n;

/** The value of a plain scalar without a tag. */
export const resolvePlain = (source: string): Resolved => {
  const first = source.charCodeAt(0);
  if ((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46) return resolveNumber(source);
  if (source.length > 5) return source;
  const word = words.get(source);
  return word === undefined ? source : word;
};

/** An integer of the forms Go's ParseInt knows with base 0, as an exact value; undefined for anything else. */
const exactInteger = (source: string): bigint | undefined => {
  const plain = source.replaceAll('_', '');
  const parts = /^([-+]?)(?:0[xX]([\da-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(\d+))$/.exec(plain);
  if (parts === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = parts;
  if (decimal !== undefined && decimal.length > 1 && decimal.startsWith('0')) return undefined;
  const digits =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : decimal;
  // Longer than any 64-bit number in any base; BigInt of a hostile million digits would take minutes.
  if (digits === undefined || digits.length > 70) return undefined;
  const size = BigInt(digits);
  if (sign === '-') return size <= half ? -size : undefined;
  return size < maximum ? size : undefined;
};

const resolveNumber = (source: string): Resolved => {
  if (/^[1-9]\d{0,14}$/.test(source)) return Number(source);
  const word = words.get(source);
  if (word !== undefined) return word;
  if (source.charCodeAt(0) === 46) return fraction.test(source) ? finite(source.replaceAll('_', ''), source) : source;
  if (!/^[-+\d][\w.+-]*$/.test(source)) return source;
  const integer = exactInteger(source);
  if (integer !== undefined) return Number(integer);
  const plain = source.replaceAll('_', '');
  return float.test(plain) ? finite(plain, source) : source;
};

const finite = (plain: string, source = plain): number | string => {
  const value = Number(plain);
  return Number.isFinite(value) ? value : source;
};

/** The text that the JSON form of a manifest has for this key; undefined where Kubernetes takes no such key. */
export const keyText = (source: string): string | undefined => {
  const value = resolvePlain(source);
  if (typeof value === 'string') return value;
  if (value === null) return undefined;
  if (typeof value === 'boolean') return String(value);
  const integer = exactInteger(source);
  return integer === undefined ? floatText(value) : String(integer);
};

/** Go's FormatFloat(value, 'g', -1, 32), which sigs.k8s.io/yaml uses for keys. */
const floatText = (value: number): string => {
  if (Number.isNaN(value)) return '.nan';
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf';
  if (single === 0) return Object.is(single, -0) ? '-0' : '0';
  let digits = 1;
  while (digits < 9 && Math.fround(Number(single.toPrecision(digits))) !== single) digits++;
  const [mantissa = '', power = '0'] = single.toExponential(digits - 1).split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(Number(single.toPrecision(digits)));
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
};
