// JSON Web Keys, as far as istiod looks at them before it hands them on.
import { get, isRecord, list, text } from '../../model/index.ts';

/** Kinds of keys, and what each must hold. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  oct: ['k'],
};

/** What keeps a text from being a key or a set of keys, as a tail of a sentence; undefined where nothing does. */
export const faultOfKeys = (json: string): string | undefined => {
  const held = objectIn(json);
  if (held === undefined) return 'is no JSON object, but the keys are written as JSON: {"keys": […]}';
  if (!Object.hasOwn(held, 'keys')) return faultOfKey(held);
  const keys = held['keys'];
  if (keys !== null && !Array.isArray(keys)) return 'has something else than a list under "keys"';
  for (const key of list(keys)) {
    const fault = faultOfKey(key);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

const objectIn = (json: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const faultOfKey = (key: unknown): string | undefined => {
  const kind = text(get(key, 'kty'));
  if (kind === undefined) return 'has a key without "kty", but a key says of which kind it is';
  const parts = Object.hasOwn(PARTS, kind) ? PARTS[kind] : undefined;
  if (parts === undefined)
    return `has a key of the kind ${JSON.stringify(kind)}, but there are ${Object.keys(PARTS).join(', ')}`;
  const missing = parts.find((part) => (text(get(key, part)) ?? '') === '');
  return missing === undefined ? undefined : `has a key of the kind ${kind} without "${missing}"`;
};
