import { cacertsOf } from '../../src/facts/cacerts.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Related } from '../../src/model/index.ts';
import { valueOf } from '../../src/model/index.ts';
import { problemsOf } from '../../src/rule/caProblems.ts';
import { installOf } from '../../src/rule/controlPlane/install.ts';
import type { Where } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { resourceAt } from '../../src/rule/objects.ts';
import { inWords } from '../../src/rule/scope.ts';
import { bringsCa, selfSigned } from '../../src/rule/selfSigned.ts';
import type { Trusting } from '../../src/rule/trust.ts';
import { describeRoots, oddGroups, relatedRoots, trusting } from '../../src/rule/trust.ts';

const NEW_CACERTS = 'Create the Secret cacerts with an intermediate CA that the shared root has signed.';

export default defineRule({
  id: 'trust/shared-root-ca',
  severity: 'error',
  istio: 'all',
  summary: 'The clusters of a mesh trust one root CA.',
  why: 'A proxy accepts a peer only if its certificate leads to a root that the proxy trusts. With a root CA per cluster every call to another cluster fails in the TLS handshake, while calls inside a cluster go on.',
  fix: 'Sign the intermediate CA of each cluster with one root, and put that root into every cacerts Secret.',
  reads: ['rootCertificates', 'extraRoots', 'caChain', 'controlPlaneRole', 'workloads'],
  messages: {
    differs: '{cluster} trusts {found}, not {expected} as in {peers}: no mutual TLS between them',
    split: '{cluster} trusts {found}, {others}: no mutual TLS between them',
    selfSigned: '{cluster} has no cacerts and signs with a root of its own; {peers}: no mutual TLS between them',
    selfMade: '{cluster} has cacerts {gap} and signs with a root of its own; {peers}: no mutual TLS between them',
  },
  check(mesh, report) {
    const alone = mesh.members.map((member) => selfSigned(mesh, member)).filter((found) => found !== undefined);
    const others = mesh.members.filter((member) => !alone.some((found) => found.member === member));

    for (const { members, reference } of oddGroups(others.map(trusting).filter((found) => found !== undefined))) {
      // On a tie no side is right, unless the CA of one does not lead to the root beside it: that root is the odd one.
      const [first, ...rest] =
        reference === undefined
          ? members.toSorted((a, b) => Number(strays(mesh, b)) - Number(strays(mesh, a)))
          : members;
      if (first === undefined) continue;
      if (reference === undefined) {
        const slots = { cluster: nameOf(first), found: foundIn(first, rest), others: describeOthers(first, rest) };
        report('split', { ...standing(first, [first], rest), also: rest.map(relatedRoots) }, slots);
        continue;
      }
      const slots = { expected: describeRoots(reference[0]?.roots ?? []), peers: inWords(reference.map(nameOf)) };
      for (const odd of members)
        report(
          'differs',
          { ...standing(odd, members, reference), also: reference.map(relatedRoots) },
          { ...slots, cluster: nameOf(odd), found: describeRoots(odd.roots) },
        );
    }

    const holders = others.filter((member) => bringsCa(mesh, member));
    // Nobody keeps a CA in these files: it will be somewhere else, unless the user says that all is here.
    if (holders.length === 0 && (alone.length < 2 || !isComplete(mesh))) return;
    const speaking = holders.length === 0 ? alone.slice(0, 1) : alone;
    const also = holders.length === 0 ? alone.slice(1).map((found) => found.member) : holders;
    const peers = holders.length === 0 ? `so does ${inWords(also.map(({ name }) => name))}` : describeHolders(holders);
    for (const { member, at, resource, gap } of speaking) {
      const where = {
        at,
        cluster: member.name,
        resource,
        also: also.flatMap(relatedCa),
        fix: gap === undefined ? NEW_CACERTS : undefined,
      };
      if (gap === undefined) report('selfSigned', where, { cluster: member.name, peers });
      else report('selfMade', where, { cluster: member.name, gap, peers });
    }
  },
});

/** Whether the signing certificate does not verify to the root that the cluster trusts. */
const strays = (mesh: Mesh, { member }: Trusting): boolean =>
  member.caChain.some((chain) => problemsOf(chain, mesh.settings.now).some(({ kind }) => kind === 'unrooted'));

const standing = (odd: Trusting, group: readonly Trusting[], others: readonly Trusting[]): Where => ({
  at: odd.place,
  cluster: odd.member.name,
  resource: resourceAt(odd.member, odd.place),
  severity: staysPlain(group, [...group, ...others]) ? 'info' : undefined,
});

/** Every injected workload of the group has its mTLS switched off, and all clusters share one network. */
const staysPlain = (group: readonly Trusting[], all: readonly Trusting[]): boolean => {
  const injected = group.flatMap(({ member }) => member.workloads.filter((workload) => workload.injected === 'yes'));
  const networks = new Set(all.map(({ member }) => valueOf(member.network.fact)));
  return (
    injected.length > 0 &&
    injected.every((workload) => workload.labels['security.istio.io/tlsMode'] === 'disabled') &&
    networks.size === 1 &&
    !networks.has(undefined)
  );
};

const isComplete = (mesh: Mesh): boolean =>
  mesh.settings.complete.some((entry) => entry === 'ca' || entry === 'Secret');

/** `east and north trust root …, west has another CA`. */
const describeHolders = (holders: readonly Member[]): string => {
  const groups = new Map<string, string[]>();
  for (const member of holders) {
    const trust = trusting(member);
    const words = trust === undefined ? 'a CA of another kind' : describeRoots(trust.roots);
    groups.set(words, [...(groups.get(words) ?? []), member.name]);
  }
  return [...groups]
    .map(([words, names]) => `${inWords(names)} ${names.length > 1 ? 'have' : 'has'} ${words}`)
    .join(', ');
};

const relatedCa = (member: Member): readonly Related[] => {
  const trust = trusting(member);
  if (trust !== undefined) return [relatedRoots(trust)];
  const statement = cacertsOf(member.cluster)[0];
  const place = statement?.place ?? installOf(member)?.at;
  if (place === undefined) return [];
  return [
    { place, cluster: member.name, message: statement === undefined ? 'no cacerts' : `cacerts by ${statement.origin}` },
  ];
};

const nameOf = (trust: Trusting): string => trust.member.name;

const sharesRoots = (a: Trusting, b: Trusting): boolean => describeRoots(a.roots) === describeRoots(b.roots);

/** `root 3f9a..c1 (CN=Root A) like north`. */
const foundIn = (first: Trusting, rest: readonly Trusting[]): string => {
  const alike = rest.filter((other) => sharesRoots(first, other));
  return `${describeRoots(first.roots)}${alike.length === 0 ? '' : ` like ${inWords(alike.map(nameOf))}`}`;
};

/** `south and west root 77b0..02 (CN=Root B)`. */
const describeOthers = (first: Trusting, rest: readonly Trusting[]): string => {
  const groups = new Map<string, string[]>();
  for (const other of rest.filter((trust) => !sharesRoots(first, trust))) {
    const words = describeRoots(other.roots);
    groups.set(words, [...(groups.get(words) ?? []), nameOf(other)]);
  }
  return [...groups].map(([words, names]) => `${inWords(names)} ${words}`).join(', ');
};
