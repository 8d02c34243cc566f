import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { injectorSightings, CONTROL_PLANE, valueSightings, concrete } from '../../src/facts/sources.ts';
import { minorsInWords, speaksFor } from '../../src/facts/minors.ts';
import type { Place, Severity, Sighting } from '../../src/model/index.ts';
import { filled, get, sightingsOf, valueOf } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'config/facts-agree',
  severity: 'error',
  istio: 'all',
  summary: 'All files of one installation of Istio say the same of the cluster.',
  why: 'Two parts of one control plane that are told different things work against each other, and a rendered manifest that differs from its source changes with the next install.',
  fix: 'Bring both places to one value, or render the manifest again from its source.',
  reads: ['trustDomain', 'meshID', 'clusterDomain', 'istioNamespace', 'version', 'caAddress', 'meshNetworks'],
  messages: {
    differs: '{cluster} has the {fact} {value} by {source}, but {found} by {other}',
    networks: '{cluster} has other meshNetworks by {source} than by {other}',
    remote:
      '{cluster} is a remote of {primary} and sets trust domain {found}; before Istio 1.29 its proxies are told {value}, as in {primary}{suffix}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const revisionAt = revisionsOf(member);
      for (const { fact, sightings, gravest } of statements(member)) {
        const pair = disagreement(sightings, revisionAt);
        if (pair === undefined) continue;
        const [strong, odd] = pair;
        report(
          'differs',
          {
            at: odd.place,
            cluster: member.name,
            severity: isSourceOf(odd, strong) ? 'warning' : gravest,
            also: [{ place: strong.place, cluster: member.name, message: `${fact} ${strong.value}` }],
          },
          {
            cluster: member.name,
            source: strong.source,
            fact,
            value: strong.value,
            other: odd.source,
            found: odd.value,
          },
        );
      }
      const networks = differingNetworks(member, revisionAt);
      if (networks !== undefined)
        report(
          'networks',
          {
            at: networks.odd.place,
            cluster: member.name,
            severity: isSourceOf(networks.odd, networks.strong) ? 'warning' : 'error',
            also: [{ place: networks.strong.place, cluster: member.name, message: networks.strong.source }],
          },
          { cluster: member.name, source: networks.strong.source, other: networks.odd.source },
        );
      remoteDomain(mesh, member, (where, slots) => report('remote', where, slots));
    }
  },
});

interface Statement {
  readonly fact: string;
  readonly sightings: readonly Sighting<string>[];
  /** Severity where both places are used at run time. */
  readonly gravest: Severity;
}

const statements = (member: Member): readonly Statement[] => [
  { fact: 'trust domain', sightings: sightingsOf(member.trustDomain), gravest: 'error' },
  // It only names the mesh in telemetry.
  { fact: 'mesh id', sightings: sightingsOf(member.meshId), gravest: 'warning' },
  { fact: 'cluster domain', sightings: sightingsOf(member.clusterDomain), gravest: 'error' },
  { fact: 'istio namespace', sightings: namespaces(member), gravest: 'error' },
  { fact: 'version', sightings: versions(member), gravest: 'error' },
  {
    fact: 'CA address',
    sightings: concrete([
      ...injectorSightings(member.cluster, ['global', 'caAddress']),
      ...valueSightings(member.cluster, CONTROL_PLANE, ['global', 'caAddress']),
    ]),
    gravest: 'error',
  },
];

/** Gateways, proxies and charts may differ on their way through an upgrade; these name what the control plane is. */
const versions = (member: Member): readonly Sighting<string>[] =>
  member.istioVersion.places
    .filter((sighting) => ['image', 'tag', 'sail'].includes(sighting.kind))
    .map((sighting) => ({ ...sighting, value: minorsInWords(sighting.value) }));

/**
 * A cluster may hold several control planes, so namespaces are compared within one document, and with where
 * istiod runs only if it runs in none of the namespaces that are named.
 */
const namespaces = (member: Member): readonly Sighting<string>[] => {
  const all = sightingsOf(member.istioNamespace);
  const isRunning = (sighting: Sighting<string>): boolean => sighting.source.startsWith('namespace of');
  const running = all.filter(isRunning);
  const meant = all.filter((sighting) => !isRunning(sighting));
  const torn = meant.find((sighting) =>
    meant.some((other) => sameDocument(sighting, other) && sighting.value !== other.value),
  );
  if (torn !== undefined) return meant.filter((sighting) => sameDocument(sighting, torn));
  const found = new Set(running.map((sighting) => sighting.value));
  return meant.some((sighting) => found.has(sighting.value)) || running.length === 0
    ? []
    : [running[0]!, ...meant.slice(0, 1)];
};

const sameDocument = (a: Sighting<unknown>, b: Sighting<unknown>): boolean =>
  a.place.file === b.place.file && a.place.document === b.place.document;

/** The strongest statement and the first of the same installation that contradicts it. */
const disagreement = (
  sightings: readonly Sighting<string>[],
  revisionAt: (place: Place) => string,
): readonly [Sighting<string>, Sighting<string>] | undefined => {
  const strongest = new Map<string, Sighting<string>>();
  for (const sighting of sightings) {
    if (sighting.shared === true || sighting.source === 'mesh-lint.yaml') continue;
    const revision = revisionAt(sighting.place);
    const first = strongest.get(revision);
    if (first === undefined) strongest.set(revision, sighting);
    else if (first.value !== sighting.value) return [first, sighting];
  }
  return undefined;
};

/** Helm values and operators are what manifests are rendered from. */
const isSourceOf = (source: Sighting<unknown>, render: Sighting<unknown>): boolean =>
  isRendered(render) !== isRendered(source);

const isRendered = ({ source }: Sighting<unknown>): boolean =>
  /^(ConfigMap|injector|injection|image of|env .* of (Deployment|DaemonSet|Pod)|argument|namespace of)/.test(source);

/** The revision of the control plane to which a document belongs; '' is the default one. */
const revisionsOf = (member: Member): ((place: Place) => string) => {
  const { cluster } = member;
  const known = new Map<string, string>();
  const keyOf = (place: Place): string => `${place.file.path}#${place.document}`;
  for (const source of cluster.values) {
    const revision = filled(get(source.object?.value, 'spec', 'revision')) ?? filled(source.values['revision']);
    if (revision !== undefined) known.set(keyOf(source.place), revision);
  }
  for (const source of [...cluster.meshConfigs, ...cluster.meshNetworks])
    if (source.revision !== '') known.set(keyOf(source.place), source.revision);
  for (const injector of cluster.injectors)
    if (injector.revision !== '') known.set(keyOf(injector.object.place), injector.revision);
  for (const deployment of cluster.resources.ofKind('Deployment')) {
    const revision = deployment.labels['istio.io/rev'];
    if (revision !== undefined && revision !== 'default') known.set(keyOf(deployment.place), revision);
  }
  return (place) => known.get(keyOf(place)) ?? '';
};

const differingNetworks = (
  member: Member,
  revisionAt: (place: Place) => string,
): { readonly strong: Sighting<unknown>; readonly odd: Sighting<unknown> } | undefined => {
  const [strong, ...rest] = sightingsOf(member.meshNetworks).filter((sighting) => sighting.shared !== true);
  if (strong === undefined) return undefined;
  const odd = rest.find(
    (sighting) => revisionAt(sighting.place) === revisionAt(strong.place) && !same(strong.value, sighting.value),
  );
  return odd === undefined ? undefined : { strong, odd };
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a, withoutPlaces) === JSON.stringify(b, withoutPlaces);

const withoutPlaces = (key: string, value: unknown): unknown => (key === 'place' ? undefined : value);

const REMOTE_FIX = "Take the trust domain out of the remote's mesh config, or set the same one in its primary.";

/** Up to 1.28 the primary's trust domain holds for all proxies that it serves. */
const remoteDomain = (
  mesh: Mesh,
  member: Member,
  report: (
    where: {
      at: Place;
      cluster: string;
      severity: Severity;
      fix: string;
      also: { place: Place; cluster: string; message: string }[];
    },
    slots: { cluster: string; primary: string; found: string; value: string; suffix: string },
  ) => void,
): void => {
  const role = mesh.roleOf(member);
  const own = sightingsOf(member.trustDomain)[0];
  const found = valueOf(member.trustDomain);
  const primaries = mesh.primariesOf(member);
  const primary = primaries[0];
  if (
    (role !== 'remote' && role !== 'config') ||
    own === undefined ||
    found === undefined ||
    primary === undefined ||
    primaries.length > 1
  )
    return;
  const value = valueOf(primary.trustDomain);
  const speaks = speaksFor(mesh.versionOf(primary).minors, '<=1.28', 'error');
  if (value === undefined || value === found || speaks === undefined) return;
  const place = sightingsOf(primary.trustDomain)[0]?.place ?? primary.controlPlaneRole.sightings[0]?.place;
  report(
    {
      at: own.place,
      cluster: member.name,
      severity: speaks.severity,
      fix: REMOTE_FIX,
      also: place === undefined ? [] : [{ place, cluster: primary.name, message: `trust domain ${value}` }],
    },
    { cluster: member.name, primary: primary.name, found, value, suffix: speaks.suffix },
  );
};
