// Profiles of installations whose names are a slip of one that Istio has.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { ISTIO_CHARTS, operatorSightings, valueSightings } from '../../facts/sources.ts';
import type { Place } from '../../model/index.ts';
import { filled, get, placeIn, placeKey } from '../../model/index.ts';
import { isOneSlipAway } from '../slips.ts';

/** Profiles of istioctl, Istio's charts and the Sail operator, 1.4 to 1.30. */
const PROFILES = [
  'ambient',
  'default',
  'demo',
  'empty',
  'external',
  'minimal',
  'openshift',
  'openshift-ambient',
  'preview',
  'remote',
  'sds',
  'separate',
  'stable',
] as const;

export interface MistypedProfile {
  readonly member: Member;
  readonly written: string;
  readonly meant: string;
  readonly at: Place;
}

/** Each place once. Other names may be profiles of one's own, or paths of such. */
export const mistypedProfiles = (mesh: Mesh): readonly MistypedProfile[] => {
  const found = new Map<string, MistypedProfile>();
  for (const member of mesh.members)
    for (const { value, place } of profilesOf(member)) {
      const written = filled(value);
      const meant = written === undefined ? undefined : meantBy(written);
      if (written === undefined || meant === undefined || found.has(placeKey(place))) continue;
      found.set(placeKey(place), { member, written, meant, at: place });
    }
  return [...found.values()];
};

const meantBy = (written: string): string | undefined => {
  if (PROFILES.some((profile) => profile === written)) return undefined;
  const name = written.toLowerCase();
  return (
    PROFILES.find((profile) => profile === name) ??
    PROFILES.find((profile) => profile.length > 3 && isOneSlipAway(name, profile))
  );
};

const profilesOf = ({ cluster, resources }: Member): readonly { readonly value: unknown; readonly place: Place }[] => [
  ...operatorSightings(cluster, ['profile']),
  ...valueSightings(cluster, ISTIO_CHARTS, ['profile']),
  ...['Istio', 'IstioRevision', 'IstioCNI', 'ZTunnel']
    .flatMap((kind) => resources.ofKind(kind))
    .filter(({ group }) => group === 'sailoperator.io' || group === 'operator.istio.io')
    .map((object) => ({
      value: get(object.value, 'spec', 'profile'),
      place: placeIn(object, 'spec', 'profile'),
    })),
];
