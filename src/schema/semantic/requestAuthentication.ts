import { isRecord } from '../../model/index.ts';
import { faultOfKeys } from '../forms/keys.ts';
import { hasScheme } from '../forms/urls.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isFilled, itemsOf, shown, written } from '../violation.ts';
import type { Check } from './common.ts';
import { checkDuration, checkFilledItems } from './common.ts';
import { checkHeaderName } from './headers.ts';
import { checkTargets } from './targets.ts';

export const checkRequestAuthentication: Check = ({ spec }, refuse) => {
  checkTargets(spec, refuse);
  for (const rule of itemsOf(at(spec, 'jwtRules'))) {
    if (!has(rule)) refuse(rule, 'is null, but a rule names its issuer');
    else checkRule(rule, refuse);
  }
};

const checkRule = (rule: Field, refuse: Refuse): void => {
  if (!isRecord(rule.value)) return;
  if (!isFilled(at(rule, 'issuer')))
    refuse(at(rule, 'issuer'), 'is missing, but a rule names its issuer', { isMissing: true });
  for (const key of ['audiences', 'fromParams', 'fromCookies', 'spaceDelimitedClaims'])
    checkFilledItems(at(rule, key), refuse);
  for (const key of ['jwksUri', 'jwks_uri']) {
    const uri = written(at(rule, key));
    if (uri !== undefined && uri !== '' && !hasScheme(uri, ['http', 'https']))
      refuse(at(rule, key), `is ${shown(uri)}, but must be an http:// or https:// URL`);
  }
  checkKeys(at(rule, 'jwks'), refuse);
  for (const header of itemsOf(at(rule, 'fromHeaders')))
    if (isRecord(header.value) && !isFilled(at(header, 'name')))
      refuse(at(header, 'name'), 'is missing, but a header has a name', { isMissing: true });
  for (const item of itemsOf(at(rule, 'outputClaimToHeaders'))) {
    if (!isRecord(item.value)) continue;
    for (const key of ['header', 'claim'])
      if (!isFilled(at(item, key)))
        refuse(at(item, key), 'is missing, but a claim goes from claim to header', { isMissing: true });
    if (isFilled(at(item, 'header'))) checkHeaderName(at(item, 'header'), refuse);
  }
  checkDuration(at(rule, 'timeout'), refuse);
};

/** Keys are written as JSON: one key, or a set of them. */
const checkKeys = (field: Field, refuse: Refuse): void => {
  const keys = written(field);
  if (keys === undefined || keys === '') return;
  const fault = faultOfKeys(keys);
  if (fault !== undefined) refuse(field, fault);
};
