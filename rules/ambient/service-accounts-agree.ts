import { speaksFor } from '../../src/facts/minors.ts';
import type { Mesh } from '../../src/facts/mesh.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { below, compareText } from '../../src/model/index.ts';
import { globalTwins } from '../../src/rule/ambient/globalServices.ts';
import { defineRule } from '../../src/rule/define.ts';
import { deviations } from '../../src/rule/peers.ts';
import { inWords } from '../../src/rule/scope.ts';
import type { ServiceStatement } from '../../src/rule/services.ts';
import { nameOfService, workloadsOf } from '../../src/rule/services.ts';

export default defineRule({
  id: 'ambient/service-accounts-agree',
  severity: 'warning',
  istio: '1.27+',
  summary: 'The pods of a global Service run as the same service accounts in each cluster.',
  why: 'ztunnel and the gateways between networks expect of the pods of a Service those identities that the cluster of the caller knows. Pods that run as another service account are refused.',
  fix: 'Use the same serviceAccountName for the workloads of the Service in all clusters.',
  reads: ['Service', 'workloads', 'meshConfig.serviceScopeConfigs'],
  models: ['ambient-networks'],
  messages: {
    differ: '{service} runs as {accounts} in {cluster}, as {peer} in {others}{suffix}',
  },
  check(mesh, report) {
    for (const { service, statements } of globalTwins(mesh)) {
      const running = statements.flatMap((statement) => accountsOf(mesh, statement));
      for (const { odd, peers } of deviations(running, ({ accounts }) => accounts.join(' '))) {
        const { member, resource } = odd.statement;
        const speaks = speaksFor(mesh.versionOf(member).minors, '1.27+', 'warning');
        if (speaks === undefined) continue;
        report(
          'differ',
          {
            at: odd.place,
            cluster: member.name,
            resource,
            severity: speaks.severity,
            also: peers.map((peer): Related => ({
              place: peer.place,
              cluster: peer.statement.member.name,
              message: `runs as ${inWords(peer.accounts)}`,
            })),
          },
          {
            service: nameOfService(service),
            accounts: inWords(odd.accounts),
            cluster: member.name,
            peer: inWords(peers[0]!.accounts),
            others: inWords(peers.map((peer) => peer.statement.member.name)),
            suffix: speaks.suffix,
          },
        );
      }
    }
  },
});

interface Running {
  readonly statement: ServiceStatement;
  /** Each once, in order. */
  readonly accounts: readonly string[];
  readonly place: Place;
}

/** Nothing for a Service without pods in that cluster. */
const accountsOf = (mesh: Mesh, statement: ServiceStatement): readonly Running[] => {
  const workloads = workloadsOf(mesh, statement.member, statement.resource);
  const first = workloads[0];
  if (first === undefined) return [];
  const accounts = [...new Set(workloads.map(({ serviceAccount }) => serviceAccount ?? 'default'))].toSorted(
    compareText,
  );
  const at = first.serviceAccount === undefined ? first.specPlace : below(first.specPlace, 'serviceAccountName');
  return [{ statement, accounts, place: at }];
};
