import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { isSymbol, sameRoots } from '../../src/facts/rootSets.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Resource } from '../../src/model/index.ts';
import { placeIn, valueOf } from '../../src/model/index.ts';
import type { IssuerReference, Provider } from '../../src/rule/caProviders.ts';
import { isAlike, issuersOf, providerOf } from '../../src/rule/caProviders.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'trust/ca-provider-agrees',
  severity: 'warning',
  istio: '1.5+',
  summary: 'The clusters of a mesh ask one CA for their certificates.',
  why: 'A cluster whose istiod signs and one that asks cert-manager, Vault or another CA have one root only if somebody saw to it; nothing in these files shows that.',
  fix: 'Let all clusters ask the same CA, or show their roots: rootCA of each cluster in mesh-lint.yaml.',
  reads: ['values.global.caAddress', 'EXTERNAL_CA', 'Certificate', 'Issuer', 'rootCertificates'],
  messages: {
    differs: '{cluster} {found}, {peers} {expected}: nothing shows that they have one root{suffix}',
    dangling: '{cluster}: {holder} names {kind} {name}, which is not there{near}{suffix}',
  },
  check(mesh, report) {
    const providers = mesh.members
      .filter((member) => speaksFor(mesh.versionOf(member).minors, '1.5+', 'warning') !== undefined)
      // An issuer that is not there is told by itself.
      .filter((member) => !issuersOf(member).some((reference) => isDangling(mesh, member, reference)))
      .map((member) => providerOf(mesh, member))
      .filter((found) => found !== undefined);
    for (const { odd, others } of oddProviders(providers)) {
      if (others.every((other) => hasEqualRoots(odd.member, other.member))) continue;
      const speaks = speaksFor(mesh.versionOf(odd.member).minors, '1.5+', 'warning');
      if (speaks === undefined) continue;
      report(
        'differs',
        {
          at: odd.place,
          cluster: odd.member.name,
          resource: odd.resource,
          severity: speaks.severity,
          also: others.map(({ member, place, words }) => ({ place, cluster: member.name, message: words })),
        },
        {
          cluster: odd.member.name,
          found: odd.words,
          peers: inWords(others.map(({ member }) => member.name)),
          expected:
            others.length > 1
              ? others[0]!.words
                  .replace(/^signs/, 'sign')
                  .replace(/^asks/, 'ask')
                  .replace('itself', 'themselves')
              : others[0]!.words,
          suffix: speaks.suffix,
        },
      );
    }
    for (const member of mesh.members) {
      const speaks = speaksFor(mesh.versionOf(member).minors, '1.5+', 'warning');
      if (speaks === undefined) continue;
      for (const reference of issuersOf(member)) {
        if (!isDangling(mesh, member, reference)) continue;
        const peers = mesh.members.flatMap((peer) =>
          peer === member ? [] : namesakes(peer, reference).map((issuer) => ({ peer, issuer })),
        );
        const near = nearOf(member, reference);
        report(
          'dangling',
          {
            at: reference.place,
            cluster: member.name,
            resource: reference.resource,
            severity: speaks.severity,
            also: [
              ...near.map((issuer) => ({
                place: placeIn(issuer, 'metadata', 'name'),
                cluster: member.name,
                message: `${issuer.kind} ${issuer.name}`,
              })),
              ...peers.map(({ peer, issuer }) => ({
                place: placeIn(issuer, 'metadata', 'name'),
                cluster: peer.name,
                message: `${issuer.kind} ${issuer.name}`,
              })),
            ],
            fix: `Create the ${reference.kind}, or name one that the cluster has.`,
          },
          {
            cluster: member.name,
            holder: reference.resource === undefined ? 'istio-csr' : `Certificate ${reference.resource.name}`,
            kind: reference.kind,
            name: reference.name,
            near: nearInWords(
              near,
              peers.map(({ peer }) => peer.name),
            ),
            suffix: speaks.suffix,
          },
        );
      }
    }
  },
});

interface OddProvider {
  readonly odd: Provider;
  readonly others: readonly Provider[];
}

/** Providers that differ from the largest group; on a tie the first by name, against the next group. */
const oddProviders = (providers: readonly Provider[]): readonly OddProvider[] => {
  const groups: Provider[][] = [];
  for (const provider of providers) {
    const near = groups.find((group) => group.every((other) => isAlike(other, provider)));
    if (near === undefined) groups.push([provider]);
    else near.push(provider);
  }
  const [first, second] = groups.toSorted((a, b) => b.length - a.length);
  if (first === undefined || second === undefined) return [];
  if (first.length > second.length)
    return groups.filter((group) => group !== first).flatMap((group) => group.map((odd) => ({ odd, others: first })));
  return [{ odd: first[0]!, others: second }];
};

const hasEqualRoots = (a: Member, b: Member): boolean => {
  const [one, other] = [valueOf(a.roots.fact), valueOf(b.roots.fact)];
  return one !== undefined && other !== undefined && !one.some(isSymbol) && sameRoots(one, other);
};

const KINDS = ['Issuer', 'ClusterIssuer'];

const namesakes = ({ resources }: Member, { kind, name }: IssuerReference): readonly Resource[] =>
  resources.find(kind, undefined, name).slice(0, 1);

/** Issuers are kept in the files of this cluster, or this one in those of another. */
const isDangling = (mesh: Mesh, member: Member, reference: IssuerReference): boolean => {
  const { resources, cluster } = member;
  if (!KINDS.includes(reference.kind) || hidesKind(cluster, [reference.kind])) return false;
  if (resources.find(reference.kind, reference.namespace, reference.name).length > 0) return false;
  return (
    KINDS.some((kind) => resources.ofKind(kind).length > 0) ||
    mesh.members.some((peer) => namesakes(peer, reference).length > 0)
  );
};

/** The same name in another kind or namespace. */
const nearOf = ({ resources }: Member, { name }: IssuerReference): readonly Resource[] =>
  KINDS.flatMap((kind) => resources.find(kind, undefined, name)).slice(0, 1);

const nearInWords = (near: readonly Resource[], peers: readonly string[]): string => {
  const [first] = near;
  if (first !== undefined)
    return `; there is a ${first.kind} of that name${first.namespace === undefined || first.kind === 'ClusterIssuer' ? '' : ` in ${first.namespace}`}`;
  return peers.length === 0 ? '' : `; ${inWords(peers)} ${peers.length === 1 ? 'has' : 'have'} it`;
};
