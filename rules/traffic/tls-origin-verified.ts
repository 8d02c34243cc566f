import { describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { originationsOf } from '../../src/rule/traffic/origination.ts';

export default defineRule({
  id: 'traffic/tls-origin-verified',
  severity: 'warning',
  istio: 'all',
  summary: 'A DestinationRule that begins TLS says which CA the certificate of the server must come from.',
  why: 'Up to Istio 1.20 a proxy without caCertificates accepts any certificate, so anyone on the way can answer in place of the server. Later releases check against the CAs of the image, which know no private CA.',
  fix: 'Set tls.caCertificates to the CA bundle (system for public servers is /etc/ssl/certs/ca-certificates.crt), or credentialName with a workloadSelector; insecureSkipVerify says that no check is wanted.',
  reads: ['DestinationRule', 'istioVersion', 'VERIFY_CERTIFICATE_AT_CLIENT'],
  yieldsTo: ['mtls/destination-rule-keeps-mtls', 'mtls/cross-network-accepts-mtls'],
  aliases: ['IST0128'],
  messages: {
    any: '{rule} in {cluster} begins TLS ({mode}) to {host} without caCertificates: {effect}',
    credential:
      '{rule} in {cluster} begins TLS ({mode}) to {host} with credentialName and no workloadSelector: only gateways read it, sidecars go without',
  },
  check(mesh, report) {
    for (const { config, resource, place, mode, host, port, credential, severity, effect } of originationsOf(mesh)) {
      if (port !== undefined) continue;
      const where = { at: place, cluster: config.name, resource };
      const slots = { rule: describe(resource), cluster: config.name, mode, host };
      if (credential) report('credential', { ...where, severity: 'info' }, slots);
      else report('any', { ...where, severity }, { ...slots, effect });
    }
  },
});
