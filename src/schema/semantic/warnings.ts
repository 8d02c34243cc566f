// What istiod takes with a warning, since it has no effect.
import { isRecord } from '../../model/index.ts';
import { isHttp, isProtocol, isTls } from '../forms/protocols.ts';
import type { Field, Refuse, Scope, Violation } from '../violation.ts';
import { at, collect, entriesOf, has, isFilled, itemsOf, shown, wordOf, written, writtenItems } from '../violation.ts';
import { TAG_SOURCES } from './customTags.ts';

/** Cipher suites that Envoy knows, by the names of OpenSSL. */
const CIPHERS: ReadonlySet<string> = new Set([
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ...['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ...['ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-RSA-AES256-SHA'],
  ...['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-RSA-AES128-SHA256', 'ECDHE-RSA-AES256-SHA384'],
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA', 'AES256-SHA', 'DES-CBC3-SHA'],
  ...['ECDHE-PSK-AES128-CBC-SHA', 'ECDHE-PSK-AES256-CBC-SHA', 'ECDHE-PSK-CHACHA20-POLY1305'],
  ...['PSK-AES128-CBC-SHA', 'PSK-AES256-CBC-SHA'],
]);

const CHECKS: Readonly<Record<string, (spec: Field, warn: Refuse) => void>> = {
  'networking.istio.io/Gateway': (spec, warn) =>
    itemsOf(at(spec, 'servers')).forEach((server) => warnOfServer(server, warn)),
  'networking.istio.io/Sidecar': (spec, warn) => warnOfSidecar(spec, warn),
  'networking.istio.io/EnvoyFilter': (spec, warn) =>
    itemsOf(at(spec, 'configPatches')).forEach((patch) => warnOfPatch(patch, warn)),
  'networking.istio.io/ServiceEntry': (spec, warn) => warnOfEntry(spec, warn),
  'security.istio.io/AuthorizationPolicy': (spec, warn) =>
    itemsOf(at(spec, 'rules')).forEach((rule) => warnOfRule(rule, warn)),
  'telemetry.istio.io/Telemetry': (spec, warn) => warnOfTracing(at(spec, 'tracing'), warn),
};

/** What has no effect in an object of `group/kind`. */
export const semanticWarnings = (kind: string, object: unknown): readonly Violation[] => {
  const spec = at({ value: object, path: [] }, 'spec');
  return collect((warn) => {
    for (const key of ['selector', 'workloadSelector'])
      warnOfSelector(at(spec, key), warn, { isMild: kind !== 'networking.istio.io/ServiceEntry' });
    CHECKS[kind]?.(spec, warn);
  });
};

/** A Gateway keeps its labels in the selector itself. */
const warnOfSelector = (selector: Field, warn: Refuse, scope: Scope): void => {
  if (!isRecord(selector.value)) return;
  const keys = Object.keys(selector.value);
  if (keys.some((key) => key !== 'labels' && key !== 'matchLabels')) return;
  if (keys.every((key) => isRecord(at(selector, key).value) && !isFilled(at(selector, key))))
    warn(selector, 'names no labels, so that it selects all workloads', scope);
};

const warnOfEntry = (spec: Field, warn: Refuse): void => {
  const [resolution, selector] = [at(spec, 'resolution'), at(spec, 'workloadSelector')];
  if (isRecord(selector.value) && (!has(resolution) || resolution.value === 'NONE'))
    warn(
      selector,
      `finds no endpoints with resolution NONE${has(resolution) ? '' : ', the default'}: calls go to the address that the client names`,
      { isMissing: !has(resolution) },
    );
  const isOfTls = itemsOf(at(spec, 'ports')).some((port) => isTls(written(at(port, 'protocol')) ?? ''));
  for (const host of writtenItems(at(spec, 'hosts')))
    if (/^\*[^.]/.test(host.value))
      warn(
        host,
        `is ${shown(host.value)}, a wildcard amid a label, which ${isOfTls ? 'TLS does not know: no call is matched by its name' : 'only HTTP knows'}`,
        { isMild: !isOfTls },
      );
};

/** istiod reads an empty list as none: the rule is for all callers, or for all that they ask. */
const warnOfRule = (rule: Field, warn: Refuse): void => {
  const [from, to] = [at(rule, 'from'), at(rule, 'to')];
  if (Array.isArray(from.value) && from.value.length === 0) warn(from, 'is empty: the rule is for all callers');
  if (Array.isArray(to.value) && to.value.length === 0) warn(to, 'is empty: the rule is for all requests');
};

const warnOfTracing = (tracing: Field, warn: Refuse): void => {
  for (const part of itemsOf(tracing)) {
    const [first, second] = itemsOf(at(part, 'providers'));
    if (first !== undefined && second !== undefined)
      warn(second, `has no effect: proxies send their traces to one provider, ${wordOf(at(first, 'name'))}`);
    for (const [, tag] of entriesOf(at(part, 'customTags')))
      if (isRecord(tag.value) && Object.keys(tag.value).length === 0)
        warn(tag, `has no effect without one of ${TAG_SOURCES.join(', ')}`);
  }
};

const warnOfServer = (server: Field, warn: Refuse): void => {
  const [port, tls] = [at(server, 'port'), at(server, 'tls')];
  if (isFilled(at(port, 'targetPort')))
    warn(at(port, 'targetPort'), 'has no effect: a gateway listens on port.number, its Service maps the ports');
  if (!isRecord(tls.value)) return;
  warnOfCiphers(tls, warn);
  const mode = wordOf(at(tls, 'mode')) || 'PASSTHROUGH';
  const protocol = written(at(port, 'protocol')) ?? '';
  const isPassing = mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH';
  const certificate = ['credentialName', 'serverCertificate', 'privateKey', 'caCertificates'].find((key) =>
    isFilled(at(tls, key)),
  );
  if (isPassing && !isHttp(protocol) && certificate !== undefined)
    warn(
      at(tls, certificate),
      `has no effect: in mode ${mode} the gateway does not open TLS, the workload behind it does`,
    );
  if (at(tls, 'httpsRedirect').value === true && isProtocol(protocol) && !isHttp(protocol))
    warn(at(tls, 'httpsRedirect'), `has no effect on a server of protocol ${protocol}: it redirects from HTTP`);
};

const warnOfCiphers = (tls: Field, warn: Refuse): void => {
  const seen = new Set<string>();
  for (const cipher of writtenItems(at(tls, 'cipherSuites'))) {
    // Envoy takes groups of equal preference in brackets.
    const names = cipher.value.replace(/^\[|\]$/g, '').split('|');
    const unknown = names.find((name) => !CIPHERS.has(name));
    if (unknown !== undefined) warn(cipher, `has no effect: ${shown(unknown)} is no cipher suite of Envoy`);
    else if (seen.has(cipher.value)) warn(cipher, `has no effect: ${shown(cipher.value)} stands in the list before`);
    seen.add(cipher.value);
  }
};

const warnOfSidecar = (spec: Field, warn: Refuse): void => {
  for (const side of ['ingress', 'egress'])
    for (const listener of itemsOf(at(spec, side))) {
      if (isFilled(at(listener, 'port', 'targetPort')))
        warn(at(listener, 'port', 'targetPort'), 'has no effect in a Sidecar');
      warnOfHosts(writtenItems(at(listener, 'hosts')), warn);
    }
};

/** Hosts that another host of the same listener brings anyway. */
const warnOfHosts = (hosts: readonly (Field & { readonly value: string })[], warn: Refuse): void => {
  const all = new Set(hosts.map(({ value }) => value));
  const seen = new Set<string>();
  for (const host of hosts) {
    const wider = [`${host.value.slice(0, host.value.indexOf('/'))}/*`, '*/*'].find(
      (name) => name !== host.value && all.has(name),
    );
    if (wider !== undefined) warn(host, `has no effect: ${shown(wider)} stands in the list as well`);
    else if (seen.has(host.value)) warn(host, `has no effect: ${shown(host.value)} stands in the list before`);
    seen.add(host.value);
  }
};

const warnOfPatch = (patch: Field, warn: Refuse): void => {
  const applyTo = at(patch, 'applyTo').value;
  const filter = at(patch, 'match', 'listener', 'filterChain', 'filter');
  if ((applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN') && has(filter))
    warn(filter, `has no effect: a patch of ${applyTo} is not matched by filters`);
};
