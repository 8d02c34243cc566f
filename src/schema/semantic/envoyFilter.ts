import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isFilled, itemsOf, shown, wordOf, written } from '../violation.ts';
import type { Check } from './common.ts';
import { checkRegex } from './common.ts';
import { checkTargets } from './targets.ts';

/** The match that goes with what a patch applies to. */
const MATCH_OF: Readonly<Record<string, string>> = {
  LISTENER: 'listener',
  FILTER_CHAIN: 'listener',
  NETWORK_FILTER: 'listener',
  HTTP_FILTER: 'listener',
  LISTENER_FILTER: 'listener',
  ROUTE_CONFIGURATION: 'routeConfiguration',
  VIRTUAL_HOST: 'routeConfiguration',
  HTTP_ROUTE: 'routeConfiguration',
  CLUSTER: 'cluster',
};
const MATCHES = ['listener', 'routeConfiguration', 'cluster'];
const MANAGERS = new Set(['envoy.filters.network.http_connection_manager', 'envoy.http_connection_manager']);

export const checkEnvoyFilter: Check = ({ spec }, refuse) => {
  checkTargets(spec, refuse, 'workloadSelector', 'labels');
  for (const item of itemsOf(at(spec, 'configPatches'))) {
    if (!has(item)) refuse(item, 'is null, but a patch has applyTo, match and patch');
    if (isRecord(item.value)) checkConfigPatch(item, refuse);
  }
};

const checkConfigPatch = (item: Field, refuse: Refuse): void => {
  const [applyTo, patch] = [at(item, 'applyTo'), at(item, 'patch')];
  if (!has(applyTo) || applyTo.value === 'INVALID')
    refuse(applyTo, 'is missing, but a patch applies to something like HTTP_FILTER or CLUSTER', { isMissing: true });
  if (!has(patch)) refuse(patch, 'is missing, but there must be something to do', { isMissing: true });
  else checkPatch(patch, refuse);
  const version = at(item, 'match', 'proxy', 'proxyVersion');
  if (isFilled(version)) checkRegex(version, refuse);
  checkMatch(at(item, 'match'), wordOf(applyTo), refuse);
};

const checkPatch = (patch: Field, refuse: Refuse): void => {
  const operation = at(patch, 'operation');
  if (!has(operation) || operation.value === 'INVALID')
    return refuse(operation, 'is missing, but a patch has an operation like MERGE or INSERT_BEFORE', {
      isMissing: true,
    });
  if (operation.value !== 'REMOVE' && written(operation) !== undefined && !has(at(patch, 'value')))
    refuse(at(patch, 'value'), `is missing, but operation ${wordOf(operation)} needs a value`, { isMissing: true });
};

const checkMatch = (match: Field, applyTo: string, refuse: Refuse): void => {
  const wanted = Object.hasOwn(MATCH_OF, applyTo) ? MATCH_OF[applyTo] : undefined;
  if (wanted === undefined) return;
  const other = MATCHES.find((key) => key !== wanted && has(at(match, key)));
  if (other !== undefined && !has(at(match, wanted)))
    refuse(at(match, other), `is set, but a patch of ${applyTo} is matched by ${wanted}`);
  if (wanted !== 'listener') return;
  const filter = at(match, 'listener', 'filterChain', 'filter');
  if (!isRecord(filter.value)) return;
  const [name, sub] = [at(filter, 'name'), at(filter, 'subFilter')];
  if (!isFilled(name)) return refuse(name, 'is missing, but a filter is matched by its name', { isMissing: true });
  if (!has(sub)) return;
  if (applyTo !== 'HTTP_FILTER')
    refuse(sub, `is set, but filters within filters are matched for HTTP_FILTER only, not ${applyTo}`);
  else if (written(name) !== undefined && !MANAGERS.has(wordOf(name)))
    refuse(name, `is ${shown(name.value)}, but a subFilter lies within envoy.filters.network.http_connection_manager`);
  else if (!isFilled(at(sub, 'name')))
    refuse(at(sub, 'name'), 'is missing, but a filter is matched by its name', { isMissing: true });
};
