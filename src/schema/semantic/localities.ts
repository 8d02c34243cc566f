import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, isEmptyList, itemsOf, numberOf, shown, written } from '../violation.ts';

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
    'list',
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
  if (!has(to)) refuse(to, 'is missing, but localities share 100 between them', { isMissing: true });
  else if (isRecord(to.value) && total !== 100) refuse(to, `adds up to ${total}, but the shares must add up to 100`);
  checkOverlaps(
    shares.map(([key, { path }]) => ({ value: key, path })),
    refuse,
    'map',
  );
};

const checkFailover = (item: Field, refuse: Refuse): void => {
  const [from, to] = [at(item, 'from'), at(item, 'to')];
  if (isRecord(item.value) && !has(from) && !has(to))
    refuse(item, 'names no regions, but failover leads from one region to another', { isMissing: true });
  if (written(from) !== undefined && from.value === to.value)
    refuse(to, `is ${shown(to.value)} as in from, but failover leads to another region`);
  for (const side of [from, to]) {
    const region = written(side);
    if (region?.includes('/')) refuse(side, `is ${shown(region)}, but failover names regions only`);
    else if (region?.includes('*')) refuse(side, `is ${shown(region)}, but failover takes no wildcard`);
  }
};

/** Well formed, and none within another. Those of a map have no order; in a list the general one may follow. */
const checkOverlaps = (localities: readonly Field[], refuse: Refuse, holder: 'list' | 'map'): void => {
  const seen: (readonly string[])[] = [];
  for (const field of localities) {
    const locality = written(field);
    if (locality === undefined) continue;
    const steps = stepsOf(locality);
    const fault = faultOf(locality, steps);
    if (fault !== undefined) refuse(field, `names ${shown(locality)}, ${fault}`);
    const other = seen.find(
      (earlier) => leavesNothing(earlier, steps) || (holder === 'map' && leavesNothing(steps, earlier)),
    );
    if (other !== undefined) refuse(field, `names ${shown(locality)}, which overlaps with ${shown(other.join('/'))}`);
    seen.push(steps);
  }
};

const faultOf = (locality: string, steps: readonly string[]): string | undefined => {
  if (locality.slice(0, -1).includes('*')) return 'but * may stand only at the end';
  return steps.includes('') ? 'but none of region/zone/subzone may be empty' : undefined;
};

/** Whether a locality takes from a later one region[/zone[/subzone]] its name; what is left out stands for all. */
const leavesNothing = (earlier: readonly string[], later: readonly string[]): boolean => {
  for (const [index, step] of later.entries()) {
    if (earlier[index] === undefined || earlier[index] === '*') return true;
    if (earlier[index] !== step) return false;
  }
  return true;
};

/** The subzone is all that is left, with its slashes. */
const stepsOf = (locality: string): readonly string[] => {
  const [region = '', zone, ...rest] = locality.split('/');
  if (zone === undefined) return [region];
  return rest.length === 0 ? [region, zone] : [region, zone, rest.join('/')];
};
