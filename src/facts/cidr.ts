/** Addresses of one family from `start` to `end`, both included. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly start: bigint;
  readonly end: bigint;
  /** The address before the slash is not the first of the network: `10.1.2.3/16`. */
  readonly hostBits: boolean;
}

/**
 * Reads `address/prefix` as strictly as Go's net.ParseCIDR: no missing octets, no leading zeros in IPv4,
 * no zone, no bare mask (`/14`). Undefined for anything else.
 */
export const parseCidr = (text: string): AddressRange | undefined => {
  const slash = text.indexOf('/');
  if (slash < 1) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const prefix = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,4}$/.test(prefix)) return undefined;
  const bits = address.family === 4 ? 32 : 128;
  if (Number(prefix) > bits) return undefined;
  const hosts = (1n << BigInt(bits - Number(prefix))) - 1n;
  const start = address.value & ~hosts;
  return { family: address.family, start, end: start | hosts, hostBits: start !== address.value };
};

/** An IPv4 or IPv6 address as a number; undefined where Go's netip.ParseAddr refuses it, or it has a zone. */
export const parseAddress = (text: string): { readonly family: 4 | 6; readonly value: bigint } | undefined => {
  if (!text.includes(':')) {
    const value = parseIPv4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseIPv6(text);
  return value === undefined ? undefined : { family: 6, value };
};

/** Addresses that mean another machine in each network: private, shared (RFC 6598), link-local and unique local ones. */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
];
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** Whether a text is such an address, in brackets or not; names are none. */
export const isPrivateAddress = (text: string): boolean => isWithinAny(text, PRIVATE);

export const isLoopbackAddress = (text: string): boolean => isWithinAny(text, LOOPBACK);

const isWithinAny = (text: string, ranges: readonly string[]): boolean => {
  const address = parseAddress(text.replace(/^\[(.*)\]$/, '$1'));
  return (
    address !== undefined &&
    ranges.some((written) => {
      const range = parseCidr(written);
      return range?.family === address.family && range.start <= address.value && address.value <= range.end;
    })
  );
};

/** `10.1.0.0/16` with the host bits of `10.1.2.3/16` masked. */
export const formatRange = (range: AddressRange): string => {
  const bits = range.family === 4 ? 32 : 128;
  const prefix = bits - (range.end - range.start + 1n).toString(2).length + 1;
  return `${range.family === 4 ? formatIPv4(range.start) : formatIPv6(range.start)}/${prefix}`;
};

export const intersects = (a: AddressRange, b: AddressRange): boolean =>
  a.family === b.family && a.start <= b.end && b.start <= a.end;

/** Whether every address of `inner` is in one of `outer`, which may lie side by side. */
export const covers = (outer: readonly AddressRange[], inner: AddressRange): boolean => {
  const sorted = outer
    .filter((range) => range.family === inner.family)
    .toSorted((a, b) => compareNumbers(a.start, b.start));
  let next = inner.start;
  for (const range of sorted) {
    if (range.start > next) return false;
    if (range.end >= next) next = range.end + 1n;
    if (next > inner.end) return true;
  }
  return false;
};

/**
 * Calls `found` for each pair of items whose ranges intersect. Sorted by start and swept once, so the cost
 * is that of sorting plus one call for each pair.
 */
export const eachOverlap = <T extends { readonly range: AddressRange }>(
  items: readonly T[],
  found: (a: T, b: T) => void,
): void => {
  let open: T[] = [];
  const sorted = items.toSorted(
    (a, b) => a.range.family - b.range.family || compareNumbers(a.range.start, b.range.start),
  );
  for (const item of sorted) {
    open = open.filter((held) => held.range.family === item.range.family && held.range.end >= item.range.start);
    for (const held of open) found(held, item);
    open.push(item);
  }
};

const compareNumbers = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

const parseIPv4 = (text: string): bigint | undefined => {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  let value = 0n;
  for (const octet of octets) {
    if (!/^(0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return undefined;
    value = (value << 8n) | BigInt(octet);
  }
  return value;
};

const parseIPv6 = (text: string): bigint | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // `::` stands for one group or more.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array<bigint>(missing).fill(0n), ...tail].reduce((value, group) => (value << 16n) | group, 0n);
};

/** The 16-bit groups of one side of `::`; the last may be an IPv4 address where `mayEndInIPv4`. */
const groupsOf = (text: string, mayEndInIPv4: boolean): bigint[] | undefined => {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(BigInt(`0x${part}`));
      continue;
    }
    const mapped = mayEndInIPv4 && index === parts.length - 1 ? parseIPv4(part) : undefined;
    if (mapped === undefined) return undefined;
    groups.push(mapped >> 16n, mapped & 0xffffn);
  }
  return groups;
};

const formatIPv4 = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');

const formatIPv6 = (value: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  const zeros = longestZeros(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (zeros.length < 2) return text(groups);
  return `${text(groups.slice(0, zeros.at))}::${text(groups.slice(zeros.at + zeros.length))}`;
};

const longestZeros = (groups: readonly number[]): { readonly at: number; readonly length: number } => {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  return best;
};
