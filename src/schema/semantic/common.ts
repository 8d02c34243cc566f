// Checks that several kinds share.
import { isRecord, text } from '../../model/index.ts';
import { DURATION_FORM, faultOfWholeDuration, millisecondsOf } from '../forms/durations.ts';
import {
  faultOfFqdn,
  faultOfHost,
  faultOfSocket,
  isAddress,
  isDnsLabel,
  isLabelKey,
  isLabelValue,
  isPort,
  isSubnet,
} from '../forms/names.ts';
import { isProtocol, PROTOCOLS } from '../forms/protocols.ts';
import { faultOfRegex } from '../forms/regex.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, itemsOf, numberOf, shown, written, writtenItems } from '../violation.ts';

/** An object under validation. */
export interface Subject {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly spec: Field;
}

export type Check = (subject: Subject, refuse: Refuse) => void;

export const PORT_RANGE = 'but a port lies between 1 and 65535';

export const checkPort = (field: Field, refuse: Refuse): void => {
  const port = numberOf(field);
  if (port !== undefined && !isPort(port)) refuse(field, `is ${port}, ${PORT_RANGE}`);
};

export const checkPortName = (field: Field, refuse: Refuse): void => {
  const name = written(field);
  if (name !== undefined && !isDnsLabel(name))
    refuse(field, `is ${shown(name)}, but a port name has letters, digits and inner dashes only, up to 63`);
};

/** An empty protocol is one that Istio finds out by itself. */
export const checkProtocol = (field: Field, refuse: Refuse): void => {
  const protocol = written(field);
  if (protocol !== undefined && protocol !== '' && !isProtocol(protocol))
    refuse(field, `is ${shown(protocol)}, but Istio knows ${PROTOCOLS}`);
};

export const checkDuration = (field: Field, refuse: Refuse): void => {
  const value = written(field);
  const fault = value === undefined ? undefined : faultOfWholeDuration(value);
  if (fault !== undefined) refuse(field, `is ${shown(value)}, ${fault}`);
};

/** A duration of any length: its bounds, where it has some, are those of the CRD. */
export const checkDurationForm = (field: Field, refuse: Refuse): void => {
  const value = written(field);
  if (value !== undefined && millisecondsOf(value) === undefined) refuse(field, `is ${shown(value)}, ${DURATION_FORM}`);
};

export const checkHost = (field: Field, refuse: Refuse): void => {
  const host = written(field);
  const fault = host === undefined ? undefined : faultOfHost(host);
  if (fault !== undefined) refuse(field, `is ${shown(host)}, ${fault}`);
};

export const checkFqdn = (field: Field, refuse: Refuse): void => {
  const host = written(field);
  const fault = host === undefined ? undefined : faultOfFqdn(host);
  if (fault !== undefined) refuse(field, `is ${shown(host)}, ${fault}`);
};

export const checkAddress = (field: Field, refuse: Refuse): void => {
  const address = written(field);
  if (address !== undefined && !isAddress(address)) refuse(field, `is ${shown(address)}, but must be an IP address`);
};

export const checkSubnets = (field: Field, refuse: Refuse): void => {
  for (const item of writtenItems(field))
    if (!isSubnet(item.value))
      refuse(item, `is ${shown(item.value)}, but must be an IP address or a range like 10.0.0.0/8`);
};

/** The path of `unix://…`; other addresses are passed over. */
export const checkSocket = (field: Field, refuse: Refuse): void => {
  const address = written(field);
  const fault = address === undefined ? undefined : faultOfSocket(address);
  if (fault !== undefined) refuse(field, `is ${shown(address)}, ${fault}`);
};

export const checkRegex = (field: Field, refuse: Refuse): void => {
  const expression = written(field);
  if (expression === undefined) return;
  if (expression === '') refuse(field, 'is empty, but a regular expression is needed');
  const fault = faultOfRegex(expression);
  if (fault !== undefined) refuse(field, `is ${shown(expression)}, which ${fault}`);
};

const LONGEST_REGEX = 1024;

/** An expression that Envoy compiles for routes: the program that it makes of it must not grow too large. */
export const checkRouteRegex = (field: Field, refuse: Refuse): void => {
  // Proxies before read ECMAScript, with its lookaheads.
  checkRegex(field, (at, problem) => refuse(at, problem, { istio: '1.4+' }));
  const length = Buffer.byteLength(written(field) ?? '');
  if (length > LONGEST_REGEX)
    refuse(field, `has ${length} characters, but a regular expression of a route has up to ${LONGEST_REGEX}`, {
      istio: '1.9+',
    });
};

/** `exact`, `prefix` or `regex`. */
export const checkStringMatch = (field: Field, refuse: Refuse): void => checkRouteRegex(at(field, 'regex'), refuse);

export const checkNotNegative = (field: Field, refuse: Refuse): void => {
  const value = numberOf(field);
  if (value !== undefined && value < 0) refuse(field, `is ${value}, but must be 0 or more`);
};

export const checkPercent = (field: Field, refuse: Refuse): void => {
  const value = numberOf(field);
  if (value !== undefined && (value < 0 || value > 100))
    refuse(field, `is ${value}, but a share lies between 0 and 100`);
};

/** The items must be there and say something. */
export const checkFilledItems = (field: Field, refuse: Refuse): void => {
  for (const item of itemsOf(field)) if (item.value === '') refuse(item, 'is empty, but each value must say something');
};

/** Labels of workloads and subsets. */
export const checkLabels = (field: Field, refuse: Refuse): void => {
  for (const [key, entry] of entriesOf(field)) {
    const value = written(entry);
    if (!isTemplateKey(key) && !isLabelKey(key))
      refuse(entry, `has the key ${shown(key)}, which is no name of a label`);
    else if (value !== undefined && !isLabelValue(value))
      refuse(
        entry,
        `is ${shown(value)}, but the value of a label has up to 63 letters, digits and inner dashes, dots or underscores`,
      );
  }
};

const isTemplateKey = (key: string): boolean => written({ value: key, path: [] }) === undefined;

/** `selector.matchLabels` or `workloadSelector.labels`: plain labels without wildcards. */
export const checkSelectorLabels = (field: Field, refuse: Refuse): void => {
  for (const [key, entry] of entriesOf(field)) {
    const value = written(entry);
    if (key === '') refuse(entry, 'has an empty key, but a label has a name');
    else if (key.includes('*'))
      refuse(entry, 'has a * in its key, but labels are matched as they are, without wildcards');
    else if (value?.includes('*'))
      refuse(entry, `is ${shown(value)}, but labels are matched as they are, without wildcards`);
  }
};

/** `[namespace/]name` of Gateways. */
export const checkGatewayNames = (field: Field, refuse: Refuse): void => {
  for (const item of writtenItems(field)) {
    const slash = item.value.indexOf('/');
    if (slash < 0) {
      checkFqdn(item, refuse);
      continue;
    }
    const [namespace, name] = [item.value.slice(0, slash), item.value.slice(slash + 1)];
    if (!isDnsLabel(namespace) || !isDnsLabel(name))
      refuse(item, `is ${shown(item.value)}, but a Gateway is named as namespace/name`);
  }
};

/** `namespace/host` of Sidecars and Gateways; in Gateways the namespace may be left out. */
export const checkScopedHost = (item: Field, of: 'Gateway' | 'Sidecar', refuse: Refuse): void => {
  const value = written(item);
  if (value === undefined) return;
  const slash = value.indexOf('/');
  if (slash < 0) {
    if (of === 'Gateway') checkHostPart(item, value, of, refuse);
    else refuse(item, `is ${shown(value)}, but a host of a Sidecar is written namespace/host, like */* or ./*`);
    return;
  }
  const namespace = value.slice(0, slash);
  const host = value.slice(slash + 1);
  if (namespace === '' || host === '')
    return refuse(item, `is ${shown(value)}, but neither the namespace nor the host may be empty`);
  if (!['*', '.', '~'].includes(namespace) && !isDnsLabel(namespace))
    refuse(item, `is ${shown(value)}, but before the / stands a namespace, * or .`);
  checkHostPart(item, host, of, refuse);
};

const checkHostPart = (item: Field, host: string, of: 'Gateway' | 'Sidecar', refuse: Refuse): void => {
  if (of === 'Gateway' && isAddress(host)) return;
  const fault = faultOfHost(host);
  if (fault !== undefined) refuse(item, `is ${shown(item.value)}, ${fault}`);
  else if (host !== '*' && !host.includes('.'))
    refuse(
      item,
      `is ${shown(item.value)}, but a short name is no host here: write it out, with its namespace and domain`,
    );
};

/** `exportTo`: `.`, `*` or namespaces; of ServiceEntries also `~`. */
export const checkExportTo = (
  { namespace, spec }: Subject,
  refuse: Refuse,
  { isServiceEntry = false, hasSelector = false } = {},
): void => {
  const items = itemsOf(at(spec, 'exportTo'));
  const known = items.filter((item) => written(item) !== undefined);
  const seen = new Set<string>();
  for (const item of known) {
    const value = item.value as string;
    const meant = value === '.' && namespace !== undefined ? namespace : value;
    if (!['*', '.', '~'].includes(value) && !isDnsLabel(value))
      refuse(item, `is ${shown(value)}, but must be ".", "*" or the name of a namespace`);
    if (value === '~' && !isServiceEntry) refuse(item, 'is "~", which ServiceEntries alone may say');
    if (seen.has(meant)) refuse(item, `is ${shown(value)}, which an entry before says already`);
    seen.add(meant);
    if (value === '*' && items.length > 1 && !hasSelector)
      refuse(item, 'is "*", but then no other entry may stand beside it');
    if (value === '~' && isServiceEntry && items.length > 1)
      refuse(item, 'is "~", but then no other entry may stand beside it');
  }
  if (!hasSelector || items.length === 0 || known.length < items.length || namespace === undefined) return;
  const outside = known.find((item) => item.value !== '.' && item.value !== namespace);
  if (outside !== undefined)
    refuse(outside, `is ${shown(outside.value)}, but a rule with a workloadSelector is for its own namespace only`);
};

/** A host that a route leads to. */
export const checkDestination = (field: Field, refuse: Refuse): void => {
  if (!isRecord(field.value)) return;
  const host = at(field, 'host');
  if (!has(host)) refuse(host, 'is missing, but a destination names its host', { isMissing: true });
  if (host.value === '*') refuse(host, 'is "*", but a destination is one host');
  else checkHost(host, refuse);
  if (written(at(field, 'subset')) !== '') checkSubsetName(at(field, 'subset'), refuse);
  checkPortSelector(at(field, 'port'), refuse);
};

export const checkSubsetName = (field: Field, refuse: Refuse): void => {
  const name = written(field);
  if (name === '') refuse(field, 'is empty, but a subset has a name');
  else if (name !== undefined && !isDnsLabel(name))
    refuse(field, `is ${shown(name)}, but the name of a subset has letters, digits and inner dashes only, up to 63`);
};

const checkPortSelector = (field: Field, refuse: Refuse): void => {
  if (!isRecord(field.value)) return;
  const number = at(field, 'number');
  if (!has(number) && text(at(field, 'name').value) === undefined)
    refuse(number, `is missing, ${PORT_RANGE}`, { isMissing: true });
  checkPort(number, refuse);
};

/** `sourceNamespace` of a match. */
export const checkSourceNamespace = (match: Field, refuse: Refuse): void => {
  const namespace = written(at(match, 'sourceNamespace'));
  if (namespace !== undefined && namespace !== '' && !isDnsLabel(namespace))
    refuse(at(match, 'sourceNamespace'), `is ${shown(namespace)}, which is no name of a namespace`);
};

/** Ports that are written as text. */
export const checkPortTexts = (field: Field, refuse: Refuse): void => {
  for (const port of writtenItems(field))
    if (port.value !== '' && (!/^\d+$/.test(port.value) || Number(port.value) > 65_535))
      refuse(port, `is ${shown(port.value)}, but must be the number of a port`);
};
