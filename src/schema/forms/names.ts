// Names as Istio reads them: upper case is allowed, unlike in Kubernetes.
import { parseAddress } from '../../facts/cidr.ts';

const LABEL = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
const FIRST_LABEL = /^(?:\*|(?:\*|\*-)?[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)$/;
const LABEL_KEY =
  /^(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*\/)?((?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/;
const LABEL_VALUE = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const HEADER = /^[-_A-Za-z0-9]+$/;

/** One step of a DNS name: letters, digits and inner dashes, up to 63. */
export const isDnsLabel = (name: string): boolean => name.length <= 63 && LABEL.test(name);

export const isHeaderName = (name: string): boolean => HEADER.test(name);

export const isLabelKey = (key: string): boolean => {
  if (key.length > 320) return false;
  const name = LABEL_KEY.exec(key)?.[1];
  return name !== undefined && name.length <= 63 && key.length - name.length <= 254;
};

export const isLabelValue = (value: string): boolean => value.length <= 63 && LABEL_VALUE.test(value);

/** What keeps a text from being a full host name, as the tail of `is "x", …`; undefined where nothing does. */
export const faultOfFqdn = (host: string): string | undefined => faultOfLength(host) ?? faultOfLabels(host);

/** The same where the first step may be `*`, `*x` or `*-x`. */
export const faultOfHost = (host: string): string | undefined => {
  const length = faultOfLength(host);
  if (length !== undefined) return length;
  const dot = host.indexOf('.');
  const first = dot < 0 ? host : host.slice(0, dot);
  if (first.length > 63 || !FIRST_LABEL.test(first)) return faultOfLabel(first);
  return dot < 0 ? undefined : faultOfLabels(host.slice(dot + 1));
};

const faultOfLength = (host: string): string | undefined =>
  host === ''
    ? 'but a host name is needed'
    : host.length > 255
      ? `but a host name has up to 255 characters, not ${host.length}`
      : undefined;

const faultOfLabels = (host: string): string | undefined => {
  const labels = host.split('.');
  if (/^[+-]?\d+$/.test(labels.at(-1)!)) return 'but the last part of a host name is no number';
  // A dot at the end marks a name as complete.
  const stated = labels.at(-1) === '' ? labels.slice(0, -1) : labels;
  const wrong = stated.find((label) => !isDnsLabel(label));
  return wrong === undefined ? undefined : faultOfLabel(wrong);
};

const faultOfLabel = (label: string): string => {
  if (label === '') return 'but no part of a host name may be empty';
  if (label.length > 63) return 'but each part of a host name has up to 63 characters';
  if (label.includes('*')) return 'but * may stand only at the beginning of a host name';
  return `but ${JSON.stringify(label)} has other characters than letters, digits and inner dashes`;
};

/** An IPv6 address may name its zone. */
export const isAddress = (text: string): boolean => {
  const [address = '', zone] = text.split(/%(.*)/s, 2);
  const parsed = parseAddress(address);
  return parsed !== undefined && (zone === undefined || (zone !== '' && parsed.family === 6));
};

/** An address, or a range `address/bits`. */
export const isSubnet = (text: string): boolean => {
  const slash = text.indexOf('/');
  if (slash < 0) return isAddress(text);
  const address = parseAddress(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  return (
    address !== undefined && /^(?:0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (address.family === 4 ? 32 : 128)
  );
};

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;

/** What keeps `unix://…` from naming a socket; undefined for other addresses and for good ones. */
export const faultOfSocket = (address: string): string | undefined => {
  if (!address.startsWith('unix://')) return undefined;
  const path = address.slice(7);
  if (path.startsWith('@')) return undefined;
  if (!path.startsWith('/')) return 'but a socket is named by an absolute path or by @name';
  return path.endsWith('/') ? 'but that is a directory, not a socket' : undefined;
};
