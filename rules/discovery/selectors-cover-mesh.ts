import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Related, Severity } from '../../src/model/index.ts';
import { compareText } from '../../src/model/index.ts';
import { installPlace } from '../../src/rule/controlPlane/install.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Gap, Need, Selectors } from '../../src/rule/discovery/coverage.ts';
import {
  gapsOf,
  labelsPlace,
  matchesNothing,
  readsEverything,
  selectorsOf,
} from '../../src/rule/discovery/coverage.ts';
import { selectorsInWords } from '../../src/rule/labelSelectors.ts';
import { inWords } from '../../src/rule/scope.ts';

const messages = {
  split:
    'discoverySelectors of {readers} need {selector}; namespace {namespace} has it in {peers}, not in {cluster}: {effect}{suffix}',
  gap: 'discoverySelectors of {readers} need {selector}; namespace {namespace} of {cluster} does not have it: {effect}{suffix}',
  nothing: 'discoverySelectors of {cluster} need {selector}, and no namespace of {clusters} has it{suffix}',
  differs:
    'discoverySelectors of {cluster} need {selector}, those of {peers} {other}: each reads other namespaces{suffix}',
  unset: '{cluster} has no discoverySelectors and reads every namespace, {peers} only those with {other}{suffix}',
} as const;

export default defineRule({
  id: 'discovery/selectors-cover-mesh',
  severity: 'error',
  istio: '1.10+',
  summary:
    'discoverySelectors of each control plane match the namespaces that the mesh needs, in every cluster it reads.',
  why: 'The selectors of a control plane are applied in the remote clusters too, and to its own namespace. What lies in a namespace without the label does not exist for it: endpoints vanish, gateways lose their listeners.',
  fix: 'Put the label on the namespace in every cluster (kubernetes.io/metadata.name is there by itself), and write the same selectors in all primaries.',
  reads: ['meshConfig', 'Namespace', 'remoteSecrets', 'eastWestGateways', 'Service'],
  messages,
  check(mesh, report) {
    const held = mesh.members.flatMap((member) => selectorsOf(mesh, member) ?? []);
    if (held.length === 0) return;
    for (const selectors of held.filter((one) => matchesNothing(mesh, one))) reportNothing(mesh, selectors, report);
    const gaps = gapsOf(mesh);
    for (const gap of gaps) reportGap(mesh, gap, report);
    reportDifference(mesh, held, gaps, report);
  },
});

const SEVERITIES: Readonly<Record<Need, Severity>> = {
  'control-plane': 'error',
  gateway: 'error',
  route: 'error',
  use: 'error',
  twin: 'warning',
  injected: 'warning',
};

const reportNothing = (mesh: Mesh, { reader, selectors, place }: Selectors, report: Report<typeof messages>): void => {
  const speaks = speaksFor(mesh.versionOf(reader).minors, '1.10+', 'error');
  if (speaks === undefined) return;
  const clusters = inWords(mesh.members.map((member) => member.name));
  const slots = { cluster: reader.name, selector: selectorsInWords(selectors), clusters, suffix: speaks.suffix };
  report('nothing', { at: place, cluster: reader.name, severity: speaks.severity }, slots);
};

const reportGap = (mesh: Mesh, gap: Gap, report: Report<typeof messages>): void => {
  const { member, namespace, object, need, what, readers, readIn } = gap;
  const [first] = readers;
  const speaks = first && speaksFor(mesh.versionOf(first.reader).minors, '1.10+', SEVERITIES[need]);
  if (first === undefined || speaks === undefined) return;
  const where = {
    at: labelsPlace(object),
    cluster: member.name,
    resource: object,
    severity: speaks.severity,
    also: [
      ...readers.map(({ reader, place }): Related => ({
        place,
        cluster: reader.name,
        message: `discoverySelectors of ${reader.name}`,
      })),
      ...readIn.map((twin): Related => ({
        place: labelsPlace(twin.object),
        cluster: twin.member.name,
        message: `namespace ${namespace}`,
      })),
    ],
  };
  const slots = {
    readers: inWords(readers.map(({ reader }) => reader.name)),
    selector: selectorsInWords(first.selectors),
    namespace,
    cluster: member.name,
    effect: effectOf(
      need,
      what,
      readers.map(({ reader }) => reader.name),
    ),
    suffix: speaks.suffix,
  };
  if (readIn.length === 0) report('gap', where, slots);
  else report('split', where, { ...slots, peers: inWords(readIn.map((twin) => twin.member.name)) });
};

const effectOf = (need: Need, what: string, readers: readonly string[]): string => {
  const who = readers.length === 1 ? `istiod of ${inWords(readers)} does` : `the istiods of ${inWords(readers)} do`;
  if (need === 'control-plane') return `${who} not read the namespace of its own`;
  return need === 'gateway' ? `${who} not know ${what}` : `${who} not see ${what} there`;
};

/** Selectors that differ while no namespace is known to be lost by it. */
const reportDifference = (
  mesh: Mesh,
  held: readonly Selectors[],
  gaps: readonly Gap[],
  report: Report<typeof messages>,
): void => {
  const faulty = new Set<Member>([
    ...gaps.flatMap((gap) => gap.readers.map(({ reader }) => reader)),
    ...held.filter((one) => matchesNothing(mesh, one)).map(({ reader }) => reader),
  ]);
  const groups = new Map<string, Member[]>();
  for (const member of mesh.members) {
    const selectors = held.find(({ reader }) => reader === member);
    if (faulty.has(member) || (selectors === undefined && !readsEverything(mesh, member))) continue;
    const key = selectors === undefined ? '' : canonical(selectors.selectors);
    groups.set(key, [...(groups.get(key) ?? []), member]);
  }
  const sorted = [...groups].toSorted(([, a], [, b]) => b.length - a.length || compareText(b[0]!.name, a[0]!.name));
  const [reference, ...others] = sorted;
  if (reference === undefined || others.length === 0) return;
  const isTie = others[0]![1].length === reference[1].length;
  for (const [key, members] of isTie ? others.slice(-1) : others)
    for (const member of isTie ? members.slice(0, 1) : members) reportOdd(mesh, held, member, key, reference, report);
};

const reportOdd = (
  mesh: Mesh,
  held: readonly Selectors[],
  member: Member,
  key: string,
  [expected, peers]: readonly [string, readonly Member[]],
  report: Report<typeof messages>,
): void => {
  const speaks = speaksFor(mesh.versionOf(member).minors, '1.10+', lowered('error'));
  if (speaks === undefined) return;
  const of = (one: Member | undefined): Selectors | undefined => held.find(({ reader }) => reader === one);
  const [own, theirs] = [of(member), of(peers[0])];
  const where = {
    at: own?.place ?? installPlace(member),
    cluster: member.name,
    severity: speaks.severity,
    also: peers.map((peer) => ({
      place: of(peer)?.place ?? installPlace(peer),
      cluster: peer.name,
      message: of(peer) === undefined ? 'no discoverySelectors' : `discoverySelectors of ${peer.name}`,
    })),
  };
  const slots = { cluster: member.name, peers: inWords(peers.map((peer) => peer.name)), suffix: speaks.suffix };
  const other = theirs === undefined ? 'nothing' : selectorsInWords(theirs.selectors);
  if (key === '') report('unset', where, { ...slots, other });
  else {
    const described = expected === '' ? 'are not set' : other;
    report('differs', where, { ...slots, selector: selectorsInWords(own?.selectors ?? []), other: described });
  }
};

/** Equal for selectors that say the same in another order, or more than once. */
const canonical = (selectors: readonly unknown[]): string =>
  [...new Set(selectors.map((selector) => JSON.stringify(sorted(selector))))].toSorted(compareText).join('\n');

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value.map(sorted).toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => compareText(a, b))
      .map(([key, item]) => [key, sorted(item)]),
  );
};
