import { isRecord } from '../../model/index.ts';
import { millisecondsOf } from '../forms/durations.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, itemsOf, shown, written } from '../violation.ts';
import { checkDuration, checkStringMatch } from './common.ts';
import { checkHeaderName } from './headers.ts';

export const checkCors = (policy: Field, refuse: Refuse): void => {
  if (!isRecord(policy.value)) return;
  for (const origin of itemsOf(at(policy, 'allowOrigins'))) checkOrigin(origin, refuse);
  for (const method of itemsOf(at(policy, 'allowMethods'))) checkMethod(method, refuse);
  for (const key of ['allowHeaders', 'exposeHeaders'])
    for (const item of itemsOf(at(policy, key))) if (item.value !== '*') checkHeaderName(item, refuse);
  const age = at(policy, 'maxAge');
  checkDuration(age, refuse);
  const length = millisecondsOf(written(age) ?? '');
  if (length !== undefined && length >= 1 && length % 1000 !== 0)
    refuse(age, `is ${shown(age.value)}, but the age is counted in whole seconds`);
};

const checkOrigin = (origin: Field, refuse: Refuse): void => {
  if (!isRecord(origin.value)) return;
  const kinds = ['exact', 'prefix', 'regex'].map((key) => at(origin, key)).filter(has);
  const isEmpty = kinds.length === 0 || kinds.some(({ value }) => value === '');
  if (isEmpty) refuse(kinds[0] ?? origin, 'is empty, but an origin is matched by exact, prefix or regex');
  else checkStringMatch(origin, refuse);
};

/** A method of HTTP, or `*`. */
const checkMethod = (field: Field, refuse: Refuse): void => {
  const method = written(field);
  if (method === undefined || METHODS.has(method) || method === '*') return;
  refuse(field, `is ${shown(method)}, but must be one of ${[...METHODS].join(', ')}`);
};

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE']);
