// Who trusts whom: the question behind the rules about roots.
import { X509Certificate } from 'node:crypto';
import { certificatesIn, chainTo, shortFingerprint } from '../facts/certificates.ts';
import type { Member } from '../facts/mesh.ts';
import type { CaChain, Root } from '../facts/roots.ts';
import { isSymbol } from '../facts/rootSets.ts';
import type { Place, Related } from '../model/index.ts';
import { compareText, sightingsOf, valueOf } from '../model/index.ts';
import { inWords } from './scope.ts';

/** A cluster whose roots are certificates that were read. */
export interface Trusting {
  readonly member: Member;
  /** What its proxies trust. */
  readonly roots: readonly Root[];
  /** Where that is said. */
  readonly place: Place;
  /** The roots that its own certificates lead to; all of `roots` where its chain is not known. */
  readonly anchors: readonly Root[];
  /** `roots` and the extra roots that count, or may count. */
  readonly accepted: readonly Root[];
  /** Trusts more than the files show. */
  readonly open: boolean;
}

/** What a cluster trusts; undefined where that is not known, or is the symbol of a CA. */
export const trusting = (member: Member): Trusting | undefined => {
  const { fact, extra, origin } = member.roots;
  const [roots, sighting] = [valueOf(fact), sightingsOf(fact)[0]];
  if (roots === undefined || sighting === undefined || roots.length === 0 || roots.some(isSymbol)) return undefined;
  // Loose files that lie beside all clusters need not be what this one was given.
  if (origin === 'files' && sighting.shared === true) return undefined;
  const added = extra.state === 'absent' ? [] : sightingsOf(extra).flatMap((sighting) => sighting.value);
  return {
    member,
    roots,
    place: sighting.place,
    anchors: anchorsOf(member, roots),
    accepted: [...roots, ...added],
    open: extra.state === 'unknown' && added.length === 0,
  };
};

/** Whether proxies of one accept certificates of the other. */
export const accepts = (one: Trusting, other: Trusting): boolean =>
  one.open || other.anchors.some((anchor) => one.accepted.some((root) => isSameAuthority(anchor, root)));

/** Clusters that trust each other, against the largest such group; without a reference where no group is the largest. */
export interface OddGroup {
  readonly members: readonly Trusting[];
  readonly reference: readonly Trusting[] | undefined;
}

/** The groups that deviate, each by the names of its clusters. */
export const oddGroups = (known: readonly Trusting[]): readonly OddGroup[] => {
  const groups = groupByTrust(known).toSorted((a, b) => b.length - a.length);
  const [first, second] = groups;
  if (first === undefined || second === undefined) return [];
  if (first.length > second.length) return groups.slice(1).map((members) => ({ members, reference: first }));
  return [{ members: groups.flat().toSorted(byName), reference: undefined }];
};

/** Sets that intersect are a rotation under way, which is no matter of trust between any two roots. */
export const groupByTrust = (known: readonly Trusting[]): readonly (readonly Trusting[])[] => {
  let groups: readonly (readonly Trusting[])[] = [];
  for (const one of known) {
    const near = groups.filter((group) => group.some((other) => agree(one, other)));
    groups = [...groups.filter((group) => !near.includes(group)), [...near.flat(), one].toSorted(byName)];
  }
  return groups;
};

const agree = (a: Trusting, b: Trusting): boolean => intersect(a.roots, b.roots) || (accepts(a, b) && accepts(b, a));

const byName = (a: Trusting, b: Trusting): number => compareText(a.member.name, b.member.name);

/** The roots of a cluster as a related place. */
export const relatedRoots = ({ member, place, roots }: Trusting): Related => ({
  place,
  cluster: member.name,
  message: describeRoots(roots),
});

/** Equal certificates, or a root that was renewed with its old name and key: signatures verify against either. */
export const isSameAuthority = (a: Root, b: Root): boolean => {
  if (a.id === b.id) return true;
  if (a.pem === undefined || b.pem === undefined || a.subject !== b.subject) return false;
  const [one, other] = [new X509Certificate(a.pem), new X509Certificate(b.pem)];
  return one.subject === other.subject && one.publicKey.equals(other.publicKey);
};

/** Whether two sets share an authority. */
export const intersect = (a: readonly Root[], b: readonly Root[]): boolean =>
  a.some((root) => b.some((other) => isSameAuthority(root, other)));

/** Each root once. */
export const distinctRoots = (roots: readonly Root[]): readonly Root[] => [
  ...new Map(roots.map((root) => [root.id, root])).values(),
];

/** `root 3f9a..c1 (CN=Root A)`; several are joined with `and`. */
export const describeRoots = (roots: readonly Root[]): string => {
  const words = roots.map((root) =>
    root.pem === undefined ? root.id : `${shortFingerprint(root.id)} (${root.subject ?? ''})`,
  );
  const shown = words.length > 3 ? [...words.slice(0, 2), `${words.length - 2} more`] : words;
  return `${roots.length === 1 ? 'root' : 'roots'} ${inWords(shown)}`;
};

const anchorsOf = (member: Member, roots: readonly Root[]): readonly Root[] => {
  const chain = member.caChain.find((held) => !held.loose);
  const anchor = chain === undefined ? undefined : anchorOf(chain);
  const found = roots.filter((root) => root.id === anchor);
  return found.length > 0 ? found : roots;
};

/** Fingerprint of the root to which a signing certificate leads. */
const anchorOf = (chain: CaChain): string | undefined => {
  const [signing, ...rest] = certificatesIn(chain.signing ?? '').certificates;
  const roots = certificatesIn(chain.root ?? '').certificates;
  if (signing === undefined || roots.length === 0) return undefined;
  const between = certificatesIn(chain.chain ?? '').certificates;
  const found = chainTo(signing, [...rest, ...between], roots);
  return found.state === 'verified' ? found.path.at(-1)?.fingerprint : undefined;
};
