import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Related } from '../../src/model/index.ts';
import { compareText, describe, get, integer, list, placeIn } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { DestinationRule } from '../../src/rule/destinationRules.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { isWildcard } from '../../src/rule/hosts.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { inWords, noneInWords, realmsOf, someInWords } from '../../src/rule/scope.ts';
import { hostOfService, portsOf } from '../../src/rule/services.ts';
import { portsOfHost } from '../../src/rule/traffic/destinations.ts';
import { hintOf, meantInWords } from '../../src/rule/traffic/meantHosts.ts';
import type { MisnamedRule } from '../../src/rule/traffic/misnamedRules.ts';
import { isExplained, misnamedRules } from '../../src/rule/traffic/misnamedRules.ts';
import { subsetFaults } from '../../src/rule/traffic/subsetFaults.ts';

const messages = {
  unknown: '{rule} in {cluster} is for {host}, which {none} has{near}{effect}',
  amiss: '{rule} in {cluster} is for {host}, which is the name of no Service: {fault}{near}{effect}',
  partial: '{rule} in {cluster} is for {host}, which Istio takes as it stands: the Service is called {full}{effect}',
  port: '{rule} in {cluster} has a policy for port {port} of {host}, which has {ports} only{target}',
} as const;

export default defineRule({
  id: 'traffic/rule-host-known',
  severity: 'warning',
  istio: 'all',
  summary:
    'The host of a DestinationRule is a Service or ServiceEntry of the mesh, and has the ports that the rule names.',
  why: 'A DestinationRule for a host that nobody has is never read: its subsets, its mTLS mode and its outlier detection are missing where they are meant to be. So are those of portLevelSettings for a port that the host lacks.',
  fix: 'Write the host as the Service or ServiceEntry has it (name.namespace.svc.cluster.local), or delete the rule.',
  reads: ['DestinationRule', 'VirtualService', 'Service', 'ServiceEntry'],
  aliases: ['IST0174', 'KIA0202'],
  messages,
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      for (const misnamed of misnamedRules(mesh, config)) reportRule(mesh, config, misnamed, report);
      for (const rule of destinationRulesOf(mesh, config).all) reportPorts(mesh, config, rule, report);
    }
  },
});

const reportRule = (mesh: Mesh, config: Member, misnamed: MisnamedRule, report: Report<typeof messages>): void => {
  const { rule, kind, meant, misnomer } = misnamed;
  const { resource, host } = rule;
  const broken = brokenCalls(mesh, config, misnamed);
  const hint = hintOf(config, meant);
  const where = {
    at: placeIn(resource, 'spec', 'host'),
    cluster: config.name,
    resource,
    severity: broken === undefined ? undefined : ('error' as const),
    also: [...(kind === 'partial' ? [] : hint.also), ...(broken?.also ?? [])],
  };
  const inPassing = (words: string): string => (broken === undefined ? words : words.replace(/^, (.+)$/, ' ($1)'));
  const slots = { rule: describe(resource), cluster: config.name, host, effect: broken?.words ?? '' };
  if (kind === 'partial' && meant !== undefined)
    return report('partial', where, { ...slots, full: hostOfService(meant, config) });
  if (misnomer !== undefined)
    return report('amiss', where, { ...slots, fault: misnomer.fault, near: inPassing(meantInWords(config, misnomer)) });
  return report('unknown', where, { ...slots, none: noneInWords(mesh), near: inPassing(hint.words) });
};

/** Calls that end with 503, as the subsets to which routes send them are defined for this host only. */
const brokenCalls = (
  mesh: Mesh,
  config: Member,
  misnamed: MisnamedRule,
): { readonly words: string; readonly also: readonly Related[] } | undefined => {
  const found = [...subsetFaults(mesh, config)].flatMap(([route, faults]) =>
    faults.filter((fault) => isExplained(config, misnamed, fault)).map((fault) => ({ route, fault })),
  );
  if (found.length === 0) return undefined;
  const subsets = [...new Set(found.map(({ fault }) => fault.subset))].toSorted(compareText);
  const routes = [...new Set(found.map(({ route }) => describe(route.resource)))];
  return {
    words: `; ${subsets.length === 1 ? 'subset' : 'subsets'} ${inWords(subsets)}, to which ${someInWords(routes)} ${routes.length === 1 ? 'sends' : 'send'}, ${subsets.length === 1 ? 'is' : 'are'} therefore undefined`,
    also: found
      .slice(0, 4)
      .map(({ fault }) => ({ place: fault.at, cluster: config.name, message: `subset ${fault.subset}` })),
  };
};

/** Settings for ports that the host has in no cluster. */
const reportPorts = (
  mesh: Mesh,
  config: Member,
  { resource, host }: DestinationRule,
  report: Report<typeof messages>,
): void => {
  const named = portSettings(resource.value['spec']);
  if (named.length === 0 || isWildcard(host)) return;
  const found = resolveHost(mesh, config, host);
  const ports = found.state === 'here' || found.state === 'elsewhere' ? portsOfHost(found) : undefined;
  if (ports === undefined || (found.state !== 'here' && found.state !== 'elsewhere')) return;
  for (const { port, path } of named) {
    if (ports.includes(port)) continue;
    const served = found.resource.kind === 'Service' ? portsOf(found.resource) : [];
    const target = served.find(({ targetPort }) => targetPort === port);
    report(
      'port',
      {
        at: placeIn(resource, 'spec', ...path),
        cluster: config.name,
        resource,
        aliases: [],
        fix: 'Write the port of the Service (port, not targetPort), or take the entry out.',
        also: [
          {
            place: placeIn(found.resource, 'spec', 'ports'),
            cluster: found.members[0]!.name,
            message: describe(found.resource),
          },
        ],
      },
      {
        rule: describe(resource),
        cluster: config.name,
        port,
        host,
        ports: `${ports.length === 1 ? 'port' : 'ports'} ${inWords(ports.map(String))}`,
        target: target === undefined ? '' : ` (${port} is the targetPort of ${target.number})`,
      },
    );
  }
};

const portSettings = (
  spec: unknown,
): readonly { readonly port: number; readonly path: readonly (string | number)[] }[] =>
  [
    { policy: get(spec, 'trafficPolicy'), path: ['trafficPolicy'] },
    ...list(get(spec, 'subsets')).map((subset, index) => ({
      policy: get(subset, 'trafficPolicy'),
      path: ['subsets', index, 'trafficPolicy'],
    })),
  ].flatMap(({ policy, path }) =>
    list(get(policy, 'portLevelSettings')).flatMap((settings, index) => {
      const port = integer(get(settings, 'port', 'number'));
      return port === undefined ? [] : [{ port, path: [...path, 'portLevelSettings', index, 'port', 'number'] }];
    }),
  );
