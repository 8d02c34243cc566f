import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { NETWORK_LABEL } from '../../src/facts/network.ts';
import type { Minors } from '../../src/facts/minors.ts';
import { minorsInWords, rangeInWords, within } from '../../src/facts/minors.ts';
import { servedSince, servedUntil } from '../../src/facts/servedApis.ts';
import type { Place, Related, Resource, Severity } from '../../src/model/index.ts';
import { below, comparePlaces, compareText, describe, get, isRecord, placeIn } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { networksWithoutGateway } from '../../src/rule/networkOffers.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';
import type { VersionedSetting } from '../../src/rule/versionedSettings.ts';
import { VERSIONED_SETTINGS } from '../../src/rule/versionedSettings.ts';

const messages = {
  dead: '{clusters} set{s} {key}, without effect in Istio {version}: it is read {range}{instead}',
  elsewhere: '{cluster} (Istio {version}) sets {key}, which acts only in {peers}: it is read {range}{instead}',
  kind: '{cluster} (Istio {version}) has {objects}: the kind is read up to Istio 1.{until}{effect}',
  tooNew: '{cluster} (Istio {version}) has {objects} in {api}, served from Istio 1.{since} on, as in {peers}',
  labelKey: '{cluster} has the label topology.istio.io/network as a key of Helm values, where no chart reads it',
  misplaced: '{cluster} has {key} in {object}, where it is not read: it belongs into {place}',
} as const;

type Reporter = Report<typeof messages>;

export default defineRule({
  id: 'config/dead-setting',
  severity: 'warning',
  istio: 'all',
  summary: 'What the files of a cluster set is read by the version of Istio in that cluster.',
  why: 'A setting that its version does not know (or knows no more) is passed over in silence: the cluster is not what its files say, and differs from peers in which the setting acts.',
  fix: 'Remove the setting, or say it in the way that this version of Istio reads.',
  reads: ['istioVersion', 'values', 'meshConfig', 'istiod env', 'gateway env', 'Istio kinds'],
  messages,
  check(mesh, report) {
    for (const setting of VERSIONED_SETTINGS) checkSetting(mesh, setting, report);
    for (const member of mesh.members) {
      checkRemovedKinds(mesh, member, report);
      checkNewKinds(mesh, member, report);
    }
    checkLabelKeys(mesh, report);
    for (const member of mesh.members) checkMisplaced(member, report);
  },
});

/** Undefined where no file tells the version. */
const versionOf = (mesh: Mesh, member: Member): Minors | undefined => {
  const { minors, assumed } = mesh.versionOf(member);
  return assumed ? undefined : minors;
};

const isIn = (mesh: Mesh, member: Member, range: string, wanted: 'inside' | 'outside'): boolean => {
  const minors = versionOf(mesh, member);
  return minors !== undefined && within(minors, range) === wanted;
};

// ---- values, mesh config, env ----

const checkSetting = (mesh: Mesh, setting: VersionedSetting, report: Reporter): void => {
  const said = mesh.members.flatMap((member) => {
    const sighting = setting.read(member)[0];
    return sighting === undefined ? [] : [{ member, sighting }];
  });
  const acting = said.filter(({ member }) => isIn(mesh, member, setting.range, 'inside'));
  // Files that several clusters share are right for those in which the setting acts.
  const dead = said.filter(
    ({ member, sighting }) =>
      isIn(mesh, member, setting.range, 'outside') &&
      setting.loss(member) !== 'moot' &&
      !(sighting.shared === true && acting.length > 0),
  );
  const instead = setting.instead === undefined ? '' : `; ${setting.instead} takes its place`;
  const range = readIn(setting.range);
  if (acting.length > 0) {
    for (const { member, sighting } of dead)
      report(
        'elsewhere',
        {
          at: sighting.place,
          cluster: member.name,
          severity: setting.loss(member) === 'nothing' ? 'info' : 'warning',
          also: acting.map((peer) => ({
            place: peer.sighting.place,
            cluster: peer.member.name,
            message: `${setting.key}, read by Istio ${versionInWords(mesh, peer.member)}`,
          })),
        },
        {
          cluster: member.name,
          version: versionInWords(mesh, member),
          key: setting.key,
          peers: inWords(acting.map((peer) => peer.member.name)),
          range,
          instead,
        },
      );
    return;
  }
  const [first, ...others] = dead;
  if (first === undefined) return;
  const isHarmless = dead.every(({ member }) => setting.loss(member) === 'nothing');
  report(
    'dead',
    {
      at: first.sighting.place,
      cluster: first.member.name,
      severity: isHarmless ? 'info' : 'warning',
      also: others
        .filter(({ sighting }) => comparePlaces(sighting.place, first.sighting.place) !== 0)
        .map(({ member, sighting }) => ({
          place: sighting.place,
          cluster: member.name,
          message: setting.key,
        })),
    },
    {
      clusters: inWords(dead.map(({ member }) => member.name)),
      s: dead.length === 1 ? 's' : '',
      key: setting.key,
      version: [...new Set(dead.map(({ member }) => versionInWords(mesh, member)))].join(', '),
      range,
      instead,
    },
  );
};

/** `up to Istio 1.8`, `in Istio 1.6 to 1.8`. */
const readIn = (range: string): string => rangeInWords(range).replace(/^Istio/, 'in Istio');

const versionInWords = (mesh: Mesh, member: Member): string => minorsInWords(mesh.versionOf(member).minors);

// ---- kinds ----

const EFFECTS: Readonly<Record<string, { readonly effect: string; readonly successors: readonly string[] }>> = {
  'authentication.istio.io': {
    effect: ': its mTLS mode counts no more, PeerAuthentication takes its place',
    successors: ['PeerAuthentication', 'RequestAuthentication'],
  },
  'rbac.istio.io': {
    effect: ': it allows and denies nothing, AuthorizationPolicy takes its place',
    successors: ['AuthorizationPolicy'],
  },
  'config.istio.io': { effect: ': Mixer is gone, and with it what it checked', successors: [] },
};

const checkRemovedKinds = (mesh: Mesh, member: Member, report: Reporter): void => {
  const minors = versionOf(mesh, member);
  if (minors === undefined) return;
  for (const group of Object.keys(EFFECTS)) {
    const until = servedUntil(group);
    if (until === undefined || minors.low <= until) continue;
    const own = member.resources.all.filter((resource) => resource.group === group);
    if (own.length === 0) continue;
    const isRead = mesh.members.some((peer) => peer !== member && isIn(mesh, peer, `<=1.${until}`, 'inside'));
    const objects = own
      .filter((resource) => !(resource.shared && isRead))
      .toSorted((a, b) => comparePlaces(a.place, b.place));
    const first = objects[0];
    if (first === undefined) continue;
    const { effect, successors } = EFFECTS[group]!;
    const isReplaced = objects.every((object) => hasSuccessor(mesh, member, object, successors));
    report(
      'kind',
      {
        at: placeIn(first, 'kind'),
        cluster: member.name,
        resource: first,
        severity: isReplaced ? 'info' : 'warning',
        also: objects.slice(1, 4).map((object) => ({
          place: placeIn(object, 'kind'),
          cluster: member.name,
          message: describe(object),
        })),
      },
      {
        cluster: member.name,
        version: minorsInWords(minors),
        objects: someInWords(objects.map(describe), 3),
        until,
        effect,
      },
    );
  }
};

/** A policy of the kind that came after it, in the same namespace (or of the whole mesh). */
const hasSuccessor = (mesh: Mesh, member: Member, object: Resource, kinds: readonly string[]): boolean => {
  const config = mesh.configCluster(member) ?? member;
  return kinds.some((kind) =>
    config.resources
      .ofKind(kind)
      .some((policy) => object.namespace === undefined || policy.namespace === object.namespace),
  );
};

/** Objects that the same later version would serve are one slip: manifests for that version, or an update that was left out. */
const checkNewKinds = (mesh: Mesh, member: Member, report: Reporter): void => {
  const minors = versionOf(mesh, member);
  if (minors === undefined) return;
  const early = new Map<number, Resource[]>();
  for (const resource of member.resources.all) {
    if (!resource.group.endsWith('.istio.io') || resource.shared) continue;
    const since = servedSince(resource.apiVersion, resource.kind);
    if (since === undefined || minors.high >= since) continue;
    early.set(since, [...(early.get(since) ?? []), resource]);
  }
  for (const [since, found] of early) {
    const peers = mesh.members.filter((peer) => isIn(mesh, peer, `1.${since}+`, 'inside'));
    const objects = found.toSorted((a, b) => comparePlaces(a.place, b.place));
    const [first] = objects;
    if (peers.length === 0 || first === undefined) continue;
    const twins = peers.flatMap((peer): readonly Related[] => {
      const twin = peer.resources.find(first.kind, first.namespace, first.name, first.group)[0];
      return twin === undefined
        ? []
        : [{ place: twin.place, cluster: peer.name, message: `Istio ${versionInWords(mesh, peer)}` }];
    });
    const others = objects.slice(1, 4).map((object) => ({
      place: placeIn(object, 'apiVersion'),
      cluster: member.name,
      message: describe(object),
    }));
    report(
      'tooNew',
      {
        at: placeIn(first, 'apiVersion'),
        cluster: member.name,
        resource: first,
        also: [...others, ...twins],
        fix: 'Write the objects in an API version that this Istio serves, or update it.',
      },
      {
        cluster: member.name,
        version: minorsInWords(minors),
        objects: someInWords(objects.map(describe), 3),
        api: inWords([...new Set(objects.map(({ apiVersion }) => apiVersion))].toSorted(compareText)),
        since,
        peers: inWords(peers.map((peer) => peer.name)),
      },
    );
  }
};

// ---- keys that no version reads ----

const LABEL_FIX = `Put the label on the Namespace of Istio, and set global.network (chart gateway: networkGateway) in the values.`;

const checkLabelKeys = (mesh: Mesh, report: Reporter): void => {
  const told = new Set<string>();
  const keys = networksWithoutGateway(mesh).flatMap(({ chartKey }) => chartKey ?? []);
  for (const member of mesh.members)
    for (const source of member.cluster.values)
      for (const path of [[], ['global'], ['pilot'], ['topology', 'istio']]) {
        const key = path[0] === 'topology' ? 'io/network' : NETWORK_LABEL;
        if (get(source.values, ...path, key) === undefined) continue;
        const at = below(source.place, ...path, key);
        const id = `${at.file.path} ${at.document} ${JSON.stringify(at.path)}`;
        // network/gateway-for-network says what breaks by it.
        if (told.has(id) || keys.some((place) => comparePlaces(place, at) === 0)) continue;
        told.add(id);
        report(
          'labelKey',
          { at, cluster: member.name, resource: source.object, fix: LABEL_FIX },
          { cluster: member.name },
        );
      }
};

/** Keys of Helm values that people write beside `values`. */
const VALUES_KEYS = ['global', 'pilot', 'istiodRemote', 'gateways', 'meshConfig'];

const checkMisplaced = (member: Member, report: Reporter): void => {
  for (const kind of ['Istio', 'IstioRevision', 'IstioOperator'])
    for (const object of member.resources.ofKind(kind)) {
      if (!/(^|\.)(istio\.io|sailoperator\.io)$/.test(object.group)) continue;
      for (const key of VALUES_KEYS) {
        // An IstioOperator has a mesh config beside its values.
        if (kind === 'IstioOperator' && key === 'meshConfig') continue;
        if (!isRecord(get(object.value, 'spec', key))) continue;
        const isSaidTwice = repeats(get(object.value, 'spec', key), get(object.value, 'spec', 'values', key));
        const severity: Severity = isSaidTwice ? 'info' : 'warning';
        const at: Place = placeIn(object, 'spec', key);
        report(
          'misplaced',
          { at, cluster: member.name, resource: object, severity, fix: `Move spec.${key} to spec.values.${key}.` },
          { cluster: member.name, key: `spec.${key}`, object: describe(object), place: `spec.values.${key}` },
        );
      }
    }
};

/** Whether the values say all that stands in the wrong place. */
const repeats = (misplaced: unknown, values: unknown): boolean =>
  isRecord(misplaced)
    ? isRecord(values) && Object.entries(misplaced).every(([key, value]) => repeats(value, get(values, key)))
    : JSON.stringify(misplaced) === JSON.stringify(values);
