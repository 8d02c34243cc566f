import { faultOfHost, isAddress } from '../forms/names.ts';
import { covers, isWithin } from '../../model/hosts.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, isEmptyList, itemsOf, shown, written, writtenItems } from '../violation.ts';
import type { Check } from './common.ts';
import {
  checkExportTo,
  checkGatewayNames,
  checkHost,
  checkLabels,
  checkPort,
  checkSourceNamespace,
  checkSubnets,
} from './common.ts';
import { checkHttpRoute } from './httpRoute.ts';
import { checkShares } from './shares.ts';

export const checkVirtualService: Check = (subject, refuse) => {
  const { spec } = subject;
  const isDelegate = isEmptyList(at(spec, 'hosts'));
  const [gateways, http, tls, tcp] = ['gateways', 'http', 'tls', 'tcp'].map((key) => at(spec, key)) as [
    Field,
    Field,
    Field,
    Field,
  ];
  if (isDelegate)
    refuse(at(spec, 'hosts'), 'is missing, but a VirtualService is for hosts', { istio: '<=1.5', isMissing: true });
  if (isDelegate)
    for (const field of [gateways, tls, tcp])
      if (!isEmptyList(field))
        refuse(
          field,
          'is set, but a VirtualService without hosts is a delegate, which has http routes only; or hosts is missing',
          { istio: '1.6+', isMissing: true },
        );
  checkGatewayNames(gateways, refuse);
  if (!isDelegate) checkHosts(spec, refuse);
  if ([http, tls, tcp].every(isEmptyList))
    refuse(spec, 'has no routes, but needs at least one of http, tls and tcp', { isMissing: true });
  const namesGateway = itemsOf(gateways).some(({ value }) => value !== 'mesh');
  for (const route of itemsOf(http)) {
    checkHttpRoute(route, isDelegate, refuse);
    if (!isDelegate && !namesGateway && isEmptyOrList(gateways)) checkClaims(route, refuse);
  }
  for (const route of itemsOf(tls)) checkTlsRoute(route, at(spec, 'hosts'), refuse);
  for (const route of itemsOf(tcp)) checkTcpRoute(route, refuse);
  checkExportTo(subject, refuse);
};

const isEmptyOrList = (field: Field): boolean => isEmptyList(field) || Array.isArray(field.value);

/** Hosts must be names, and none may stand twice or within a wildcard of the same list. */
const checkHosts = (spec: Field, refuse: Refuse): void => {
  const gateways = at(spec, 'gateways');
  const ofMesh = isEmptyList(gateways) || itemsOf(gateways).some(({ value }) => value === 'mesh');
  const good: (Field & { readonly value: string })[] = [];
  for (const item of writtenItems(at(spec, 'hosts'))) {
    if (item.value === '*' && ofMesh)
      refuse(item, 'is "*", but sidecars (gateway mesh) take no VirtualService for all hosts');
    else if (faultOfHost(item.value) !== undefined && !isAddress(item.value)) checkHost(item, refuse);
    else {
      const other = good.find(({ value }) => isWithin(item.value, value) || isWithin(value, item.value));
      if (other !== undefined)
        refuse(item, `is ${shown(item.value)}, which overlaps with ${shown(other.value)} before`);
      good.push(item);
    }
  }
};

/** Headers that stand for claims of a JWT: only gateways route by them. */
const checkClaims = (route: Field, refuse: Refuse): void => {
  for (const match of itemsOf(at(route, 'match')))
    for (const key of ['headers', 'withoutHeaders'])
      for (const [name, header] of entriesOf(at(match, key)))
        if (/^@request\.auth\.claims[.[]/i.test(name))
          refuse(header, 'matches a claim of a JWT, which gateways alone can do, but no gateway is named');
};

const checkTlsRoute = (route: Field, hosts: Field, refuse: Refuse): void => {
  if (!has(route)) return refuse(route, 'is null, but a TLS route has match and route');
  if (isEmptyList(at(route, 'match')))
    refuse(at(route, 'match'), 'is missing, but a TLS route has at least one match', { isMissing: true });
  for (const match of itemsOf(at(route, 'match'))) {
    if (!has(match)) {
      refuse(match, 'is null, but a TLS match names at least one SNI host');
      continue;
    }
    const names = at(match, 'sniHosts');
    if (isEmptyList(names))
      refuse(names, 'is missing, but a TLS match names at least one SNI host', { isMissing: true });
    for (const item of writtenItems(names)) checkSniHost(item, hosts, refuse);
    checkConnection(match, refuse);
  }
  checkRoutes(route, 'TLS', refuse);
};

const checkSniHost = (item: Field & { readonly value: string }, hosts: Field, refuse: Refuse): void => {
  if (faultOfHost(item.value) !== undefined && !isAddress(item.value) && !item.value.startsWith('outbound_'))
    return checkHost(item, refuse);
  const all = itemsOf(hosts);
  const known = writtenItems(hosts);
  if (all.length === 0 || known.length < all.length) return;
  if (!known.some(({ value }) => isWithin(item.value, value) || covers(value, item.value)))
    refuse(
      item,
      `is ${shown(item.value)}, but an SNI host lies within spec.hosts (${known.map(({ value }) => value).join(', ')})`,
    );
};

const checkTcpRoute = (route: Field, refuse: Refuse): void => {
  if (!has(route)) return refuse(route, 'is null, but a TCP route has a route');
  for (const match of itemsOf(at(route, 'match'))) {
    const subnet = at(match, 'sourceSubnet');
    if (written(subnet) !== undefined && written(subnet) !== '')
      checkSubnets({ value: [subnet.value], path: match.path }, (_, problem) => refuse(subnet, problem));
    checkConnection(match, refuse);
  }
  checkRoutes(route, 'TCP', refuse);
};

const checkConnection = (match: Field, refuse: Refuse): void => {
  checkSubnets(at(match, 'destinationSubnets'), refuse);
  if (at(match, 'port').value !== 0) checkPort(at(match, 'port'), refuse);
  checkLabels(at(match, 'sourceLabels'), refuse);
  checkGatewayNames(at(match, 'gateways'), refuse);
  checkSourceNamespace(match, refuse);
};

const checkRoutes = (route: Field, kind: string, refuse: Refuse): void => {
  const destinations = at(route, 'route');
  if (isEmptyList(destinations))
    refuse(destinations, `is missing, but a ${kind} route leads to at least one destination`, { isMissing: true });
  checkShares(destinations, refuse);
};
