import { speaksFor } from '../../src/facts/minors.ts';
import type { Member } from '../../src/facts/mesh.ts';
import type { Place } from '../../src/model/index.ts';
import { placeOf, sightingsOf } from '../../src/model/index.ts';
import { copiedNetworks } from '../../src/rule/copiedNetworks.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'network/name-fits-gateways',
  severity: 'error',
  istio: '1.8+',
  summary: 'Clusters that each have an east-west gateway for their own network give it names of their own.',
  why: 'Equal names say that pods reach each other directly. Proxies then call the pod addresses of the other cluster and its gateway is never used; where the networks are apart, each such call times out.',
  fix: 'Give each network a name of its own: Namespace label, global.network and the labels of its gateway. Where pods do reach each other directly, list the network in the option `flat`.',
  reads: ['network', 'eastWestGateways', 'Gateway'],
  options: {
    flat: {
      schema: { oneOf: [{ type: 'array', items: { type: 'string' } }, { type: 'boolean' }] },
      description: 'Networks whose clusters reach each other directly although each has a gateway; true for all.',
    },
  },
  messages: {
    both: '{cluster} and {peers} are both on network {network}, each with its own AUTO_PASSTHROUGH gateway{from}',
    likely: '{cluster} and {peers} are both on network {network}, each with a gateway on port {port} for it{from}',
  },
  check(mesh, report) {
    for (const { network, gateways, proven } of copiedNetworks(mesh)) {
      const last = gateways.at(-1);
      if (last === undefined) continue;
      const speaks = speaksFor(mesh.versionOf(last.member).minors, '1.8+', proven ? 'error' : 'warning');
      if (speaks === undefined) continue;
      const peers = gateways.slice(0, -1).map(({ member }) => member.name);
      const where = {
        at: namePlace(last.member) ?? last.networkPlace ?? last.place,
        cluster: last.member.name,
        severity: speaks.severity,
        also: gateways.flatMap((gateway) => [
          ...(gateway === last
            ? []
            : [
                {
                  place: namePlace(gateway.member) ?? gateway.place,
                  cluster: gateway.member.name,
                  message: `network ${network}`,
                },
              ]),
          { place: gateway.place, cluster: gateway.member.name, message: `gateway ${gateway.name} for ${network}` },
        ]),
      };
      const slots = { cluster: last.member.name, peers: peers.join(', '), network, from: speaks.suffix };
      if (proven) report('both', where, slots);
      else report('likely', where, { ...slots, port: last.gatewayPort });
    }
  },
});

/** The cluster's own place that names the network, rather than one that a base gives to several. */
const namePlace = (member: Member): Place | undefined =>
  sightingsOf(member.network.fact).find((sighting) => sighting.shared !== true)?.place ?? placeOf(member.network.fact);
