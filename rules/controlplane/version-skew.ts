import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Minors } from '../../src/facts/minors.ts';
import type { VersionSighting } from '../../src/facts/version.ts';
import { minorsInWords } from '../../src/facts/minors.ts';
import type { Place, Related, Severity } from '../../src/model/index.ts';
import { compareText } from '../../src/model/index.ts';
import { controlPlanes } from '../../src/rule/controlPlane/roles.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'controlplane/version-skew',
  severity: 'warning',
  istio: 'all',
  summary: 'The control planes of a mesh, and the proxies of each, are of versions that work together.',
  why: 'Control planes that are more than one minor version apart, or on both sides of 1.5/1.6 or 1.7/1.8, read remote clusters, policies and networks in different ways.',
  fix: 'Bring the clusters to one minor version, at most one apart while an upgrade is under way.',
  reads: ['istioVersion', 'controlPlaneRole'],
  messages: {
    planes: 'control plane of {cluster} is Istio {found}, of {peers} {expected}{effect}',
    remote: '{cluster} is installed from Istio {found}, its control plane in {peers} is {expected}{effect}',
    gateways:
      'gateways of {cluster} are installed by the chart of Istio {found}, the control plane of {peers} is {expected}{effect}',
    proxies: 'proxies of {cluster} are Istio {found}, the control plane of {peers} is {expected}{effect}',
  },
  check(mesh, report) {
    const planes = planeSkews(mesh);
    for (const { message, member, found, at, others, expected } of [...planes, ...followers(mesh)]) {
      // The control plane that is not of the others' version is what its gateways differ from.
      if (message === 'gateways' && planes.some((skew) => skew.member === member)) continue;
      const judged = judge(found, expected);
      // Where the files of a cluster disagree about its version (config/facts-agree), one of them may be what runs.
      if (judged === undefined || (!isOfGateways(message) && others.some((other) => mayBeEqual(member, other))))
        continue;
      report(
        message,
        {
          at,
          cluster: member.name,
          severity: judged.severity,
          also: others.flatMap(relatedVersion),
          fix: message === 'gateways' ? 'Install gateways and control plane from charts of one version.' : undefined,
        },
        {
          cluster: member.name,
          found: minorsInWords(found),
          peers: inWords(others.map((other) => other.name)),
          expected: minorsInWords(expected),
          effect: judged.effect,
        },
      );
    }
  },
});

interface Skew {
  readonly message: 'planes' | 'remote' | 'proxies' | 'gateways';
  readonly member: Member;
  readonly found: Minors;
  readonly at: Place;
  readonly others: readonly Member[];
  readonly expected: Minors;
}

const isOfGateways = (message: Skew['message']): boolean => message === 'proxies' || message === 'gateways';

/** Minors between which what istiod reads of other clusters changed. */
const BREAKS = [5, 7] as const;

/** Canary revisions are a span: what counts is the distance to the nearest. */
const gap = (a: Minors, b: Minors): number => Math.max(0, a.low - b.high, b.low - a.high);

const judge = (a: Minors, b: Minors): { readonly severity: Severity; readonly effect: string } | undefined => {
  const distance = gap(a, b);
  if (distance === 0) return undefined;
  const [low, high] = [Math.min(a.high, b.high), Math.max(a.low, b.low)];
  const crossed = BREAKS.find((last) => low <= last && high > last);
  if (crossed !== undefined)
    return { severity: 'warning', effect: `: 1.${crossed} and 1.${crossed + 1} do not work as one mesh` };
  return distance > 1
    ? { severity: 'warning', effect: `: ${distance} minor versions apart` }
    : { severity: 'info', effect: '' };
};

const mayBeEqual = (a: Member, b: Member): boolean => {
  const [one, other] = [spanOf(a), spanOf(b)];
  return one !== undefined && other !== undefined && gap(one, other) === 0;
};

/** What sources of a control plane's version say, from the lowest to the highest; gateways may be of another. */
const spanOf = ({ istioVersion: { fact, places } }: Member): Minors | undefined => {
  if (fact.state !== 'known' || places.some(({ kind }) => kind === 'config'))
    return fact.state === 'known' ? fact.value : undefined;
  const said = places.filter(({ kind }) => ['image', 'tag', 'sail', 'chart'].includes(kind));
  const all = [fact.value, ...said.map(({ value }) => value)];
  return { low: Math.min(...all.map(({ low }) => low)), high: Math.max(...all.map(({ high }) => high)) };
};

interface Plane {
  readonly member: Member;
  readonly minors: Minors;
  readonly at: Place;
}

const planeOf = (member: Member): Plane | undefined => {
  const { fact } = member.istioVersion;
  const at = fact.state === 'known' ? fact.sightings[0]?.place : undefined;
  return fact.state === 'known' && at !== undefined ? { member, minors: fact.value, at } : undefined;
};

/** Control planes that deviate from the version that most have. */
const planeSkews = (mesh: Mesh): readonly Skew[] => {
  const planes = controlPlanes(mesh).flatMap((member) => planeOf(member) ?? []);
  const groups = new Map<string, Plane[]>();
  for (const plane of planes) {
    const key = minorsInWords(plane.minors);
    groups.set(key, [...(groups.get(key) ?? []), plane]);
  }
  const bySize = [...groups.values()].toSorted(
    (a, b) => b.length - a.length || compareText(a[0]!.member.name, b[0]!.member.name),
  );
  const [first, second] = bySize;
  if (first === undefined || second === undefined) return [];
  const skew = (plane: Plane, reference: readonly Plane[]): Skew => ({
    message: 'planes',
    member: plane.member,
    found: plane.minors,
    at: plane.at,
    others: reference.map(({ member }) => member),
    expected: reference[0]!.minors,
  });
  if (first.length > second.length)
    return bySize
      .slice(1)
      .flat()
      .toSorted((a, b) => compareText(a.member.name, b.member.name))
      .map((plane) => skew(plane, first));
  // No side is right: the first cluster by name, against those farthest from it.
  const one = planes[0]!;
  const farthest = bySize
    .filter((group) => !group.includes(one))
    .toSorted((a, b) => gap(b[0]!.minors, one.minors) - gap(a[0]!.minors, one.minors))[0];
  return farthest === undefined ? [] : [skew(one, farthest)];
};

/** Remote clusters and proxies against the control plane that serves them. */
const followers = (mesh: Mesh): readonly Skew[] =>
  mesh.members.flatMap((member): readonly Skew[] => {
    const primaries = mesh.primariesOf(member);
    const plane = primaries.length === 1 ? planeOf(primaries[0]!) : undefined;
    if (plane === undefined) return [];
    if (plane.member !== member) {
      const own = planeOf(member);
      return own === undefined
        ? []
        : [
            {
              message: 'remote',
              member,
              found: own.minors,
              at: own.at,
              others: [plane.member],
              expected: plane.minors,
            },
          ];
    }
    return (['proxies', 'gateways'] as const).flatMap((message) => {
      const odd = sightingsOn(member, message)
        // Charts of gateways leave the image to the injector: one minor apart they work together.
        .filter((sighting) => gap(sighting.value, plane.minors) > (message === 'gateways' ? 1 : 0))
        .toSorted((a, b) => gap(b.value, plane.minors) - gap(a.value, plane.minors))[0];
      return odd === undefined
        ? []
        : [{ message, member, found: odd.value, at: odd.place, others: [member], expected: plane.minors }];
    });
  });

/** Images of proxies, and charts that make gateways: their proxies get the image of the injector. */
const sightingsOn = (member: Member, message: 'proxies' | 'gateways'): readonly VersionSighting[] => {
  const kind = message === 'proxies' ? 'proxy' : 'gateway-chart';
  return member.istioVersion.places.filter((sighting) => sighting.kind === kind && sighting.shared !== true);
};

const relatedVersion = (member: Member): readonly Related[] => {
  const plane = planeOf(member);
  return plane === undefined
    ? []
    : [{ place: plane.at, cluster: member.name, message: `Istio ${minorsInWords(plane.minors)}` }];
};
