import { defineRule } from '../../src/rule/define.ts';
import type { StatedDomain } from '../../src/rule/clusterDomains.ts';
import { oddDomains } from '../../src/rule/clusterDomains.ts';
import { holdingsInWords } from '../../src/rule/peers.ts';

export default defineRule({
  id: 'network/cluster-domain-equal',
  severity: 'error',
  istio: 'all',
  summary: 'All clusters of a mesh have the same cluster domain.',
  why: 'An istiod names the Services of every cluster by its own domain. The gateway of another network knows them by another one and has no chain for the name that arrives; on one network DNS names of the other domain do not resolve.',
  fix: 'Build the clusters with one DNS domain and set global.proxy.clusterDomain to it everywhere; the domain of a running cluster cannot be changed.',
  reads: ['clusterDomain', 'network'],
  messages: {
    differs: '{cluster} has cluster domain {domain}, {peers}{consequence}',
  },
  check(mesh, report) {
    for (const { odd, peers, severity } of oddDomains(mesh)) {
      report(
        'differs',
        {
          at: odd.place,
          cluster: odd.member.name,
          severity,
          also: peers.map(({ member, place, domain, isDefault }) => ({
            place,
            cluster: member.name,
            message: isDefault ? `says none: ${domain}` : `cluster domain ${domain}`,
          })),
        },
        {
          cluster: odd.member.name,
          domain: shown(odd),
          peers: peersInWords(peers),
          consequence: severity === 'error' ? ': gateways find no service of the other domain' : '',
        },
      );
    }
  },
});

const shown = ({ domain, isDefault }: StatedDomain): string => (isDefault ? `${domain} (the default)` : domain);

const peersInWords = (peers: readonly StatedDomain[]): string =>
  holdingsInWords(peers.map((peer) => [peer.member.name, shown(peer)]));
