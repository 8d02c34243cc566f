// Names that are one slip of the keyboard apart.
import { isOneSlipAway } from '../model/index.ts';

export { isOneSlipAway };

/** One slip away, and not merely another number: public-2 beside public-1 is another gateway. */
export const isMistyped = (written: string, meant: string | undefined): boolean =>
  meant !== undefined &&
  meant.length > 3 &&
  (written === meant ||
    (isOneSlipAway(meant, written) && meant.replaceAll(/\d/g, '') !== written.replaceAll(/\d/g, '')));
