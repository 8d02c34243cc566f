import { isRecord } from '../../model/index.ts';
import { isPort } from '../forms/names.ts';
import { isProtocol, isTls } from '../forms/protocols.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isEmptyList, isFilled, itemsOf, numberOf, shown, wordOf, written } from '../violation.ts';
import type { Check } from './common.ts';
import {
  checkAddress,
  checkDestination,
  checkPort,
  checkPortName,
  checkProtocol,
  checkScopedHost,
  checkSelectorLabels,
  checkSocket,
} from './common.ts';
import { checkServerTls } from './serverTls.ts';
import { checkConnectionPool } from './trafficPolicy.ts';

export const checkSidecar: Check = ({ spec }, refuse) => {
  checkSelectorLabels(at(spec, 'workloadSelector', 'labels'), refuse);
  const isNothing =
    isEmptyList(at(spec, 'egress')) &&
    isEmptyList(at(spec, 'ingress')) &&
    !has(at(spec, 'outboundTrafficPolicy')) &&
    !has(at(spec, 'inboundConnectionPool'));
  if (isNothing)
    refuse(
      spec,
      'sets nothing, but a Sidecar has at least one of egress, ingress, outboundTrafficPolicy and inboundConnectionPool',
      { isMissing: true },
    );
  checkIngress(at(spec, 'ingress'), refuse);
  checkEgress(at(spec, 'egress'), refuse);
  checkConnectionPool(at(spec, 'inboundConnectionPool'), refuse);
  const [policy, proxy] = [at(spec, 'outboundTrafficPolicy'), at(spec, 'outboundTrafficPolicy', 'egressProxy')];
  const mode = at(policy, 'mode');
  if (has(proxy) && (has(mode) ? !['ALLOW_ANY', undefined].includes(written(mode)) : true))
    refuse(proxy, 'is set, but it goes with mode ALLOW_ANY only');
  checkDestination(proxy, refuse);
};

const checkIngress = (ingress: Field, refuse: Refuse): void => {
  const ports = new Set<number>();
  for (const listener of itemsOf(ingress)) {
    if (!has(listener)) refuse(listener, 'is null, but a listener has a port');
    if (!isRecord(listener.value)) continue;
    const port = at(listener, 'port');
    if (!has(port)) {
      refuse(port, 'is missing, but an ingress listener has a port', { isMissing: true });
      continue;
    }
    checkListenerPort(port, refuse);
    const number = at(port, 'number');
    if (!has(number)) refuse(number, 'is missing, but an ingress listener has a port', { isMissing: true });
    checkPort(number, refuse);
    if (isFilled(at(listener, 'bind'))) checkAddress(at(listener, 'bind'), refuse);
    takePort(number, ports, refuse);
    checkDefaultEndpoint(at(listener, 'defaultEndpoint'), refuse);
    checkIngressTls(listener, refuse);
    checkConnectionPool(at(listener, 'connectionPool'), refuse);
  }
};

const checkListenerPort = (port: Field, refuse: Refuse): void => {
  if (isFilled(at(port, 'name'))) checkPortName(at(port, 'name'), refuse);
  checkProtocol(at(port, 'protocol'), refuse);
};

/** Listeners of one direction have different ports. */
const takePort = (number: Field, ports: Set<number>, refuse: Refuse): void => {
  const port = numberOf(number);
  if (port === undefined) return;
  if (ports.has(port)) refuse(number, `is ${port}, but a listener before has this port already`);
  ports.add(port);
};

const checkDefaultEndpoint = (field: Field, refuse: Refuse): void => {
  const endpoint = written(field);
  if (endpoint === undefined || endpoint === '') return;
  if (endpoint.startsWith('unix://')) return checkSocket(field, refuse);
  const found = /^(?:127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\[::\])?:(\d+)$/.exec(endpoint);
  if (found === null || !isPort(Number(found[1])))
    refuse(
      field,
      `is ${shown(endpoint)}, but must be 127.0.0.1:port, 0.0.0.0:port, [::1]:port, [::]:port or unix://path`,
    );
};

const checkIngressTls = (listener: Field, refuse: Refuse): void => {
  const tls = at(listener, 'tls');
  if (!isRecord(tls.value)) return;
  for (const key of ['subjectAltNames', 'httpsRedirect', 'credentialName'])
    if (isFilled(at(tls, key))) refuse(at(tls, key), 'is set, but a Sidecar knows it not: it is for Gateways');
  const mode = wordOf(at(tls, 'mode'));
  if (mode === 'ISTIO_MUTUAL' || mode === 'AUTO_PASSTHROUGH')
    refuse(at(tls, 'mode'), `is ${mode}, but a Sidecar ends TLS with SIMPLE or MUTUAL`);
  const protocol = written(at(listener, 'port', 'protocol')) ?? '';
  if (isProtocol(protocol) && !isTls(protocol))
    refuse(tls, `is set, but a listener of protocol ${protocol} ends no TLS: use HTTPS or TLS`);
  checkServerTls(tls, refuse);
};

const checkEgress = (egress: Field, refuse: Refuse): void => {
  const listeners = itemsOf(egress);
  const [ports, sockets] = [new Set<number>(), new Set<string>()];
  for (const [index, listener] of listeners.entries()) {
    if (!has(listener)) refuse(listener, 'is null, but a listener has hosts');
    if (!isRecord(listener.value)) continue;
    const [port, bind, hosts] = [at(listener, 'port'), at(listener, 'bind'), at(listener, 'hosts')];
    if (!has(port) && index < listeners.length - 1)
      refuse(listener, 'has no port, but the listener for all other ports is the last one');
    if (has(port)) checkEgressPort(listener, refuse);
    if (has(port) && !wordOf(bind).startsWith('unix://')) takePort(at(port, 'number'), ports, refuse);
    const socket = written(bind);
    if (socket?.startsWith('unix://') === true) {
      if (sockets.has(socket)) refuse(bind, `is ${shown(socket)}, but a listener before has this socket already`);
      sockets.add(socket);
    }
    if (isEmptyList(hosts))
      refuse(hosts, 'is missing, but an egress listener has at least one host', { isMissing: true });
    for (const host of itemsOf(hosts)) checkScopedHost(host, 'Sidecar', refuse);
  }
};

const checkEgressPort = (listener: Field, refuse: Refuse): void => {
  const [port, bind] = [at(listener, 'port'), at(listener, 'bind')];
  checkListenerPort(port, refuse);
  const number = at(port, 'number');
  const isZero = !has(number) || number.value === 0;
  const address = written(bind);
  if (!isZero) {
    checkPort(number, refuse);
    if (address !== undefined && address !== '') checkAddress(bind, refuse);
    return;
  }
  if (address?.startsWith('unix://') === true) checkSocket(bind, refuse);
  else if (!has(bind) || address !== undefined)
    refuse(number, 'is 0, but only a listener that binds a Unix socket has no port', { isMissing: !has(number) });
  const capture = at(listener, 'captureMode');
  if (capture.value === 'IPTABLES') refuse(capture, 'is IPTABLES, but a Unix socket takes DEFAULT or NONE');
};
