import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { envSightings } from '../../src/facts/sources.ts';
import { lowered, speaksFor, within } from '../../src/facts/minors.ts';
import type { Severity } from '../../src/model/index.ts';
import { filled, sightingsOf, valueOf } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { idDisagreement } from '../../src/rule/discovery/clusterIds.ts';
import { keyFaults } from '../../src/rule/discovery/keys.ts';
import { namePlace, readersOf, takenName } from '../../src/rule/discovery/readers.ts';
import { planeRole } from '../../src/rule/discovery/roles.ts';
import { heldSecrets, isDefaultId, membersById } from '../../src/rule/discovery/targets.ts';
import { networksOf } from '../../src/rule/networks.ts';
import { inWords } from '../../src/rule/scope.ts';

const messages = {
  unset: '{clusters} are {all} cluster "{id}" (clusterName unset): {effect}{suffix}',
  copied: '{cluster} calls itself "{id}", the name of {owner}: {effect}{suffix}',
  shared: '{clusters} {all} call themselves "{id}": {effect}{suffix}',
  alone: '{cluster} is cluster "{id}" (clusterName unset); {others} {have} a name{suffix}',
} as const;

export default defineRule({
  id: 'discovery/unique-cluster-name',
  severity: 'error',
  istio: '1.6+',
  summary: 'Each cluster of a mesh has a name (cluster id) of its own.',
  why: 'istiod skips a remote secret that bears its own id (from 1.12; before, it mixes both clusters), and takes one of two that are equal. The other cluster is then not part of the mesh.',
  fix: 'Set global.multiCluster.clusterName (CLUSTER_ID of istiod) to another name in each cluster, and use that name as key of the remote secrets.',
  reads: ['clusterId', 'remoteSecrets', 'istioVersion'],
  messages,
  check(mesh, report) {
    for (const [id, named] of membersById(mesh)) {
      // An external istiod bears the name of the cluster that it reads; places that disagree are discovery/cluster-id-agrees'.
      const owners = named.filter(
        (member) => planeRole(mesh, member) !== 'external' && idDisagreement(mesh, member)?.odd.value !== id,
      );
      const members = owners.filter((member) => !isConfigured(member));
      if (owners.length > 1 && members.length > 0 && isMesh(mesh, owners)) reportShared(mesh, id, owners, report);
      const [only] = owners;
      if (owners.length === 1 && only !== undefined) reportAlone(mesh, id, only, report);
    }
  },
});

const reportShared = (mesh: Mesh, id: string, owners: readonly Member[], report: Report<typeof messages>): void => {
  const speaks = speaksFor(spanOf(mesh, owners), '1.6+', severityOf(mesh, id, owners));
  if (speaks === undefined) return;
  const unset = owners.filter((member) => isDefaultId(mesh, member));
  const rightful = unset.length === owners.length ? undefined : rightfulOwner(mesh, id, owners);
  const copies = rightful === undefined ? owners : owners.filter((member) => member !== rightful);
  const effect = effectOf(mesh, id, owners);
  for (const copy of rightful === undefined ? owners.slice(0, 1) : copies) {
    const others = owners.filter((member) => member !== copy);
    const where = {
      at: namePlace(mesh, copy),
      cluster: copy.name,
      severity: speaks.severity,
      also: others.map((other) => ({ place: namePlace(mesh, other), cluster: other.name, message: `cluster ${id}` })),
    };
    const slots = { id, effect, suffix: speaks.suffix };
    const all = {
      ...slots,
      clusters: inWords(owners.map((member) => member.name)),
      all: owners.length > 2 ? 'all' : 'both',
    };
    if (unset.length === owners.length) report('unset', where, all);
    else if (rightful === undefined) report('shared', where, all);
    else {
      const loses = losesOwner(mesh, copy, rightful)
        ? `${copy.name} skips its remote secret for ${rightful.name} and loses its endpoints`
        : effect;
      report('copied', where, { ...slots, effect: loses, cluster: copy.name, owner: rightful.name });
    }
  }
};

const reportAlone = (mesh: Mesh, id: string, only: Member, report: Report<typeof messages>): void => {
  if (!isDefaultId(mesh, only) || !isMesh(mesh, mesh.members)) return;
  const named = mesh.members.filter((member) => member !== only && sightingsOf(mesh.idOf(member)).length > 0);
  const speaks = speaksFor(mesh.versionOf(only).minors, '1.6+', 'info');
  // A name that an overlay takes away is config/unresolved-value's.
  if (named.length === 0 || speaks === undefined || takenName(only) !== undefined) return;
  if (isToldElsewhere(mesh, only)) return;
  const where = {
    at: namePlace(mesh, only),
    cluster: only.name,
    severity: speaks.severity,
    also: named.map((member) => ({
      place: namePlace(mesh, member),
      cluster: member.name,
      message: `cluster ${valueOf(mesh.idOf(member)) ?? ''}`,
    })),
  };
  const others = inWords(named.map((member) => member.name));
  report('alone', where, {
    cluster: only.name,
    id,
    others,
    have: named.length === 1 ? 'has' : 'have',
    suffix: speaks.suffix,
  });
};

const isConfigured = (member: Member): boolean => member.cluster.settings.clusterId !== undefined;

const spanOf = (mesh: Mesh, members: readonly Member[]): { low: number; high: number } => {
  const spans = members.map((member) => mesh.versionOf(member).minors);
  return { low: Math.min(...spans.map(({ low }) => low)), high: Math.max(...spans.map(({ high }) => high)) };
};

/** Two installs beside each other that nothing ties together may be two meshes. */
const isMesh = (mesh: Mesh, owners: readonly Member[]): boolean => {
  if (owners.some((member) => !isDefaultId(mesh, member))) return true;
  const names = new Set(owners.map((member) => member.name));
  if (mesh.links.some((link) => names.has(link.from) || names.has(link.to))) return true;
  return (
    networksOf(mesh).size > 1 ||
    mesh.tracks('remote-secret') ||
    owners.some((member) => member.eastWestGateways.length > 0)
  );
};

/** The cluster whose directory, or whose peers, say the name; undefined where that is no single one. */
const rightfulOwner = (mesh: Mesh, id: string, owners: readonly Member[]): Member | undefined => {
  const byDirectory = owners.find((member) => member.name === id);
  if (byDirectory !== undefined) return byDirectory;
  const containing = owners.filter(
    (member) => `-${member.name}-`.includes(`-${id}-`) || `-${id}-`.includes(`-${member.name}-`),
  );
  if (containing.length === 1) return containing[0];
  // Who holds a remote secret for that name is not the one who bears it.
  const readers = owners.filter((member) =>
    heldSecrets(mesh, member).some(({ secret }) => secret.key === id && !secret.resource.shared),
  );
  const rest = owners.filter((member) => !readers.includes(member));
  return readers.length > 0 && rest.length === 1 ? rest[0] : undefined;
};

/** Peers that register the clusters under other keys lose no endpoints, only the names of clusters. */
const registersOtherwise = (mesh: Mesh, id: string, owners: readonly Member[]): boolean => {
  const secrets = mesh.members.flatMap((member) => member.remoteSecrets);
  // A directory that was copied whole holds the same secret again: one of the clusters is read by nobody.
  const keys = new Set(secrets.map((secret) => secret.key));
  return (
    keys.size >= owners.length &&
    secrets.every((secret) => secret.key !== undefined && secret.key !== id) &&
    owners.every((member) => planeRole(mesh, member) === 'primary')
  );
};

const severityOf = (mesh: Mesh, id: string, owners: readonly Member[]): Severity => {
  if (registersOtherwise(mesh, id, owners)) return 'warning';
  const isStated = owners.every((member) => !isDefaultId(mesh, member) || hasInstall(member));
  return isStated ? 'error' : lowered('error');
};

/** A file that would name the cluster is loaded, and it does not. */
const hasInstall = (member: Member): boolean =>
  member.cluster.values.some(({ chart }) => chart === 'operator' || chart === 'istiod') ||
  envSightings(member.cluster, 'istiod', 'CLUSTER_ID').some(({ value }) => filled(value) !== undefined);

const effectOf = (mesh: Mesh, id: string, owners: readonly Member[]): string => {
  if (registersOtherwise(mesh, id, owners))
    return 'proxies and telemetry cannot tell them apart, and no key of a remote secret is their name';
  const primaries = owners.filter((member) => planeRole(mesh, member) === 'primary');
  if (primaries.length < 2) return 'a control plane registers one cluster of that name only';
  return within(spanOf(mesh, owners), '1.12+') === 'outside'
    ? 'an istiod mixes the endpoints of both'
    : "each istiod skips the other's remote secret and loses its endpoints";
};

const losesOwner = (mesh: Mesh, copy: Member, owner: Member): boolean =>
  planeRole(mesh, copy) === 'primary' &&
  planeRole(mesh, owner) === 'primary' &&
  within(mesh.versionOf(copy).minors, '1.12+') === 'inside';

/** A remote secret calls it otherwise: discovery/remote-secret-key-known tells it. */
const isToldElsewhere = (mesh: Mesh, member: Member): boolean =>
  (readersOf(mesh).get(member) ?? []).some(({ holder, secret }) =>
    keyFaults(mesh, holder).some((fault) => fault.entry.secret === secret),
  );
