// What istiod takes with a warning, since it has no effect.
import { isRecord } from '../../model/index.ts';
import { isHttp, isProtocol } from '../forms/protocols.ts';
import type { Field, Refuse, Violation } from '../violation.ts';
import { at, collect, has, isFilled, itemsOf, shown, wordOf, written, writtenItems } from '../violation.ts';

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

/** What has no effect in an object of `group/kind`. */
export const semanticWarnings = (kind: string, object: unknown): readonly Violation[] => {
  const spec = at({ value: object, path: [] }, 'spec');
  if (kind === 'networking.istio.io/Gateway')
    return collect((warn) => itemsOf(at(spec, 'servers')).forEach((server) => warnOfServer(server, warn)));
  if (kind === 'networking.istio.io/Sidecar') return collect((warn) => warnOfSidecar(spec, warn));
  if (kind === 'networking.istio.io/EnvoyFilter')
    return collect((warn) => itemsOf(at(spec, 'configPatches')).forEach((patch) => warnOfPatch(patch, warn)));
  return [];
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
      const seen = new Set<string>();
      for (const host of writtenItems(at(listener, 'hosts'))) {
        const all = `${host.value.slice(0, host.value.indexOf('/'))}/*`;
        const wider = [host.value, all, '*/*'].find((name) => seen.has(name));
        if (wider !== undefined) warn(host, `has no effect: ${shown(wider)} stands in the list before`);
        seen.add(host.value);
      }
    }
};

const warnOfPatch = (patch: Field, warn: Refuse): void => {
  const applyTo = at(patch, 'applyTo').value;
  const filter = at(patch, 'match', 'listener', 'filterChain', 'filter');
  if ((applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN') && has(filter))
    warn(filter, `has no effect: a patch of ${applyTo} is not matched by filters`);
};
