import { covers, formatRange, parseCidr } from '../../src/facts/cidr.ts';
import type { CidrFact, CidrSighting, SightedRange } from '../../src/facts/cidrs.ts';
import { rangesOf } from '../../src/facts/cidrs.ts';
import { isTemplate } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'network/cidr-sources-agree',
  severity: 'warning',
  istio: 'all',
  summary: 'The files of one cluster agree on its pod and service ranges.',
  why: 'What the CNI hands out outside of the declared range is not masqueraded or routed as planned, and the check for overlaps between clusters looks at the wrong range.',
  fix: 'Bring the pool of the CNI, kube-proxy and the cluster definition to one range.',
  reads: ['podCidrs', 'serviceCidrs'],
  messages: {
    outside: '{cluster}: {source} {value} lies outside {declared}',
    differs: '{cluster}: {source} is {value}, {declared}',
    invalid: '{cluster}: {source} is {value}, which is no range of addresses',
    'host-bits': '{cluster}: {source} {value} has host bits set; the range is {range}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const cluster = member.name;
      for (const sighting of [...member.podCidrs.sightings, ...member.serviceCidrs.sightings]) {
        const range = parseCidr(sighting.value);
        const where = { at: sighting.place, cluster, severity: 'info' as const };
        if (range?.hostBits === true)
          report('host-bits', where, {
            cluster,
            source: sighting.source,
            value: sighting.value,
            range: formatRange(range),
          });
        if (range === undefined && !isTemplate(sighting.value) && !/^\/\d+$/.test(sighting.value))
          report('invalid', where, { cluster, source: sighting.source, value: sighting.value });
      }
      for (const { what, odd, declared } of disagreements(member.podCidrs, member.serviceCidrs)) {
        const also = declared.map(({ sighting }) => ({
          place: sighting.place,
          cluster,
          message: `${sighting.source} ${sighting.value}`,
        }));
        const said = declared
          .map(({ sighting }) => `${sighting.source}${what === 'differs' ? ' is' : ''} ${sighting.value}`)
          .join(', ');
        report(
          what,
          { at: odd.place, cluster, also },
          { cluster, source: odd.source, value: odd.value, declared: said },
        );
      }
    }
  },
});

interface Disagreement {
  readonly what: 'outside' | 'differs';
  readonly odd: CidrSighting;
  readonly declared: readonly SightedRange[];
}

/** Defaults and files that several clusters share take no part: the cluster's own files are over them. */
const written = (fact: CidrFact, ...tiers: CidrSighting['tier'][]): readonly SightedRange[] =>
  rangesOf(fact.sightings).filter(
    ({ sighting }) => tiers.includes(sighting.tier) && !sighting.isDefault && !sighting.shared,
  );

const disagreements = (pods: CidrFact, services: CidrFact): readonly Disagreement[] => {
  const declared = written(pods, 'config', 'declared');
  const plan = declared.length > 0 ? declared : written(pods, 'kube-proxy');
  return [
    ...outside(written(pods, 'pool'), plan),
    ...unequal(written(pods, 'kube-proxy'), declared),
    ...outsideNodes(pods, plan),
    ...serviceRanges(services),
  ];
};

/** Ranges of a family for which something is declared, that no declared range covers. */
const outside = (ranges: readonly SightedRange[], plan: readonly SightedRange[]): readonly Disagreement[] =>
  ranges.flatMap(({ sighting, range }) => {
    const family = plan.filter((held) => held.range.family === range.family);
    const free =
      family.length === 0 ||
      covers(
        family.map((held) => held.range),
        range,
      );
    return free ? [] : [{ what: 'outside' as const, odd: sighting, declared: family }];
  });

const unequal = (ranges: readonly SightedRange[], plan: readonly SightedRange[]): readonly Disagreement[] =>
  ranges.flatMap(({ sighting, range }) => {
    const family = plan.filter((held) => held.range.family === range.family);
    const equal =
      family.length === 0 || family.some((held) => held.range.start === range.start && held.range.end === range.end);
    return equal ? [] : [{ what: 'differs' as const, odd: sighting, declared: family }];
  });

/** One finding is enough for all Nodes. Where pools hand out addresses, the ranges of Nodes are not used. */
const outsideNodes = (pods: CidrFact, plan: readonly SightedRange[]): readonly Disagreement[] =>
  written(pods, 'pool').length > 0 ? [] : outside(written(pods, 'node'), plan).slice(0, 1);

const serviceRanges = (services: CidrFact): readonly Disagreement[] => {
  const ranges = written(services, 'config', 'declared');
  const first = ranges[0];
  if (first === undefined) return [];
  const reference = ranges.filter(({ sighting }) => sighting.source === first.sighting.source);
  return unequal(
    ranges.filter(({ sighting }) => sighting.source !== first.sighting.source),
    reference,
  );
};
