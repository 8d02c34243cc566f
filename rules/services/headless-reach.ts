import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { rangeInWords } from '../../src/facts/minors.ts';
import { placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { knowsItsServices, unresolvedUses } from '../../src/rule/dns.ts';
import { clusterNetwork } from '../../src/rule/endpoints.ts';
import type { HeadlessFault } from '../../src/rule/headless.ts';
import { headlessFaults } from '../../src/rule/headless.ts';
import { someInWords } from '../../src/rule/scope.ts';
import { nameOfService } from '../../src/rule/services.ts';

export default defineRule({
  id: 'services/headless-reach',
  severity: 'error',
  istio: 'all',
  summary: 'A headless Service is called only where its pods can be reached by their own addresses.',
  why: 'Clients of a headless Service connect to the addresses of pods. No gateway stands between, so pods of another network are out of reach; on one network the names resolve only through DNS capture (Istio 1.12+).',
  fix: 'Give the Service a cluster IP, run pods of it in the calling cluster, or reach the pods through a ServiceEntry and their own gateway.',
  reads: ['Service', 'workloads', 'network', 'dnsCapture', 'VirtualService', 'ServiceEntry'],
  messages: {
    networks:
      '{service} (headless, pods in {servers}) is called in {client} ({source}): no gateway leads to single pods of another network',
    capture:
      '{service} (headless, pods in {servers}) is called in {client} ({source}): without DNS capture {client} does not resolve pods of other clusters',
    version:
      '{service} (headless, pods in {servers}) is called in {client} ({source}): sidecars resolve headless Services of other clusters {since}',
  },
  check(mesh, report) {
    for (const fault of headlessFaults(mesh)) {
      const { service, member, use, serving, id, severity } = fault;
      if (isToldElsewhere(mesh, fault)) continue;
      const where = {
        at: use.place,
        cluster: member.name,
        resource: use.resource,
        severity,
        fix: FIXES[id],
        also: serving.map((statement) => ({
          place: placeIn(statement.resource, 'spec', 'clusterIP'),
          cluster: statement.member.name,
          message: `Service ${nameOfService(service)}${networkInWords(statement.member)}`,
        })),
      };
      const common = {
        service: nameOfService(service),
        servers: someInWords(serving.map((statement) => `${statement.member.name}${networkInWords(statement.member)}`)),
        client: id === 'networks' ? `${member.name}${networkInWords(member)}` : member.name,
        source: use.source,
      };
      if (id === 'version') report('version', where, { ...common, since: rangeInWords('1.12+') });
      else report(id, where, common);
    }
  },
});

/** services/present-for-dns says that the name does not resolve; on one network that is all there is to mend. */
const isToldElsewhere = (mesh: Mesh, { id, member, service }: HeadlessFault): boolean =>
  id !== 'networks' &&
  knowsItsServices(member) &&
  unresolvedUses(mesh, member).some((unresolved) => unresolved.service === service && unresolved.severity !== 'info');

const FIXES: Readonly<Record<HeadlessFault['id'], string | undefined>> = {
  networks: undefined,
  capture:
    'Set meshConfig.defaultConfig.proxyMetadata.ISTIO_META_DNS_CAPTURE to "true" in the calling cluster, or give the Service a cluster IP.',
  version:
    'Update the control plane of the calling cluster, set ENABLE_MULTICLUSTER_HEADLESS to "true" on istiod (Istio 1.11), or give the Service a cluster IP.',
};

const networkInWords = (member: Member): string => {
  const name = clusterNetwork(member);
  return name === undefined || name === '' ? '' : ` (${name})`;
};
