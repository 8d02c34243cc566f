// What the validation rules of Istio's CRDs demand, each rule a function of the value that it stands at.
import { isRecord, list, text } from '../../model/index.ts';
import { isDnsLabel, isPort, faultOfSocket } from '../forms/names.ts';
import { faultOfDuration } from '../forms/durations.ts';
import { hasScheme, isModuleUrl } from '../forms/urls.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, itemsOf, numberOf, shown, written } from '../violation.ts';

/** Looks at one value; templates and values of another type are passed over. */
export type CelRule = (self: Field, refuse: Refuse) => void;

/** At most one of these keys; the finding stands at the last of them. */
export const atMostOneOf =
  (...keys: readonly string[]): CelRule =>
  (self, refuse) => {
    const set = keys.filter((key) => has(at(self, key)));
    if (set.length > 1)
      refuse(
        at(self, set.at(-1)!),
        `is set beside ${set.slice(0, -1).join(' and ')}, but only one of ${keys.join(', ')} may be`,
      );
  };

export const wasmOrLua: CelRule = (self, refuse) => {
  const [wasm, lua] = [at(self, 'wasm'), at(self, 'lua')];
  if (has(wasm) && has(lua)) refuse(lua, 'is set beside wasm, but only one of wasm and lua may be');
  if (!has(wasm) && !has(lua)) refuse(self, 'has neither wasm nor lua, but needs one of them', { isMissing: true });
};

export const labelKeyWithoutWildcard: CelRule = (self, refuse) => {
  for (const [key, entry] of entriesOf(self))
    if (key.includes('*') && has(entry))
      refuse(entry, `has a * in its key, but labels are matched as they are, without wildcards`);
};

export const labelKeyFilled: CelRule = (self, refuse) => {
  for (const [key, entry] of entriesOf(self))
    if (key === '' && has(entry)) refuse(entry, 'has an empty key, but a label has a name');
};

export const labelValueWithoutWildcard: CelRule = (self, refuse) => {
  const value = written(self);
  if (value?.includes('*')) refuse(self, `is ${shown(value)}, but labels are matched as they are, without wildcards`);
};

export const sameNamespace: CelRule = (self, refuse) => {
  const value = written(self);
  if (value !== undefined && value !== '')
    refuse(self, `is ${shown(value)}, but a target must be in the namespace of the policy, so the key must go`);
};

export const wasmUrl: CelRule = (self, refuse) => {
  const url = written(self);
  if (url === undefined || url === '') return;
  if (!isModuleUrl(url))
    refuse(self, `is ${shown(url)}, but a module comes from an oci://, https://, http:// or file:// URL`);
};

export const valueOnlyInline: CelRule = (self, refuse) => {
  if (at(self, 'valueFrom').value === 'HOST' && has(at(self, 'value')))
    refuse(at(self, 'value'), 'is set beside valueFrom HOST, but may be set for valueFrom INLINE only');
};

export const leastDuration: CelRule = (self, refuse) => {
  const value = written(self);
  const fault = value === undefined ? undefined : faultOfDuration(value);
  if (fault !== undefined) refuse(self, `is ${shown(value)}, ${fault}`);
};

export const waypointMatchByContext: CelRule = (self, refuse) => {
  const waypoint = at(self, 'waypoint');
  const context = at(self, 'context');
  const isForWaypoint = context.value === 'WAYPOINT';
  if (has(context) && written(context) === undefined) return;
  if (isForWaypoint && !has(waypoint))
    refuse(context, 'is WAYPOINT, but then the match must be a waypoint match', { isMissing: true });
  if (!isForWaypoint && has(waypoint)) refuse(waypoint, 'is set, but counts for context WAYPOINT only');
};

export const portNumber: CelRule = (self, refuse) => {
  const port = numberOf(self);
  if (port !== undefined && !isPort(port)) refuse(self, `is ${port}, but a port lies between 1 and 65535`);
};

export const noCidrWithDns: CelRule = (self, refuse) => {
  const resolution = text(at(self, 'resolution').value) ?? 'NONE';
  if (!['DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'].includes(resolution)) return;
  for (const address of itemsOf(at(self, 'addresses')))
    if (written(address)?.includes('/'))
      return refuse(
        address,
        `is ${shown(address.value)}, but ranges go with resolution NONE or STATIC only, not ${resolution}`,
      );
};

export const noEndpointsWithoutResolution: CelRule = (self, refuse) => {
  const resolution = at(self, 'resolution');
  if (has(at(self, 'endpoints')) && (!has(resolution) || resolution.value === 'NONE'))
    refuse(at(self, 'endpoints'), 'is set, but resolution NONE takes no endpoints: it needs STATIC or DNS');
};

export const oneRoundRobinEndpoint: CelRule = (self, refuse) => {
  const endpoints = at(self, 'endpoints');
  const count = list(endpoints.value).length;
  if (at(self, 'resolution').value === 'DNS_ROUND_ROBIN' && count > 1)
    refuse(at(endpoints, 1), `is one of ${count} endpoints, but resolution DNS_ROUND_ROBIN takes one at most`);
};

export const addressOrNetwork: CelRule = (self, refuse) => {
  if (isRecord(self.value) && !has(at(self, 'address')) && !has(at(self, 'network')))
    refuse(at(self, 'address'), 'is missing, but an address (or a network) is needed', { isMissing: true });
};

export const noPortsOfSocket: CelRule = (self, refuse) => {
  if (written(at(self, 'address'))?.startsWith('unix://') === true && has(at(self, 'ports')))
    refuse(at(self, 'ports'), 'is set, but a Unix socket has no ports');
};

export const absoluteSocket: CelRule = (self, refuse) => {
  const address = written(self);
  const fault = address === undefined ? undefined : faultOfSocket(address);
  if (fault !== undefined) refuse(self, `is ${shown(address)}, ${fault}`);
  else if (address?.startsWith('unix://@') === true && address.endsWith('/'))
    refuse(self, `is ${shown(address)}, but the name of a socket does not end in /`);
};

export const portNames: CelRule = (self, refuse) => {
  for (const [name, entry] of entriesOf(self))
    if (has(entry) && (!isDnsLabel(name) || name.length > 62))
      refuse(entry, 'has a name that is no port name: letters, digits and inner dashes, up to 62 characters');
};

export const noFullWildcard: CelRule = (self, refuse) => {
  if (self.value === '*')
    refuse(self, 'is "*", but a ServiceEntry must name its hosts, at most with a wildcard like *.example.com');
};

export const uniquePortNumbers: CelRule = (self, refuse) => {
  const seen = new Set<number>();
  for (const port of itemsOf(self)) {
    const number = numberOf(at(port, 'number'));
    if (number === undefined) continue;
    if (seen.has(number)) refuse(at(port, 'number'), `is ${number}, but a port before has this number already`);
    seen.add(number);
  }
};

export const probeScheme: CelRule = (self, refuse) => {
  const scheme = written(self);
  if (scheme !== undefined && !['', 'HTTP', 'HTTPS'].includes(scheme))
    refuse(self, `is ${shown(scheme)}, but must be HTTP or HTTPS`);
};

export const serviceAccountsAlone: CelRule = (self, refuse) => {
  const account = ['serviceAccounts', 'notServiceAccounts'].find((key) => has(at(self, key)));
  const other = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces'].find((key) => has(at(self, key)));
  if (account !== undefined && other !== undefined)
    refuse(
      at(self, account),
      `is set beside ${other}, but a source names either service accounts or principals and namespaces`,
    );
};

export const portMtlsNeedsSelector: CelRule = (self, refuse) => {
  const labels = at(self, 'selector', 'matchLabels');
  if (has(at(self, 'portLevelMtls')) && Object.keys(isRecord(labels.value) ? labels.value : {}).length === 0)
    refuse(at(self, 'portLevelMtls'), 'is set without selector.matchLabels, but ports are those of selected workloads');
};

export const portKeys: CelRule = (self, refuse) => {
  for (const [key, entry] of entriesOf(self))
    if (has(entry) && (!/^\d+$/.test(key) || !isPort(Number(key))))
      refuse(entry, `has the key ${shown(key)}, but a port lies between 1 and 65535`);
};

export const webUrl: CelRule = (self, refuse) => {
  const url = written(self);
  if (url !== undefined && url !== '' && !hasScheme(url, ['http', 'https']))
    refuse(self, `is ${shown(url)}, but must be an http:// or https:// URL`);
};

export const upsertHasValue: CelRule = (self, refuse) => {
  if (at(self, 'operation').value === 'UPSERT' && (at(self, 'value').value ?? '') === '')
    refuse(at(self, 'value'), 'is empty, but operation UPSERT needs a value', { isMissing: true });
};

export const removeHasNoValue: CelRule = (self, refuse) => {
  if (at(self, 'operation').value === 'REMOVE' && has(at(self, 'value')))
    refuse(at(self, 'value'), 'is set, but operation REMOVE takes no value');
};
