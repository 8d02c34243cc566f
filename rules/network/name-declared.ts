import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { minorsInWords, within } from '../../src/facts/minors.ts';
import type { Place } from '../../src/model/index.ts';
import { placeOf, valueOf } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { gatewaysOf } from '../../src/rule/gateways.ts';
import { networkDisagreement } from '../../src/rule/networkNames.ts';
import { networksOf, runsWorkloads } from '../../src/rule/networks.ts';

export default defineRule({
  id: 'network/name-declared',
  severity: 'error',
  istio: '1.8+; 1.1-1.7 with meshNetworks',
  summary: 'Either every cluster of a mesh names its network, or none does.',
  why: 'Between a cluster with a network and one without, the version decides: up to 1.10 they are two networks, up to 1.29 they are one, from 1.30 calls of the unnamed one go through a gateway.',
  fix: 'Name the network of the cluster: label topology.istio.io/network on the Namespace of its control plane and global.network in its values.',
  reads: ['network', 'eastWestGateways', 'workloads', 'istioVersion'],
  messages: {
    gateway:
      '{named} is on {network}, {cluster} names no network; Istio {version} sends calls from {cluster} to {named} through a gateway',
    apart: '{named} is on {network}, {cluster} names no network; Istio {version} takes them for two networks',
    same: '{named} is on {network}, {cluster} names no network; Istio {version} takes them for one network',
  },
  check(mesh, report) {
    const named = [...networksOf(mesh)].flatMap(([network, members]) => members.map((member) => ({ network, member })));
    const first = named.toSorted((a, b) => (a.member.name < b.member.name ? -1 : 1))[0];
    if (first === undefined) return;
    for (const member of mesh.members) {
      if (
        member.network.fact.state !== 'absent' ||
        !takesPart(member) ||
        networkDisagreement(mesh, member) !== undefined
      )
        continue;
      const at = member.network.unset?.values ?? member.network.unset?.injector;
      if (at === undefined) continue;
      const consequence = consequenceFor(mesh, member);
      if (consequence === undefined) continue;
      const place = placeOf(first.member.network.fact);
      report(
        consequence.message,
        {
          at,
          cluster: member.name,
          severity: consequence.severity,
          also: place === undefined ? [] : relatedTo(place, first.member.name, first.network),
        },
        {
          named: first.member.name,
          network: first.network,
          cluster: member.name,
          version: minorsInWords(mesh.versionOf(member).minors),
        },
      );
    }
  },
});

const takesPart = (member: Member): boolean =>
  runsWorkloads(member) || gatewaysOf(member).length > 0 || member.workloads.some((workload) => workload.gateway);

const consequenceFor = (
  mesh: Mesh,
  member: Member,
): { readonly message: 'gateway' | 'apart' | 'same'; readonly severity: 'error' | 'warning' } | undefined => {
  const { minors } = mesh.versionOf(member);
  const severity = mesh.members.some((held) => held.eastWestGateways.some((gateway) => gateway.network !== ''))
    ? 'error'
    : 'warning';
  if (within(minors, '<=1.7') === 'inside') {
    const listed = mesh.members.some((held) => (valueOf(held.meshNetworks) ?? []).length > 0);
    return listed ? { message: 'apart', severity } : undefined;
  }
  if (within(minors, '1.30+') === 'inside') return { message: 'gateway', severity };
  if (within(minors, '<=1.10') === 'inside') return { message: 'apart', severity };
  return { message: within(minors, '1.30+') === 'partly' ? 'gateway' : 'same', severity: 'warning' };
};

const relatedTo = (place: Place, cluster: string, network: string) => [
  { place, cluster, message: `network ${network}` },
];
