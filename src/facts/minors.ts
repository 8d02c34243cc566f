// Versions of Istio and ranges of them.
import type { Severity } from '../model/index.ts';

/** Minor versions of Istio 1.x, both ends included: `{ low: 20, high: 20 }` is 1.20. */
export interface Minors {
  readonly low: number;
  readonly high: number;
}

/** The span that this program knows. */
export const SUPPORTED: Minors = { low: 1, high: 30 };

/** `1.8+`, `>=1.8`, `1.1-1.5`, `<=1.5`, `<1.29`, `1.8`, `all`: the minors it names. Throws on anything else (a fault of the caller). */
export const parseRange = (range: string): Minors => {
  const written = range.trim();
  if (written === 'all' || written === '') return { low: 0, high: Number.POSITIVE_INFINITY };
  const found = /^(>=|<=|<)?1\.(\d+)(\+)?(?:\s*-\s*1\.(\d+))?$/.exec(written);
  if (found === null) throw new Error(`not a range of Istio versions: ${range}`);
  const minor = Number(found[2]);
  if (found[1] === '>=' || found[3] === '+') return { low: minor, high: Number.POSITIVE_INFINITY };
  if (found[1] === '<=') return { low: 0, high: minor };
  if (found[1] === '<') return { low: 0, high: minor - 1 };
  return { low: minor, high: found[4] === undefined ? minor : Number(found[4]) };
};

/** Whether all, some or none of the versions lie in the range. */
export const within = (minors: Minors, range: string): 'inside' | 'partly' | 'outside' => {
  const { low, high } = parseRange(range);
  if (minors.high < low || minors.low > high) return 'outside';
  return minors.low >= low && minors.high <= high ? 'inside' : 'partly';
};

/**
 * How a rule of that range speaks for a cluster of those versions: not at all (undefined), or with which
 * severity and with what at the end of its message: ' (from Istio 1.8)' where only some versions are concerned.
 */
export const speaksFor = (
  minors: Minors,
  range: string,
  severity: Severity,
): { readonly severity: Severity; readonly suffix: string } | undefined => {
  const where = within(minors, range);
  if (where === 'outside') return undefined;
  return where === 'inside'
    ? { severity, suffix: '' }
    : { severity: lowered(severity), suffix: ` (${rangeInWords(range)})` };
};

/** One step milder; info stays info. */
export const lowered = (severity: Severity): Severity => (severity === 'error' ? 'warning' : 'info');

/** `from Istio 1.8`, `up to Istio 1.5`, `Istio 1.6 to 1.8`. */
export const rangeInWords = (range: string): string => {
  const { low, high } = parseRange(range);
  if (high === Number.POSITIVE_INFINITY) return `from Istio 1.${low}`;
  if (low <= SUPPORTED.low) return `up to Istio 1.${high}`;
  return low === high ? `Istio 1.${low}` : `Istio 1.${low} to 1.${high}`;
};

/** `1.20`, `1.18 to 1.30`. */
export const minorsInWords = (minors: Minors): string =>
  minors.low === minors.high ? `1.${minors.low}` : `1.${minors.low} to 1.${minors.high}`;

/** The minor of `1.20.3`, `v1.20-latest`, `1.20.3-distroless@sha256:…`, `release-1.1-latest-daily`, `1.14.3-asm.1`; undefined for other text. */
export const minorOf = (version: string): number | undefined => {
  const found = /^(?:[~^=]|>=)?\s*(?:release-)?v?1\.(\d{1,2})(?![\d])/.exec(version.trim())?.[1];
  const minor = found === undefined ? Number.NaN : Number(found);
  return minor >= SUPPORTED.low ? minor : undefined;
};
