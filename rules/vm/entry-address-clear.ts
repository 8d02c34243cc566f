import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { parseAddress } from '../../src/facts/cidr.ts';
import type { CidrFact, SightedRange } from '../../src/facts/cidrs.ts';
import { rangesInForce } from '../../src/facts/cidrs.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Severity } from '../../src/model/index.ts';
import { compareText, filled, get, isTemplate, placeIn } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { networksCompare } from '../../src/rule/networks.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { networkOf, realmsOf } from '../../src/rule/scope.ts';
import type { Entry } from '../../src/rule/vm/entries.ts';
import { entriesOf } from '../../src/rule/vm/entries.ts';

const messages = {
  inside: '{entry} in {cluster} has address {address}, which lies in the {of} range {range} of {owner}{suffix}',
  twice: '{entry} in {cluster} has address {address}, and so has {other} in {peer}, in the same network{suffix}',
  locality: '{entry} in {cluster} has locality {locality}, which is no region[/zone[/subzone]]{suffix}',
} as const;

export default defineRule({
  id: 'vm/entry-address-clear',
  severity: 'warning',
  istio: '1.6+',
  summary: 'The address of a VM is its own: in no range of pods or Services of its network, and stated once.',
  why: 'Within one network an address leads to one place. Where a VM has an address that a cluster gives to pods, calls meant for the VM end at some pod, or the other way round.',
  fix: 'Correct the address, name the network in which it is valid, or take the VM out of the second cluster; write the locality as region/zone/subzone.',
  reads: ['WorkloadEntry', 'WorkloadGroup', 'ServiceEntry', 'podCidrs', 'serviceCidrs', 'network'],
  messages,
  check(mesh, report) {
    const entries = realmsOf(mesh).flatMap(({ config }) => entriesOf(mesh, config));
    const workloadEntries = entries.filter((entry) => entry.resource.kind === 'WorkloadEntry' && !entry.isRegistered);
    for (const entry of workloadEntries) checkRanges(mesh, entry, report);
    checkTwice(mesh, workloadEntries, report);
    for (const entry of entries) checkLocality(mesh, entry.member, entry, report);
    for (const { config } of realmsOf(mesh))
      for (const { resource } of statementsOf(config.resources.ofKind('WorkloadGroup', 'networking.istio.io')))
        checkLocality(
          mesh,
          config,
          {
            resource,
            title: `WorkloadGroup ${resource.namespace === undefined ? '' : `${resource.namespace}/`}${resource.name}`,
            place: placeIn(resource, 'spec', 'template'),
            locality: filled(get(resource.value, 'spec', 'template', 'locality')),
          },
          report,
        );
  },
});

const saying = (mesh: Mesh, member: Member, severity: Severity = 'warning') =>
  speaksFor(mesh.versionOf(member).minors, '1.6+', severity);

const addressPlace = (entry: Entry): Entry['place'] => ({ ...entry.place, path: [...entry.place.path, 'address'] });

// ---- ranges ----

const checkRanges = (mesh: Mesh, entry: Entry, report: Report<typeof messages>): void => {
  const address = entry.address === undefined ? undefined : parseAddress(entry.address);
  if (address === undefined) return;
  for (const member of mesh.members) {
    if (!isSameNetwork(entry, member)) continue;
    const found = rangesOf(member).find(
      ({ range }) => range.family === address.family && range.start <= address.value && address.value <= range.end,
    );
    if (found === undefined) continue;
    const { sighting } = found;
    const speaks = saying(mesh, entry.member, sighting.isDefault ? lowered('warning') : 'warning');
    if (speaks === undefined) return;
    report(
      'inside',
      {
        at: addressPlace(entry),
        cluster: entry.member.name,
        resource: entry.resource,
        severity: speaks.severity,
        also: [{ place: sighting.place, cluster: member.name, message: `${sighting.source} ${sighting.value}` }],
      },
      {
        entry: entry.title,
        cluster: entry.member.name,
        address: entry.address ?? '',
        of: found.of,
        range: sighting.value,
        owner: member.name,
        suffix: speaks.suffix,
      },
    );
    return;
  }
};

type Held = SightedRange & { readonly of: string };

const rangesOf = (member: Member): readonly Held[] => {
  const held = (fact: CidrFact, of: string): readonly Held[] =>
    rangesInForce(fact)
      .filter(({ sighting }) => !sharesWithMachines(sighting.source))
      .map((found) => ({ ...found, of }));
  return [...held(member.podCidrs, 'pod'), ...held(member.serviceCidrs, 'Service')];
};

/** Pods of these clouds take addresses of the subnets in which the machines are, too. */
const sharesWithMachines = (source: string): boolean => /vpc|secondaryCidrBlock/i.test(source);

const isSameNetwork = (entry: Entry, member: Member): boolean => {
  if (entry.network !== undefined) return networkOf(member) === entry.network;
  return member === entry.member || networksCompare(entry.member, member) === 'same';
};

// ---- twice ----

const checkTwice = (mesh: Mesh, entries: readonly Entry[], report: Report<typeof messages>): void => {
  const first = new Map<string, Entry>();
  const sorted = entries.toSorted((a, b) => compareText(a.member.name, b.member.name) || compareText(a.title, b.title));
  for (const entry of sorted) {
    const network = entry.network ?? networkOf(entry.member) ?? '';
    if (entry.address === undefined || isTemplate(entry.address) || isTemplate(network)) continue;
    const key = `${network}\0${entry.address}`;
    const held = first.get(key);
    if (held === undefined) first.set(key, entry);
    if (held === undefined || held.member === entry.member || held.resource === entry.resource) continue;
    if (held.resource.place.file.path === entry.resource.place.file.path) continue;
    // Without cross-cluster WorkloadEntries (before 1.12) every primary needs its own copy.
    const isCopy = held.title === entry.title;
    const { minors } = mesh.versionOf(entry.member);
    const speaks = speaksFor(minors, isCopy ? '1.12+' : '1.6+', isCopy ? 'info' : 'warning');
    if (speaks === undefined) continue;
    report(
      'twice',
      {
        at: addressPlace(entry),
        cluster: entry.member.name,
        resource: entry.resource,
        severity: speaks.severity,
        also: [{ place: addressPlace(held), cluster: held.member.name, message: held.title }],
      },
      {
        entry: entry.title,
        cluster: entry.member.name,
        address: entry.address,
        other: isCopy ? 'its copy' : held.title,
        peer: held.member.name,
        suffix: speaks.suffix,
      },
    );
  }
};

// ---- locality ----

const checkLocality = (
  mesh: Mesh,
  member: Member,
  entry: Pick<Entry, 'locality' | 'resource' | 'title' | 'place'>,
  report: Report<typeof messages>,
): void => {
  const { locality } = entry;
  if (locality === undefined || isTemplate(locality) || isWellFormed(locality)) return;
  const speaks = saying(mesh, member);
  if (speaks === undefined) return;
  report(
    'locality',
    {
      at: { ...entry.place, path: [...entry.place.path, 'locality'] },
      cluster: member.name,
      resource: entry.resource,
      severity: speaks.severity,
    },
    { entry: entry.title, cluster: member.name, locality, suffix: speaks.suffix },
  );
};

/** One to three filled steps; dots separate the steps in labels only. */
const isWellFormed = (locality: string): boolean => {
  const steps = locality.split('/');
  return (
    steps.length <= 3 &&
    steps.every((step) => step !== '' && !/\s/.test(step)) &&
    !(steps.length === 1 && locality.includes('.'))
  );
};
