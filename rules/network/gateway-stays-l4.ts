import type { Place } from '../../src/model/index.ts';
import { comparePlaces } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { exposureFaults, exposures } from '../../src/rule/gatewayExposures.ts';
import { networksOf } from '../../src/rule/networks.ts';

export default defineRule({
  id: 'network/gateway-stays-l4',
  severity: 'error',
  istio: 'all',
  summary: 'The load balancer before a network gateway hands on TCP as it is.',
  why: 'Other networks open an Istio mTLS connection through the load balancer and are routed by its SNI. A load balancer that ends TLS, speaks HTTP or writes a PROXY header breaks the handshake of every call.',
  fix: 'Take the annotation off the gateway Service, or keep the gateway port out of it (AWS: aws-load-balancer-ssl-ports); an ingress controller cannot stand before this port.',
  reads: ['eastWestGateways', 'Service', 'IstioOperator', 'Ingress', 'EnvoyFilter'],
  models: [
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'shared-control-plane',
    'ambient-networks',
  ],
  messages: {
    tls: '{cluster}: {key} {value} makes the load balancer of gateway {gateway} for {network} end TLS on port {port}{peer}',
    http: '{cluster}: {key} {value} makes the load balancer of gateway {gateway} for {network} speak HTTP on port {port}{peer}',
    proxy:
      '{cluster}: {key} {value} puts a PROXY header before the calls of gateway {gateway} for {network}, and no EnvoyFilter or gatewayTopology takes it off{peer}',
    ingress:
      '{cluster}: Ingress {ingress} puts an HTTP load balancer before port {port} of gateway {gateway} for {network}{peer}',
  },
  check(mesh, report) {
    if (networksOf(mesh).size < 2) return;
    const exposed = exposures(mesh).map((held) => ({ ...held, faults: exposureFaults(mesh, held) }));
    const said: Place[] = [];
    for (const held of exposed) {
      const peer = exposed.find((other) => other.gateway.member !== held.gateway.member && other.faults.length === 0);
      const also =
        peer === undefined
          ? []
          : [
              {
                place: peer.gateway.place,
                cluster: peer.gateway.member.name,
                message: `gateway ${peer.gateway.name} for ${peer.network}`,
              },
            ];
      for (const { message, at, severity: own, key, value } of held.faults) {
        // Where all gateways expect a header, something that is not in the files may well take it off.
        const severity = message === 'proxy' && peer === undefined ? 'info' : own;
        if (said.some((place) => comparePlaces(place, at) === 0)) continue;
        said.push(at);
        const { member, name } = held.gateway;
        const slots = {
          cluster: member.name,
          gateway: name,
          network: held.network,
          peer: peer === undefined ? '' : `; ${peer.gateway.member.name}'s does not`,
        };
        const where = { at, cluster: member.name, severity, also };
        if (message === 'ingress') report('ingress', where, { ...slots, ingress: value, port: held.port.number });
        else if (message === 'proxy') report('proxy', where, { ...slots, key, value });
        else report(message, where, { ...slots, key, value, port: held.port.number });
      }
    }
  },
});
