import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, itemsOf, numberOf } from '../violation.ts';
import { checkDestination, checkNotNegative } from './common.ts';

/** Destinations of a route and their weights. */
export const checkShares = (route: Field, refuse: Refuse): void => {
  const items = itemsOf(route);
  let total = 0;
  let areKnown = true;
  for (const item of items) {
    if (!has(item)) refuse(item, 'is null, but each item names a destination');
    if (!isRecord(item.value)) continue;
    const destination = at(item, 'destination');
    if (!has(destination)) refuse(destination, 'is missing, but a route leads somewhere', { isMissing: true });
    checkDestination(destination, refuse);
    const weight = at(item, 'weight');
    checkNotNegative(weight, refuse);
    areKnown &&= !has(weight) || numberOf(weight) !== undefined;
    total += numberOf(weight) ?? 0;
  }
  if (items.length < 2 || !areKnown) return;
  if (total === 0) refuse(route, `has ${items.length} destinations whose weights are all 0, but some must be more`);
  else if (total !== 100)
    refuse(route, `has weights that add up to ${total}, but they must add up to 100`, { istio: '<=1.12' });
};
