import { isRecord, isTemplate } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isEmptyList, isFilled, itemsOf, shown, wordOf, written } from '../violation.ts';
import type { Check } from './common.ts';
import { checkFilledItems, checkPortTexts, checkSubnets } from './common.ts';
import { checkCondition } from './conditions.ts';
import { faultOfPathTemplate } from './pathTemplates.ts';
import { checkTargets } from './targets.ts';

const SOURCE = [
  ...['principals', 'notPrincipals', 'requestPrincipals', 'notRequestPrincipals', 'namespaces', 'notNamespaces'],
  ...['serviceAccounts', 'notServiceAccounts', 'ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'],
  ...['trustDomains', 'notTrustDomains'],
];
const OPERATION = ['hosts', 'notHosts', 'ports', 'notPorts', 'methods', 'notMethods', 'paths', 'notPaths'];

export const checkAuthorizationPolicy: Check = ({ spec }, refuse) => {
  checkTargets(spec, refuse);
  const [action, rules, provider] = [at(spec, 'action'), at(spec, 'rules'), at(spec, 'provider')];
  const isCustom = action.value === 'CUSTOM';
  if ((isCustom || action.value === 'DENY') && isEmptyList(rules))
    refuse(
      rules,
      `is missing, but an action ${wordOf(action)} without rules never acts: an empty rule {} acts on every request`,
      { isMissing: true },
    );
  if (isCustom && !isFilled(at(provider, 'name')))
    refuse(at(provider, 'name'), 'is missing, but action CUSTOM asks a provider', { isMissing: true });
  if (has(provider) && !isCustom && !isTemplate(wordOf(action)))
    refuse(provider, `is set, but goes with action CUSTOM only, not ${wordOf(action) || 'ALLOW'}`);
  for (const rule of itemsOf(rules)) {
    if (!has(rule)) refuse(rule, 'is null, but the rule for every request is {}');
    if (!isRecord(rule.value)) continue;
    checkFrom(at(rule, 'from'), refuse);
    checkTo(at(rule, 'to'), refuse);
    for (const condition of itemsOf(at(rule, 'when'))) checkCondition(condition, refuse);
    if (isCustom) checkCustom(rule, refuse);
  }
};

const checkFrom = (from: Field, refuse: Refuse): void => {
  for (const item of itemsOf(from)) {
    const source = at(item, 'source');
    if (!isFilled(source) || !SOURCE.some((key) => !isEmptyList(at(source, key)))) {
      if (isKnown(source, SOURCE))
        refuse(has(source) ? source : item, 'names no source, but each item of from needs one');
      continue;
    }
    for (const key of SOURCE) checkFilledItems(at(source, key), refuse);
    for (const key of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'])
      checkSubnets({ path: at(source, key).path, value: itemsWithText(at(source, key)) }, refuse);
    const account = ['serviceAccounts', 'notServiceAccounts'].find((key) => !isEmptyList(at(source, key)));
    const other = SOURCE.slice(0, 2)
      .concat(SOURCE.slice(4, 6))
      .find((key) => !isEmptyList(at(source, key)));
    if (account !== undefined && other !== undefined)
      refuse(
        at(source, account),
        `is set beside ${other}, but a source names either service accounts or principals and namespaces`,
      );
  }
};

/** Nothing but keys that are known here: a field of another release, or a slip of the pen, says something else. */
const isKnown = (field: Field, keys: readonly string[]): boolean =>
  !has(field) || (isRecord(field.value) && Object.keys(field.value).every((key) => keys.includes(key)));

/** Empty items are told of by themselves. */
const itemsWithText = (field: Field): readonly unknown[] =>
  itemsOf(field).map(({ value }) => (value === '' ? undefined : value));

const checkTo = (to: Field, refuse: Refuse): void => {
  for (const item of itemsOf(to)) {
    const operation = at(item, 'operation');
    if (!isFilled(operation) || !OPERATION.some((key) => !isEmptyList(at(operation, key)))) {
      if (isKnown(operation, OPERATION))
        refuse(has(operation) ? operation : item, 'names no operation, but each item of to needs one');
      continue;
    }
    for (const key of OPERATION) checkFilledItems(at(operation, key), refuse);
    for (const key of ['ports', 'notPorts']) checkPortTexts(at(operation, key), refuse);
    for (const key of ['paths', 'notPaths'])
      for (const item of itemsOf(at(operation, key))) {
        const path = pathOf(item);
        const fault = path === undefined ? undefined : faultOfPathTemplate(path);
        if (fault !== undefined) refuse(item, `is ${shown(path)}, ${fault}`, { istio: '1.22+' });
      }
  }
};

/** `{id}` is no gap for a tool in a path, but what people write who know other routers. */
const pathOf = ({ value }: Field): string | undefined =>
  typeof value !== 'string' || isTemplate(value.replaceAll(/(?<![${])\{\w+\}(?!\})/g, '')) ? undefined : value;

const IN_TOKENS = ['source.namespace', 'source.principal', 'source.serviceAccount'];

/** What an external authorizer is not asked about: identities are checked by Istio itself. */
const checkCustom = (rule: Field, refuse: Refuse): void => {
  for (const item of itemsOf(at(rule, 'from')))
    for (const key of SOURCE.slice(0, 8))
      if (!isEmptyList(at(item, 'source', key)))
        refuse(at(item, 'source', key), 'is set, but action CUSTOM does not match identities');
  for (const condition of itemsOf(at(rule, 'when'))) {
    const key = written(at(condition, 'key')) ?? '';
    if (IN_TOKENS.includes(key) || key.startsWith('request.auth.'))
      refuse(at(condition, 'key'), `is ${shown(key)}, but action CUSTOM does not match identities`);
  }
};
