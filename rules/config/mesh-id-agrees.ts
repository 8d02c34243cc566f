import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { within } from '../../src/facts/minors.ts';
import type { Place } from '../../src/model/index.ts';
import { get, placeOf, valueOf } from '../../src/model/index.ts';
import { controlPlanes } from '../../src/rule/controlPlane/roles.ts';
import { defineRule } from '../../src/rule/define.ts';
import { holdingsInWords } from '../../src/rule/peers.ts';

export default defineRule({
  id: 'config/mesh-id-agrees',
  severity: 'info',
  istio: '1.3+',
  summary: 'Clusters of one mesh give it the same mesh id, or none at all.',
  why: 'Istio puts the mesh id on metrics and traces only. With several ids dashboards and Kiali show one mesh as several; traffic does not care.',
  fix: 'Set global.meshID (or meshConfig.defaultConfig.meshId) to the same value in every cluster of the mesh.',
  reads: ['meshId'],
  messages: {
    differs: '{cluster} has mesh id {id}, {peers}: metrics and traces of one mesh go under several names',
    unset: '{cluster} has no mesh id, {peers}: its metrics and traces go under the trust domain',
  },
  check(mesh, report) {
    const said = mesh.members.flatMap((member) => saying(member) ?? []);
    const groups = new Map<string, Saying[]>();
    for (const held of said) groups.set(held.id, [...(groups.get(held.id) ?? []), held]);
    const all = [...groups.values()];
    const most = Math.max(0, ...all.map((group) => group.length));
    const largest = all.filter((group) => group.length === most);
    const reference = largest[0];
    if (reference === undefined) return;
    if (all.length > 1) {
      const odd = largest.length > 1 ? said.slice(0, 1) : said.filter((held) => !reference.includes(held));
      const peersOf = (held: Saying): readonly Saying[] =>
        largest.length > 1 ? said.filter((other) => other.id !== held.id) : reference;
      for (const held of odd)
        report(
          'differs',
          { at: held.place, cluster: held.member.name, also: relatedTo(peersOf(held)) },
          { cluster: held.member.name, id: held.id, peers: inWordsOf(peersOf(held)) },
        );
    }
    for (const { member, place } of silentMembers(mesh))
      report(
        'unset',
        { at: place, cluster: member.name, also: relatedTo(reference) },
        { cluster: member.name, peers: inWordsOf(reference) },
      );
  },
});

interface Saying {
  readonly member: Member;
  readonly id: string;
  readonly place: Place;
}

/** Files that disagree within a cluster are the matter of config/facts-agree. */
const saying = (member: Member): Saying | undefined => {
  const id = member.meshId.state === 'known' ? valueOf(member.meshId) : undefined;
  const place = placeOf(member.meshId);
  return id === undefined || place === undefined ? undefined : { member, id, place };
};

/** Control planes whose own values could name the mesh and do not; before 1.3 there was no such value. */
const silentMembers = (mesh: Mesh): readonly { readonly member: Member; readonly place: Place }[] =>
  controlPlanes(mesh).flatMap((member) => {
    if (member.meshId.state !== 'absent') return [];
    const source = member.cluster.values.find(
      ({ chart, object }) =>
        chart === 'istiod' || (chart === 'operator' && get(object?.value, 'spec', 'profile') !== 'empty'),
    );
    if (source === undefined) return [];
    return within(mesh.versionOf(member).minors, '1.3+') === 'outside' ? [] : [{ member, place: source.place }];
  });

const relatedTo = (peers: readonly Saying[]) =>
  peers.map(({ member, id, place }) => ({ place, cluster: member.name, message: `mesh id ${id}` }));

/** `north has mesh2, east and west have mesh1`. */
const inWordsOf = (peers: readonly Saying[]): string =>
  holdingsInWords(peers.map(({ id, member }) => [member.name, id]));
