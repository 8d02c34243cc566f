import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Root } from '../../src/facts/roots.ts';
import { isSymbol, rootsIn, sameRoots } from '../../src/facts/rootSets.ts';
import { CONTROL_PLANE, valueSightings } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Severity, Sighting } from '../../src/model/index.ts';
import { filled, isTemplate, sightingsOf, valueOf } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { resourceAt } from '../../src/rule/objects.ts';
import { inWords } from '../../src/rule/scope.ts';
import { describeRoots, intersect } from '../../src/rule/trust.ts';

export default defineRule({
  id: 'trust/root-copies-agree',
  severity: 'error',
  istio: '1.5+',
  summary: 'Every copy of the root inside a cluster is the root of its cacerts.',
  why: 'Proxies trust the root in the ConfigMap of their namespace. A copy that a rotation left behind refuses every certificate that the new CA signs.',
  fix: 'Remove the copy from the files, so that istiod writes it, or bring it in line with cacerts.',
  reads: ['Secret cacerts', 'ConfigMap istio-ca-root-cert', 'values.istiodRemote.injectionCABundle'],
  messages: {
    other: '{cluster}: {copy} holds {found}, cacerts {expected}{peers}{suffix}',
    stale: '{cluster}: {copy} holds {found}, cacerts {expected}{peers}: not the same set{suffix}',
    bundle: '{cluster}: injectionCABundle holds {found}, cacerts {expected}{peers}{suffix}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const expected = valueOf(member.roots.fact);
      const main = sightingsOf(member.roots.fact)[0];
      const speaks = speaksFor(mesh.versionOf(member).minors, '>=1.5', 'error');
      if (
        speaks === undefined ||
        member.roots.origin !== 'cacerts' ||
        main === undefined ||
        expected?.some(isSymbol) !== false
      )
        continue;
      for (const [first, ...others] of groups(copiesOf(member)).values()) {
        if (first === undefined || sameRoots(first.value, expected)) continue;
        const overlaps = intersect(first.value, expected);
        const kind = first.source === BUNDLE ? 'bundle' : overlaps ? 'stale' : 'other';
        // A bundle of several roots is more than the webhook needs, and does no harm.
        if (kind === 'bundle' && overlaps) continue;
        const severity: Severity = kind === 'other' ? speaks.severity : 'warning';
        const also = [
          { place: main.place, cluster: member.name, message: describeRoots(expected) },
          ...others.map(({ place, source }) => ({ place, cluster: member.name, message: source })),
        ];
        report(
          kind,
          { at: first.place, cluster: member.name, resource: resourceAt(member, first.place), severity, also },
          {
            cluster: member.name,
            copy: others.length === 0 ? first.source : `${first.source} (and ${others.length} more)`,
            found: describeRoots(first.value),
            expected: describeRoots(expected),
            peers: peersWith(mesh, member, expected),
            suffix: speaks.suffix,
          },
        );
      }
    }
  },
});

const BUNDLE = 'injectionCABundle';

/** ConfigMaps and the CA bundle of the injection webhook; loose files are no copies that a proxy reads. */
const copiesOf = (member: Member): readonly Sighting<readonly Root[]>[] => [
  ...member.roots.copies.filter((copy) => copy.source.startsWith('ConfigMap')),
  ...valueSightings(member.cluster, CONTROL_PLANE, ['istiodRemote', BUNDLE]).flatMap((sighting) => {
    const text = filled(sighting.value);
    if (text === undefined || isTemplate(text)) return [];
    const value = rootsIn(text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8'));
    return value === undefined ? [] : [{ ...sighting, value, source: BUNDLE }];
  }),
];

/** Copies of one set of roots are one cause. */
const groups = (
  copies: readonly Sighting<readonly Root[]>[],
): ReadonlyMap<string, readonly Sighting<readonly Root[]>[]> => {
  const found = new Map<string, Sighting<readonly Root[]>[]>();
  for (const copy of copies) {
    const key = [copy.source === BUNDLE ? BUNDLE : '', ...copy.value.map((root) => root.id).toSorted()].join(' ');
    found.set(key, [...(found.get(key) ?? []), copy]);
  }
  return found;
};

const peersWith = (mesh: Mesh, member: Member, expected: readonly Root[]): string => {
  const peers = mesh.members.filter((peer) => peer !== member && sameRoots(valueOf(peer.roots.fact) ?? [], expected));
  return peers.length === 0 ? '' : ` (as in ${inWords(peers.map((peer) => peer.name))})`;
};
