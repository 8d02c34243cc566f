import { millisecondsOf } from './durations.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})?$/;

/** The format of a schema that a text does not have, in words; undefined where it has it, or the format is free. */
export const missedFormat = (format: string, text: string): string | undefined => {
  if (format === 'duration' && millisecondsOf(text) === undefined)
    return 'a duration: a number with a unit (ms, s, m, h), like 1.5s or 1h';
  if ((format === 'byte' || format === 'binary') && !BASE64.test(text)) return 'bytes in Base64';
  return undefined;
};
