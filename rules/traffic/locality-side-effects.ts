import type { Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Resource } from '../../src/model/index.ts';
import { below, compareText, describe, get, list, placeIn, text, textMap } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serviceOf } from '../../src/rule/hosts.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, realmsOf, someInWords } from '../../src/rule/scope.ts';
import type { MeshService } from '../../src/rule/services.ts';
import {
  hostOfService,
  isClusterLocal,
  isPlatformService,
  nameOfService,
  serviceTable,
} from '../../src/rule/services.ts';
import { carriersOf, isInOnePlace } from '../../src/rule/traffic/localities.ts';
import type { RulePolicies } from '../../src/rule/traffic/policies.ts';
import { distributes, failoverFields, isOff, meshLocality, rulePolicies } from '../../src/rule/traffic/policies.ts';

const messages = {
  pins: 'outlierDetection of {service} in {rule} keeps calls of {clusters} in their own region and zone as long as endpoints there are healthy; {peers} run it{suffix}',
  pinsMany:
    'outlierDetection in {count} DestinationRules keeps calls in the region and zone of the caller as long as endpoints there are healthy: calls from {clusters} of {services}, which {peers} run{suffix}',
  drops:
    '{cluster}: the distribute of the mesh config is for all services; endpoints that are no pods have no locality and get no calls: {services}{suffix}',
} as const;

export default defineRule({
  id: 'traffic/locality-side-effects',
  severity: 'info',
  istio: '1.3+',
  summary: 'Settings that route by locality as a side effect are meant to.',
  why: 'outlierDetection switches locality failover on: clusters elsewhere get calls only when the own region fails. A mesh-wide distribute leaves out endpoints that have no locality.',
  fix: 'State what is meant: localityLbSetting with enabled: false (or failover, distribute) in the DestinationRule, and distribute in DestinationRules of single hosts instead of the mesh config.',
  reads: ['DestinationRule', 'meshConfig.localityLbSetting', 'Service', 'Endpoints', 'ServiceEntry', 'localities'],
  messages,
  check(mesh, report) {
    const pins = new Map<string, Pin>();
    for (const realm of realmsOf(mesh)) {
      const speaks = speaksFor(mesh.versionOf(realm.config).minors, '1.3+', 'info');
      if (speaks === undefined) continue;
      collectPins(mesh, realm, speaks.suffix, pins);
      checkDistribute(mesh, realm, speaks.suffix, report);
    }
    const sorted = [...pins].toSorted(([a], [b]) => compareText(a, b)).map(([, pin]) => pin);
    for (const suffix of new Set(sorted.map((pin) => pin.suffix)))
      reportPins(
        mesh,
        sorted.filter((pin) => pin.suffix === suffix),
        report,
      );
  },
});

/** A host that is pinned by the DestinationRules of one or several primaries. */
interface Pin {
  readonly service: MeshService;
  readonly suffix: string;
  readonly rules: { readonly cluster: string; readonly resource: Resource; readonly callers: readonly string[] }[];
}

const collectPins = (mesh: Mesh, realm: Realm, suffix: string, pins: Map<string, Pin>): void => {
  const { config } = realm;
  const { high } = mesh.versionOf(config).minors;
  const ofMesh = meshLocality(mesh, config);
  // Who orders or switches off localities for the whole mesh knows of them.
  if (ofMesh !== undefined && (isOff(ofMesh) || distributes(ofMesh) || failoverFields(ofMesh, high).length > 0)) return;
  for (const entry of rulePolicies(mesh, config)) {
    const service = pinnedService(mesh, realm, entry);
    if (service === undefined) continue;
    const key = `${service.namespace}/${service.name}`;
    const held = pins.get(key) ?? { service, suffix, rules: [] };
    pins.set(key, held);
    held.rules.push({
      cluster: config.name,
      resource: entry.rule.resource,
      callers: realm.members.map((member) => member.name),
    });
  }
};

const pinnedService = (mesh: Mesh, { config }: Realm, { rule, policies }: RulePolicies): MeshService | undefined => {
  const [whole] = policies;
  if (whole === undefined || !whole.outlierDetection || whole.locality !== undefined) return undefined;
  const named = serviceOf(rule.host, clusterDomainOf(config));
  const service = named === undefined ? undefined : serviceTable(mesh).find(named.namespace, named.name);
  if (service === undefined || isPlatformService(mesh, service)) return undefined;
  if (isClusterLocal(mesh, config, hostOfService(service, config))) return undefined;
  return isInOnePlace(mesh, service) || !isSpread(mesh, service) ? undefined : service;
};

/** Several clusters run it, or one over several known localities. */
const isSpread = (mesh: Mesh, service: MeshService): boolean => {
  const carriers = carriersOf(mesh, service);
  return carriers.length > 1 || (carriers[0]?.localities.localities.length ?? 0) > 1;
};

/** What a team does in one rule it does in most of them: one finding for all, so that it can be read and answered once. */
const reportPins = (mesh: Mesh, pins: readonly Pin[], report: Report<typeof messages>): void => {
  const [pin] = pins;
  const first = pin?.rules[0];
  if (pin === undefined || first === undefined) return;
  const where = {
    at: outlierDetectionOf(first.resource),
    cluster: first.cluster,
    resource: first.resource,
    also: (pins.length === 1 ? pin.rules.slice(1) : pins.slice(1, NAMED).flatMap(({ rules }) => rules.slice(0, 1)))
      .filter(({ resource }) => pins.length > 1 || resource.place.file.path !== first.resource.place.file.path)
      .map(({ cluster, resource }): Related => ({
        place: outlierDetectionOf(resource),
        cluster,
        message: describe(resource),
      })),
  };
  const rules = pins.flatMap((held) => held.rules);
  const slots = {
    clusters: inOrder(rules.flatMap(({ callers }) => callers)),
    peers: inOrder(pins.flatMap(({ service }) => carriersOf(mesh, service).map((member) => member.name))),
    suffix: pin.suffix,
  };
  if (pins.length === 1)
    report('pins', where, { ...slots, service: nameOfService(pin.service), rule: describe(first.resource) });
  else
    report('pinsMany', where, {
      ...slots,
      services: someInWords(
        pins.map(({ service }) => nameOfService(service)),
        NAMED,
      ),
      count: rules.length,
    });
};

/** Services that a finding names. */
const NAMED = 4;

const inOrder = (names: readonly string[]): string => someInWords([...new Set(names)].toSorted(compareText));

const outlierDetectionOf = (rule: Resource): Place => placeIn(rule, 'spec', 'trafficPolicy', 'outlierDetection');

// ---- a distribute for all ----

const checkDistribute = (mesh: Mesh, realm: Realm, suffix: string, report: Report<typeof messages>): void => {
  const { config } = realm;
  const setting = meshLocality(mesh, config);
  if (setting === undefined || isOff(setting) || !distributes(setting)) return;
  const found = realm.members.flatMap((member) => [
    ...member.resources
      .ofKind('Service', '')
      .filter((service) => isPodless(service, member.resources.find('Endpoints', service.namespace, service.name, '')))
      .map((resource) => ({ resource, cluster: member.name })),
    ...(member === config
      ? member.resources
          .ofKind('ServiceEntry', 'networking.istio.io')
          .filter(hasEndpointsAnywhere)
          .map((resource) => ({ resource, cluster: member.name }))
      : []),
  ]);
  if (found.length === 0) return;
  const names = [...new Set(found.map(({ resource }) => describe(resource)))].toSorted(compareText);
  report(
    'drops',
    {
      at: below(setting.place, 'distribute'),
      cluster: config.name,
      also: found
        .slice(0, 4)
        .map(({ resource, cluster }) => ({ place: resource.place, cluster, message: describe(resource) })),
    },
    { cluster: config.name, services: someInWords(names), suffix },
  );
};

/** Endpoints that people write: a Service without selector, with Endpoints of its name. */
const isPodless = (service: Resource, endpoints: readonly Resource[]): boolean =>
  endpoints.length > 0 &&
  Object.keys(textMap(get(service.value, 'spec', 'selector'))).length === 0 &&
  text(get(service.value, 'spec', 'type')) !== 'ExternalName';

const hasEndpointsAnywhere = (entry: Resource): boolean =>
  list(get(entry.value, 'spec', 'endpoints')).some((endpoint) => text(get(endpoint, 'locality')) === undefined);
