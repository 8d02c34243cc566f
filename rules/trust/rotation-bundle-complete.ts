import { certificatesIn, validityOf } from '../../src/facts/certificates.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Root } from '../../src/facts/roots.ts';
import { envSightings } from '../../src/facts/sources.ts';
import { flag } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { resourceAt } from '../../src/rule/objects.ts';
import { inWords } from '../../src/rule/scope.ts';
import type { Trusting } from '../../src/rule/trust.ts';
import {
  accepts,
  describeRoots,
  distinctRoots,
  groupByTrust,
  isSameAuthority,
  relatedRoots,
  trusting,
} from '../../src/rule/trust.ts';

const ID = 'trust/rotation-bundle-complete';
const ADD = 'Add the root to root-cert.pem of that cluster';

export default defineRule({
  id: ID,
  severity: 'warning',
  istio: 'all',
  summary: 'During a rotation every cluster trusts every root that another one trusts.',
  why: 'As soon as one cluster signs below the new root, clusters that still lack it refuse its certificates; the same happens to those that dropped the old root too early.',
  fix: `${ADD}, then restart istiod and its workloads; set the option rotation while the bundles differ on purpose.`,
  reads: ['rootCertificates', 'extraRoots', 'caChain'],
  options: {
    rotation: {
      schema: { type: 'boolean' },
      description:
        'A rotation is under way: bundles may differ as long as every root that signs is trusted everywhere.',
    },
  },
  messages: {
    lacks: '{cluster} still lacks {missing}, which {peers} already {trust} ({bundle})',
    signs: '{cluster} lacks {missing}, below which {peers} {sign}: it refuses their certificates',
  },
  check(mesh, report) {
    const isRotating = mesh.settings.options[ID]?.['rotation'] === true;
    const known = mesh.members.map(trusting).filter((found) => found !== undefined);
    for (const group of groupByTrust(known))
      for (const one of group) {
        if (one.open) continue;
        const others = group.filter((other) => other !== one);
        const refused = others.filter((other) => !accepts(one, other));
        const holders = refused.length > 0 ? refused : others.filter((other) => lackedOf(mesh, one, other).length > 0);
        if (holders.length === 0 || (refused.length === 0 && isRotating)) continue;
        const missing = distinctRoots(holders.flatMap((other) => lackedOf(mesh, one, other)));
        const anchors = distinctRoots(refused.flatMap((other) => other.anchors));
        const where = {
          at: one.place,
          cluster: one.member.name,
          resource: resourceAt(one.member, one.place),
          also: holders.map(relatedRoots),
          fix: takesOver(mesh, one.member)
            ? `${ADD}: istiod takes over a bundle that holds the former one.`
            : undefined,
        };
        const peers = inWords(holders.map(({ member }) => member.name));
        const isOne = holders.length === 1;
        if (refused.length > 0)
          report(
            'signs',
            { ...where, severity: 'error' },
            { cluster: one.member.name, missing: describeRoots(anchors), peers, sign: isOne ? 'signs' : 'sign' },
          );
        else
          report('lacks', where, {
            cluster: one.member.name,
            missing: describeRoots(missing),
            peers,
            trust: isOne ? 'trusts' : 'trust',
            bundle: bundleInWords(holders),
          });
      }
  },
});

/** Roots of another cluster that this one does not trust. What has run out signs nothing any more. */
const lackedOf = (mesh: Mesh, one: Trusting, other: Trusting): readonly Root[] =>
  other.roots.filter(
    (root) => !one.accepted.some((held) => isSameAuthority(held, root)) && !hasRunOut(root, mesh.settings.now),
  );

const hasRunOut = ({ pem }: Root, now: Date): boolean => {
  const [certificate] = certificatesIn(pem ?? '').certificates;
  return certificate !== undefined && validityOf(certificate).to < now.getTime();
};

const bundleInWords = (holders: readonly Trusting[]): string => {
  const sizes = [...new Set(holders.map(({ roots }) => roots.length))].toSorted((a, b) => a - b);
  return sizes.length === 1 && sizes[0] === 1 ? 'alone' : `bundle of ${inWords(sizes.map(String))}`;
};

/** 1.20+ with ISTIO_MULTIROOT_MESH reloads a bundle that holds the former one; all others read it at their start. */
const takesOver = (mesh: Mesh, member: Member): boolean =>
  mesh.versionOf(member).minors.low >= 20 &&
  envSightings(member.cluster, 'istiod', 'ISTIO_MULTIROOT_MESH').some((sighting) => flag(sighting.value) === true);
