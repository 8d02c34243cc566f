import type { Member } from '../../src/facts/mesh.ts';
import { describe, get, isRecord, isTemplate, list, text } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isWildcard, isWithin, UNSTATED } from '../../src/rule/hosts.ts';
import type { NamedHost, Route } from '../../src/rule/routes.ts';
import { routesOf } from '../../src/rule/routes.ts';
import { realmsOf, someInWords } from '../../src/rule/scope.ts';

const messages = {
  joined:
    '{route} in {cluster} has a rule for every call to {host} at gateway {gateway}, as {others} {do}: that of the oldest counts, the rest are never reached',
  inner:
    '{route} in {cluster} claims {host} for sidecars, which {others} {do} as part of {wider}: for that host only the rules for the longer name count',
  outer:
    '{route} in {cluster} claims {host} for sidecars, and {others} {do} so for {inner}: for that host only the rules for the longer name count',
} as const;

export default defineRule({
  id: 'traffic/host-claimed-twice',
  severity: 'info',
  preset: 'strict',
  istio: 'all',
  summary: 'A host has its rules in one VirtualService.',
  why: 'At a gateway istiod joins VirtualServices of one host and puts the rules for every call last, that of the oldest object first: the others are never reached, and which one is the oldest is another in every cluster. Sidecars take the rules for the longest name and nothing of a wildcard around it.',
  fix: 'Put the rules for the host into one VirtualService, or take the rule for all calls out of all but one.',
  reads: ['VirtualService'],
  aliases: ['KIA1106'],
  messages,
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const routes = routesOf(mesh, config).filter(({ resource }) => resource.kind === 'VirtualService');
      checkGateways(config, routes, report);
      checkWildcards(config, routes, report);
    }
  },
});

interface Claim {
  readonly route: Route;
  readonly host: NamedHost;
}

type Say = Report<typeof messages>;

// ---- gateways ----

const checkGateways = (config: Member, routes: readonly Route[], report: Say): void => {
  const held = new Map<string, Claim[]>();
  for (const route of routes.filter(takesAll))
    for (const gateway of new Set(route.gateways))
      for (const host of route.hosts) {
        if (isTemplate(host.host) || isTemplate(gateway)) continue;
        const key = `${gateway}\0${host.host}`;
        held.set(key, [...(held.get(key) ?? []), { route, host }]);
      }
  const told = new Set<Route>();
  for (const [key, claims] of held) {
    for (const claim of claims.length < 2 ? [] : claims) {
      const others = claims.filter(({ route }) => route !== claim.route);
      tell(config, told, claim, others, (where, slots) =>
        report('joined', { ...where, severity: 'warning' }, { ...slots, gateway: key.split('\0')[0] ?? '' }),
      );
    }
  }
};

/** Whether an HTTP rule stands for every call; istiod puts it behind all others. */
const takesAll = ({ resource }: Route): boolean =>
  list(get(resource.value, 'spec', 'http')).some((rule) => {
    const matches = list(get(rule, 'match'));
    return matches.length === 0 || matches.some(isAnything);
  });

const isAnything = (match: unknown): boolean =>
  isRecord(match) &&
  Object.keys(match).every((key) => ['name', 'uri'].includes(key)) &&
  (match['uri'] === undefined || text(get(match, 'uri', 'prefix')) === '/');

// ---- sidecars ----

const checkWildcards = (config: Member, routes: readonly Route[], report: Say): void => {
  const claims = routes.flatMap((route) =>
    route.ofMesh ? route.hosts.filter(({ host }) => !isTemplate(host)).map((host): Claim => ({ route, host })) : [],
  );
  const wide = claims.filter(({ host }) => isWildcard(host.host) && host.host !== '*');
  if (wide.length === 0) return;
  const pairs = claims
    .filter(({ host }) => !isWildcard(host.host))
    .flatMap((inner) =>
      wide
        .filter((outer) => isWithin(inner.host.host, outer.host.host) && doMeet(inner.route, outer.route))
        .map((outer) => ({ inner, outer })),
    );
  const told = new Set<Route>();
  for (const { inner, outer } of pairs) {
    const around = pairs.filter((pair) => pair.inner === inner).map((pair) => pair.outer);
    tell(config, told, inner, around, (where, slots) => report('inner', where, { ...slots, wider: outer.host.host }));
    const within = pairs.filter((pair) => pair.outer === outer).map((pair) => pair.inner);
    tell(config, told, outer, within, (where, slots) => report('outer', where, { ...slots, inner: inner.host.host }));
  }
};

/** Whether sidecars of some namespace see both. */
const doMeet = (a: Route, b: Route): boolean => {
  if (a === b || (a.namespace === UNSTATED) !== (b.namespace === UNSTATED)) return false;
  return (
    a.exportedTo === undefined ||
    b.exportedTo === undefined ||
    a.exportedTo.some((name) => b.exportedTo?.includes(name) === true)
  );
};

/** Each VirtualService once. */
const tell = (
  config: Member,
  told: Set<Route>,
  { route, host }: Claim,
  others: readonly Claim[],
  say: (
    where: Parameters<Say>[1],
    slots: { route: string; cluster: string; host: string; others: string; do: string },
  ) => void,
): void => {
  if (others.length === 0 || told.has(route)) return;
  told.add(route);
  const names = [...new Set(others.map((other) => describe(other.route.resource)))];
  say(
    {
      at: host.place,
      cluster: config.name,
      resource: route.resource,
      also: others.slice(0, 8).map((other) => ({
        place: other.host.place,
        cluster: config.name,
        message: describe(other.route.resource),
      })),
    },
    {
      route: describe(route.resource),
      cluster: config.name,
      host: host.host,
      others: someInWords(names),
      do: names.length === 1 ? 'does' : 'do',
    },
  );
};
