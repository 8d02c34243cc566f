import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isFilled, numberOf, shown, written } from '../violation.ts';
import { checkDuration } from './common.ts';

const CONDITIONS = new Set([
  ...['5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'retriable-4xx', 'refused-stream'],
  ...['retriable-status-codes', 'retriable-headers', 'envoy-ratelimited', 'http3-post-connect-failure'],
  ...['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'],
]);

export const checkRetries = (retries: Field, refuse: Refuse): void => {
  if (!isRecord(retries.value)) return;
  const field = at(retries, 'attempts');
  const attempts = has(field) ? numberOf(field) : 0;
  if (attempts !== undefined && attempts < 0) refuse(field, `is ${attempts}, but must be 0 or more`);
  const other =
    ['perTryTimeout', 'retryRemoteLocalities'].find((key) => has(at(retries, key))) ??
    (isFilled(at(retries, 'retryOn')) ? 'retryOn' : undefined);
  if (attempts === 0 && other !== undefined)
    refuse(field, `is ${has(field) ? '0' : 'missing'}, which turns retries off, but ${other} is set`);
  checkDuration(at(retries, 'perTryTimeout'), refuse);
  checkDuration(at(retries, 'backoff'), refuse);
  const conditions = at(retries, 'retryOn');
  for (const condition of written(conditions)?.split(',') ?? []) {
    const name = condition.trim();
    if (name === '' || CONDITIONS.has(name) || isStatus(name)) continue;
    refuse(
      conditions,
      `has ${shown(name)}, which is no condition of Envoy for retries (like 5xx, reset or connect-failure) and no status`,
    );
  }
};

/** Statuses that HTTP gives a name to. */
const isStatus = (text: string): boolean => {
  if (!/^\d{3}$/.test(text)) return false;
  const status = Number(text);
  return (
    (status >= 100 && status <= 103) ||
    (status >= 200 && status <= 208) ||
    status === 226 ||
    (status >= 300 && status <= 308 && status !== 306) ||
    (status >= 400 && status <= 431 && ![419, 420, 427, 430].includes(status)) ||
    status === 451 ||
    (status >= 500 && status <= 511 && status !== 509)
  );
};
