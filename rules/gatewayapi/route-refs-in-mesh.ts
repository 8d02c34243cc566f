import { gatewayClass } from '../../src/facts/gateways.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { isComplete } from '../../src/facts/mesh/tracks.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Path, Related, Resource, Severity } from '../../src/model/index.ts';
import { describe, filled, get, integer, isRecord, isTemplate, list, placeIn, text } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serviceHost } from '../../src/rule/hosts.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { clusterDomainOf, inWords, livesNowhere, realmsOf } from '../../src/rule/scope.ts';
import { serviceTable } from '../../src/rule/services.ts';
import { isNameSlip } from '../../src/rule/slips.ts';
import { portsOfHost } from '../../src/rule/traffic/destinations.ts';

const GATEWAY_API = 'gateway.networking.k8s.io';

const messages = {
  elsewhere:
    '{route} in {cluster}: {part} {name} lives in {peers} only; traffic flows, but the status of the route will complain{suffix}',
  parentElsewhere:
    '{route} in {cluster}: its parent {name} lives in {peers} only, so that the route does nothing in {cluster}{suffix}',
  nowhere: '{route} in {cluster}: {part} {name} {lives}{near}{suffix}',
  port: '{route} in {cluster}: {part} {name} has no port {port}, it has {ports} only{suffix}',
  dotted:
    '{route} in {cluster}: {part} {name} is no name of a Service; name and namespace are keys of their own{suffix}',
  grant:
    '{route} in {cluster} sends to {name} in another namespace, and no ReferenceGrant there allows it{peer}: the reference is refused{suffix}',
  noGrant:
    '{route} in {cluster} sends to {name} in another namespace, and no file has a ReferenceGrant of that namespace: without one the reference is refused{suffix}',
} as const;

export default defineRule({
  id: 'gatewayapi/route-refs-in-mesh',
  severity: 'error',
  istio: '1.16+',
  summary: 'Backends and parents of a route of the Gateway API exist, best in the cluster that reads the route.',
  why: 'A backend or port that no cluster has, or a parent that none has, makes the route answer with 500 or do nothing. One that only another cluster has works, or not, without the route saying why.',
  fix: 'Correct the name or namespace of the reference; create the Service (without pods) or the Gateway beside the route, and a ReferenceGrant in the namespace of the backend.',
  reads: ['HTTPRoute', 'GRPCRoute', 'Gateway', 'Service', 'ServiceEntry', 'ReferenceGrant'],
  models: [
    'multi-primary-one-network',
    'multi-primary-networks',
    'primary-remote-one-network',
    'primary-remote-networks',
    'external-control-plane',
    'ambient-networks',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  aliases: ['KIA1401', 'KIA1402'],
  messages,
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const { minors } = mesh.versionOf(config);
      for (const kind of ['HTTPRoute', 'GRPCRoute'])
        for (const { resource, ambiguous } of statementsOf(config.resources.ofKind(kind, GATEWAY_API))) {
          if (ambiguous) continue;
          const say: Say = (message, severity, where, slots) => {
            const speaks = speaksFor(minors, '1.16+', severity);
            if (speaks === undefined) return;
            report(
              message,
              { ...where, cluster: config.name, resource, severity: speaks.severity },
              { ...NO_SLOTS, ...slots, route: describe(resource), cluster: config.name, suffix: speaks.suffix },
            );
          };
          for (const backend of backendsOf(resource)) checkBackend(mesh, config, resource, backend, say);
          for (const [index, parent] of list(get(resource.value, 'spec', 'parentRefs')).entries())
            checkParent(mesh, config, resource, parent, ['spec', 'parentRefs', index], say);
        }
    }
  },
});

const SERVICE = ['KIA1402'];
const GATEWAY = ['KIA1401'];

const NO_SLOTS = { part: '', name: '', peers: '', peer: '', near: '', lives: '', port: '', ports: '' };

type Say = (
  message: keyof typeof messages,
  severity: Severity,
  where: Omit<Parameters<Report<typeof messages>>[1], 'cluster' | 'resource' | 'severity'>,
  slots: Partial<typeof NO_SLOTS>,
) => void;

interface Reference {
  readonly value: unknown;
  readonly path: Path;
  /** Codes of Kiali, which does not look at mirrors. */
  readonly aliases: readonly string[];
}

/** References of rules and of their mirrors. */
const backendsOf = (route: Resource): readonly Reference[] =>
  list(get(route.value, 'spec', 'rules')).flatMap((rule, at) => {
    const path: Path = ['spec', 'rules', at];
    const mirrors = list(get(rule, 'filters')).flatMap((filter, index): readonly Reference[] => {
      const mirror = get(filter, 'requestMirror', 'backendRef');
      return isRecord(mirror)
        ? [{ value: mirror, path: [...path, 'filters', index, 'requestMirror', 'backendRef'], aliases: [] }]
        : [];
    });
    const backends = list(get(rule, 'backendRefs')).map((value, index): Reference => ({
      value,
      path: [...path, 'backendRefs', index],
      aliases: SERVICE,
    }));
    return [...backends, ...mirrors];
  });

const isService = (reference: unknown, standard: string): boolean =>
  (filled(get(reference, 'kind')) ?? standard) === 'Service' && (filled(get(reference, 'group')) ?? '') === '';

// ---- backends ----

const checkBackend = (
  mesh: Mesh,
  config: Member,
  route: Resource,
  { value, path, aliases }: Reference,
  say: Say,
): void => {
  const name = text(get(value, 'name'));
  const namespace = filled(get(value, 'namespace')) ?? route.namespace;
  if (!isService(value, 'Service') || name === undefined || isTemplate(name) || namespace === undefined) return;
  if (isTemplate(namespace)) return;
  const port = get(value, 'port');
  const isMissing = checkService(mesh, config, route, { name, namespace, part: 'backend', port, path, aliases }, say);
  if (route.namespace !== undefined && namespace !== route.namespace && !isMissing)
    checkGrant(mesh, config, route, { name, namespace, path, aliases }, say);
};

interface Named extends Pick<Reference, 'path' | 'aliases'> {
  readonly name: string;
  readonly namespace: string;
}

interface NamedService extends Named {
  readonly part: 'backend' | 'parent';
  readonly port: unknown;
}

/** Says whether no cluster has it. */
const checkService = (
  mesh: Mesh,
  config: Member,
  route: Resource,
  { name, namespace, part, port, path, aliases }: NamedService,
  say: Say,
): boolean => {
  if (name.includes('.')) {
    say('dotted', 'error', { at: placeIn(route, ...path, 'name'), aliases, fix: DOTTED_FIX }, { part, name });
    return true;
  }
  const found = resolveHost(mesh, config, serviceHost(name, namespace, clusterDomainOf(config)));
  const at = placeIn(route, ...path, 'name');
  const shown = namespace === route.namespace ? name : `${name}.${namespace}`;
  if (found.state === 'elsewhere')
    say(
      'elsewhere',
      'info',
      { at, aliases, also: [relatedOf(found.resource, found.members[0])], fix: ELSEWHERE_FIX },
      { part, name: shown, peers: inWords([...new Set(found.members.map((member) => member.name))]) },
    );
  if (found.state === 'nowhere') {
    const near = serviceTable(mesh)
      .inNamespace(namespace)
      .find((service) => isNameSlip(name, service.name));
    say(
      'nowhere',
      found.certain ? 'error' : 'warning',
      { at, aliases, fix: SERVICE_FIX },
      {
        part,
        name: shown,
        lives: livesNowhere(mesh),
        near: near === undefined ? '' : ` (${near.name} is there)`,
      },
    );
  }
  if (found.state === 'here' || found.state === 'elsewhere') {
    const ports = portsOfHost(found);
    const number = integer(port);
    if (ports !== undefined && number !== undefined && !ports.includes(number))
      say(
        'port',
        'error',
        {
          at: placeIn(route, ...path, 'port'),
          aliases: [],
          also: [
            {
              place: placeIn(found.resource, 'spec', 'ports'),
              cluster: found.members[0]?.name,
              message: describe(found.resource),
            },
          ],
          fix: 'Write a port of the Service (port, not targetPort), or open the port there.',
        },
        { part, name: shown, port: String(number), ports: inWords(ports.map(String)) },
      );
  }
  return found.state === 'nowhere';
};

const DOTTED_FIX = 'Write the name of the Service alone, and its namespace under the key namespace.';
const ELSEWHERE_FIX = 'Create the Service (without pods) beside the route as well.';
const SERVICE_FIX = 'Write the name and namespace of a Service that is there, or create the Service.';

const relatedOf = (resource: Resource, member: Member | undefined): Related => ({
  place: placeIn(resource, 'metadata', 'name'),
  cluster: member?.name,
  message: describe(resource),
});

/** A ReferenceGrant in the namespace of the backend has to name the route's. Without any in the files, one may be kept elsewhere. */
const checkGrant = (
  mesh: Mesh,
  config: Member,
  route: Resource,
  { name, namespace, path, aliases }: Named,
  say: Say,
): void => {
  if (hidesKind(config.cluster, ['ReferenceGrant'])) return;
  const where = {
    at: placeIn(route, ...path, 'name'),
    aliases,
    fix: `Write a ReferenceGrant in namespace ${namespace} that allows ${route.kind} of namespace ${route.namespace ?? ''} to refer to this Service.`,
  };
  const shown = `${name}.${namespace}`;
  if (!mesh.tracks('config:ReferenceGrant')) {
    if (config.resources.find('Service', namespace, name, '').length > 0)
      say('noGrant', 'warning', { ...where, aliases: [] }, { name: shown });
    return;
  }
  if (allows(config, route, name, namespace)) return;
  const peer = mesh.members.find((member) => member !== config && allows(member, route, name, namespace));
  say('grant', 'error', where, { name: shown, peer: peer === undefined ? '' : ` (one in ${peer.name} does)` });
};

const allows = (member: Member, route: Resource, name: string, namespace: string): boolean =>
  member.resources.inNamespace('ReferenceGrant', namespace, GATEWAY_API).some((grant) => {
    const from = list(get(grant.value, 'spec', 'from')).some(
      (entry) =>
        get(entry, 'kind') === route.kind &&
        get(entry, 'group') === GATEWAY_API &&
        get(entry, 'namespace') === route.namespace,
    );
    const to = list(get(grant.value, 'spec', 'to')).some(
      (entry) => get(entry, 'kind') === 'Service' && [undefined, '', name].includes(text(get(entry, 'name'))),
    );
    return from && to;
  });

// ---- parents ----

const checkParent = (mesh: Mesh, config: Member, route: Resource, parent: unknown, path: Path, say: Say): void => {
  const name = text(get(parent, 'name'));
  const namespace = filled(get(parent, 'namespace')) ?? route.namespace;
  if (name === undefined || isTemplate(name) || namespace === undefined || isTemplate(namespace)) return;
  if (isService(parent, 'Gateway')) {
    const port = get(parent, 'port');
    checkService(mesh, config, route, { name, namespace, part: 'parent', port, path, aliases: SERVICE }, say);
    return;
  }
  const isGateway =
    (filled(get(parent, 'kind')) ?? 'Gateway') === 'Gateway' &&
    (filled(get(parent, 'group')) ?? GATEWAY_API) === GATEWAY_API;
  if (!isGateway || hidesKind(config.cluster, ['Gateway'])) return;
  const at = placeIn(route, ...path, 'name');
  const holders = mesh.members.flatMap((member) =>
    member.resources
      .find('Gateway', namespace, name, GATEWAY_API)
      .slice(0, 1)
      .map((gateway) => ({ member, gateway })),
  );
  if (holders.some(({ member }) => member === config)) return;
  const [first] = holders;
  if (first !== undefined) {
    say(
      'parentElsewhere',
      'info',
      {
        at,
        aliases: GATEWAY,
        also: [relatedOf(first.gateway, first.member)],
        fix: `Create the Gateway in ${config.name} as well, or leave the route to the clusters that have the Gateway.`,
      },
      { name: `Gateway ${namespace}/${name}`, peers: inWords(holders.map(({ member }) => member.name)) },
    );
    return;
  }
  // Gateways of that namespace may be kept elsewhere.
  const tracked = mesh.members.flatMap((member) =>
    member.resources
      .inNamespace('Gateway', namespace, GATEWAY_API)
      .filter((gateway) => gateway.namespace === namespace && isForRoutes(gateway)),
  );
  const isTracked = tracked.length > 0 || isComplete(mesh.settings.complete, 'config:Gateway');
  if (!isTracked || mesh.members.some((member) => hidesKind(member.cluster, ['Gateway']))) return;
  const near = tracked.map((gateway) => gateway.name).find((other) => isNameSlip(name, other));
  say(
    'nowhere',
    'error',
    {
      at,
      aliases: GATEWAY,
      fix: 'Write the name and namespace of a Gateway that is there, or create the Gateway.',
    },
    {
      part: 'parent',
      name: `Gateway ${namespace}/${name}`,
      lives: livesNowhere(mesh),
      near: near === undefined ? '' : ` (${near} is there)`,
    },
  );
};

/** Gateways between clusters and waypoints say nothing of those that routes hang on. */
const isForRoutes = (gateway: Resource): boolean =>
  !['istio-remote', 'istio-east-west', 'istio-waypoint'].includes(gatewayClass(gateway) ?? '');
