// What an HTTP route answers or changes: redirect, directResponse, rewrite.
import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isFilled, numberOf, shown, written } from '../violation.ts';
import { checkPort, checkRouteRegex } from './common.ts';
import { checkStatus } from './faultInjection.ts';

const MOST_BYTES = 1024 * 1024;

export const checkRedirect = (redirect: Field, refuse: Refuse): void => {
  if (!isRecord(redirect.value)) return;
  if (!['uri', 'authority', 'scheme'].some((key) => isFilled(at(redirect, key))) && !hasPort(redirect))
    refuse(redirect, 'says nothing of its aim, but needs uri, authority, scheme or port', { isMissing: true });
  const code = numberOf(at(redirect, 'redirectCode'));
  if (code !== undefined && code !== 0 && (code < 300 || code > 308))
    refuse(at(redirect, 'redirectCode'), `is ${code}, but a redirect has a status between 300 and 308`);
  const scheme = written(at(redirect, 'scheme'));
  if (scheme !== undefined && !['', 'http', 'https'].includes(scheme))
    refuse(at(redirect, 'scheme'), `is ${shown(scheme)}, but must be http or https`);
  if (at(redirect, 'port').value !== 0) checkPort(at(redirect, 'port'), refuse);
};

const hasPort = (redirect: Field): boolean => has(at(redirect, 'port')) || has(at(redirect, 'derivePort'));

export const checkDirectResponse = (response: Field, refuse: Refuse): void => {
  if (!isRecord(response.value)) return;
  if (!has(at(response, 'status')))
    refuse(at(response, 'status'), 'is missing, but an answer has a status', { isMissing: true });
  checkStatus(at(response, 'status'), refuse);
  for (const key of ['string', 'bytes'] as const) {
    const body = at(response, 'body', key);
    if (typeof body.value === 'string' && bytesOf(body.value, key) > MOST_BYTES)
      refuse(body, 'has more than 1 MiB, but a larger body may not be sent');
  }
};

/** Bytes are written in base64. */
const bytesOf = (text: string, key: 'string' | 'bytes'): number =>
  key === 'string' ? Buffer.byteLength(text) : Math.floor((text.replace(/=+$/, '').length * 3) / 4);

export const checkRewrite = (rewrite: Field, refuse: Refuse): void => {
  if (!isRecord(rewrite.value)) return;
  const regex = at(rewrite, 'uriRegexRewrite');
  if (isFilled(at(rewrite, 'uri')) && has(regex)) refuse(regex, 'is set beside uri, but only one of both may be');
  if (!isFilled(at(rewrite, 'uri')) && !has(regex) && !isFilled(at(rewrite, 'authority')))
    refuse(rewrite, 'changes nothing, but needs uri, uriRegexRewrite or authority', { isMissing: true });
  if (!isRecord(regex.value)) return;
  for (const key of ['match', 'rewrite'])
    if (!isFilled(at(regex, key)))
      refuse(at(regex, key), 'is missing, but uriRegexRewrite has match and rewrite', { isMissing: true });
  if (isFilled(at(regex, 'match'))) checkRouteRegex(at(regex, 'match'), refuse);
};
