import { isRecord, list } from '../../model/index.ts';
import { faultOfFqdn, isAddress } from '../forms/names.ts';
import { isHttp, isTls } from '../forms/protocols.ts';
import type { Field, Refuse } from '../violation.ts';
import {
  at,
  entriesOf,
  has,
  isEmptyList,
  isFilled,
  itemsOf,
  numberOf,
  shown,
  wordOf,
  written,
  writtenItems,
} from '../violation.ts';
import type { Check } from './common.ts';
import {
  checkExportTo,
  checkHost,
  checkPort,
  checkPortName,
  checkProtocol,
  checkSelectorLabels,
  checkSubnets,
} from './common.ts';
import { checkEndpoint } from './workloadEntry.ts';

export const checkServiceEntry: Check = (subject, refuse) => {
  const { spec } = subject;
  const hosts = at(spec, 'hosts');
  checkSelectorLabels(at(spec, 'workloadSelector', 'labels'), refuse);
  if (has(at(spec, 'workloadSelector')) && has(at(spec, 'endpoints')))
    refuse(at(spec, 'endpoints'), 'is set beside workloadSelector, but only one of both may be');
  if (isEmptyList(hosts)) refuse(hosts, 'is missing, but a ServiceEntry has at least one host', { isMissing: true });
  for (const host of itemsOf(hosts)) {
    if (host.value === '*')
      refuse(host, 'is "*", but a ServiceEntry must name its hosts, at most with a wildcard like *.example.com');
    else checkHost(host, refuse);
  }
  checkSubnets(at(spec, 'addresses'), refuse);
  checkPorts(at(spec, 'ports'), refuse);
  checkResolution(spec, refuse);
  checkExportTo(subject, refuse, { isServiceEntry: true });
};

const checkPorts = (ports: Field, refuse: Refuse): void => {
  const [names, numbers] = [new Set<string>(), new Set<number>()];
  for (const port of itemsOf(ports)) {
    if (!has(port)) refuse(port, 'is null, but a port has name and number');
    if (!isRecord(port.value)) continue;
    const [name, number] = [at(port, 'name'), at(port, 'number')];
    const [known, count] = [written(name), numberOf(number)];
    if (!has(name)) refuse(name, 'is missing, but a port has a name', { isMissing: true });
    if (!has(number)) refuse(number, 'is missing, but a port has a number', { isMissing: true });
    checkPortName(name, refuse);
    checkPort(number, refuse);
    checkProtocol(at(port, 'protocol'), refuse);
    if (at(port, 'targetPort').value !== 0) checkPort(at(port, 'targetPort'), refuse);
    if (known !== undefined && names.has(known))
      refuse(name, `is ${shown(known)}, but a port before has this name already`);
    if (count !== undefined && numbers.has(count))
      refuse(number, `is ${count}, but a port before has this number already`);
    if (known !== undefined) names.add(known);
    if (count !== undefined) numbers.add(count);
  }
};

/** How addresses are found decides what endpoints and hosts may be. */
const checkResolution = (spec: Field, refuse: Refuse): void => {
  const field = at(spec, 'resolution');
  if (has(field) && written(field) === undefined) return;
  const resolution = has(field) ? wordOf(field) : 'NONE';
  const endpoints = at(spec, 'endpoints');
  if (resolution !== 'NONE' && resolution !== 'STATIC')
    for (const address of writtenItems(at(spec, 'addresses')))
      if (address.value.includes('/'))
        refuse(
          address,
          `is ${shown(address.value)}, but ranges go with resolution NONE or STATIC only, not ${resolution}`,
        );
  if (resolution === 'NONE' && !isEmptyList(endpoints))
    refuse(endpoints, 'is set, but resolution NONE takes no endpoints: it needs STATIC or DNS');
  if (resolution === 'STATIC') checkStatic(spec, refuse);
  if (resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN') checkDns(spec, resolution, refuse);
  if (resolution !== 'NONE') checkManyHosts(spec, resolution, refuse);
};

const checkStatic = (spec: Field, refuse: Refuse): void => {
  if (isEmptyList(at(spec, 'endpoints')))
    refuse(at(spec, 'endpoints'), 'is missing, but resolution STATIC takes its addresses from endpoints', {
      istio: '<=1.5',
      isMissing: true,
    });
  const endpoints = itemsOf(at(spec, 'endpoints'));
  for (const endpoint of endpoints) {
    if (!isRecord(endpoint.value)) continue;
    const address = written(at(endpoint, 'address'));
    if (address !== undefined && address !== '' && !address.startsWith('unix://') && !isAddress(address))
      refuse(
        at(endpoint, 'address'),
        `is ${shown(address)}, but resolution STATIC takes IP addresses: use DNS for names`,
      );
    checkPlace(endpoint, refuse);
    checkEndpoint(endpoint, refuse, 'address');
    checkKnownPorts(spec, endpoint, refuse);
  }
  const socket = endpoints.find((endpoint) => written(at(endpoint, 'address'))?.startsWith('unix://') === true);
  if (socket !== undefined && list(at(spec, 'ports').value).length !== 1)
    refuse(
      at(socket, 'address'),
      `is a Unix socket, but such an endpoint goes with one port of the ServiceEntry, not ${list(at(spec, 'ports').value).length}`,
    );
};

const checkDns = (spec: Field, resolution: string, refuse: Refuse): void => {
  const endpoints = at(spec, 'endpoints');
  if (isEmptyList(endpoints))
    for (const host of writtenItems(at(spec, 'hosts')))
      if (host.value.includes('*') && faultOfFqdn(host.value) !== undefined)
        refuse(
          host,
          `is ${shown(host.value)}, but resolution ${resolution} without endpoints looks the host up: it must be a full name`,
        );
  const items = itemsOf(endpoints);
  if (resolution === 'DNS_ROUND_ROBIN' && items.length > 1)
    refuse(items[1]!, `is one of ${items.length} endpoints, but resolution DNS_ROUND_ROBIN takes one at most`);
  for (const endpoint of items) {
    if (!has(endpoint)) refuse(endpoint, 'is null, but an endpoint has an address');
    if (!isRecord(endpoint.value)) continue;
    const address = written(at(endpoint, 'address'));
    checkPlace(endpoint, refuse);
    if (address?.startsWith('unix://') === true)
      refuse(
        at(endpoint, 'address'),
        `is ${shown(address)}, but resolution ${resolution} takes names and IP addresses`,
      );
    else checkEndpoint(endpoint, refuse, 'name');
    checkKnownPorts(spec, endpoint, refuse);
  }
};

const checkPlace = (endpoint: Field, refuse: Refuse): void => {
  if (!isFilled(at(endpoint, 'address')) && !isFilled(at(endpoint, 'network')))
    refuse(at(endpoint, 'address'), 'is missing, but an address (or a network) is needed', { isMissing: true });
};

const checkKnownPorts = (spec: Field, endpoint: Field, refuse: Refuse): void => {
  const ports = itemsOf(at(spec, 'ports'));
  const names = ports.map((port) => written(at(port, 'name')));
  if (names.includes(undefined)) return;
  for (const [name, entry] of entriesOf(at(endpoint, 'ports')))
    if (!names.includes(name) && written({ value: name, path: [] }) !== undefined)
      refuse(
        entry,
        `is for port ${shown(name)}, but the ServiceEntry has ${names.length === 0 ? 'no ports' : `only ${names.join(', ')}`}`,
      );
};

/** Plain TCP does not tell the hosts of one entry apart. */
const checkManyHosts = (spec: Field, resolution: string, refuse: Refuse): void => {
  const hosts = itemsOf(at(spec, 'hosts'));
  if (hosts.length < 2) return;
  const port = itemsOf(at(spec, 'ports')).find((item) => {
    const protocol = at(item, 'protocol');
    const known = has(protocol) ? written(protocol) : '';
    return isRecord(item.value) && known !== undefined && !isHttp(known) && !isTls(known);
  });
  if (port === undefined) return;
  const protocol = wordOf(at(port, 'protocol'));
  refuse(
    hosts[1]!,
    `is one of ${hosts.length} hosts, but port ${wordOf(at(port, 'name'))} is ${protocol === '' ? 'of no stated protocol' : protocol}, which does not tell hosts apart (resolution ${resolution})`,
  );
};
