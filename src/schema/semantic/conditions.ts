import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isEmptyList, itemsOf, shown, written } from '../violation.ts';
import { checkFilledItems, checkPortTexts, checkSubnets } from './common.ts';

const PLAIN = new Set([
  ...['source.ip', 'remote.ip', 'source.namespace', 'source.principal', 'source.serviceAccount'],
  ...['request.auth.principal', 'request.auth.audiences', 'request.auth.presenter'],
  ...['destination.ip', 'destination.port', 'connection.sni'],
]);
/** Attributes that came later, and the last minor that does not know them. */
const LATER: Readonly<Record<string, number | undefined>> = { 'remote.ip': 7, 'source.serviceAccount': 24 };
const KEYED = ['request.headers', 'request.auth.claims', 'experimental.envoy.filters.'];

/** One item of `when`. */
export const checkCondition = (condition: Field, refuse: Refuse): void => {
  if (!isRecord(condition.value)) return;
  const field = at(condition, 'key');
  if (!has(field) || field.value === '')
    return refuse(field, 'is missing, but a condition names an attribute', { isMissing: true });
  const key = written(field);
  const values = [at(condition, 'values'), at(condition, 'notValues')];
  if (values.every(isEmptyList))
    refuse(condition, 'has neither values nor notValues, but a condition needs one of them', { isMissing: true });
  for (const list of values) checkFilledItems(list, refuse);
  if (key === undefined) return;
  const fault = faultOfKey(key);
  if (fault !== undefined) return refuse(field, `is ${shown(key)}, ${fault}`);
  const before = LATER[key];
  if (before !== undefined)
    refuse(field, `is ${shown(key)}, which Istio knows from 1.${before + 1} on`, { istio: `<=1.${before}` });
  for (const list of values) {
    const known = { value: itemsOf(list).map(({ value }) => (value === '' ? undefined : value)), path: list.path };
    if (key.endsWith('.ip')) checkSubnets(known, refuse);
    if (key === 'destination.port') checkPortTexts(known, refuse);
  }
};

const faultOfKey = (key: string): string | undefined => {
  if (PLAIN.has(key)) return undefined;
  if (!KEYED.some((prefix) => key.startsWith(prefix)))
    return `but Istio knows ${[...PLAIN].join(', ')}, request.headers[…] and request.auth.claims[…]`;
  return /^[^[]+\[.+\]$/s.test(key) ? undefined : 'but the name stands in brackets, like request.headers[x-user]';
};
