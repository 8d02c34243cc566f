import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Severity } from '../../src/model/index.ts';
import { below, comparePlaces, compareText, placeIn, valueOf } from '../../src/model/index.ts';
import { oddDomains } from '../../src/rule/clusterDomains.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Report } from '../../src/rule/define.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';
import {
  coversServices,
  gatewaySources,
  gatewaysOf,
  hostName,
  isAutoPassthrough,
  opens,
  serversOf,
  serversOn,
} from '../../src/rule/gateways.ts';
import type { GatewayTarget } from '../../src/rule/gatewayTargets.ts';
import { gatewayTargets, opensNamedPort } from '../../src/rule/gatewayTargets.ts';
import { covers, serviceHost } from '../../src/rule/hosts.ts';
import { internalServerFaults } from '../../src/rule/internalServers.ts';
import { calledFromElsewhere, networksOf, servicesWithWorkloads } from '../../src/rule/networks.ts';
import { labelsInWords } from '../../src/rule/selectors.ts';

const messages = {
  mode: '{cluster}: {gateway} takes calls for {network} on port {port}, where server {server} has mode {mode} instead of AUTO_PASSTHROUGH{peer}',
  protocol: '{cluster}: server {server} for {network} has protocol {protocol} instead of TLS{peer}',
  port: '{cluster}: calls for {network} reach {gateway} on port {port}, its AUTO_PASSTHROUGH server {server} listens on {found}{peer}',
  selector:
    '{cluster}: Gateway {server} selects {selector}, which matches no gateway; {gateway} for {network} has no AUTO_PASSTHROUGH server{peer}',
  none: '{cluster}: {gateway} for {network} has no AUTO_PASSTHROUGH server on port {port}{peer}',
  hosts: '{cluster}: hosts {hosts} of {gateway} for {network} cover no service of cluster domain {domain}{peer}',
  uncovered: '{cluster}: {gateway} for {network} lets in {hosts} only, not {service}, which {user} calls',
  narrow: '{cluster}: {gateway} for {network} lets in {hosts} only, not all services of {domain}',
  global: '{cluster}: {gateway} for {network} lets in {hosts} only: clusters are joined by .global names',
  'internal-mode':
    '{cluster}: server {server} lets in {hosts} on port {port} with mode {mode} instead of AUTO_PASSTHROUGH, and no VirtualService routes what arrives',
  'internal-hosts':
    '{cluster}: AUTO_PASSTHROUGH server {server} on port {port} lets in {hosts} only, no service of cluster domain {domain}',
  'internal-selector':
    '{cluster}: Gateway {server} with AUTO_PASSTHROUGH selects {selector}, which matches no gateway of the files; {gateway} of {peer} stays shut',
  nowhere:
    '{cluster}: {gateway} is the gateway of {network}; none of the manifests read has an AUTO_PASSTHROUGH server for it',
} as const;

export default defineRule({
  id: 'network/auto-passthrough-on-local',
  severity: 'error',
  istio: 'all',
  summary: 'The gateway of a network answers AUTO_PASSTHROUGH for the services of its clusters.',
  why: 'Calls from other networks arrive with the name of the service as SNI. Without an AUTO_PASSTHROUGH server that covers this name on the gateway port, the gateway closes the connection (filter_chain_not_found).',
  fix: 'Give the gateway a server on that port with protocol TLS, tls.mode AUTO_PASSTHROUGH and hosts "*.local" (or "*.<clusterDomain>"), in the cluster whose istiod configures it.',
  reads: ['Gateway', 'Service', 'eastWestGateways', 'network', 'clusterDomain', 'workloads'],
  models: [
    'shared-control-plane',
    'replicated-control-planes',
    'multi-primary-networks',
    'primary-remote-networks',
    'external-control-plane',
    'hybrid-cloud',
    'ambient-networks',
  ],
  messages,
  check(mesh, report) {
    const targets = networksOf(mesh).size < 2 ? [] : gatewayTargets(mesh);
    const first = targets[0];
    if (first === undefined) {
      checkByHosts(mesh, report);
      return;
    }
    const passing = mesh.members.flatMap(serversOf).filter(isAutoPassthrough);
    const ports = new Set(targets.flatMap((target) => target.ports));
    const anyOnPort = mesh.members
      .flatMap(serversOf)
      .some((server) => server.port !== undefined && ports.has(server.port));
    if (passing.length === 0 && !anyOnPort) {
      if (targets.some((target) => target.named !== undefined || gatewaySources(mesh, target.member).hidden)) return;
      const gateway = first.gateways[0];
      report(
        'nowhere',
        { at: placeOfTarget(first), cluster: first.member.name, severity: 'info' },
        { cluster: first.member.name, gateway: gateway?.name ?? '', network: first.network },
      );
      return;
    }
    const said: Place[] = [];
    for (const target of targets) {
      const found = judge(mesh, target);
      if (found === undefined || said.some((place) => comparePlaces(place, found.at) === 0)) continue;
      said.push(found.at);
      const speaks =
        target.named === undefined
          ? speaksFor(mesh.versionOf(target.member).minors, '1.8+', found.severity)
          : { severity: found.severity, suffix: '' };
      if (speaks === undefined) continue;
      const good = goodServer(mesh, passing, target);
      const where = {
        at: found.at,
        cluster: target.member.name,
        severity: speaks.severity,
        also: relatedTo(target, found.at, good),
        fix: found.message === 'selector' ? selectorFix(target, found.server) : undefined,
      };
      const peer =
        good === undefined || found.severity === 'info'
          ? ''
          : `; ${good.member.name}'s ${good.gateway.name} has AUTO_PASSTHROUGH on ${good.hosts.map(hostName).join(', ')}`;
      report(found.message, where, {
        cluster: target.member.name,
        gateway: target.gateways[0]?.name ?? '',
        network: target.network,
        port: target.ports[0] ?? '',
        server: found.server?.gateway.name ?? '',
        mode: found.server?.mode || 'none',
        protocol: found.server?.protocol || 'none',
        found: found.server?.port ?? '',
        selector: labelsInWords(found.server?.selector ?? {}),
        hosts: found.hosts,
        domain: found.domain,
        service: found.call?.service ?? '',
        user: found.call?.user ?? '',
        peer: `${peer}${speaks.suffix}`,
      });
    }
  },
});

/** Of a selector and the labels of pods one is wrong. */
const selectorFix = (target: GatewayTarget, server: GatewayServer | undefined): string | undefined => {
  const gateway = target.gateways[0];
  const labels = gateway?.podLabels ?? gateway?.selector;
  if (gateway === undefined || server === undefined || labels === undefined) return undefined;
  const held = Object.keys(server.selector).flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]]));
  const found = labelsInWords(held.length > 0 ? Object.fromEntries(held) : labels);
  return `Make the selector of Gateway ${server.gateway.name} and the labels of the pods of ${gateway.name} equal: the pods have ${found}.`;
};

/** Where no way into a network can be named, what servers are for is told by their hosts. */
const checkByHosts = (mesh: Mesh, report: Report<typeof messages>): void => {
  for (const { message, severity, at, server, domain, gateway } of internalServerFaults(mesh)) {
    const cluster = server.member.name;
    const also =
      gateway === undefined
        ? []
        : [{ place: gateway.place, cluster: gateway.member.name, message: `gateway ${gateway.name}` }];
    const shown = {
      cluster,
      server: server.gateway.name,
      hosts: server.hosts.join(', '),
      port: server.port ?? '',
      mode: server.mode || 'none',
      domain,
      selector: labelsInWords(server?.selector ?? {}),
      gateway: gateway?.name ?? '',
      peer: gateway?.member.name ?? '',
    };
    report(message, { at, cluster, severity, resource: server.gateway, also }, shown);
  }
};

interface Judgement {
  readonly message: 'mode' | 'protocol' | 'port' | 'selector' | 'none' | 'hosts' | 'uncovered' | 'narrow' | 'global';
  readonly severity: Severity;
  readonly at: Place;
  readonly server: GatewayServer | undefined;
  readonly hosts: string;
  readonly domain: string;
  /** A Service that other networks call and no host lets in, and a cluster that calls it. */
  readonly call?: { readonly service: string; readonly user: string };
}

/** What is wrong with one way into a network; undefined where it works or cannot be told. */
const judge = (mesh: Mesh, target: GatewayTarget): Judgement | undefined => {
  const reached = target.gateways.map((gateway) => serversOn(mesh, gateway));
  const servers = reached.flatMap((reach) => reach.servers);
  const hidden = reached.some((reach) => reach.hidden);
  const certain = reached.every((reach) => reach.certain);
  const onPort = servers.filter((server) => server.port !== undefined && target.ports.includes(server.port));
  const passing = onPort.filter(isAutoPassthrough);
  const open = passing.filter((server) => server.protocol.toUpperCase() === 'TLS');
  if (open.length > 0) return judgeHosts(mesh, target, open);
  // The Service does not open the port at all: network/mesh-networks-consistent tells.
  if (!opensNamedPort(target)) return undefined;
  const blank = { server: undefined, hosts: '', domain: '', severity: 'error' as const };
  if (passing[0] !== undefined)
    return { ...blank, message: 'protocol', server: passing[0], at: below(passing[0].place, 'port', 'protocol') };
  if (hidden) return undefined;
  const wrong = onPort[0];
  if (wrong !== undefined) return { ...blank, message: 'mode', server: wrong, at: below(wrong.place, 'tls', 'mode') };
  const elsewhere = servers.find(isAutoPassthrough);
  if (elsewhere !== undefined)
    return { ...blank, message: 'port', server: elsewhere, at: below(elsewhere.place, 'port', 'number') };
  const stray = strayServer(mesh, target);
  if (stray !== undefined)
    return { ...blank, message: 'selector', server: stray, at: placeIn(stray.gateway, 'spec', 'selector') };
  return certain ? { ...blank, message: 'none', at: placeOfTarget(target) } : undefined;
};

const judgeHosts = (mesh: Mesh, target: GatewayTarget, open: readonly GatewayServer[]): Judgement | undefined => {
  const hosts = [...new Set(open.flatMap((server) => server.hosts).map(hostName))];
  const domains = domainsOf(mesh, target.member);
  const missed = domains.find((domain) => !hosts.some((host) => coversServices(host, domain)));
  const server = open[0];
  if (missed === undefined || server === undefined) return undefined;
  const found = { at: below(server.place, 'hosts'), server, hosts: hosts.join(', '), domain: missed };
  const replicated = mesh.members
    .flatMap(serversOf)
    .filter(isAutoPassthrough)
    .every((held) => held.hosts.some((host) => hostName(host).endsWith('.global')));
  if (replicated) return { ...found, message: 'global', severity: 'info' };
  const some = hosts.some((host) => host.endsWith(`.svc.${missed}`));
  // Where the domains of clusters differ, network/cluster-domain-equal tells, and hosts follow from its repair.
  const disputed = oddDomains(mesh).some(({ odd, peers }) => [odd, ...peers].some(({ domain }) => domain === missed));
  if (!some) return disputed ? undefined : { ...found, message: 'hosts', severity: 'error' };
  const call = uncoveredCall(mesh, target, hosts, missed);
  return call === undefined
    ? { ...found, message: 'narrow', severity: 'info' }
    : { ...found, message: 'uncovered', severity: 'error', call };
};

/** A Service with pods behind this gateway that another network provably calls and whose name no host covers. */
const uncoveredCall = (
  mesh: Mesh,
  target: GatewayTarget,
  hosts: readonly string[],
  domain: string,
): Judgement['call'] => {
  const here = servicesWithWorkloads(mesh, target.member);
  for (const [service, user] of [...calledFromElsewhere(mesh, target.network)].toSorted(([a], [b]) =>
    compareText(a, b),
  )) {
    const [namespace = '', name = ''] = service.split('/');
    const host = serviceHost(name, namespace, domain);
    if (here.has(service) && !hosts.some((pattern) => covers(pattern, host))) return { service, user: user.name };
  }
  return undefined;
};

/** The domain by which the istiod of a cluster names services, and the cluster's own where a file says one. */
const domainsOf = (mesh: Mesh, member: Member): readonly string[] => {
  const own =
    member.clusterDomain.state === 'known' && member.clusterDomain.isDefault === true
      ? undefined
      : valueOf(member.clusterDomain);
  const plane = mesh.configCluster(member);
  const named = plane === undefined ? undefined : valueOf(plane.clusterDomain);
  return [...new Set([named ?? own ?? 'cluster.local', ...(own === undefined ? [] : [own])])];
};

/** An AUTO_PASSTHROUGH server on that port that opens no gateway at all: its selector is likely mistyped. */
const strayServer = (mesh: Mesh, target: GatewayTarget): GatewayServer | undefined =>
  gatewaySources(mesh, target.member)
    .members.flatMap(serversOf)
    .filter((server) => isAutoPassthrough(server) && server.port !== undefined && target.ports.includes(server.port))
    .find((server) =>
      mesh.members
        .filter((member) => gatewaySources(mesh, member).members.includes(server.member))
        .every(
          (member) =>
            gatewaysOf(member).every((gateway) => opens(server, gateway) === 'no') &&
            member.workloads.every(
              (workload) =>
                !workload.gateway || opens(server, { podLabels: workload.labels, selector: undefined }) === 'no',
            ),
        ),
    );

/** A server of another network that does what this one does not. */
const goodServer = (
  mesh: Mesh,
  passing: readonly GatewayServer[],
  target: GatewayTarget,
): GatewayServer | undefined => {
  const own = gatewaySources(mesh, target.member).members;
  const files = own.flatMap(serversOf).map((server) => server.place);
  return passing.find(
    (server) =>
      !own.includes(server.member) &&
      server.hosts.length > 0 &&
      files.every((place) => comparePlaces(place, server.place) !== 0),
  );
};

const relatedTo = (target: GatewayTarget, at: Place, good: GatewayServer | undefined): readonly Related[] => {
  const gateway = target.gateways[0];
  return [
    ...(gateway === undefined || comparePlaces(gateway.networkPlace ?? gateway.place, at) === 0
      ? []
      : [
          {
            place: gateway.networkPlace ?? gateway.place,
            cluster: target.member.name,
            message: `gateway ${gateway.name} for ${target.network}`,
          },
        ]),
    ...(target.named === undefined
      ? []
      : [
          {
            place: target.named.place,
            cluster: undefined,
            message: `meshNetworks names port ${target.named.gatewayPort}`,
          },
        ]),
    ...(good === undefined
      ? []
      : [
          {
            place: good.place,
            cluster: good.member.name,
            message: `${good.gateway.name}: AUTO_PASSTHROUGH on ${good.hosts.join(', ')}`,
          },
        ]),
  ];
};

const placeOfTarget = (target: GatewayTarget): Place => {
  const gateway = target.gateways[0];
  if (gateway === undefined) throw new Error('a way into a network has a gateway');
  return gateway.networkPlace ?? gateway.place;
};
