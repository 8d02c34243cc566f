import type { Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Related } from '../../src/model/index.ts';
import { below, compareText, describe, get, isTemplate, list, placeIn, placeKey, text } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Report } from '../../src/rule/define.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { serviceOf } from '../../src/rule/hosts.ts';
import { routesOf } from '../../src/rule/routes.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, inWords, realmsOf, someInWords } from '../../src/rule/scope.ts';
import type { MeshService } from '../../src/rule/services.ts';
import { hostOfService, isClusterLocal, nameOfService, portsOf, serviceTable } from '../../src/rule/services.ts';
import { isInOnePlace, sharedServices } from '../../src/rule/traffic/localities.ts';
import type { LocalitySetting, Policy, RulePolicies } from '../../src/rule/traffic/policies.ts';
import { failoverFields, isOff, meshLocality, rulePolicies } from '../../src/rule/traffic/policies.ts';

const messages = {
  none: '{rule} in {cluster} lets {host} fail over{route} without outlierDetection{peer}{suffix}',
  subset: '{rule} in {cluster} lets subset {subset} of {host} fail over{route} without outlierDetection{suffix}',
  port: '{rule} in {cluster}: the entry for port {port} of {host} replaces the policy above it and has no outlierDetection, so that calls to this port do not fail over{route}{suffix}',
  mesh: '{cluster}: the mesh config lets services fail over{route}, but {services} of {peers} have no outlierDetection in {cluster}{suffix}',
} as const;

export default defineRule({
  id: 'traffic/failover-has-outlier-detection',
  severity: 'warning',
  istio: '1.3+',
  summary: 'Where calls are to fail over to another locality, outlierDetection finds the endpoints that fail.',
  why: 'Sidecars order endpoints by locality only for hosts with outlierDetection. Without it no endpoint counts as unhealthy, and calls never leave a sick cluster for the one they are to fail over to.',
  fix: 'Add outlierDetection to the trafficPolicy named here (also in each portLevelSettings entry, which takes nothing from the policy around it).',
  reads: ['DestinationRule', 'meshConfig.localityLbSetting', 'Service', 'localities'],
  messages,
  check(mesh, report) {
    const told = new Set<string>();
    for (const realm of realmsOf(mesh)) {
      for (const entry of rulePolicies(mesh, realm.config)) checkRule(mesh, realm, entry, told, report);
      checkMesh(mesh, realm, report);
    }
  },
});

const serviceNamed = (mesh: Mesh, realm: Realm, host: string): MeshService | undefined => {
  const named = serviceOf(host, clusterDomainOf(realm.config));
  return named === undefined ? undefined : serviceTable(mesh).find(named.namespace, named.name);
};

const checkRule = (
  mesh: Mesh,
  realm: Realm,
  entry: RulePolicies,
  told: Set<string>,
  report: Report<typeof messages>,
): void => {
  if (!entry.hasLocality) return;
  const { rule, policies } = entry;
  const { config } = realm;
  const speaks = speaksFor(mesh.versionOf(config).minors, '1.3+', 'warning');
  if (speaks === undefined) return;
  const { high } = mesh.versionOf(config).minors;
  const service = serviceNamed(mesh, realm, rule.host);
  const acting = (policy: Policy): LocalitySetting | undefined =>
    policy.locality !== undefined && failoverFields(policy.locality, high).length > 0 ? policy.locality : undefined;
  const whole = policies[0];
  const intended = whole === undefined ? undefined : acting(whole);
  for (const policy of policies) {
    // An entry for a port drops what the policy around it says, and with it the outlierDetection meant for the host.
    const dropped = policy.byPort && !isOff(policy.locality) && whole?.outlierDetection === true;
    const setting = acting(policy) ?? (dropped ? intended : undefined);
    if (setting === undefined || policy.outlierDetection) continue;
    if (policy.port !== undefined && !hasPort(service, policy.port)) continue;
    if (policy === whole && servesSubsetsOnly(mesh, realm, rule.host, policies)) continue;
    if (!tellsByCluster(setting) && isInOnePlace(mesh, service)) continue;
    const at = placeIn(rule.resource, ...policy.path, 'outlierDetection');
    const key = placeKey(at);
    if (told.has(key)) continue;
    told.add(key);
    const peers = policy === whole ? peersWith(mesh, realm, rule.host) : [];
    const where = {
      at,
      cluster: config.name,
      resource: rule.resource,
      severity: speaks.severity,
      also: [{ place: placeOfFailover(setting, high), cluster: config.name, message: 'fails over' }, ...peers],
    };
    const slots = {
      rule: describe(rule.resource),
      cluster: config.name,
      host: service === undefined ? rule.host : nameOfService(service),
      route: routeOf(setting),
      suffix: speaks.suffix,
    };
    if (policy.port !== undefined && policy.byPort) report('port', where, { ...slots, port: policy.port });
    else if (policy.subset !== undefined && policy.path[1] === 'subsets')
      report('subset', where, { ...slots, subset: policy.subset });
    else
      report('none', where, {
        ...slots,
        peer:
          peers.length === 0
            ? ''
            : `; ${inWords(peers.map((peer) => peer.cluster))} ${peers.length === 1 ? 'has' : 'have'} it`,
      });
  }
};

/** A port that the Service does not have is called by nobody. */
const hasPort = (service: MeshService | undefined, port: number): boolean =>
  service === undefined ||
  service.statements.some(({ resource }) => portsOf(resource).some((held) => held.number === port));

/** Routes send to subsets only, and each subset has outlierDetection of its own. */
const servesSubsetsOnly = (mesh: Mesh, realm: Realm, host: string, policies: readonly Policy[]): boolean => {
  const subsets = policies.filter((policy) => policy.subset !== undefined);
  if (subsets.length === 0 || subsets.some((policy) => !policy.outlierDetection)) return false;
  const routed = routesOf(mesh, realm.config).flatMap((route) =>
    route.destinations.filter((destination) => destination.host === host),
  );
  return routed.length > 0 && routed.every((destination) => destination.subset !== undefined);
};

/** failoverPriority by labels such as the cluster works where all clusters are in one zone, too. */
const tellsByCluster = (setting: LocalitySetting): boolean =>
  list(setting.value['failoverPriority']).some(
    (label) => !/^(topology\.kubernetes\.io\/|topology\.istio\.io\/subzone)/.test(text(label) ?? ''),
  );

const peersWith = (mesh: Mesh, realm: Realm, host: string): readonly (Related & { readonly cluster: string })[] =>
  realmsOf(mesh)
    .filter((other) => other.config !== realm.config)
    .flatMap(({ config }) => {
      const found = rulePolicies(mesh, config).find(
        ({ rule, policies }) => rule.host === host && policies[0]?.outlierDetection === true,
      );
      return found === undefined
        ? []
        : [
            {
              place: placeIn(found.rule.resource, 'spec', 'trafficPolicy', 'outlierDetection'),
              cluster: config.name,
              message: `outlierDetection of ${describe(found.rule.resource)}`,
            },
          ];
    });

/** ` from r1 to r2`, of the only entry of failover. */
const routeOf = (setting: LocalitySetting): string => {
  const entries = list(setting.value['failover']);
  const [from, to] = [text(get(entries[0], 'from')), text(get(entries[0], 'to'))];
  if (entries.length !== 1 || from === undefined || to === undefined || isTemplate(from) || isTemplate(to)) return '';
  return ` from ${from} to ${to}`;
};

const placeOfFailover = (setting: LocalitySetting, high: number): Related['place'] =>
  below(setting.place, failoverFields(setting, high)[0] ?? 'failover');

// ---- the mesh config ----

const checkMesh = (mesh: Mesh, realm: Realm, report: Report<typeof messages>): void => {
  const { config } = realm;
  const setting = meshLocality(mesh, config);
  const { minors } = mesh.versionOf(config);
  const speaks = speaksFor(minors, '1.3+', 'warning');
  if (setting === undefined || speaks === undefined || failoverFields(setting, minors.high).length === 0) return;
  // DestinationRules may be kept elsewhere.
  if (!mesh.tracks('config:DestinationRule') || hidesKind(config.cluster, ['DestinationRule'])) return;
  const services = sharedServices(mesh, serviceTable(mesh).all).filter(
    (service) =>
      !isInOnePlace(mesh, service) &&
      !isClusterLocal(mesh, config, hostOfService(service, config)) &&
      !(minors.high >= 25 && hasDistribution(service)),
  );
  const states = services.map((service) => ({ service, ...detection(mesh, realm, service) }));
  const lacking = states.filter((state) => state.state === 'no');
  if (lacking.length === 0) return;
  const isDeliberate = states.some((state) => state.state === 'yes') && !lacking.some((state) => state.hasRule);
  const clusters = lacking.flatMap(({ service }) => service.statements.map(({ member }) => member.name));
  report(
    'mesh',
    {
      at: placeOfFailover(setting, minors.high),
      cluster: config.name,
      severity: isDeliberate ? lowered(speaks.severity) : speaks.severity,
      fix: 'Give these Services a DestinationRule with outlierDetection, or state failover in DestinationRules of the hosts that have it.',
      also: lacking.slice(0, 4).map(({ service, rule }) =>
        rule === undefined
          ? {
              place: placeIn(service.statements[0]!.resource, 'metadata', 'name'),
              cluster: service.statements[0]!.member.name,
              message: `Service ${nameOfService(service)}, no DestinationRule in ${config.name}`,
            }
          : { place: rule.resource.place, cluster: config.name, message: describe(rule.resource) },
      ),
    },
    {
      cluster: config.name,
      route: routeOf(setting),
      services: someInWords(lacking.map(({ service }) => nameOfService(service))),
      peers: inWords([...new Set(clusters)].toSorted(compareText)),
      suffix: speaks.suffix,
    },
  );
};

/** Whether a Service has outlierDetection for its clients; `other` where a setting of its own acts instead of the mesh's. */
const detection = (
  mesh: Mesh,
  realm: Realm,
  service: MeshService,
): {
  readonly state: 'yes' | 'no' | 'other';
  readonly hasRule: boolean;
  readonly rule?: RulePolicies['rule'] | undefined;
} => {
  const host = hostOfService(service, realm.config);
  const candidates = destinationRulesOf(mesh, realm.config).covering(host);
  if (candidates.length === 0) return { state: 'no', hasRule: false };
  const table = rulePolicies(mesh, realm.config);
  const first = candidates[0]!;
  const policies = table.filter(({ rule }) => candidates.includes(rule)).flatMap((entry) => entry.policies);
  if (policies.length === 0 || policies.some((policy) => policy.locality !== undefined))
    return { state: 'other', hasRule: true };
  return policies.some((policy) => policy.outlierDetection)
    ? { state: 'yes', hasRule: true }
    : { state: 'no', hasRule: true, rule: first };
};

/** A Service that asks for near endpoints itself fails over without outlierDetection (1.25+). */
const hasDistribution = (service: MeshService): boolean =>
  service.statements.some(
    ({ resource }) =>
      text(get(resource.value, 'spec', 'trafficDistribution')) !== undefined ||
      resource.annotations['networking.istio.io/traffic-distribution'] !== undefined,
  );
