import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Overridden } from '../../src/facts/sources.ts';
import { CONTROL_PLANE, overriddenMeshConfig, overriddenValues } from '../../src/facts/sources.ts';
import type { Fact, Place, Related, Severity } from '../../src/model/index.ts';
import { filled, get, isTemplate, list, sightingsOf, text, valueOf } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'config/unresolved-value',
  severity: 'warning',
  istio: 'all',
  summary: 'What decides about a cluster has a value, in every cluster of the mesh.',
  why: 'A template that nothing fills in, or an overlay that empties a value of its base, leaves a cluster without its name or network while its peers have theirs.',
  fix: 'Write the value into the files of this cluster, or fill in the template before the files are applied.',
  reads: ['clusterId', 'network', 'meshID', 'trustDomain', 'istioNamespace', 'clusterDomain', 'values'],
  messages: {
    template: '{fact} of {cluster} is the template "{template}", of {peer} it is {value}',
    emptied: '{cluster} sets {key} to {empty} and so takes away {value} of {file}',
  },
  check(mesh, report) {
    for (const { name, fact } of FACTS)
      for (const member of mesh.members) {
        const open = templateOf(fact(member));
        const peer = open === undefined ? undefined : concretePeer(mesh, member, fact);
        if (open === undefined || peer === undefined || isFilledIn(member, open)) continue;
        const also: readonly Related[] =
          peer.place === undefined
            ? []
            : [{ place: peer.place, cluster: peer.cluster, message: `${name} ${peer.value}` }];
        report(
          'template',
          { at: open.place, cluster: member.name, also },
          { fact: name, cluster: member.name, template: open.template, peer: peer.cluster, value: peer.value },
        );
      }
    for (const member of mesh.members)
      for (const { key, found, severity } of emptied(mesh, member))
        report(
          'emptied',
          {
            at: found.place,
            cluster: member.name,
            severity,
            fix: EMPTIED_FIX,
            also: [{ place: found.base.place, cluster: member.name, message: `${key} ${shown(found.base.value)}` }],
          },
          {
            cluster: member.name,
            key,
            empty: shown(found.value),
            value: shown(found.base.value),
            file: found.base.place.file.path,
          },
        );
  },
});

const EMPTIED_FIX = 'Give the key a value, or take it out of the overlay so that the one of the base stays.';

interface NamedFact {
  readonly name: string;
  readonly fact: (member: Member) => Fact<string>;
}

const FACTS: readonly NamedFact[] = [
  { name: 'cluster id', fact: (member) => member.clusterId },
  { name: 'network', fact: (member) => member.network.fact },
  { name: 'mesh id', fact: (member) => member.meshId },
  { name: 'trust domain', fact: (member) => member.trustDomain },
  { name: 'istio namespace', fact: (member) => member.istioNamespace },
  { name: 'root namespace', fact: (member) => member.rootNamespace },
];

/** The template that is all a cluster says of a fact. */
const templateOf = (fact: Fact<string>): { readonly template: string; readonly place: Place } | undefined => {
  if (fact.state !== 'unknown') return undefined;
  const sighting = sightingsOf(fact).find((candidate) => isTemplate(candidate.value));
  return sighting === undefined ? undefined : { template: sighting.value, place: sighting.place };
};

const concretePeer = (
  mesh: Mesh,
  member: Member,
  read: NamedFact['fact'],
): { cluster: string; value: string; place: Place | undefined } | undefined => {
  for (const peer of mesh.members) {
    const fact = read(peer);
    const value = valueOf(fact);
    // A default is nothing that anyone wrote.
    const place = sightingsOf(fact)[0]?.place;
    if (peer !== member && value !== undefined && place !== undefined) return { cluster: peer.name, value, place };
  }
  return undefined;
};

/** Variables that Flux substitutes, and placeholders of an ApplicationSet: their values stand elsewhere in the set. */
const isFilledIn = (member: Member, open: { readonly template: string; readonly place: Place }): boolean => {
  const { file, document } = open.place;
  const generated = member.resources
    .ofKind('ApplicationSet')
    .some((set) => set.place.file === file && set.place.document === document);
  if (generated || /\$\{\w+:[=-]/.test(open.template)) return true;
  const names = [...open.template.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map((match) => match[1]!);
  return (
    names.length > 0 &&
    member.resources.ofKind('Kustomization', 'kustomize.toolkit.fluxcd.io').some((kustomization) => {
      const build = get(kustomization.value, 'spec', 'postBuild');
      return (
        list(get(build, 'substituteFrom')).length > 0 ||
        names.every((name) => get(build, 'substitute', name) !== undefined)
      );
    })
  );
};

const emptied = (mesh: Mesh, member: Member): readonly { key: string; found: Overridden; severity: Severity }[] => {
  const { cluster } = member;
  const networks = new Set(mesh.members.flatMap((peer) => valueOf(peer.network.fact) ?? []));
  const values = (
    path: readonly string[],
    severity: (found: Overridden) => Severity,
  ): readonly { key: string; found: Overridden; severity: Severity }[] =>
    overriddenValues(cluster, CONTROL_PLANE, path).map((found) => ({
      key: path.join('.'),
      found,
      severity: severity(found),
    }));
  return [
    ...values(['global', 'multiCluster', 'clusterName'], () => 'error'),
    ...values(['global', 'network'], (found) => {
      const all = new Set([...networks, filled(found.base.value) ?? '']);
      return all.size > 1 ? 'error' : 'warning';
    }),
    ...values(['global', 'meshID'], () => 'warning'),
    ...values(['global', 'trustDomain'], () => 'warning'),
    ...values(['global', 'meshNetworks'], () => 'warning'),
    ...['trustDomain', 'trustDomainAliases', 'caCertificates'].flatMap((key) =>
      overriddenMeshConfig(cluster, [key]).map((found) => ({
        key: `meshConfig.${key}`,
        found,
        severity: 'warning' as const,
      })),
    ),
  ];
};

const shown = (value: unknown): string => {
  if (value === null) return 'null';
  if (value === '') return '""';
  const scalar = filled(value);
  if (scalar !== undefined) return scalar;
  const items = list(value);
  if (!Array.isArray(value)) return 'a map';
  return items.length === 0
    ? 'an empty list'
    : items.every((item) => text(item) !== undefined)
      ? items.join(', ')
      : `${items.length} entries`;
};
