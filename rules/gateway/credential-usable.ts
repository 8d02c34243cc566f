import { describe, placeKey } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { credentialsOf, faultOfSecret, homesOf, secretsNamed } from '../../src/rule/gateway/credentials.ts';
import { selectedGateways } from '../../src/rule/gateway/selected.ts';

export default defineRule({
  id: 'gateway/credential-usable',
  severity: 'error',
  istio: 'all',
  summary: 'The Secret of a Gateway server holds a certificate in date, and the key that belongs to it.',
  why: 'istiod sends a gateway no Secret without tls.crt and tls.key (or cert and key), and clients refuse a certificate that is out of date. Calls of the host fail in the handshake.',
  fix: 'Write a valid pair under tls.crt and tls.key.',
  reads: ['Gateway', 'Secret', 'workloads'],
  aliases: ['IST0161'],
  messages: {
    unusable: '{gateway} in {cluster} takes its certificate from {secret}, which {problem}',
  },
  check(mesh, report) {
    for (const of of selectedGateways(mesh))
      for (const { name, place } of credentialsOf(of)) {
        const told = new Set<string>();
        for (const home of homesOf(of))
          for (const { resource } of secretsNamed(mesh, of, home, name)) {
            const fault = faultOfSecret(resource, mesh.settings.now);
            const key = fault === undefined ? '' : placeKey(fault.place);
            if (fault === undefined || told.has(key)) continue;
            told.add(key);
            report(
              'unusable',
              {
                at: place,
                cluster: home.member.name,
                resource: of.gateway,
                also: [{ place: fault.place, cluster: home.member.name, message: describe(resource) }],
              },
              {
                gateway: describe(of.gateway),
                cluster: home.member.name,
                secret: describe(resource),
                problem: fault.problem,
              },
            );
          }
      }
  },
});
