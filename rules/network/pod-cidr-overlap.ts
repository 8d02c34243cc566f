import type { SightedRange } from '../../src/facts/cidrs.ts';
import { rangesInForce } from '../../src/facts/cidrs.ts';
import { eachOverlap } from '../../src/facts/cidr.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place, Related, Severity } from '../../src/model/index.ts';
import { comparePlaces, placeOf, SEVERITIES } from '../../src/model/index.ts';
import { copiedNetworks } from '../../src/rule/copiedNetworks.ts';
import { defineRule } from '../../src/rule/define.ts';
import { networkDisagreement } from '../../src/rule/networkNames.ts';
import { networksCompare } from '../../src/rule/networks.ts';
import { networkOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'network/pod-cidr-overlap',
  severity: 'error',
  istio: 'all',
  summary: 'Clusters of one network have pod ranges of their own.',
  why: 'On one network proxies call the addresses of pods in the other cluster directly. Where both clusters hand out the same addresses, such a call ends at a pod of the own cluster or nowhere.',
  fix: 'Give each cluster of the network ranges of its own (this takes new clusters or a new pool), or give each cluster a network of its own and an east-west gateway.',
  reads: ['podCidrs', 'serviceCidrs', 'network'],
  options: {
    nat: {
      schema: { type: 'boolean' },
      description: 'Addresses are translated between clusters (Submariner Globalnet), so ranges may overlap.',
    },
  },
  messages: {
    overlap: '{ours} and {theirs} overlap on {network}',
    separate: '{ours} and {theirs} overlap; legal while {network}',
    unknown: '{ours} and {theirs} overlap; no file tells whether they share a network',
    own: '{ours} overlap with its {theirs}',
  },
  check(mesh, report) {
    if (mesh.settings.options['network/pod-cidr-overlap']?.['nat'] === true) return;
    for (const { item, others, relation, severity } of groupPairs(mesh)) {
      const { member } = item;
      const where = {
        at: item.sighting.place,
        cluster: member.name,
        severity,
        also: [
          ...others.map(relatedRange),
          ...(relation === 'own' ? [] : [member, ...others.map((other) => other.member)].flatMap(relatedNetwork)),
        ].slice(0, 12),
      };
      const slots = {
        ours: `${item.what} of ${shown([item])}`,
        theirs: relation === 'own' ? `${others[0]?.what ?? ''} ${range(others[0])}` : shownPeers(item, others),
      };
      if (relation === 'own' || relation === 'unknown') report(relation, where, slots);
      else if (relation === 'same')
        report('overlap', where, {
          ...slots,
          network:
            networkOf(member) === undefined ? 'one network (none is named)' : `network ${networkOf(member) ?? ''}`,
        });
      else report('separate', where, { ...slots, network: 'their networks are apart' });
    }
  },
});

interface Item extends SightedRange {
  readonly member: Member;
  /** Position of the cluster in the mesh. */
  readonly order: number;
  readonly what: 'pods' | 'services';
}

type Relation = 'same' | 'different' | 'unknown' | 'own';

interface Group {
  readonly item: Item;
  readonly others: Item[];
  readonly relation: Relation;
  readonly severity: Severity;
}

/** Overlaps by the range of the later cluster, its relation to the others and the severity. */
const groupPairs = (mesh: Mesh): readonly Group[] => {
  const items = mesh.members.flatMap((member, order) =>
    (['pods', 'services'] as const).flatMap((what) =>
      rangesInForce(what === 'pods' ? member.podCidrs : member.serviceCidrs).map((held): Item => ({
        ...held,
        member,
        order,
        what,
      })),
    ),
  );
  const copied = new Set(copiedNetworks(mesh).map(({ network }) => network));
  const groups = new Map<Item, Map<string, Group>>();
  eachOverlap(items, (a, b) => {
    const [earlier, item] = a.order < b.order || (a.order === b.order && a.what === 'services') ? [a, b] : [b, a];
    const relation = relate(mesh, earlier, item);
    const severity = relation === undefined ? undefined : gravity(relation, earlier, item, copied);
    if (relation === undefined || severity === undefined) return;
    const key = `${relation} ${severity} ${earlier.what}`;
    const held = groups.get(item) ?? new Map<string, Group>();
    groups.set(item, held);
    const group = held.get(key) ?? { item, others: [], relation, severity };
    held.set(key, group);
    group.others.push(earlier);
  });
  return [...groups.values()].flatMap((held) =>
    [...held.values()].map((group) => ({
      ...group,
      others: group.others.toSorted((a, b) => a.order - b.order || comparePlaces(a.sighting.place, b.sighting.place)),
    })),
  );
};

/** How two ranges stand to each other; undefined where their overlap means nothing. */
const relate = (mesh: Mesh, a: Item, b: Item): Relation | undefined => {
  if (a.what === 'services' && b.what === 'services') return undefined;
  if (a.member === b.member) return a.what === b.what ? undefined : 'own';
  // One file gives both clusters their ranges: a template, of which nobody knows what becomes of it.
  if (comparePlaces(a.sighting.place, b.sighting.place) === 0) return undefined;
  const unsure = [a.member, b.member].some((member) => networkDisagreement(mesh, member)?.what === 'names');
  const relation = unsure ? 'unknown' : networksCompare(a.member, b.member);
  return a.what === b.what || relation === 'same' ? relation : undefined;
};

/** Milder by one step where a range is a default or belongs to services, by two where both; undefined is silence. */
const gravity = (relation: Relation, a: Item, b: Item, copied: ReadonlySet<string>): Severity | undefined => {
  const byDefault = a.sighting.isDefault || b.sighting.isDefault;
  if (relation === 'different') return byDefault ? undefined : 'info';
  if (relation === 'own') return byDefault ? 'warning' : 'error';
  if (relation === 'same' && copied.has(networkOf(b.member) ?? '')) return 'info';
  return SEVERITIES[Math.min(2, Number(relation === 'unknown') + Number(byDefault) + Number(a.what !== b.what))];
};

const range = (item: Item | undefined): string =>
  item === undefined
    ? ''
    : `${item.sighting.value}${item.sighting.isDefault ? ` (default of ${item.sighting.source})` : ''}`;

/** Two sources of one cluster often say the same range. */
const shown = (items: readonly Item[]): string =>
  [...new Set(items.map((item) => `${item.member.name} ${range(item)}`))].join(', ');

const shownPeers = (item: Item, others: readonly Item[]): string => {
  const text = others.length > 3 ? `${shown(others.slice(0, 2))} and ${others.length - 2} more` : shown(others);
  return others[0]?.what === item.what ? text : `${others[0]?.what ?? ''} of ${text}`;
};

const relatedRange = (item: Item): Related => ({
  place: item.sighting.place,
  cluster: item.member.name,
  message: `${item.what} ${range(item)}`,
});

const relatedNetwork = (member: Member): readonly Related[] => {
  const place: Place | undefined = placeOf(member.network.fact);
  const name = networkOf(member);
  return place === undefined || name === undefined ? [] : [{ place, cluster: member.name, message: `network ${name}` }];
};
