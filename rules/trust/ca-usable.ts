import { certificatesIn, limitsOf } from '../../src/facts/certificates.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { CaChain } from '../../src/facts/roots.ts';
import { FORMS } from '../../src/facts/roots.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Severity } from '../../src/model/index.ts';
import { comparePlaces, compareText } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { CaProblem, CaProblemKind } from '../../src/rule/caProblems.ts';
import { problemsOf } from '../../src/rule/caProblems.ts';
import { inWords } from '../../src/rule/scope.ts';

const SEVERITIES: Readonly<Record<CaProblemKind, Severity>> = {
  notCa: 'error',
  noCertSign: 'error',
  purpose: 'error',
  expired: 'error',
  early: 'error',
  expiring: 'warning',
  pathLength: 'error',
  unrooted: 'error',
  otherKey: 'error',
  chainStart: 'info',
  chainLacks: 'warning',
  revocations: 'error',
};

/** Where it takes less than a new certificate. */
const FIXES: Readonly<Partial<Record<CaProblemKind, string>>> = {
  unrooted: 'Append the intermediates up to the root, or use a certificate that this root issued.',
  otherKey: 'Store the private key that was made together with the signing certificate.',
  chainStart: 'Put the signing certificate first, then the intermediates up to the root.',
  chainLacks: 'Put the signing certificate first, then the intermediates up to the root.',
  expired: 'Renew it; where it is the root, all clusters have to trust the new one before any signs below it.',
  expiring: 'Renew it before that date; a new root has to be trusted by all clusters first.',
  early: 'Keep the former certificate until that date.',
  pathLength: 'Issue it without pathLen, or with one large enough for the CAs below it.',
  revocations: 'Store the list as PEM (X509 CRL), one block for each CA of the chain, or remove the file.',
};

export default defineRule({
  id: 'trust/ca-usable',
  severity: 'error',
  istio: 'all',
  summary: 'The signing certificate of each cluster can sign, is in date and leads to its root.',
  why: 'istiod does not start with a signing certificate that is no CA, does not match its key or does not lead to the root; certificates below one that has run out are refused by every proxy.',
  fix: 'Issue a CA certificate (CA:TRUE, keyCertSign) for the cluster from the root, and put it, its key and all intermediates into cacerts.',
  reads: ['caChain', 'istioVersion'],
  messages: {
    notCa: '{cluster}: {file} ({subject}) is no CA certificate{peers}',
    noCertSign: '{cluster}: {file} ({subject}) may not sign certificates: its key usage lacks keyCertSign',
    purpose:
      '{cluster}: {file} ({subject}) has a list of extended key usages without serverAuth, so nothing below it is accepted',
    expired: '{cluster}: {file} ({subject}) expired on {date}',
    early: '{cluster}: {file} ({subject}) is not valid before {date}',
    expiring: '{cluster}: {file} ({subject}) expires on {date}, in {days} days',
    pathLength: '{cluster}: {file} ({subject}) allows {allowed} CA certificates below it, and the chain has {found}',
    unrooted: '{cluster}: {signing} ({subject}) does not lead to a root of {root}: {missing}',
    otherKey: '{cluster}: {file} is not the key of {signing} ({subject})',
    chainStart: '{cluster}: cert-chain.pem does not begin with {signing} ({subject}), the certificate that signs',
    chainLacks:
      '{cluster}: cert-chain.pem lacks {signing} ({subject}): workloads do not send it, and peers that hold only the root refuse them',
    revocations: '{cluster}: {file} holds no X509 CRL that istiod can read{suffix}',
  },
  check(mesh, report) {
    for (const group of causes(mesh)) {
      const [main, ...others] = group as readonly [Sighted, ...Sighted[]];
      const { problem, member, held } = main;
      const severity = severityOf(mesh, main);
      if (severity === undefined) continue;
      const names = FORMS[held.form];
      const where = {
        at: placeOf(main),
        cluster: member.name,
        resource: held.resource,
        severity: severity.severity,
        fix: FIXES[problem.kind],
        also: others.map((other) => ({
          place: placeOf(other),
          cluster: other.member.name,
          message: `the same certificate ${problem.certificate.subject}`,
        })),
      };
      report(problem.kind, where, {
        cluster: member.name,
        file: problem.file,
        subject: problem.certificate.subject,
        signing: names.signing,
        root: names.root,
        missing: problem.missing ?? '',
        date: dateOf(problem.date),
        days: Math.max(0, Math.floor(((problem.date ?? 0) - mesh.settings.now.getTime()) / 86_400_000)),
        allowed: problem.lengths?.allowed ?? 0,
        found: problem.lengths?.found ?? 0,
        peers: problem.kind === 'notCa' ? betterPeers(mesh, member) : '',
        suffix: severity.suffix,
      });
    }
  },
});

interface Sighted {
  readonly problem: CaProblem;
  readonly member: Member;
  readonly held: CaChain;
}

/** One certificate is one cause, however many files hold it; the Secret that istiod mounts goes first. */
const causes = (mesh: Mesh): readonly (readonly Sighted[])[] => {
  const groups = new Map<string, Sighted[]>();
  for (const member of mesh.members)
    for (const held of member.caChain)
      for (const problem of problemsOf(held, mesh.settings.now)) {
        const cause = `${problem.kind} ${problem.certificate.fingerprint}`;
        groups.set(cause, [...(groups.get(cause) ?? []), { problem, member, held }]);
      }
  return [...groups.values()].map((group) => withoutTwins(group.toSorted(bySource)));
};

const bySource = (a: Sighted, b: Sighted): number =>
  Number(a.held.loose) - Number(b.held.loose) ||
  compareText(a.member.name, b.member.name) ||
  comparePlaces(placeOf(a), placeOf(b));

/** A shared file is seen once from every cluster. */
const withoutTwins = (group: readonly Sighted[]): readonly Sighted[] =>
  group.filter((one, index) => group.findIndex((other) => comparePlaces(placeOf(one), placeOf(other)) === 0) === index);

/** Loose PEM files may be left over from the making of the Secret. */
const severityOf = (
  mesh: Mesh,
  { problem, member, held }: Sighted,
): { severity: Severity; suffix: string } | undefined => {
  const severity = SEVERITIES[problem.kind];
  const known = held.loose && severity === 'error' ? 'warning' : severity;
  return problem.kind === 'revocations'
    ? speaksFor(mesh.versionOf(member).minors, '>=1.27', known)
    : { severity: known, suffix: '' };
};

const placeOf = ({ problem, held }: Sighted): Place => held.places[problem.file] ?? held.place;

/** ISO date, the same in every time zone. */
const dateOf = (date: number | undefined): string =>
  date === undefined || Number.isNaN(date) ? '' : new Date(date).toISOString().slice(0, 10);

const hasAuthority = (held: CaChain): boolean => {
  const [signing] = certificatesIn(held.signing ?? '').certificates;
  return signing !== undefined && limitsOf(signing).isAuthority;
};

const betterPeers = (mesh: Mesh, member: Member): string => {
  const names = mesh.members
    .filter((peer) => peer !== member && peer.caChain.some(hasAuthority))
    .map((peer) => peer.name);
  return names.length === 0
    ? ''
    : `; ${names.length === 1 ? 'that' : 'those'} of ${inWords(names)} ${names.length === 1 ? 'is' : 'are'}`;
};
