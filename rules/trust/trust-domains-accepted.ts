import type { Member } from '../../src/facts/mesh.ts';
import { meshConfigSightings } from '../../src/facts/sources.ts';
import { lowered } from '../../src/facts/minors.ts';
import type { Place, Resource } from '../../src/model/index.ts';
import { valueOf } from '../../src/model/index.ts';
import { installOf } from '../../src/rule/controlPlane/install.ts';
import { defineRule } from '../../src/rule/define.ts';
import { resourceAt } from '../../src/rule/objects.ts';
import { inWords } from '../../src/rule/scope.ts';
import { aliasesOf, refusalOf, sidecarPlanes } from '../../src/rule/trustDomains.ts';

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
    const planes = sidecarPlanes(mesh);
    for (const member of planes) {
      const own = valueOf(member.trustDomain);
      if (own === undefined) continue;
      const domains = new Set(
        planes
          .map(({ trustDomain }) => valueOf(trustDomain))
          .filter((domain) => domain !== undefined && domain !== own),
      );
      for (const domain of [...domains].toSorted()) {
        const peers = planes.filter((peer) => peer !== member && valueOf(peer.trustDomain) === domain);
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

/** The list of aliases that lacks one; else the trust domain; else what installs the control plane. */
const placeOf = (member: Member): { at: Place; resource: Resource | undefined } | undefined => {
  const [aliases] = meshConfigSightings(member.cluster, ['trustDomainAliases']);
  if (aliases !== undefined) return { at: aliases.place, resource: resourceAt(member, aliases.place) };
  return trustDomainPlace(member);
};

/** Where the trust domain is said, or what installs the control plane where it is not. */
const trustDomainPlace = (member: Member): { at: Place; resource: Resource | undefined } | undefined => {
  const { trustDomain } = member;
  const said = trustDomain.state === 'known' || trustDomain.state === 'conflict' ? trustDomain.sightings[0] : undefined;
  return said === undefined ? installOf(member) : { at: said.place, resource: resourceAt(member, said.place) };
};
