import { isRecord } from '../../model/index.ts';
import { millisecondsOf } from '../forms/durations.ts';
import { isDnsLabel } from '../forms/names.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isEmptyList, itemsOf, shown, wordOf, written } from '../violation.ts';
import { checkHost, checkPort } from './common.ts';
import { checkLocalities } from './localities.ts';
import { checkProxySettings } from './proxySettings.ts';

/** What istiod refuses in a mesh config. */
export const checkMeshConfig = (config: Field, refuse: Refuse): void => {
  checkPort(at(config, 'proxyListenPort'), refuse);
  checkConnectTimeout(at(config, 'connectTimeout'), refuse);
  checkTrustDomain(at(config, 'trustDomain'), refuse);
  for (const alias of itemsOf(at(config, 'trustDomainAliases'))) checkTrustDomain(alias, refuse);
  for (const setting of itemsOf(at(config, 'serviceSettings')))
    for (const host of itemsOf(at(setting, 'hosts'))) checkHost(host, refuse);
  checkLocalities(at(config, 'localityLbSetting'), refuse);
  checkProxySettings(at(config, 'defaultConfig'), refuse);
  const curves = at(config, 'meshMTLS', 'ecdhCurves');
  if (!isEmptyList(curves)) refuse(curves, 'is set, but the curves of mTLS within the mesh cannot be chosen');
};

const HOUR = 3.6e6;

const checkConnectTimeout = (field: Field, refuse: Refuse): void => {
  const length = written(field) === undefined ? undefined : millisecondsOf(wordOf(field));
  if (length !== undefined && (length < 1 || length > HOUR))
    refuse(field, `is ${shown(field.value)}, but must lie between 1ms and 1h`);
};

/** Left empty it is the default one. */
const checkTrustDomain = (field: Field, refuse: Refuse): void => {
  const domain = written(field);
  if (domain === undefined || domain === '') return;
  const labels = domain.replace(/\.$/, '').split('.');
  const wrong = labels.find((label) => !isDnsLabel(label));
  if (wrong !== undefined)
    refuse(
      field,
      `is ${shown(domain)}, but each part of a trust domain has letters, digits and inner dashes only, up to 63`,
    );
};

/** Extension providers that istiod cannot use, although it takes the mesh config. */
export const warnOfProviders = (config: Field, warn: Refuse): void => {
  const names = new Set<string>();
  for (const provider of itemsOf(at(config, 'extensionProviders'))) {
    if (!isRecord(provider.value)) continue;
    const name = at(provider, 'name');
    if (has(name) && name.value === '') warn(name, 'is empty: nobody can ask for this provider');
    else if (written(name) !== undefined && names.has(wordOf(name)))
      warn(name, `is ${shown(name.value)}, as of a provider before: which one is asked is left open`);
    names.add(wordOf(name));
    for (const key of Object.keys(provider.value)) if (key !== 'name') warnOfProvider(at(provider, key), warn);
  }
};

const warnOfProvider = (provider: Field, warn: Refuse): void => {
  if (!isRecord(provider.value)) return;
  if (has(at(provider, 'service')) && !has(at(provider, 'port')))
    warn(at(provider, 'port'), 'is missing: a provider is asked on a port', { isMissing: true });
  checkPort(at(provider, 'port'), warn);
  const service = written(at(provider, 'service'));
  if (service?.includes('/') === true && !/^[^/]+\/[^/]+$/.test(service))
    warn(at(provider, 'service'), `is ${shown(service)}, but a service is written host or namespace/host`);
  const prefix = written(at(provider, 'pathPrefix')) ?? '';
  if (prefix !== '' && !prefix.startsWith('/'))
    warn(at(provider, 'pathPrefix'), `is ${shown(prefix)}, but a prefix of paths begins with /`);
};
