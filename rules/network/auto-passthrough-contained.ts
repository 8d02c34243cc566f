import { MESH_EXPANSION_PORT } from '../../src/facts/gateways.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { within } from '../../src/facts/minors.ts';
import type { Resource, Severity } from '../../src/model/index.ts';
import { below, get, placeKey, sameNamespace, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';
import {
  coversServices,
  gatewaySources,
  gatewaysOf,
  hostName,
  isAutoPassthrough,
  isNorthSouth,
  opens,
  serversOf,
} from '../../src/rule/gateways.ts';
import { clusterDomainOf, oncePerMember } from '../../src/rule/scope.ts';
import { selects } from '../../src/rule/selectors.ts';

export default defineRule({
  id: 'network/auto-passthrough-contained',
  severity: 'warning',
  istio: 'all',
  summary: 'AUTO_PASSTHROUGH is for mesh hosts only, on a gateway of its own.',
  why: 'An AUTO_PASSTHROUGH server forwards by SNI without authorization. With host "*" it opens every service of the mesh (up to 1.7 every cluster Envoy knows); on the public ingress gateway it opens them to the internet.',
  fix: 'Narrow the hosts to "*.local" (or "*.<clusterDomain>") and move the server to an east-west gateway behind an internal load balancer.',
  reads: ['Gateway', 'Service', 'eastWestGateways', 'clusterDomain', 'istioVersion'],
  models: [
    'shared-control-plane',
    'replicated-control-planes',
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'ambient-networks',
  ],
  messages: {
    wide: '{cluster}: {server} has AUTO_PASSTHROUGH for "{host}"{where}{peer}',
    expansion: '{cluster}: {server} has AUTO_PASSTHROUGH for "{host}" on port 15004 of the meshexpansion gateway',
    mixed: '{cluster}: {server} has AUTO_PASSTHROUGH on the gateway that also serves {other}{peer}',
  },
  check(mesh, report) {
    const said = new Set<string>();
    for (const member of mesh.members)
      for (const server of serversOf(member)) {
        if (server.mode !== 'AUTO_PASSTHROUGH' || said.has(placeKey(server.place))) continue;
        said.add(placeKey(server.place));
        const services = servicesOf(mesh, member, server);
        const { host, index } = widestHost(member, server);
        if (server.port === MESH_EXPANSION_PORT) {
          if (host !== undefined && within(mesh.versionOf(member).minors, '<=1.4') !== 'outside')
            report(
              'expansion',
              { at: below(server.place, 'hosts', index), cluster: member.name, severity: 'info' },
              { cluster: member.name, server: server.gateway.name, host },
            );
          continue;
        }
        const peer = containedPeer(mesh, member);
        const also =
          peer === undefined
            ? []
            : [
                {
                  place: peer.place,
                  cluster: peer.member.name,
                  message: `${peer.gateway.name}: ${peer.hosts.join(', ')}`,
                },
              ];
        const contrast =
          peer === undefined
            ? ''
            : `; ${peer.member.name}: ${peer.hosts.map(hostName).join(', ')} on ${peer.gateway.name}`;
        if (host !== undefined) {
          const open = services.find(isPublic);
          const severity: Severity =
            hostName(host) === '*' && open !== undefined && within(mesh.versionOf(member).minors, '<=1.7') === 'inside'
              ? 'error'
              : 'warning';
          const where = open === undefined ? '' : ` on public ${open.name}`;
          report(
            'wide',
            { at: below(server.place, 'hosts', index), cluster: member.name, severity, also },
            { cluster: member.name, server: server.gateway.name, host, where, peer: contrast },
          );
          continue;
        }
        const other = northSouth(mesh, member, server);
        if (other === undefined || peer === undefined || services.some((service) => !isPublic(service))) continue;
        const severity: Severity = within(mesh.versionOf(member).minors, '<=1.7') === 'inside' ? 'info' : 'warning';
        report(
          'mixed',
          {
            at: server.place,
            cluster: member.name,
            severity,
            also: [
              ...also,
              { place: other.place, cluster: member.name, message: `${other.gateway.name}: ${other.hosts.join(', ')}` },
            ],
          },
          {
            cluster: member.name,
            server: server.gateway.name,
            other: other.hosts.map(hostName).join(', '),
            peer: contrast,
          },
        );
      }
  },
});

/** The first host that is `*` or ends with no suffix of mesh names. */
const widestHost = (
  member: Member,
  server: GatewayServer,
): { readonly host: string | undefined; readonly index: number } => {
  const domain = clusterDomainOf(member);
  const suffixes = ['.local', '.global', '.svc', `.${domain}`];
  const wide = (host: string): boolean => !suffixes.some((suffix) => hostName(host).endsWith(suffix));
  // Hosts that let no service in at all are a mistake of another kind: auto-passthrough-on-local tells.
  if (!server.hosts.some((host) => coversServices(hostName(host), domain) || hostName(host).endsWith(`.${domain}`)))
    return { host: undefined, index: -1 };
  const star = server.hosts.findIndex((host) => hostName(host) === '*');
  const index = star < 0 ? server.hosts.findIndex(wide) : star;
  return { host: server.hosts[index], index };
};

/** Clusters whose gateways get their configuration from the files of this one. */
const served = (mesh: Mesh, member: Member): readonly Member[] =>
  mesh.members.filter((held) => gatewaySources(mesh, held).members.includes(member));

/** Services that lead to pods on which the server is opened. */
const servicesOf = (mesh: Mesh, member: Member, server: GatewayServer): readonly Resource[] =>
  served(mesh, member).flatMap((held) => {
    const envoys = held.workloads.filter(
      (workload) => workload.gateway && selects(server.selector, workload.labels) === 'yes',
    );
    const named = gatewaysOf(held).filter(
      (gateway) => opens(server, gateway) === 'yes' && gateway.resource?.kind === 'Service',
    );
    const reached =
      envoys.length === 0
        ? []
        : held.resources.ofKind('Service', '').filter((service) => {
            const selector = textMap(get(service.value, 'spec', 'selector'));
            return (
              Object.keys(selector).length > 0 &&
              envoys.some(
                (envoy) =>
                  sameNamespace(envoy.namespace, service.namespace) && selects(selector, envoy.labels) === 'yes',
              )
            );
          });
    return [
      ...reached,
      ...named.flatMap((gateway) =>
        gateway.resource === undefined || reached.includes(gateway.resource) ? [] : [gateway.resource],
      ),
    ];
  });

/** Annotations of cloud providers that keep a load balancer inside. */
const INTERNAL = /(internal|lb-subnet|private)/i;

const isPublic = (service: Resource): boolean =>
  get(service.value, 'spec', 'type') === 'LoadBalancer' &&
  !Object.entries(service.annotations).some(
    ([key, value]) => INTERNAL.test(value) || (INTERNAL.test(key) && value !== 'false'),
  );

/** A server for HTTP or terminated TLS on the same pods: the gateway is a public one. */
const northSouth = (mesh: Mesh, member: Member, server: GatewayServer): GatewayServer | undefined => {
  const all = northSouthServers(mesh, member);
  if (all.length === 0) return undefined;
  const own = all.find((other) => other.gateway === server.gateway);
  if (own !== undefined) return own;
  const gateways = served(mesh, member)
    .flatMap((held) => gatewaysOf(held))
    .filter((gateway) => opens(server, gateway) === 'yes');
  const envoys = served(mesh, member)
    .flatMap((held) => held.workloads)
    .filter((workload) => workload.gateway && selects(server.selector, workload.labels) === 'yes');
  return all.find(
    (other) =>
      gateways.some((gateway) => opens(other, gateway) === 'yes') ||
      envoys.some((envoy) => selects(other.selector, envoy.labels) === 'yes') ||
      (gateways.length === 0 && envoys.length === 0 && sameSelector(other.selector, server.selector)),
  );
};

const northSouthServers = oncePerMember((_mesh, member) => serversOf(member).filter(isNorthSouth));

const sameSelector = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  selects(a, b) === 'yes' && selects(b, a) === 'yes';

/** An AUTO_PASSTHROUGH server of another cluster that has narrow hosts and a gateway of its own. */
const containedPeer = (mesh: Mesh, member: Member): GatewayServer | undefined =>
  mesh.members.flatMap((peer) => (peer === member ? [] : (containedServer(mesh, peer) ?? [])))[0];

const containedServer = oncePerMember((mesh, member) =>
  serversOf(member).find(
    (server) =>
      isAutoPassthrough(server) &&
      server.hosts.length > 0 &&
      widestHost(member, server).host === undefined &&
      northSouth(mesh, member, server) === undefined,
  ),
);
