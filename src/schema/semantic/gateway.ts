import { isRecord } from '../../model/index.ts';
import { isDnsLabel } from '../forms/names.ts';
import { isHttp, isProtocol, isTls, PROTOCOLS } from '../forms/protocols.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isEmptyList, isFilled, itemsOf, numberOf, shown, wordOf, written } from '../violation.ts';
import type { Check } from './common.ts';
import { checkAddress, checkPort, checkScopedHost, checkSocket } from './common.ts';
import { checkServerTls } from './serverTls.ts';

export const checkGateway: Check = ({ name, spec }, refuse) => {
  if (written({ value: name, path: [] }) !== undefined && name !== '' && !isDnsLabel(name))
    refuse({ value: name, path: ['metadata', 'name'] }, `is ${shown(name)}, but the name of a Gateway has no dots`);
  const servers = at(spec, 'servers');
  if (isEmptyList(servers)) refuse(servers, 'is missing, but a Gateway has at least one server', { isMissing: true });
  const names = new Set<string>();
  for (const server of itemsOf(servers)) {
    checkServer(server, refuse);
    const portName = at(server, 'port', 'name');
    const known = written(portName);
    if (known === undefined || known === '') continue;
    if (names.has(known)) refuse(portName, `is ${shown(known)}, as of a server before, but port names are unique`);
    names.add(known);
  }
};

const checkServer = (server: Field, refuse: Refuse): void => {
  if (!has(server)) return refuse(server, 'is null, but a server has port and hosts');
  if (!isRecord(server.value)) return;
  const [hosts, port, bind, tls] = [at(server, 'hosts'), at(server, 'port'), at(server, 'bind'), at(server, 'tls')];
  if (isEmptyList(hosts)) refuse(hosts, 'is missing, but a server has at least one host', { isMissing: true });
  for (const host of itemsOf(hosts)) checkScopedHost(host, 'Gateway', refuse);
  checkServerPort(port, bind, refuse);
  checkBind(port, bind, refuse);
  checkServerTls(tls, refuse);
  checkTlsFits(port, tls, refuse);
};

const checkServerPort = (port: Field, bind: Field, refuse: Refuse): void => {
  if (!has(port)) return refuse(port, 'is missing, but a server has a port', { isMissing: true });
  const [number, protocol] = [at(port, 'number'), at(port, 'protocol')];
  const known = has(protocol) ? written(protocol) : '';
  if (known !== undefined && !isProtocol(known))
    refuse(
      protocol,
      `is ${known === '' ? 'missing' : shown(known)}, but the protocol of a server is one of ${PROTOCOLS}`,
      known === '' ? { isMissing: true } : undefined,
    );
  if (!wordOf(bind).startsWith('unix://')) {
    if (!has(number)) refuse(number, 'is missing, but a server listens on a port', { isMissing: true });
    checkPort(number, refuse);
  }
  const name = at(port, 'name');
  if (!has(name) || name.value === '')
    refuse(name, 'is missing, but the port of a server has a name', { isMissing: true });
};

const checkBind = (port: Field, bind: Field, refuse: Refuse): void => {
  const address = written(bind);
  if (address === undefined || address === '') return;
  if (!address.startsWith('unix://')) return checkAddress(bind, refuse);
  checkSocket(bind, refuse);
  const number = numberOf(at(port, 'number'));
  if (number !== undefined && number !== 0)
    refuse(at(port, 'number'), `is ${number}, but must be 0 where bind is a Unix socket`);
};

const PASSING: ReadonlySet<string> = new Set(['PASSTHROUGH', 'AUTO_PASSTHROUGH']);
const CERTIFICATES = ['serverCertificate', 'privateKey', 'caCertificates'] as const;

/** Servers of HTTPS and TLS have `tls`; those of HTTP may redirect with it; others have none. */
const checkTlsFits = (port: Field, tls: Field, refuse: Refuse): void => {
  const protocol = written(at(port, 'protocol')) ?? '';
  if (isTls(protocol)) {
    if (!has(tls))
      refuse(tls, `is missing, but a server of protocol ${protocol} has TLS settings`, { isMissing: true });
    return;
  }
  if (!has(tls) || !isProtocol(protocol)) return;
  if (!isHttp(protocol))
    return refuse(tls, `is set, but a server of protocol ${protocol} ends no TLS: use HTTPS or TLS`);
  const mode = at(tls, 'mode');
  if (has(mode) && !PASSING.has(wordOf(mode)) && written(mode) !== undefined)
    refuse(
      mode,
      `is ${wordOf(mode)}, but a server of protocol ${protocol} ends no TLS, it can redirect only (httpsRedirect)`,
    );
  else {
    const file = CERTIFICATES.find((key) => isFilled(at(tls, key)));
    if (file !== undefined) refuse(at(tls, file), `is set, but a server of protocol ${protocol} ends no TLS`);
  }
};
