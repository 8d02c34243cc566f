import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { envSightings, meshConfigSightings } from '../../src/facts/sources.ts';
import { lowered, speaksFor } from '../../src/facts/version.ts';
import type { Place } from '../../src/model/index.ts';
import { flag, get, list, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isAmbient, planesOf, trustDomainOf, trustDomainPlace } from '../../src/rule/planes.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'trust/trust-domains-accepted',
  severity: 'error',
  istio: 'all',
  summary: 'Every control plane accepts the trust domains of all others.',
  why: 'A proxy takes the certificate of a peer only if its identity begins with a trust domain that it knows. Endpoints of a cluster with another trust domain are there, and never answer.',
  fix: 'Add the other trust domain to meshConfig.trustDomainAliases, here and there, or give all clusters one trust domain.',
  reads: ['trustDomain', 'trustDomainAliases', 'extraRoots', 'PILOT_SKIP_VALIDATE_TRUST_DOMAIN', 'istioVersion'],
  models: [
    'multi-primary-one-network',
    'multi-primary-networks',
    'replicated-control-planes',
    'external-control-plane',
    'hybrid-cloud',
    'locality-three-clusters',
  ],
  messages: {
    noAlias:
      '{cluster} ({own}) has no alias {domain}, the trust domain of {peers}{back}: proxies of {cluster} refuse those of {peers}{suffix}',
    clients:
      '{cluster} ({own}) has {domain} of {peers} only {where}, which its clients do not look at: its calls to {peers} fail{suffix}',
    tooOld:
      '{cluster} ({own}) and {peers} ({domain}) differ: up to Istio 1.7 clients accept their own trust domain only{suffix}',
  },
  check(mesh, report) {
    const planes = planesOf(mesh).filter((member) => !isAmbient(member));
    for (const member of planes) {
      const own = trustDomainOf(member);
      if (own === undefined) continue;
      const domains = new Set(planes.map(trustDomainOf).filter((domain) => domain !== undefined && domain !== own));
      for (const domain of [...domains].toSorted()) {
        const peers = planes.filter((peer) => peer !== member && trustDomainOf(peer) === domain);
        const refusal = refusalOf(mesh, member, domain!);
        if (refusal === undefined) continue;
        const byDefault =
          [member, ...peers].filter(isByDefault).length > 0 &&
          !peers.some((peer) => !isByDefault(peer) && !isByDefault(member));
        const where = placeOf(member);
        if (where === undefined) continue;
        const back = peers.filter((peer) => aliasesOf(peer).includes(own)).map(({ name }) => name);
        const slots = {
          cluster: member.name,
          own: isByDefault(member) ? `${own}, the default` : own,
          domain: domain!,
          peers: inWords(peers.map(({ name }) => name)),
          suffix: refusal.suffix,
        };
        const at = {
          ...where,
          cluster: member.name,
          severity: byDefault ? lowered(refusal.severity) : refusal.severity,
          also: peers.flatMap((peer) => {
            const said = trustDomainPlace(peer);
            return said === undefined
              ? []
              : [
                  {
                    place: said.at,
                    cluster: peer.name,
                    message: `trust domain ${domain}${isByDefault(peer) ? ', the default' : ''}`,
                  },
                ];
          }),
        };
        if (refusal.why === 'tooOld') report('tooOld', at, slots);
        else if (refusal.why === 'clients') report('clients', at, { ...slots, where: refusal.where });
        else
          report('noAlias', at, {
            ...slots,
            back: back.length === 0 ? '' : `; ${inWords(back)} ${back.length === 1 ? 'has' : 'have'} alias ${own}`,
          });
      }
    }
  },
});

const isByDefault = ({ trustDomain }: Member): boolean =>
  trustDomain.state === 'known' && trustDomain.isDefault === true;

interface Refusal {
  readonly why: 'noAlias' | 'clients' | 'tooOld';
  readonly where: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly suffix: string;
}

/**
 * Up to 1.7 clients accept their own domain only; 1.8 to 1.28 its aliases too; from 1.29 on istiod knows the domain of
 * each cluster, and servers alone decide: by aliases, by caCertificates (1.11+), or not at all with the flag (1.11+).
 */
const refusalOf = (mesh: Mesh, member: Member, domain: string): Refusal | undefined => {
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

const aliasesOf = ({ cluster }: Member): readonly string[] =>
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

/** The list of aliases that lacks one; else the trust domain; else what installs the control plane. */
const placeOf = (member: Member): { at: Place; resource: ReturnType<typeof resourceAt> } | undefined => {
  const [aliases] = meshConfigSightings(member.cluster, ['trustDomainAliases']);
  if (aliases !== undefined) return { at: aliases.place, resource: resourceAt(member, aliases.place) };
  return trustDomainPlace(member);
};

const resourceAt = (member: Member, { file, document }: Place): Member['resources']['all'][number] | undefined =>
  member.resources.all.find(({ place }) => place.file === file && place.document === document);
