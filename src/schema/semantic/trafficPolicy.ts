// Traffic policies of DestinationRules, connection pools of Sidecars, and locality settings.
import { isRecord } from '../../model/index.ts';
import { millisecondsOf } from '../forms/durations.ts';
import { faultOfFqdn, isAddress } from '../forms/names.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isFilled, itemsOf, numberOf, shown, wordOf, written } from '../violation.ts';
import { checkDuration, checkDurationForm, checkNotNegative, checkPercent, checkPort } from './common.ts';
import { checkLocalities } from './localities.ts';

const OF_PORT = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls'] as const;
const OF_POLICY = [...OF_PORT, 'portLevelSettings', 'tunnel', 'proxyProtocol', 'retryBudget'] as const;

export const checkTrafficPolicy = (policy: Field, refuse: Refuse): void => {
  if (!isRecord(policy.value)) return;
  if (!OF_POLICY.some((key) => has(at(policy, key))))
    refuse(policy, `sets nothing, but a traffic policy has at least one of ${OF_POLICY.join(', ')}`, {
      isMissing: true,
    });
  if (has(at(policy, 'tunnel')) && has(at(policy, 'proxyProtocol')))
    refuse(at(policy, 'proxyProtocol'), 'is set beside tunnel, but only one of both may be');
  checkParts(policy, refuse);
  checkTunnel(at(policy, 'tunnel'), refuse);
  checkPercent(at(policy, 'retryBudget', 'percent'), refuse);
  for (const port of itemsOf(at(policy, 'portLevelSettings'))) {
    if (!isRecord(port.value)) continue;
    if (!has(at(port, 'port')))
      refuse(at(port, 'port'), 'is missing, but settings of a port name their port', { isMissing: true });
    if (!OF_PORT.some((key) => has(at(port, key))))
      refuse(port, `sets nothing, but needs at least one of ${OF_PORT.join(', ')}`, { isMissing: true });
    checkParts(port, refuse);
  }
};

const checkParts = (policy: Field, refuse: Refuse): void => {
  checkOutlierDetection(at(policy, 'outlierDetection'), refuse);
  checkConnectionPool(at(policy, 'connectionPool'), refuse);
  checkLoadBalancer(at(policy, 'loadBalancer'), refuse);
  checkClientTls(at(policy, 'tls'), refuse);
};

const checkOutlierDetection = (outlier: Field, refuse: Refuse): void => {
  checkDuration(at(outlier, 'interval'), refuse);
  checkDuration(at(outlier, 'baseEjectionTime'), refuse);
  checkPercent(at(outlier, 'maxEjectionPercent'), refuse);
  checkPercent(at(outlier, 'minHealthPercent'), refuse);
  const local = at(outlier, 'consecutiveLocalOriginFailures');
  if ((numberOf(local) ?? 0) > 0 && !isFilled(at(outlier, 'splitExternalLocalOriginErrors')))
    refuse(local, `is ${numberOf(local)!}, but it counts with splitExternalLocalOriginErrors: true only`);
};

export const checkConnectionPool = (pool: Field, refuse: Refuse): void => {
  if (!isRecord(pool.value)) return;
  const [http, tcp] = [at(pool, 'http'), at(pool, 'tcp')];
  if (!has(http) && !has(tcp))
    refuse(pool, 'sets nothing, but a connection pool has at least one of http and tcp', { isMissing: true });
  for (const key of [
    'http1MaxPendingRequests',
    'http2MaxRequests',
    'maxRequestsPerConnection',
    'maxRetries',
    'maxConcurrentStreams',
  ])
    checkNotNegative(at(http, key), refuse);
  checkDuration(at(http, 'idleTimeout'), refuse);
  for (const key of ['interval', 'timeout']) checkDuration(at(http, 'http2KeepAlive', key), refuse);
  if (at(http, 'h2UpgradePolicy').value === 'UPGRADE' && at(http, 'useClientProtocol').value === true)
    refuse(at(http, 'useClientProtocol'), 'is true, but that contradicts h2UpgradePolicy UPGRADE');
  checkNotNegative(at(tcp, 'maxConnections'), refuse);
  for (const key of ['connectTimeout', 'maxConnectionDuration']) checkDuration(at(tcp, key), refuse);
  checkTcpIdleTimeout(at(tcp, 'idleTimeout'), refuse);
  for (const key of ['time', 'interval']) checkDurationForm(at(tcp, 'tcpKeepalive', key), refuse);
};

/** 0s turns the timeout off, which istiod has come to take. */
const checkTcpIdleTimeout = (field: Field, refuse: Refuse): void => {
  const isOff = millisecondsOf(written(field) ?? '') === 0;
  checkDuration(field, (at, problem) => refuse(at, problem, isOff ? { istio: '<=1.23' } : undefined));
};

const checkLoadBalancer = (balancer: Field, refuse: Refuse): void => {
  const cookie = at(balancer, 'consistentHash', 'httpCookie');
  if (isRecord(cookie.value) && !isFilled(at(cookie, 'name')))
    refuse(at(cookie, 'name'), 'is missing, but a cookie has a name', { isMissing: true });
  checkDurationForm(at(cookie, 'ttl'), refuse);
  checkNotNegative(at(balancer, 'consistentHash', 'minimumRingSize'), refuse);
  checkLocalities(at(balancer, 'localityLbSetting'), refuse);
  checkDurationForm(at(balancer, 'warmupDurationSecs'), refuse);
  const warmup = at(balancer, 'warmup');
  if (!isRecord(warmup.value)) return;
  if (!has(at(warmup, 'duration')))
    refuse(at(warmup, 'duration'), 'is missing, but warming up takes a time', { isMissing: true });
  checkDuration(at(warmup, 'duration'), refuse);
  checkPercent(at(warmup, 'minimumPercent'), refuse);
  const aggression = numberOf(at(warmup, 'aggression'));
  if (aggression !== undefined && aggression < 1)
    refuse(at(warmup, 'aggression'), `is ${aggression}, but must be 1 or more`);
};

const CLIENT_FILES = ['clientCertificate', 'privateKey', 'caCertificates', 'caCrl'] as const;

const checkClientTls = (tls: Field, refuse: Refuse): void => {
  const mode = wordOf(at(tls, 'mode'));
  if (mode !== 'SIMPLE' && mode !== 'MUTUAL') return;
  const credential = at(tls, 'credentialName');
  if (at(tls, 'insecureSkipVerify').value === true) {
    const contradicting = ['caCertificates', ...(mode === 'SIMPLE' ? ['credentialName'] : []), 'subjectAltNames'].find(
      (key) => isFilled(at(tls, key)),
    );
    if (contradicting !== undefined)
      refuse(at(tls, contradicting), 'is set, but insecureSkipVerify: true verifies nothing');
  }
  if (isFilled(credential)) {
    const file = CLIENT_FILES.find((key) => isFilled(at(tls, key)));
    if (file !== undefined)
      refuse(at(tls, file), 'is set beside credentialName, but certificates come from one of both only');
    return;
  }
  const missing =
    mode === 'MUTUAL' ? ['clientCertificate', 'privateKey'].find((key) => !isFilled(at(tls, key))) : undefined;
  if (missing !== undefined)
    refuse(at(tls, missing), 'is missing, but mode MUTUAL needs clientCertificate and privateKey (or credentialName)', {
      isMissing: true,
      asker: at(tls, 'mode').path,
    });
};

const checkTunnel = (tunnel: Field, refuse: Refuse): void => {
  if (!isRecord(tunnel.value)) return;
  const protocol = written(at(tunnel, 'protocol'));
  if (protocol !== undefined && !['', 'CONNECT', 'POST'].includes(protocol))
    refuse(at(tunnel, 'protocol'), `is ${shown(protocol)}, but must be CONNECT or POST`);
  const host = at(tunnel, 'targetHost');
  const name = written(host);
  if (name !== undefined && !isAddress(name)) {
    const fault = faultOfFqdn(name);
    if (fault !== undefined) refuse(host, `is ${shown(name)}, ${fault}`);
  }
  checkPort(at(tunnel, 'targetPort'), refuse);
  for (const key of ['targetHost', 'targetPort'])
    if (!has(at(tunnel, key)))
      refuse(at(tunnel, key), 'is missing, but a tunnel has targetHost and targetPort', { isMissing: true });
};
