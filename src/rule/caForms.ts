// The two forms of cacerts, and how a gap in them is told.
import type { CaStatement } from '../facts/cacerts.ts';
import { cacertsOf, mergedStatement } from '../facts/cacerts.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { rootsIn, sameRoots } from '../facts/rootSets.ts';
import { FORMS, caNamespace } from '../facts/roots.ts';
import type { Minors } from '../facts/minors.ts';
import { within } from '../facts/minors.ts';
import type { Related } from '../model/index.ts';
import { sameNamespace } from '../model/index.ts';
import { inWords } from './scope.ts';
import { describeRoots } from './trust.ts';

/** Statements of cacerts in the namespace of istiod. */
export const mountedCacerts = (member: Member): readonly CaStatement[] =>
  cacertsOf(member.cluster).filter((statement) => sameNamespace(statement.namespace, caNamespace(member)));

/** The files of a form that `keys` lacks. */
export const missingOf = (keys: ReadonlySet<string>, form: 'pem' | 'tls'): readonly string[] =>
  [...new Set<string>(Object.values(FORMS[form]))].filter((key) => !keys.has(key));

/** `ca-cert.pem, ca-key.pem and root-cert.pem`: the files that istiod knows by name, or some of the others. */
export const foundInWords = (keys: ReadonlySet<string>): string => {
  const known: ReadonlySet<string> = new Set([...Object.values(FORMS.tls), ...Object.values(FORMS.pem)]);
  const found = [...keys].filter((key) => known.has(key)).toSorted();
  return inWords(found.length > 0 ? found : [...keys].toSorted().slice(0, 3));
};

/** What a gap does: 1.26+ stops at any; before, a missing key alone made istiod go its own way without a word. */
export const effectInWords = (minors: Minors, lacksKey: boolean): string => {
  if (minors.high <= 4) return 'citadel does not start';
  if (!lacksKey || within(minors, '>=1.26') === 'inside') return 'istiod does not start';
  if (minors.high <= 25) return 'istiod signs with a root of its own, without a word';
  return 'istiod 1.26+ does not start, older ones sign with a root of their own';
};

/** The roots of a Secret with both forms, in words, where they differ. */
export const rootsOfBoth = (secret: CaStatement): { readonly tls: string; readonly pem: string } | undefined => {
  if (secret.keys?.has(FORMS.tls.root) !== true || !secret.keys.has(FORMS.pem.root)) return undefined;
  const [tls, pem] = [secret.read(FORMS.tls.root), secret.read(FORMS.pem.root)];
  if ('unknown' in tls || 'unknown' in pem) return undefined;
  const [one, other] = [rootsIn(tls.text), rootsIn(pem.text)];
  if (one === undefined || other === undefined || sameRoots(one, other)) return undefined;
  return { tls: describeRoots(one), pem: describeRoots(other) };
};

/** Other clusters whose cacerts has no gap, with their form. */
export const wholePeers = (
  mesh: Mesh,
  member: Member,
): { readonly words: string; readonly also: readonly Related[] } => {
  const peers = mesh.members.flatMap((peer) => {
    const secret = peer === member ? undefined : mergedStatement(mountedCacerts(peer));
    const form = secret === undefined ? undefined : wholeForm(secret);
    return secret === undefined || form === undefined ? [] : [{ peer, secret, form }];
  });
  const first = peers[0];
  if (first === undefined) return { words: '', also: [] };
  const alike = peers.filter((other) => other.form === first.form).map(({ peer }) => peer.name);
  return {
    words: `; ${inWords(alike)} ${alike.length > 1 ? 'have' : 'has'} ${WORDS[first.form]}`,
    also: peers.map(({ peer, secret, form }) => ({ place: secret.place, cluster: peer.name, message: WORDS[form] })),
  };
};

const WORDS = { pem: 'the four-file form', tls: 'the form with tls.crt' } as const;

const wholeForm = ({ keys }: CaStatement): 'pem' | 'tls' | undefined =>
  (['tls', 'pem'] as const).find((form) => keys !== undefined && missingOf(keys, form).length === 0);
