import { isRecord, isTemplate } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, itemsOf, numberOf, wordOf } from '../violation.ts';

/** What each type of filter is set in. */
const FIELDS: Readonly<Record<string, string>> = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  ExtensionRef: 'extensionRef',
  CORS: 'cors',
  ExternalAuth: 'externalAuth',
};

/** Types of which a list of filters has one at most. */
const SINGLE = new Set(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite']);

export const checkFilters = (filters: Field, refuse: Refuse): void => {
  const seen = new Set<string>();
  for (const filter of itemsOf(filters)) {
    const type = at(filter, 'type');
    const word = wordOf(type);
    if (!isRecord(filter.value) || !Object.hasOwn(FIELDS, word)) continue;
    checkType(filter, word, refuse);
    if (SINGLE.has(word) && seen.has(word)) refuse(type, `is ${word}, as of a filter before, but one is the most`);
    else if (word === 'URLRewrite' && seen.has('RequestRedirect'))
      refuse(type, 'is URLRewrite, but a filter before redirects');
    else if (word === 'RequestRedirect' && seen.has('URLRewrite'))
      refuse(type, 'is RequestRedirect, but a filter before rewrites');
    seen.add(word);
  }
};

const checkType = (filter: Field, word: string, refuse: Refuse): void => {
  const own = FIELDS[word]!;
  if (!has(at(filter, own)))
    refuse(at(filter, own), `is missing, but a filter of type ${word} has it`, { isMissing: true });
  for (const key of Object.values(FIELDS))
    if (key !== own && has(at(filter, key))) refuse(at(filter, key), `is set, but the filter is of type ${word}`);
  for (const key of ['requestRedirect', 'urlRewrite']) checkPathModifier(at(filter, key, 'path'), refuse);
  const mirror = at(filter, 'requestMirror');
  if (has(at(mirror, 'percent')) && has(at(mirror, 'fraction')))
    refuse(at(mirror, 'fraction'), 'is set beside percent, but one of them says how much');
  checkFraction(at(mirror, 'fraction'), refuse);
};

const MODIFIERS: Readonly<Record<string, string>> = {
  ReplaceFullPath: 'replaceFullPath',
  ReplacePrefixMatch: 'replacePrefixMatch',
};

const checkPathModifier = (path: Field, refuse: Refuse): void => {
  const word = wordOf(at(path, 'type'));
  if (!Object.hasOwn(MODIFIERS, word) || isTemplate(word)) return;
  for (const [type, key] of Object.entries(MODIFIERS)) {
    const field = at(path, key);
    if (type === word && !has(field))
      refuse(field, `is missing, but a path of type ${word} has it`, { isMissing: true });
    if (type !== word && has(field)) refuse(field, `is set, but the path is of type ${word}`);
  }
};

const checkFraction = (fraction: Field, refuse: Refuse): void => {
  const [part, whole] = [numberOf(at(fraction, 'numerator')), numberOf(at(fraction, 'denominator')) ?? 100];
  if (part !== undefined && part > whole)
    refuse(at(fraction, 'numerator'), `is ${part}, but is at most the denominator, ${whole}`);
};
