import type { Field, Refuse } from '../violation.ts';
import { at, has, isFilled, itemsOf, shown, wordOf, written } from '../violation.ts';

export const checkListeners = (spec: Field, refuse: Refuse): void => {
  for (const listener of itemsOf(at(spec, 'listeners'))) {
    const [hostname, tls] = [at(listener, 'hostname'), at(listener, 'tls')];
    const protocol = wordOf(at(listener, 'protocol'));
    if (isFilled(hostname) && (protocol === 'TCP' || protocol === 'UDP'))
      refuse(hostname, `is set, but a listener of protocol ${protocol} serves no hosts`);
    else checkHostname(hostname, refuse);
    if (has(tls) && PLAIN.has(protocol)) refuse(tls, `is set, but a listener of protocol ${protocol} has no TLS`);
    else if (has(tls)) checkTls(tls, protocol, refuse);
  }
};

const PLAIN = new Set(['HTTP', 'TCP', 'UDP']);

const checkTls = (tls: Field, protocol: string, refuse: Refuse): void => {
  const mode = at(tls, 'mode');
  const word = has(mode) ? wordOf(mode) : 'Terminate';
  if (protocol === 'HTTPS' && word === 'Passthrough')
    return refuse(mode, 'is "Passthrough", but a listener of protocol HTTPS terminates TLS');
  // ambient/gateway-shape tells which options a listener between clusters has.
  if (protocol === 'HBONE') return;
  const [certificates, options] = [at(tls, 'certificateRefs'), at(tls, 'options')];
  if (word === 'Terminate' && !isFilled(certificates) && !isFilled(options))
    refuse(certificates, 'is missing, but mode Terminate needs certificateRefs or options', { isMissing: true });
};

/** A name of DNS in lower case, with `*.` in front at most. */
export const checkHostname = (hostname: Field, refuse: Refuse): void => {
  const name = written(hostname);
  if (name === undefined || (name.length <= 253 && HOSTNAME.test(name))) return;
  refuse(hostname, `is ${shown(name)}, but must be a DNS name in lower case, with *. in front at most`);
};

const HOSTNAME = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
