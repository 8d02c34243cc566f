// Whether control planes accept each other's trust domains: trust/trust-domains-accepted and ambient/one-trust report it, others yield.
import type { Member, Mesh } from '../facts/mesh.ts';
import { envSightings, meshConfigSightings } from '../facts/sources.ts';
import { speaksFor, within } from '../facts/minors.ts';
import { flag, get, list, texts, valueOf } from '../model/index.ts';
import { ambientMembers, isAmbient } from './ambient/dataPlane.ts';
import { possibleControlPlanes } from './controlPlane/roles.ts';
import { oncePerMesh } from './scope.ts';

/** Control planes of sidecars, or what may be one. */
export const sidecarPlanes = oncePerMesh((mesh): readonly Member[] =>
  possibleControlPlanes(mesh).filter((member) => !isAmbient(member)),
);

/** Whether a cluster and one that carries another trust domain are told to refuse each other. */
export const isDomainRefused = (mesh: Mesh, member: Member, peer: Member, domain: string): boolean => {
  if (valueOf(member.trustDomain) === domain) return false;
  const planes = sidecarPlanes(mesh);
  if (planes.includes(member) && planes.some((plane) => valueOf(plane.trustDomain) === domain))
    return refusalOf(mesh, member, domain) !== undefined;
  // ztunnel accepts its own domain only.
  return (
    [member, peer].every((held) => ambientMembers(mesh).includes(held)) &&
    within(mesh.versionOf(member).minors, '1.25+') !== 'outside'
  );
};

/** Why a control plane does not accept a trust domain. */
export interface Refusal {
  readonly why: 'noAlias' | 'clients' | 'tooOld';
  readonly where: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly suffix: string;
}

/**
 * Up to 1.7 clients accept their own domain only; 1.8 to 1.28 its aliases too; from 1.29 on istiod knows the domain of
 * each cluster, and servers alone decide: by aliases, by caCertificates (1.11+), or not at all with the flag (1.11+).
 */
export const refusalOf = (mesh: Mesh, member: Member, domain: string): Refusal | undefined => {
  const { minors } = mesh.versionOf(member);
  // Aliases that the files do not show may hold it; up to 1.7 they do not help.
  if (member.trustDomainAliases.state === 'unknown' || aliasesOf(member).includes(domain)) {
    const speaks = speaksFor(minors, '<=1.7', 'error');
    return speaks === undefined ? undefined : { why: 'tooOld', where: '', ...speaks };
  }
  const listed = rootDomainsOf(member).includes(domain);
  const flagged = skipsValidation(member);
  if (!listed && flagged === 'no') {
    const speaks = speaksFor(minors, 'all', 'error');
    const isOld = minors.high <= 7;
    return speaks === undefined ? undefined : { why: isOld ? 'tooOld' : 'noAlias', where: '', ...speaks };
  }
  if (!listed && flagged === 'unknown') return undefined;
  const speaks = speaksFor(minors, '<=1.28', 'error');
  const where = listed ? 'in caCertificates' : 'behind PILOT_SKIP_VALIDATE_TRUST_DOMAIN';
  return speaks === undefined ? undefined : { why: 'clients', where, ...speaks };
};

export const aliasesOf = ({ cluster }: Member): readonly string[] =>
  meshConfigSightings(cluster, ['trustDomainAliases']).flatMap(({ value }) => texts(value));

const rootDomainsOf = ({ cluster }: Member): readonly string[] =>
  meshConfigSightings(cluster, ['caCertificates']).flatMap(({ value }) =>
    list(value).flatMap((entry) => texts(get(entry, 'trustDomains'))),
  );

/** Unknown where a template gives the flag. */
const skipsValidation = ({ cluster }: Member): 'yes' | 'no' | 'unknown' => {
  const flags = envSightings(cluster, 'istiod', 'PILOT_SKIP_VALIDATE_TRUST_DOMAIN').map(({ value }) => flag(value));
  if (flags.includes(true)) return 'yes';
  return flags.includes(undefined) ? 'unknown' : 'no';
};
