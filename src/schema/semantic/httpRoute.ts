import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, isEmptyList, isFilled, itemsOf } from '../violation.ts';
import {
  checkDestination,
  checkDuration,
  checkGatewayNames,
  checkLabels,
  checkPercent,
  checkPort,
  checkSourceNamespace,
  checkStringMatch,
} from './common.ts';
import { checkCors } from './cors.ts';
import { checkFault } from './faultInjection.ts';
import { checkAuthority, checkHeaderOperations, checkMatchHeader } from './headers.ts';
import { checkDirectResponse, checkRedirect, checkRewrite } from './httpAnswers.ts';
import { checkRetries } from './retries.ts';
import { checkShares } from './shares.ts';

/** `ofDelegate`: the route of a VirtualService without hosts. */
export const checkHttpRoute = (route: Field, ofDelegate: boolean, refuse: Refuse): void => {
  if (!has(route)) return refuse(route, 'is null, but an HTTP route leads somewhere');
  if (!isRecord(route.value)) return;
  const delegates = !ofDelegate && has(at(route, 'delegate'));
  checkActions(route, ofDelegate, delegates, refuse);
  for (const match of itemsOf(at(route, 'match'))) checkMatch(match, ofDelegate || delegates, refuse);
  checkHeaderOperations(at(route, 'headers'), 'authority', refuse);
  checkCors(at(route, 'corsPolicy'), refuse);
  checkFault(at(route, 'fault'), refuse);
  checkMirrors(route, refuse);
  checkRedirect(at(route, 'redirect'), refuse);
  checkDirectResponse(at(route, 'directResponse'), refuse);
  checkRetries(at(route, 'retries'), refuse);
  checkRewrite(at(route, 'rewrite'), refuse);
  checkAuthority(route, refuse);
  for (const item of itemsOf(at(route, 'route'))) checkHeaderOperations(at(item, 'headers'), 'host', refuse);
  checkShares(at(route, 'route'), refuse);
  checkDuration(at(route, 'timeout'), refuse);
};

/** Which ways to answer may stand beside which. */
const checkActions = (route: Field, ofDelegate: boolean, delegates: boolean, refuse: Refuse): void => {
  const clash = (key: string, beside: string): void => {
    if (isFilled(at(route, key)) || (key !== 'route' && has(at(route, key))))
      refuse(at(route, key), `is set beside ${beside}, but only one of both may be`);
  };
  if (delegates) {
    for (const key of ['redirect', 'route']) clash(key, 'delegate');
    return;
  }
  if (ofDelegate && has(at(route, 'delegate')))
    refuse(at(route, 'delegate'), 'is set, but a delegate may not delegate any further');
  if (has(at(route, 'redirect')))
    for (const key of ['route', 'fault', 'rewrite', 'directResponse']) clash(key, 'redirect');
  else if (has(at(route, 'directResponse')))
    for (const key of ['route', 'fault', 'rewrite']) clash(key, 'directResponse');
  else if (isEmptyList(at(route, 'route')))
    refuse(at(route, 'route'), 'is missing, but an HTTP route needs route, redirect, directResponse or delegate', {
      isMissing: true,
    });
};

const checkMatch = (match: Field, isDelegated: boolean, refuse: Refuse): void => {
  if (!isRecord(match.value)) return;
  for (const key of ['uri', 'scheme', 'method', 'authority']) checkMatched(at(match, key), isDelegated, refuse);
  for (const key of ['headers', 'withoutHeaders', 'queryParams'])
    for (const [name, value] of entriesOf(at(match, key))) {
      if (!has(value)) refuse(value, 'is null, but must say what to match, {} for any value');
      if (key !== 'queryParams') checkMatchHeader(name, value, refuse);
      if (key === 'headers' && at(value, 'prefix').value === '')
        refuse(at(value, 'prefix'), 'is empty, but a prefix has letters: {} matches any value', { istio: '1.18+' });
      // A header that must not be there at all is matched by * as well, which is no expression.
      if (key === 'withoutHeaders' && at(value, 'regex').value === '*' && !isDelegated) continue;
      checkMatched(value, isDelegated, refuse);
    }
  if (at(match, 'port').value !== 0) checkPort(at(match, 'port'), refuse);
  checkLabels(at(match, 'sourceLabels'), refuse);
  checkGatewayNames(at(match, 'gateways'), refuse);
  checkSourceNamespace(match, refuse);
};

const checkMatched = (value: Field, isDelegated: boolean, refuse: Refuse): void => {
  if (isDelegated && has(at(value, 'regex')))
    refuse(at(value, 'regex'), 'is set, but routes that delegate or are delegated to take no regular expressions');
  else checkStringMatch(value, refuse);
};

const checkMirrors = (route: Field, refuse: Refuse): void => {
  checkDestination(at(route, 'mirror'), refuse);
  if (has(at(route, 'mirror')) && !isEmptyList(at(route, 'mirrors')))
    refuse(at(route, 'mirrors'), 'is set beside mirror, but only one of both may be');
  for (const key of ['mirrorPercent', 'mirror_percent']) checkPercent(at(route, key), refuse);
  checkPercent(at(route, 'mirrorPercentage', 'value'), refuse);
  for (const mirror of itemsOf(at(route, 'mirrors'))) {
    const destination = at(mirror, 'destination');
    if (isRecord(mirror.value) && !has(destination))
      refuse(destination, 'is missing, but a mirror names its destination', { isMissing: true });
    checkDestination(destination, refuse);
    checkPercent(at(mirror, 'percentage', 'value'), refuse);
  }
};
