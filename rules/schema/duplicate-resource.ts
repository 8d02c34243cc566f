import type { Member } from '../../src/facts/mesh.ts';
import type { Resource } from '../../src/model/index.ts';
import { comparePlaces, describe, isTemplate, placeKey, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'schema/duplicate-resource',
  severity: 'warning',
  istio: 'all',
  summary: 'A file, or a kustomization with the files that it lists, states each object once.',
  why: 'Of two statements in one file the last one wins without a word, and kustomize refuses to build with both: what is applied is not what a reader of the first one sees.',
  fix: 'Keep one of the two, or give one of them the name that was meant.',
  reads: ['all kinds', 'Kustomization'],
  messages: {
    again: '{cluster}: {object} is stated twice in {file}{effect}',
    listed:
      '{cluster}: {object} is stated in {file} and in {other}, and {kustomization} lists both: kustomize refuses to build',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const member of mesh.members)
      for (const [first, second] of pairsOf(member)) {
        const at = { ...second.place, path: [...second.place.path, 'metadata', 'name'] };
        if (told.has(placeKey(at))) continue;
        told.add(placeKey(at));
        const also = [{ place: first.place, cluster: member.name, message: describe(first) }];
        const where = { at, cluster: member.name, resource: second, also };
        if (first.place.file.path === second.place.file.path) {
          const isSame = JSON.stringify(first.value) === JSON.stringify(second.value);
          report(
            'again',
            { ...where, severity: isSame ? 'info' : 'warning' },
            {
              cluster: member.name,
              object: describe(second),
              file: second.place.file.path,
              effect: isSame ? '' : ' with differing content: the last statement wins',
            },
          );
          continue;
        }
        const kustomization = listsBoth(member, first, second);
        if (kustomization === undefined) continue;
        report(
          'listed',
          { ...where, severity: 'error' },
          {
            cluster: member.name,
            object: describe(second),
            file: second.place.file.path,
            other: first.place.file.path,
            kustomization: kustomization.place.file.path,
          },
        );
      }
  },
});

/** Kinds of which several statements are made to overlay each other. */
const OVERLAID = new Set(['Namespace', 'Kustomization', 'IstioOperator', 'Istio', 'IstioCNI', 'ZTunnel']);

/** Neighbouring statements of one object. */
const pairsOf = (member: Member): readonly (readonly [Resource, Resource])[] => {
  const held = new Map<string, Resource[]>();
  for (const resource of member.resources.all) {
    const { group, kind, namespace, name } = resource;
    if (name === '' || OVERLAID.has(kind) || isTemplate(name) || isTemplate(namespace ?? '')) continue;
    const key = `${group}/${kind}/${namespace ?? ''}/${name}`;
    const found = held.get(key);
    if (found === undefined) held.set(key, [resource]);
    else found.push(resource);
  }
  return [...held.values()].flatMap((statements) => {
    if (statements.length < 2) return [];
    const sorted = statements.toSorted((a, b) => comparePlaces(a.place, b.place));
    return sorted.slice(1).map((second, index) => [sorted[index]!, second] as const);
  });
};

/** A kustomization whose resources name the files of both. */
const listsBoth = (member: Member, first: Resource, second: Resource): Resource | undefined =>
  member.resources.ofKind('Kustomization').find((kustomization) => {
    const directory = kustomization.place.file.path.split('/').slice(0, -1);
    const listed = new Set(
      texts(kustomization.value['resources']).map((entry) =>
        [...directory, ...entry.replace(/^\.\//, '').split('/')].join('/'),
      ),
    );
    return listed.has(first.place.file.path) && listed.has(second.place.file.path);
  });
