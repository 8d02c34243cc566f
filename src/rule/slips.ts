// Names that are one slip of the keyboard apart.
import { isOneSlipAway } from '../model/index.ts';

export { isOneSlipAway };

/** One slip away, and not merely another number: public-2 beside public-1 is another gateway. */
export const isMistyped = (written: string, meant: string | undefined): boolean =>
  meant !== undefined &&
  meant.length > 3 &&
  (written === meant ||
    (isOneSlipAway(meant, written) && meant.replaceAll(/\d/g, '') !== written.replaceAll(/\d/g, '')));

/**
 * One slip away, and not the name of a sibling: team-a beside team-b, shop-1 beside shop-2 and eu beside us are names of
 * their own.
 */
export const isNameSlip = (written: string, meant: string): boolean => {
  if (written === meant || !isOneSlipAway(meant, written)) return false;
  if (meant.replaceAll(/\d/g, '') === written.replaceAll(/\d/g, '')) return false;
  const [wrong, right] = [written.split(WORD), meant.split(WORD)];
  const index = wrong.findIndex((word, at) => word !== right[at]);
  return wrong.length !== right.length || [wrong[index]!, right[index]!].some((word) => word.length > 2);
};

/** What parts the words of a name. */
const WORD = /[^A-Za-z0-9]/;
