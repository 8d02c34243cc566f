// The message ProxyConfig: `defaultConfig` of a mesh config, and what pods say in annotation proxy.istio.io/config.
import { isRecord } from '../../model/index.ts';
import { millisecondsOf } from '../forms/durations.ts';
import { faultOfFqdn, isAddress, isPort } from '../forms/names.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, numberOf, shown, written } from '../violation.ts';
import { PORT_RANGE } from './common.ts';
import { checkCustomTags } from './customTags.ts';

/** Addresses that the proxy or istiod connects to. */
const ADDRESSES: readonly (readonly [string, ...string[]])[] = [
  ['discoveryAddress'],
  ['statsdUdpAddress'],
  ['zipkinAddress'],
  ['tracing', 'zipkin', 'address'],
  ['tracing', 'lightstep', 'address'],
  ['tracing', 'datadog', 'address'],
  ['envoyMetricsService', 'address'],
  ['envoyAccessLogService', 'address'],
];

export const checkProxySettings = (config: Field, refuse: Refuse): void => {
  if (!isRecord(config.value)) return;
  for (const path of ADDRESSES) checkProxyAddress(at(config, ...path), refuse);
  for (const key of ['proxyAdminPort', 'statusPort']) checkLocalPort(at(config, key), refuse);
  checkDrain(config, refuse);
  checkCustomTags(at(config, 'tracing', 'customTags'), refuse);
  for (const provider of ['cryptomb', 'qat']) checkPollDelay(at(config, 'privateKeyProvider', provider), refuse);
};

/** `host:port`. */
const checkProxyAddress = (field: Field, refuse: Refuse): void => {
  const address = written(field);
  if (address === undefined || address === '') return;
  const fault = faultOfAddress(address);
  if (fault !== undefined) refuse(field, `is ${shown(address)}, ${fault}`);
};

const faultOfAddress = (address: string): string | undefined => {
  const [, bracketed, plain, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(address) ?? [];
  if (port === undefined) return 'but an address is written host:port';
  if (!/^[+-]?\d+$/.test(port)) return 'but the port of an address is a number';
  if (!isPort(Number(port))) return PORT_RANGE;
  const host = bracketed ?? plain ?? '';
  return isAddress(host) ? undefined : faultOfFqdn(host);
};

/** A port that is left at 0 is one that is not set. */
const checkLocalPort = (field: Field, refuse: Refuse): void => {
  const port = numberOf(field);
  if (port !== undefined && port !== 0 && !isPort(port)) refuse(field, `is ${port}, ${PORT_RANGE}`);
};

const checkDrain = (config: Field, refuse: Refuse): void => {
  const [drain, shutdown] = [at(config, 'drainDuration'), at(config, 'parentShutdownDuration')];
  const [drained, shut] = [lengthOf(drain), lengthOf(shutdown)];
  if (drained !== undefined && drained <= 0)
    refuse(drain, `is ${shown(drain.value)}, but proxies drain for a second at least`);
  for (const [field, length] of [
    [drain, drained],
    [shutdown, shut],
  ] as const)
    if (length !== undefined && length > 0 && length % 1000 !== 0)
      refuse(field, `is ${shown(field.value)}, but Istio counts it in whole seconds`);
  if (drained !== undefined && shut !== undefined && shut <= drained)
    refuse(shutdown, `is ${shown(shutdown.value)}, but must be longer than drainDuration`, { istio: '<=1.16' });
};

const lengthOf = (field: Field): number | undefined => {
  const text = written(field);
  return text === undefined ? undefined : millisecondsOf(text);
};

const checkPollDelay = (provider: Field, refuse: Refuse): void => {
  const delay = at(provider, 'pollDelay');
  if (!isRecord(provider.value)) return;
  if (!has(delay)) refuse(delay, 'is missing, but the provider of keys waits for it', { isMissing: true });
  else if (lengthOf(delay) === 0) refuse(delay, `is ${shown(delay.value)}, but must be more than 0`);
};
