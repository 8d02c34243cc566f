import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { placeOf, valueOf } from '../../src/model/index.ts';
import { ambientMembers } from '../../src/rule/ambient/dataPlane.ts';
import { defineRule } from '../../src/rule/define.ts';
import { deviations } from '../../src/rule/peers.ts';
import { inWords } from '../../src/rule/scope.ts';
import type { Trusting } from '../../src/rule/trust.ts';
import { accepts, describeRoots, intersect, relatedRoots, trusting } from '../../src/rule/trust.ts';

export default defineRule({
  id: 'ambient/one-trust',
  severity: 'error',
  istio: '1.25+',
  summary:
    'Ambient clusters of one mesh have one trust domain and a common root, without the help of aliases or further roots.',
  why: 'ztunnel expects its own trust domain of every peer and trusts the roots of its own cluster: trustDomainAliases and caCertificates, which help sidecars, mean nothing to it.',
  fix: 'Give all ambient clusters the same meshConfig.trustDomain, and sign their CAs with one root.',
  reads: ['trustDomain', 'rootCertificates', 'workloads'],
  models: ['ambient-networks'],
  messages: {
    domain:
      'ztunnel of {cluster} carries and expects trust domain {domain}, ambient peers in {others} carry {peer}: no calls between them{suffix}',
    roots:
      '{cluster} trusts {roots}, {other} {peer}: caCertificates, which let sidecars trust both, do not reach ztunnel{suffix}',
  },
  check(mesh, report) {
    const members = ambientMembers(mesh);
    const domains = members.flatMap((member) => domainOf(mesh, member));
    for (const { odd, peers } of deviations(domains, ({ domain }) => domain)) {
      const speaks = speaksFor(mesh.versionOf(odd.member).minors, '1.25+', 'error');
      if (speaks === undefined) continue;
      report(
        'domain',
        {
          at: odd.place,
          cluster: odd.member.name,
          severity: speaks.severity,
          also: peers.map(({ member, place, domain }): Related => ({
            place,
            cluster: member.name,
            message: `trust domain ${domain}`,
          })),
        },
        {
          cluster: odd.member.name,
          domain: odd.domain,
          others: inWords(peers.map(({ member }) => member.name)),
          peer: peers[0]!.domain,
          suffix: speaks.suffix,
        },
      );
    }
    const known = members.flatMap((member) => trusting(member) ?? []);
    known.forEach((one, index) => {
      const other = known.slice(0, index).find((earlier) => needsMoreRoots(earlier, one));
      const speaks = speaksFor(mesh.versionOf(one.member).minors, '1.25+', 'error');
      if (other === undefined || speaks === undefined) return;
      report(
        'roots',
        { at: one.place, cluster: one.member.name, severity: speaks.severity, also: [relatedRoots(other)] },
        {
          cluster: one.member.name,
          roots: describeRoots(one.roots),
          other: other.member.name,
          peer: describeRoots(other.roots),
          suffix: speaks.suffix,
        },
      );
    });
  },
});

interface Domain {
  readonly member: Member;
  readonly domain: string;
  readonly place: Place;
}

/** A remote takes the trust domain of its primary. */
const domainOf = (mesh: Mesh, member: Member): readonly Domain[] => {
  for (const source of [member, ...mesh.primariesOf(member)]) {
    const domain = valueOf(source.trustDomain);
    if (domain === undefined) continue;
    const place = placeOf(source.trustDomain) ?? member.controlPlaneRole.sightings[0]?.place;
    return place === undefined ? [] : [{ member, domain, place }];
  }
  return [];
};

/** Disjoint roots that sidecars bridge; where nobody bridges them, no proxy of either kind trusts the other. */
const needsMoreRoots = (one: Trusting, other: Trusting): boolean =>
  !intersect(one.roots, other.roots) && accepts(one, other) && accepts(other, one);
