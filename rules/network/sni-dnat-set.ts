import type { EastWestGateway } from '../../src/facts/gateways.ts';
import { installedGateways } from '../../src/facts/installedGateways.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { CONTROL_PLANE, valueSightings } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { comparePlaces, compareText, filled, isTemplate, sameNamespace } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { GatewayEnv } from '../../src/rule/gatewayEnv.ts';
import { installedEnv, workloadEnv } from '../../src/rule/gatewayEnv.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';
import { isAutoPassthrough, serversOn } from '../../src/rule/gateways.ts';

const MODE = 'ISTIO_META_ROUTER_MODE';

export default defineRule({
  id: 'network/sni-dnat-set',
  severity: 'error',
  istio: '1.1-1.10',
  summary: 'Up to Istio 1.10 a gateway with AUTO_PASSTHROUGH runs in router mode sni-dnat.',
  why: 'Until 1.11 istiod gives a gateway the clusters that calls of other networks are forwarded to only where ISTIO_META_ROUTER_MODE is sni-dnat. Without it every call that arrives by SNI is closed.',
  fix: 'Set ISTIO_META_ROUTER_MODE to "sni-dnat" on the gateway (env of its Deployment, k8s.env of the IstioOperator component), or move to Istio 1.11.',
  reads: ['Gateway', 'Deployment', 'IstioOperator', 'istioVersion'],
  models: ['shared-control-plane', 'replicated-control-planes', 'multi-primary-networks', 'primary-remote-networks'],
  messages: {
    lacks:
      '{cluster}: {source} answers AUTO_PASSTHROUGH ({server}) without ISTIO_META_ROUTER_MODE sni-dnat, which Istio {versions} needs{peer}{from}',
    other:
      '{cluster}: {source} answers AUTO_PASSTHROUGH ({server}), but its ISTIO_META_ROUTER_MODE is {mode} and not sni-dnat, which Istio {versions} needs{peer}{from}',
  },
  check(mesh, report) {
    if (mesh.members.length < 2) return;
    const envoys = mesh.members.flatMap((member) => envoysOfMember(mesh, member));
    const good = envoys.find(({ env }) => env.state === 'set' && env.value === 'sni-dnat');
    const said: Place[] = [];
    for (const { member, server, env } of envoys) {
      if (env.state === 'unknown' || (env.state === 'set' && env.value === 'sni-dnat')) continue;
      // Up to 1.8 the charts of ingress gateways set it.
      const range = env.state === 'unset' && env.by !== 'workload' ? '1.9-1.10' : '1.1-1.10';
      // Gateways for names of replicated control planes are often left over: Istio went away from them in 1.8.
      const isGlobal = server.hosts.every((host) => host.endsWith('.global'));
      const speaks = speaksFor(mesh.versionOf(member).minors, range, isGlobal ? 'warning' : 'error');
      if (speaks === undefined || said.some((place) => comparePlaces(place, env.place) === 0)) continue;
      said.push(env.place);
      const also: Related[] = [
        {
          place: server.place,
          cluster: server.member.name,
          message: `Gateway ${server.gateway.name}: AUTO_PASSTHROUGH`,
        },
        ...(good === undefined || good.member === member || good.env.state !== 'set'
          ? []
          : [{ place: good.env.place, cluster: good.member.name, message: `${good.env.source}: sni-dnat` }]),
      ];
      const slots = {
        cluster: member.name,
        source: env.source,
        server: server.gateway.name,
        versions: 'up to 1.10',
        peer: good === undefined || good.member === member ? '' : `; ${good.member.name}'s has it`,
        from: speaks.suffix,
      };
      const where = { at: env.place, cluster: member.name, severity: speaks.severity, also };
      if (env.state === 'unset') report('lacks', where, slots);
      else report('other', where, { ...slots, mode: env.value === '' ? 'empty' : env.value });
    }
  },
});

interface Envoy {
  readonly member: Member;
  readonly server: GatewayServer;
  readonly env: GatewayEnv;
}

/** What runs an AUTO_PASSTHROUGH server for data: pod templates, and gateways of which only the install file is there. */
const envoysOfMember = (mesh: Mesh, member: Member): readonly Envoy[] => {
  const workloads = member.workloads.filter((workload) => workload.gateway);
  const found = workloads.flatMap((workload): readonly Envoy[] => {
    const server = opener(mesh, { member, namespace: workload.namespace, podLabels: workload.labels });
    return server === undefined ? [] : [{ member, server, env: workloadEnv(workload, MODE) }];
  });
  const installed = installedGateways(member.cluster)
    .filter((gateway) => !workloads.some((workload) => isOf(gateway, workload)))
    .toSorted((a, b) => compareText(a.name, b.name) || comparePlaces(a.place, b.place))
    .flatMap((gateway): readonly Envoy[] => {
      const server = opener(mesh, { member, namespace: gateway.namespace, podLabels: gateway.podLabels });
      return server === undefined ? [] : [{ member, server, env: installedEnv(member, gateway, MODE) }];
    });
  return [...found, ...installed, ...defaultEnvoys(mesh, member)];
};

/** What values say of the ingress gateway that an install brings without a word. */
const defaultEnvoys = (mesh: Mesh, member: Member): readonly Envoy[] => {
  const name = 'istio-ingressgateway';
  const isKnown = [
    ...member.workloads.filter((workload) => workload.gateway),
    ...installedGateways(member.cluster),
  ].some((gateway) => gateway.name === name);
  if (isKnown) return [];
  const server = opener(mesh, { member, namespace: undefined, podLabels: { app: name, istio: 'ingressgateway' } });
  if (server === undefined) return [];
  return valueSightings(member.cluster, CONTROL_PLANE, ['gateways', name, 'env', MODE]).flatMap(
    ({ value, place }): readonly Envoy[] => {
      const written = filled(value);
      return written === undefined || isTemplate(written)
        ? []
        : [{ member, server, env: { state: 'set', value: written, place, source: name } }];
    },
  );
};

const isOf = (gateway: EastWestGateway, workload: Member['workloads'][number]): boolean =>
  gateway.name === workload.name && sameNamespace(gateway.namespace, workload.namespace);

/** The AUTO_PASSTHROUGH server of a gateway. A Gateway without selector is for every gateway and means none in particular. */
const opener = (
  mesh: Mesh,
  gateway: {
    readonly member: Member;
    readonly namespace: string | undefined;
    readonly podLabels: Readonly<Record<string, string>> | undefined;
  },
): GatewayServer | undefined =>
  serversOn(mesh, { ...gateway, selector: undefined }).servers.find(
    (server) => isAutoPassthrough(server) && Object.keys(server.selector).length > 0,
  );
