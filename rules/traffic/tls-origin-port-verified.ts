import { describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { originationsOf } from '../../src/rule/traffic/origination.ts';

export default defineRule({
  id: 'traffic/tls-origin-port-verified',
  severity: 'warning',
  istio: 'all',
  summary: 'TLS that a DestinationRule begins on one port says which CA the certificate of the server must come from.',
  why: 'Settings of a port replace those of the whole host, its caCertificates as well. Up to Istio 1.20 a proxy without them accepts any certificate; later releases check against the CAs of the image.',
  fix: 'Set tls.caCertificates in the settings of the port, too, or credentialName with a workloadSelector.',
  reads: ['DestinationRule', 'istioVersion', 'VERIFY_CERTIFICATE_AT_CLIENT'],
  aliases: ['IST0129'],
  messages: {
    any: '{rule} in {cluster} begins TLS ({mode}) to port {port} of {host} without caCertificates: {effect}',
    credential:
      '{rule} in {cluster} begins TLS ({mode}) to port {port} of {host} with credentialName and no workloadSelector: only gateways read it, sidecars go without',
  },
  check(mesh, report) {
    for (const { config, resource, place, mode, host, port, credential, severity, effect } of originationsOf(mesh)) {
      if (port === undefined) continue;
      const where = { at: place, cluster: config.name, resource };
      const slots = { rule: describe(resource), cluster: config.name, mode, host, port };
      if (credential) report('credential', { ...where, severity: 'info' }, slots);
      else report('any', { ...where, severity }, { ...slots, effect });
    }
  },
});
