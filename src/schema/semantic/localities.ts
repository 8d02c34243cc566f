import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, isEmptyList, itemsOf, numberOf, shown, written } from '../violation.ts';

const OF_FAILOVER = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
]);

/** `localityLbSetting` of a DestinationRule (and of the mesh config). */
export const checkLocalities = (setting: Field, refuse: Refuse): void => {
  if (!isRecord(setting.value)) return;
  const [distribute, failover] = [at(setting, 'distribute'), at(setting, 'failover')];
  if (!isEmptyList(distribute) && !isEmptyList(failover))
    refuse(failover, 'is set beside distribute, but only one of both may be');
  if (!isEmptyList(failover))
    for (const label of itemsOf(at(setting, 'failoverPriority')))
      if (typeof label.value === 'string' && OF_FAILOVER.has(label.value))
        refuse(label, `is ${shown(label.value)}, which may not stand beside failover`);
  for (const item of itemsOf(distribute)) checkShares(item, refuse);
  checkOverlaps(
    itemsOf(distribute).map((item) => at(item, 'from')),
    refuse,
  );
  for (const item of itemsOf(failover)) checkFailover(item, refuse);
};

const checkShares = (item: Field, refuse: Refuse): void => {
  const to = at(item, 'to');
  const shares = entriesOf(to);
  let total = 0;
  for (const [, share] of shares) {
    const weight = numberOf(share);
    if (weight === undefined) return;
    if (weight <= 0 || weight > 100) refuse(share, `is ${weight}, but a share lies between 1 and 100`);
    total += weight;
  }
  if (isRecord(to.value) && total !== 100) refuse(to, `adds up to ${total}, but the shares must add up to 100`);
  checkOverlaps(
    shares.map(([key, { path }]) => ({ value: key, path })),
    refuse,
  );
};

const checkFailover = (item: Field, refuse: Refuse): void => {
  const [from, to] = [at(item, 'from'), at(item, 'to')];
  if (written(from) !== undefined && from.value === to.value)
    refuse(to, `is ${shown(to.value)} as in from, but failover leads to another region`);
  for (const side of [from, to]) {
    const region = written(side);
    if (region?.includes('/')) refuse(side, `is ${shown(region)}, but failover names regions only`);
    else if (region?.includes('*')) refuse(side, `is ${shown(region)}, but failover takes no wildcard`);
  }
};

/** Localities of one list: well formed, and none within another. */
const checkOverlaps = (localities: readonly Field[], refuse: Refuse): void => {
  const seen: string[] = [];
  for (const field of localities) {
    const locality = written(field);
    if (locality === undefined) continue;
    const fault = faultOf(locality);
    if (fault !== undefined) refuse(field, `names ${shown(locality)}, ${fault}`);
    const other = seen.find((earlier) => overlap(earlier, locality));
    if (other !== undefined) refuse(field, `names ${shown(locality)}, which overlaps with ${shown(other)}`);
    seen.push(locality);
  }
};

const faultOf = (locality: string): string | undefined => {
  if (locality.slice(0, -1).includes('*')) return 'but * may stand only at the end';
  if (locality.startsWith('/') || locality.includes('//'))
    return 'but none of region/zone/subzone before the last may be empty';
  return undefined;
};

/** Whether two patterns region[/zone[/subzone]] have a place in common; what is left out stands for all. */
const overlap = (a: string, b: string): boolean => {
  const [left, right] = [stepsOf(a), stepsOf(b)];
  for (let index = 0; index < Math.min(left.length, right.length); index++)
    if (left[index] !== right[index]) return false;
  return true;
};

const stepsOf = (locality: string): readonly string[] => {
  const steps = locality.split('/');
  return steps.at(-1) === '*' || steps.at(-1) === '' ? steps.slice(0, -1) : steps;
};
