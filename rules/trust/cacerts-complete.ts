import type { CaStatement } from '../../src/facts/cacerts.ts';
import { cacertsOf, hidesCacerts, mergedStatement } from '../../src/facts/cacerts.ts';
import { isCertificate } from '../../src/facts/issuers.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { FORMS, caNamespace } from '../../src/facts/roots.ts';
import { externalSigner } from '../../src/facts/signers.ts';
import { CONTROL_PLANE, controlPlaneWorkloads } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import { flag, get, placeIn, sightingsOf } from '../../src/model/index.ts';
import { runsControlPlane } from '../../src/rule/controlPlane/roles.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import {
  effectInWords,
  foundInWords,
  missingOf,
  mountedCacerts,
  rootsOfBoth,
  wholePeers,
} from '../../src/rule/caForms.ts';

const messages = {
  gap: '{cluster}: cacerts has {found} but no {missing}{peers}: {effect}{suffix}',
  twoForms: '{cluster}: cacerts holds {tls} in ca.crt and {pem} in root-cert.pem: istiod reads ca.crt only{suffix}',
  tooEarly:
    '{cluster}: cacerts has tls.crt alone, which Istio reads from 1.14 on: istiod signs with a root of its own{suffix}',
  elsewhere: '{cluster}: cacerts is in namespace {namespace}, istiod looks for it in {expected}',
  notCa: '{cluster}: Certificate {name} makes cacerts without isCA: true, so it cannot sign',
} as const;

export default defineRule({
  id: 'trust/cacerts-complete',
  severity: 'error',
  istio: 'all',
  summary: 'cacerts holds all files of one form, in the namespace of istiod.',
  why: 'istiod reads either tls.crt, tls.key and ca.crt or the four *.pem files. With a gap it stops, or signs with a root of its own that no other cluster knows.',
  fix: 'Put the missing file into cacerts.',
  reads: ['Secret cacerts', 'Certificate', 'istioNs', 'istioVersion'],
  messages,
  check(mesh, report) {
    for (const member of mesh.members) {
      // Somebody else signs: istiod has no use for cacerts.
      if (member.roots.origin === 'signer') continue;
      const mounted = mountedCacerts(member);
      if (mounted.length === 0) checkNamespace(mesh, member, report);
      checkCertificates(member, mounted, report);
      const secret = mergedStatement(mounted);
      if (secret?.keys !== undefined) checkFiles(mesh, member, secret, secret.keys, report);
    }
  },
});

const checkCertificates = (member: Member, mounted: readonly CaStatement[], report: Report<typeof messages>): void => {
  for (const { resource } of mounted) {
    if (resource === undefined || !isCertificate(resource)) continue;
    const isCa = get(resource.value, 'spec', 'isCA');
    if (isCa !== undefined && flag(isCa) !== false) continue;
    report(
      'notCa',
      {
        at: placeIn(resource, 'spec', 'isCA'),
        cluster: member.name,
        resource,
        fix: 'Set isCA: true in the Certificate.',
      },
      { cluster: member.name, name: resource.name },
    );
  }
};

const checkNamespace = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  const stray = isExpected(mesh, member)
    ? cacertsOf(member.cluster).find((found) => isStray(member, found))
    : undefined;
  if (stray?.resource === undefined || stray.namespace === undefined) return;
  const said = sightingsOf(member.istioNamespace).slice(0, 1);
  report(
    'elsewhere',
    {
      at: placeIn(stray.resource, 'metadata', 'namespace'),
      cluster: member.name,
      resource: stray.resource,
      also: said.map(({ place, value }) => ({ place, cluster: member.name, message: `namespace ${value}` })),
      fix: 'Move cacerts into the namespace of istiod.',
    },
    { cluster: member.name, namespace: stray.namespace, expected: caNamespace(member) },
  );
};

const checkFiles = (
  mesh: Mesh,
  member: Member,
  secret: CaStatement,
  keys: ReadonlySet<string>,
  report: Report<typeof messages>,
): void => {
  const { minors } = mesh.versionOf(member);
  const { name: cluster } = member;
  const where = { cluster, resource: secret.resource };
  const tls = keys.has('tls.crt') ? speaksFor(minors, '>=1.14', 'error') : undefined;
  const early = keys.has('tls.crt') ? speaksFor(minors, '<=1.13', 'error') : undefined;
  const two = speaksFor(minors, '>=1.14', 'warning');
  const differing = tls === undefined ? undefined : rootsOfBoth(secret);
  if (differing !== undefined && two !== undefined)
    report(
      'twoForms',
      {
        ...where,
        at: secret.placeOf('root-cert.pem'),
        severity: two.severity,
        also: [{ place: secret.placeOf('ca.crt'), cluster, message: differing.tls }],
        fix: 'Keep one form: remove root-cert.pem and its companions, or tls.crt.',
      },
      { cluster, ...differing, suffix: two.suffix },
    );

  const isAlone = keys.has('tls.crt') && !Object.values(FORMS.pem).some((key) => keys.has(key));
  if (isAlone && early !== undefined)
    report(
      'tooEarly',
      {
        ...where,
        at: secret.placeOf('tls.crt'),
        severity: early.severity,
        fix: 'Store the four *.pem files, or run Istio 1.14 or newer.',
      },
      { cluster, suffix: early.suffix },
    );

  const form = tls === undefined ? 'pem' : 'tls';
  const missing = missingOf(keys, form);
  if (missing.length === 0 || (form === 'pem' && isAlone)) return;
  const peers = wholePeers(mesh, member);
  report(
    'gap',
    { ...where, at: secret.place, severity: tls?.severity, also: peers.also, fix: fixOf(keys) },
    {
      cluster,
      found: foundInWords(keys),
      missing: missing.length > 1 ? `${missing.slice(0, -1).join(', ')} or ${missing.at(-1)}` : (missing[0] ?? ''),
      peers: peers.words,
      effect: effectInWords(minors, missing.includes(FORMS[form].key)),
      suffix: tls?.suffix ?? '',
    },
  );
};

/** With tls.crt the *.pem files do not count: without it they might be whole. */
const fixOf = (keys: ReadonlySet<string>): string | undefined =>
  keys.has('tls.crt') && missingOf(keys, 'pem').length === 0
    ? 'Put the missing file into cacerts, or remove tls.crt so that the four *.pem files count.'
    : undefined;

/** istiod runs here, signs itself, and nothing that could hold its cacerts was left unread. */
const isExpected = (mesh: Mesh, member: Member): boolean => {
  const signs = runsControlPlane(mesh, member) && externalSigner(member.cluster) === undefined;
  return signs && !hidesCacerts(member.cluster);
};

/** In a namespace where no control plane is, and not the source from which a tool copies it. */
const isStray = (member: Member, { namespace, resource }: CaStatement): boolean => {
  if (namespace === undefined || resource === undefined) return false;
  const services = member.resources.ofKind('Service', '').filter(({ name }) => /^istiod(-|$)/.test(name));
  const planes = [
    ...sightingsOf(member.istioNamespace).map((sighting) => sighting.value),
    ...controlPlaneWorkloads(member.cluster, true).map((workload) => workload.namespace),
    ...services.map((service) => service.namespace),
    ...member.cluster.values.filter(({ chart }) => CONTROL_PLANE.includes(chart)).map((values) => values.namespace),
  ];
  const isSource = Object.keys(resource.annotations).some((key) => /reflect|replicat|kubed|sync/.test(key));
  return !planes.includes(namespace) && !isSource;
};
