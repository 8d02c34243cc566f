const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 3.6e6,
};

/** Milliseconds of a duration as Go writes it (`1.5s`, `1h30m`, `0`); undefined for anything else, or too long a one. */
export const millisecondsOf = (text: string): number | undefined => {
  const unsigned = text.replace(/^[+-]/, '');
  const sign = text.startsWith('-') ? -1 : 1;
  if (unsigned === '0') return 0;
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(unsigned)) return undefined;
  let total = 0;
  for (const [, count, unit] of unsigned.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    total += Number(count) * UNITS[unit!]!;
  return total > LONGEST ? undefined : sign * total;
};

/** Nanoseconds are counted in 63 bits: 292 years. */
const LONGEST = 2 ** 63 / 1e6;

export const DURATION_FORM = 'but a duration is a number with a unit (ms, s, m, h), like 1.5s or 1h';

/** What keeps a text from being a duration of at least a millisecond. */
export const faultOfDuration = (text: string): string | undefined => {
  const length = millisecondsOf(text);
  if (length === undefined) return DURATION_FORM;
  return length < 1 ? 'but the least duration is 1ms' : undefined;
};

/** The same, with the finer grain that Istio refuses. */
export const faultOfWholeDuration = (text: string): string | undefined => {
  const fault = faultOfDuration(text);
  if (fault !== undefined) return fault;
  const length = millisecondsOf(text)!;
  return Math.abs(length - Math.round(length)) > 1e-6 ? 'but Istio measures whole milliseconds' : undefined;
};
