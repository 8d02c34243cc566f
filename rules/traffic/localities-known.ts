import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { parseLocality } from '../../src/facts/localities.ts';
import type { Place, Related, Resource } from '../../src/model/index.ts';
import { below, compareText, describe, get, isTemplate, list, placeKey, text } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serviceOf } from '../../src/rule/hosts.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, inWords, realmsOf, someInWords } from '../../src/rule/scope.ts';
import type { MeshService } from '../../src/rule/services.ts';
import { nameOfService, serviceEntryHosts, serviceTable } from '../../src/rule/services.ts';
import type { PlacedLocality } from '../../src/rule/traffic/localities.ts';
import { carriersOf, matchesLocality, meshLocalities, zonesOf } from '../../src/rule/traffic/localities.ts';
import type { LocalitySetting } from '../../src/rule/traffic/policies.ts';
import { isOff, meshLocality, rulePolicies, weightsOf } from '../../src/rule/traffic/policies.ts';

const messages = {
  zone: '{setting} in {cluster} names region {value}: that is a zone of {owner}, its region is {region}',
  slash: '{setting} in {cluster} names {value}: failover goes from region to region, the region here is {region}',
  unknown: '{setting} in {cluster} names {value}, but no cluster lies there: {known}',
  sum: '{setting} in {cluster}: the weights of calls from {value} add up to {sum}, not 100',
  share:
    '{setting} in {cluster} tells localities apart, but {carriers}, which run {service}, all lie in region/zone {value}',
} as const;

export default defineRule({
  id: 'traffic/localities-known',
  severity: 'warning',
  istio: 'all',
  summary: 'Regions and zones that locality settings name are those of some cluster, and weights add up to 100.',
  why: 'Istio compares the names with the labels of the Nodes. A name that no Node has is never met: the calls meant for it go elsewhere, and nothing says so.',
  fix: 'Write the region (for failover) or region/zone/subzone (for distribute) as the labels topology.kubernetes.io/region and zone of the Nodes have it, or correct these labels.',
  reads: ['localities', 'DestinationRule', 'meshConfig.localityLbSetting', 'Service', 'ServiceEntry'],
  messages,
  check(mesh, report) {
    const seen = new Set<string>();
    const faults = new Map<string, Fault[]>();
    for (const realm of realmsOf(mesh))
      for (const subject of subjectsIn(mesh, realm)) {
        const { place } = subject.setting;
        const key = placeKey(place);
        if (seen.has(key) || isOff(subject.setting)) continue;
        seen.add(key);
        const names = namesOf(mesh, subject);
        for (const fault of [...sumsOf(subject), ...(names.length > 0 ? names : sharedOf(mesh, subject))]) {
          // Copies of one object in several primaries are one slip.
          const same = [subject.title, fault.message, JSON.stringify(fault.slots)].join('\0');
          const held = faults.get(same);
          if (held === undefined) faults.set(same, [fault]);
          else held.push(fault);
        }
      }
    for (const group of faults.values()) tell(group, report);
  },
});

/** A localityLbSetting and what it is for. */
interface Subject {
  readonly config: Member;
  readonly setting: LocalitySetting;
  readonly resource: Resource | undefined;
  /** `DestinationRule shop/cart`. */
  readonly title: string;
  readonly service: MeshService | undefined;
  /** Endpoints that say no locality may be anywhere. */
  readonly isOpen: boolean;
  /** Localities of endpoints that are no pods. */
  readonly more: readonly string[];
}

const subjectsIn = (mesh: Mesh, { config }: Realm): readonly Subject[] => {
  const own = meshLocality(mesh, config);
  const ofMesh: readonly Subject[] =
    own === undefined
      ? []
      : [
          {
            config,
            setting: own,
            resource: undefined,
            title: 'localityLbSetting of the mesh config',
            service: undefined,
            isOpen: false,
            more: [],
          },
        ];
  const ofRules = rulePolicies(mesh, config).flatMap((entry) => {
    if (!entry.hasLocality) return [];
    const { rule, policies } = entry;
    const settings = new Map<string, LocalitySetting>();
    for (const { locality } of policies)
      if (locality?.path !== undefined) settings.set(locality.path.join('\0'), locality);
    const named = serviceOf(rule.host, clusterDomainOf(config));
    const service = named === undefined ? undefined : serviceTable(mesh).find(named.namespace, named.name);
    const external = serviceEntryHosts(mesh, config).find(rule.host)?.resource;
    const endpoints = list(get(external?.value, 'spec', 'endpoints')).map((endpoint) =>
      text(get(endpoint, 'locality')),
    );
    const isOpen = external !== undefined && (endpoints.length === 0 || endpoints.includes(undefined));
    return [...settings.values()].map((setting): Subject => ({
      config,
      setting,
      resource: rule.resource,
      title: describe(rule.resource),
      service,
      isOpen,
      more: endpoints.filter((locality) => locality !== undefined),
    }));
  });
  return [...ofMesh, ...ofRules];
};

/** One thing that is wrong in a setting. */
type Fault = {
  readonly subject: Subject;
  readonly at: Place;
  readonly also?: readonly Related[];
  readonly fix?: string;
} & Wrong;

type Wrong =
  | { readonly message: 'zone'; readonly slots: Readonly<Record<'value' | 'owner' | 'region', string>> }
  | { readonly message: 'slash'; readonly slots: Readonly<Record<'value' | 'region', string>> }
  | { readonly message: 'unknown'; readonly slots: Readonly<Record<'value' | 'known', string>> }
  | { readonly message: 'sum'; readonly slots: Readonly<Record<'value' | 'sum', string>> }
  | { readonly message: 'share'; readonly slots: Readonly<Record<'value' | 'carriers' | 'service', string>> };

/** Reports what is equally wrong in several clusters, at the first of them. */
const tell = (group: readonly Fault[], report: Report<typeof messages>): void => {
  const [first, ...copies] = group;
  if (first === undefined) return;
  const { subject, at, also = [], fix } = first;
  const { title, resource, config } = subject;
  const where = {
    at,
    cluster: config.name,
    resource,
    also: [...copies.map((copy) => ({ place: copy.at, cluster: copy.subject.config.name, message: title })), ...also],
    fix,
  };
  const common = { setting: title, cluster: inWords([...new Set(group.map((fault) => fault.subject.config.name))]) };
  switch (first.message) {
    case 'zone':
      return report('zone', where, { ...common, ...first.slots });
    case 'slash':
      return report('slash', where, { ...common, ...first.slots });
    case 'unknown':
      return report('unknown', where, { ...common, ...first.slots });
    case 'sum':
      return report('sum', where, { ...common, ...first.slots });
    case 'share':
      return report('share', where, { ...common, ...first.slots });
  }
};

const sumsOf = (subject: Subject): readonly Fault[] => {
  const { setting } = subject;
  // schema/constraint tells of those of a DestinationRule.
  if (subject.resource !== undefined) return [];
  return list(setting.value['distribute']).flatMap((entry, index): readonly Fault[] => {
    const weights = [...weightsOf(entry).values()];
    if (weights.length === 0 || weights.some((weight) => weight === undefined)) return [];
    const sum = weights.reduce<number>((total, weight) => total + (weight ?? 0), 0);
    if (sum === 100) return [];
    return [
      {
        subject,
        at: below(setting.place, 'distribute', index, 'to'),
        fix: 'Bring the weights of each entry of distribute to 100.',
        message: 'sum',
        slots: { value: text(get(entry, 'from')) ?? '*', sum: String(sum) },
      },
    ];
  });
};

// ---- names ----

interface Named {
  readonly value: string;
  readonly place: Place;
  /** failover knows regions only. */
  readonly isRegion: boolean;
}

const namesIn = ({ setting }: Subject): readonly Named[] => {
  const distribute = list(setting.value['distribute']).flatMap((entry, index) => {
    const at = below(setting.place, 'distribute', index);
    const from = text(get(entry, 'from'));
    return [
      ...(from === undefined ? [] : [{ value: from, place: below(at, 'from'), isRegion: false }]),
      ...[...weightsOf(entry).keys()].map((value) => ({ value, place: below(at, 'to', value), isRegion: false })),
    ];
  });
  // distribute excludes failover.
  if (distribute.length > 0) return distribute;
  return list(setting.value['failover']).flatMap((entry, index) =>
    (['from', 'to'] as const).flatMap((key) => {
      const value = text(get(entry, key));
      return value === undefined
        ? []
        : [{ value, place: below(setting.place, 'failover', index, key), isRegion: true }];
    }),
  );
};

const namesOf = (mesh: Mesh, subject: Subject): readonly Fault[] => {
  const { all, complete } = meshLocalities(mesh);
  if (all.length === 0 || subject.isOpen) return [];
  const seen = new Set<string>();
  return namesIn(subject).flatMap(({ value, place, isRegion }): readonly Fault[] => {
    if (value === '' || value === '*' || value.startsWith('*/') || isTemplate(value) || seen.has(value)) return [];
    if (isKnown(value, isRegion, all, subject)) return [];
    seen.add(value);
    const first = parseLocality(value).region;
    const owner = all.some((at) => at.region === first) ? undefined : all.find((at) => at.zone === first);
    const common = { subject, at: place };
    if (owner !== undefined)
      return [
        {
          ...common,
          also: [relatedOf(owner)],
          message: 'zone',
          slots: { value: first, owner: owner.member.name, region: owner.region },
        },
      ];
    const inRegion = isRegion && value.includes('/') ? all.find((at) => at.region === first) : undefined;
    if (inRegion !== undefined)
      return [
        {
          ...common,
          also: [relatedOf(inRegion)],
          fix: `Write ${first}, or use distribute for zones.`,
          message: 'slash',
          slots: { value, region: first },
        },
      ];
    if (!complete) return [];
    return [
      {
        ...common,
        also: all.slice(0, 6).map(relatedOf),
        message: 'unknown',
        slots: { value, known: placesInWords(all, isRegion) },
      },
    ];
  });
};

const isKnown = (value: string, isRegion: boolean, all: readonly PlacedLocality[], subject: Subject): boolean => {
  if (isRegion)
    return (
      all.some((at) => at.region === value) || subject.more.some((locality) => parseLocality(locality).region === value)
    );
  return (
    all.some((at) => matchesLocality(value, at)) ||
    subject.more.some((locality) => matchesLocality(value, parseLocality(locality)))
  );
};

const relatedOf = (at: PlacedLocality): Related => ({
  place: at.place,
  cluster: at.member.name,
  message: `${at.source}: ${locationOf(at, false)}`,
});

const locationOf = (at: PlacedLocality, isRegion: boolean): string =>
  isRegion ? at.region : [at.region, at.zone, at.subzone].join('/').replace(/\/+$/, '');

/** `east lies in r1, west in r2`. */
const placesInWords = (all: readonly PlacedLocality[], isRegion: boolean): string => {
  const byCluster = new Map<string, Set<string>>();
  for (const at of all)
    byCluster.set(at.member.name, (byCluster.get(at.member.name) ?? new Set()).add(locationOf(at, isRegion)));
  const parts = [...byCluster].map(([cluster, places]) => `${cluster} is in ${someInWords([...places], 3)}`);
  return parts.slice(0, 6).join(', ');
};

// ---- clusters in one place ----

const sharedOf = (mesh: Mesh, subject: Subject): readonly Fault[] => {
  const { setting, service } = subject;
  if (service === undefined || subject.isOpen) return [];
  const priorities = list(setting.value['failoverPriority']).map((label) => text(label) ?? '');
  const byLabels = priorities.some((label) => !/^topology\.kubernetes\.io\/(region|zone)$/.test(label));
  const kinds = (['distribute', 'failover', 'failoverPriority'] as const).filter(
    (key) => list(setting.value[key]).length > 0,
  );
  const [kind] = kinds;
  if (kind === undefined || (kind === 'failoverPriority' && byLabels)) return [];
  const carriers = carriersOf(mesh, service);
  const zones = carriers.length > 1 ? zonesOf(carriers) : undefined;
  const [zone] = zones ?? [];
  if (zones?.length !== 1 || zone === undefined) return [];
  const localities = carriers.flatMap((member) => member.localities.localities.map((at) => ({ ...at, member })));
  if (new Set(localities.map((at) => at.subzone)).size > 1) return [];
  return [
    {
      subject,
      at: below(setting.place, kind),
      also: localities.slice(0, 6).map(relatedOf),
      fix: 'Give the Nodes of each cluster a zone, or a label topology.istio.io/subzone, of its own.',
      message: 'share',
      slots: {
        carriers: inWords(carriers.map((member) => member.name).toSorted(compareText)),
        service: nameOfService(service),
        value: zone,
      },
    },
  ];
};
