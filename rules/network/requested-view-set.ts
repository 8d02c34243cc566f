import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import { comparePlaces, isTemplate } from '../../src/model/index.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { gatewayEnv } from '../../src/rule/gatewayEnv.ts';
import type { NetworkGateway } from '../../src/rule/gateways.ts';
import { gatewaysOf, isAutoPassthrough, isNorthSouth, serversOn } from '../../src/rule/gateways.ts';
import { networkDisagreement } from '../../src/rule/networkNames.ts';
import { networksOf } from '../../src/rule/networks.ts';
import { networkOf } from '../../src/rule/scope.ts';

const VIEW = 'ISTIO_META_REQUESTED_NETWORK_VIEW';

export default defineRule({
  id: 'network/requested-view-set',
  severity: 'error',
  istio: 'all',
  summary: 'The gateway of a network asks for the endpoints of this network only.',
  why: 'A network gateway whose requested view lacks its own network has no endpoint for the calls that arrive. Without any view it knows those of all networks and may hand calls on to the next gateway.',
  fix: 'Set ISTIO_META_REQUESTED_NETWORK_VIEW of the gateway to the name in label topology.istio.io/network of its Service (chart gateway: networkGateway does it).',
  reads: ['eastWestGateways', 'network', 'Deployment', 'IstioOperator', 'Gateway'],
  models: [
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'shared-control-plane',
  ],
  messages: {
    lacks:
      '{cluster}: gateway {gateway} serves {network}, but ISTIO_META_REQUESTED_NETWORK_VIEW of {source} is {view}: it gets no endpoint of {network}{copied}',
    unset:
      '{cluster}: gateway {gateway} for {network} has no ISTIO_META_REQUESTED_NETWORK_VIEW ({source}), so it also forwards to the gateways of {others}{peer}{from}',
  },
  check(mesh, report) {
    const networks = [...networksOf(mesh).keys()];
    if (networks.length < 2) return;
    const gateways = mesh.members.flatMap((member) =>
      gatewaysOf(member).filter((gateway) => takesCalls(mesh, gateway)),
    );
    const good = gateways.find((gateway) => views(gateway)?.includes(served(gateway) ?? '') === true);
    const said: Place[] = [];
    for (const gateway of gateways) {
      const network = served(gateway);
      const env = gatewayEnv(gateway, VIEW);
      if (
        network === undefined ||
        env.state === 'unknown' ||
        said.some((place) => comparePlaces(place, env.place) === 0)
      )
        continue;
      said.push(env.place);
      const { member, name } = gateway;
      const slots = { cluster: member.name, gateway: name, network, source: env.source };
      const label = labelOf(gateway);
      if (env.state === 'set') {
        const view = namesIn(env.value);
        if (view.length === 0 || view.includes(network) || isOfDisputedNetwork(mesh, member, view)) continue;
        const owner = networksOf(mesh).get(view[0] ?? '')?.[0];
        const copied = owner === undefined ? '' : `; that is the network of ${owner.name}`;
        report('lacks', { at: env.place, cluster: member.name, also: label }, { ...slots, view: env.value, copied });
        continue;
      }
      if (gateway.network === '' || isFilledByChart(gateway) || servesOutsiders(mesh, gateway)) continue;
      const speaks = speaksFor(mesh.versionOf(member).minors, '1.8+', 'warning');
      if (speaks === undefined) continue;
      const peer = good === undefined || good.member === member ? '' : `; ${good.member.name}'s ${good.name} has it`;
      report(
        'unset',
        { at: env.place, cluster: member.name, severity: speaks.severity, also: label },
        { ...slots, others: networks.filter((other) => other !== network).join(', '), peer, from: speaks.suffix },
      );
    }
  },
});

/** A gateway for sidecars of other networks, apart from those that Istio deploys and sets up itself. */
const takesCalls = (mesh: Mesh, gateway: NetworkGateway): boolean => {
  if (gateway.sidecar === 'no' || gateway.networkUnknown) return false;
  if (gateway.statements.some((statement) => statement.evidence === 'gateway-api')) return false;
  return gateway.network !== '' || serversOn(mesh, gateway).servers.some(isAutoPassthrough);
};

const served = (gateway: NetworkGateway): string | undefined =>
  gateway.network === '' ? networkOf(gateway.member) : gateway.network;

/** A comma separated list, as istiod reads it. */
const namesIn = (value: string): readonly string[] =>
  value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

const views = (gateway: NetworkGateway): readonly string[] | undefined => {
  const env = gatewayEnv(gateway, VIEW);
  return env.state === 'set' ? namesIn(env.value) : undefined;
};

/** The cluster calls its network by several names, one of which the view has: network/name-agrees tells. */
const isOfDisputedNetwork = (mesh: Mesh, member: Member, view: readonly string[]): boolean =>
  view.some(isTemplate) ||
  (networkDisagreement(mesh, member)?.what === 'names' &&
    member.network.places.some((place) => view.includes(place.value)));

/** `networkGateway` of the gateway chart sets the variable as well. */
const isFilledByChart = (gateway: NetworkGateway): boolean =>
  gateway.statements.some(
    (statement) => statement.evidence === 'chart' && statement.networkPlace?.path.at(-1) === 'networkGateway',
  );

/** An ingress gateway for calls from outside has to reach the services of every network. */
const servesOutsiders = (mesh: Mesh, gateway: NetworkGateway): boolean =>
  serversOn(mesh, gateway).servers.some(isNorthSouth);

const labelOf = (gateway: NetworkGateway): readonly Related[] =>
  gateway.networkPlace === undefined
    ? []
    : [
        {
          place: gateway.networkPlace,
          cluster: gateway.member.name,
          message: `${gateway.name} serves ${gateway.network}`,
        },
      ];
