import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { describe, get, isTemplate, list } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isWildcard, isWithin, UNSTATED } from '../../src/rule/hosts.ts';
import { importsHost } from '../../src/rule/imports.ts';
import type { NamedHost, Route } from '../../src/rule/routes.ts';
import { routesOf } from '../../src/rule/routes.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';
import { isAmbient } from '../../src/rule/traffic/rulePairs.ts';

const messages = {
  same: '{route} in {cluster} claims {host} for the sidecars {where}, as {others} {do}: the oldest of them counts, and the rules of the rest are never read',
  override:
    '{route} in {cluster} claims {host} for the sidecars {where}, as {others} {do}: there the one that is exported to fewer namespaces counts, and the rules of the other are not read',
  within:
    '{route} in {cluster} claims {host} for the sidecars {where}, and {others} {do} so for {wider}: for the hosts of both, only the rules for the longer name count',
} as const;

export default defineRule({
  id: 'traffic/mesh-host-claimed-once',
  severity: 'error',
  istio: 'all',
  summary: 'One host has one VirtualService for the sidecars of a namespace.',
  why: 'Sidecars do not merge VirtualServices: the oldest one with a host counts, and the rules of all others for it are never read. Which one is the oldest is another in every cluster.',
  fix: 'Put the rules for the host into one VirtualService, bind one of them to a gateway only, or keep them apart with exportTo.',
  reads: ['VirtualService'],
  aliases: ['IST0109', 'KIA1106'],
  messages,
  check(mesh, report) {
    for (const realm of realmsOf(mesh)) checkRealm(mesh, realm, report);
  },
});

interface Claim {
  readonly route: Route;
  readonly host: NamedHost;
}

const checkRealm = (mesh: Mesh, { config }: Realm, report: Report<typeof messages>): void => {
  const byHost = new Map<string, Claim[]>();
  for (const route of routesOf(mesh, config)) {
    if (!route.ofMesh || route.resource.kind !== 'VirtualService') continue;
    for (const host of route.hosts) {
      if (host.host === '' || host.host === '*' || isTemplate(host.host)) continue;
      const held = byHost.get(host.host);
      if (held === undefined) byHost.set(host.host, [{ route, host }]);
      else if (held.at(-1)!.route !== route) held.push({ route, host });
    }
  }
  // Its other hosts are told of at those that it shares them with.
  const told = new Set<Route>();
  const tell = (message: 'same' | 'override' | 'within', claim: Claim, others: readonly Claim[]): void => {
    const [first] = others;
    if (first === undefined || told.has(claim.route)) return;
    told.add(claim.route);
    report(
      message,
      {
        at: claim.host.place,
        cluster: config.name,
        resource: claim.route.resource,
        severity: message === 'same' ? 'error' : 'info',
        also: others.map((other) => ({
          place: other.host.place,
          cluster: config.name,
          message: describe(other.route.resource),
        })),
      },
      {
        route: describe(claim.route.resource),
        cluster: config.name,
        host: claim.host.host,
        wider: first.host.host,
        where: scopeInWords(claim.route, first.route),
        others: inWords(others.map((other) => describe(other.route.resource))),
        do: others.length === 1 ? 'does' : 'do',
      },
    );
  };
  const claims = [...byHost.values()];
  for (const group of claims)
    for (const claim of group) {
      const others = group.filter(
        (other) => clash(claim.route, other.route) && isImported(mesh, config, claim, other.route),
      );
      tell(
        'same',
        claim,
        others.filter((other) => !isOrdered(claim.route, other.route)),
      );
      tell('override', claim, others);
    }
  const wild = claims.filter(([first]) => first !== undefined && isWildcard(first.host.host));
  for (const group of wild)
    for (const claim of group)
      tell(
        'within',
        claim,
        wild
          .filter((other) => other !== group && overlap(other[0]!.host.host, claim.host.host))
          .flat()
          .filter((other) => clash(claim.route, other.route) && isImported(mesh, config, claim, other.route)),
      );
};

const overlap = (a: string, b: string): boolean => isWithin(a, b) || isWithin(b, a);

/** Two objects with rules of one protocol that the sidecars of some namespace both see. */
const clash = (a: Route, b: Route): boolean => a !== b && shareNamespace(a, b) && shareProtocol(a, b);

const shareNamespace = (a: Route, b: Route): boolean => {
  // Without a namespace in the files, the two may lie side by side or not.
  if ((a.namespace === UNSTATED) !== (b.namespace === UNSTATED)) return false;
  if (a.exportedTo === undefined) return b.exportedTo === undefined || b.exportedTo.length > 0;
  return b.exportedTo === undefined
    ? a.exportedTo.length > 0
    : a.exportedTo.some((name) => b.exportedTo!.includes(name));
};

/**
 * istiod reads what a namespace exports to itself first, then what is exported to it by name, then what is exported to
 * all: age matters only within one of these.
 */
const isOrdered = (a: Route, b: Route): boolean => {
  const clients = a.exportedTo ?? b.exportedTo;
  const shared = clients?.filter((name) => [a, b].every(({ exportedTo }) => exportedTo?.includes(name) !== false));
  return shared !== undefined && shared.every((client) => rankFor(a, client) !== rankFor(b, client));
};

const rankFor = ({ namespace, exportedTo }: Route, client: string): number => {
  if (exportedTo === undefined) return 2;
  return client === namespace ? 0 : 1;
};

/** Whether the Sidecar of some namespace that sees both lets its clients call the host. */
const isImported = (mesh: Mesh, config: Member, { route, host }: Claim, other: Route): boolean => {
  const isNear = route.namespace === other.namespace;
  // A waypoint obeys objects of its own namespace alone.
  if (!isNear && [route, other].some(({ namespace }) => isAmbient(mesh, config, namespace))) return false;
  const clients = route.exportedTo?.filter((name) => other.exportedTo?.includes(name) !== false) ?? other.exportedTo;
  return clients === undefined || clients.some((client) => importsHost(mesh, config, client, host.host));
};

const PROTOCOLS = ['http', 'tls', 'tcp'] as const;

const shareProtocol = (a: Route, b: Route): boolean => {
  const [of, others] = [protocolsOf(a), protocolsOf(b)];
  return of.length === 0 || others.length === 0 || of.some((protocol) => others.includes(protocol));
};

const protocolsOf = (route: Route): readonly string[] =>
  PROTOCOLS.filter((protocol) => list(get(route.resource.value, 'spec', protocol)).length > 0);

const scopeInWords = (a: Route, b: Route): string => {
  const names = a.exportedTo ?? b.exportedTo;
  if (names === undefined) return 'of all namespaces';
  const shared =
    a.exportedTo === undefined || b.exportedTo === undefined
      ? names
      : names.filter((name) => b.exportedTo!.includes(name));
  return `of ${inWords([...new Set(shared)])}`;
};
