import { defineRule } from '../../src/rule/define.ts';
import { distinctPlaces, networkDisagreement, sayings, toldApart } from '../../src/rule/networkNames.ts';

export default defineRule({
  id: 'network/name-agrees',
  severity: 'error',
  istio: 'all',
  summary: 'All places of a cluster that name its network name the same one.',
  why: 'istiod takes the network of an endpoint from one place and a proxy takes its own from another. Where they differ, local pods are called through a gateway, or pods of another network are called by addresses that lead nowhere.',
  fix: 'Write one name in the Namespace label, global.network, the gateways and meshNetworks of the cluster.',
  reads: ['network', 'meshNetworks', 'eastWestGateways', 'istioVersion', 'Namespace', 'Deployment'],
  messages: {
    differs: '{cluster}: {source} is {name}, {others}',
    copied: '{cluster}: {source} is {name} (as in cluster {peer}), {others}',
    'proxies-unnamed': '{cluster}: {source} says {name}, injection gives its pods no network',
    'namespace-unnamed':
      '{cluster}: {source} is {name}, the Namespace of its control plane has no label topology.istio.io/network',
    'registry-only': '{cluster}: {source} puts it in {name}, injection gives its pods no ISTIO_META_NETWORK',
    'gateway-env-missing': '{cluster}: {source} puts it in {name}, gateway {gateway} has no ISTIO_META_NETWORK',
    'gateway-only':
      '{cluster}: gateway {gateway} is labelled {name}, neither the Namespace label nor global.network names a network',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const found = networkDisagreement(mesh, member);
      if (found === undefined) continue;
      const cluster = member.name;
      if (found.what === 'names') {
        const { odd, copies, others, peer, severity } = found;
        const also = [...distinctPlaces(copies, 4), ...distinctPlaces(others, 8)].map((sighting) => ({
          place: sighting.place,
          cluster,
          message: `${sighting.source} ${sighting.value}`,
        }));
        const owner = peer === undefined ? undefined : mesh.cluster(peer).network.places[0];
        const where = {
          at: odd.place,
          cluster,
          severity,
          also:
            owner === undefined
              ? also
              : [...also, { place: owner.place, cluster: peer, message: `network ${owner.value}` }],
        };
        const told = toldApart(odd, others);
        const slots = { cluster, source: told.source, name: odd.value, others: sayings(told.others) };
        if (peer === undefined) report('differs', where, slots);
        else report('copied', where, { ...slots, peer });
        continue;
      }
      const { said, missing, severity, gateway } = found;
      const where = {
        at: missing,
        cluster,
        severity,
        also: [{ place: said.place, cluster, message: `${said.source} ${said.value}` }],
      };
      report(found.what, where, { cluster, source: said.source, name: said.value, gateway });
    }
  },
});
