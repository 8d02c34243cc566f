import { withoutSecretText } from '../model/index.ts';

/** Data with secrets left out of all texts; paths of files, by which their lines are found, stay as they are. */
export const scrubbed = <T>(data: T): T => scrub(data, '') as T;

const scrub = (value: unknown, key: string): unknown => {
  if (typeof value === 'string') return key === 'file' ? value : withoutSecretText(value);
  if (Array.isArray(value)) return value.map((item) => scrub(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, scrub(item, name)]));
};
