import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { NETWORK_LABEL } from '../../src/facts/network.ts';
import { namespacesNamed } from '../../src/facts/sources.ts';
import { speaksFor, within } from '../../src/facts/minors.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { placeIn, valueOf } from '../../src/model/index.ts';
import { ambientMembers, ambientWorkloads, enablesAmbient, istiodSwitch } from '../../src/rule/ambient/dataPlane.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { networksOf } from '../../src/rule/networks.ts';
import { inWords, istioNamespaceOf } from '../../src/rule/scope.ts';

const MULTI_NETWORK = 'AMBIENT_ENABLE_MULTI_NETWORK';

const messages = {
  off: '{cluster} runs ambient workloads in a mesh of networks {networks}, and {switch} is not true in its istiod{peer}{written}: they reach no other network{suffix}',
  'no-ambient': 'istiod of {cluster} does not serve ambient ({reason}), although {workloads} in ambient mode{suffix}',
  label:
    'Namespace {namespace} of {cluster} has no label topology.istio.io/network: ambient takes its pods for those of a network without a name; {others}{suffix}',
  remote: '{cluster} is a remote of {primary}: ambient across networks needs a control plane in each cluster{suffix}',
  old: '{cluster} runs Istio {version}: ambient across networks is supported from 1.27',
} as const;

export default defineRule({
  id: 'ambient/multi-network-on',
  severity: 'error',
  istio: '1.25+',
  summary:
    'Where ambient clusters lie on several networks, each control plane is told so, and each system namespace names its network.',
  why: 'Without AMBIENT_ENABLE_MULTI_NETWORK istiod gives ztunnel no gateways of other networks. The label of the system namespace is the only place from which ambient takes the network of a cluster.',
  fix: 'Set AMBIENT_ENABLE_MULTI_NETWORK to "true" for each istiod (profile ambient sets PILOT_ENABLE_AMBIENT), and label the namespace of each control plane with topology.istio.io/network.',
  reads: ['env of istiod', 'profile', 'controlPlaneRole', 'network', 'Namespace', 'istioVersion'],
  models: ['ambient-networks'],
  messages,
  check(mesh, report) {
    const members = ambientMembers(mesh);
    const networks = [...networksOf(mesh).keys()].toSorted();
    if (members.length === 0 || networks.length < 2) return;
    for (const member of members) {
      const { minors } = mesh.versionOf(member);
      if (within(minors, '1.25+') === 'outside') {
        reportOld(mesh, member, report);
        continue;
      }
      if (within(minors, '1.27+') === 'outside') reportOld(mesh, member, report);
      const role = mesh.roleOf(member);
      if (role === 'primary' || role === 'external') reportSwitches(mesh, member, networks, report);
      else if (role === 'remote') reportRemote(mesh, member, report);
      reportLabel(mesh, member, members, report);
    }
  },
});

const reportOld = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  const { minors, place } = mesh.versionOf(member);
  const at = place ?? ambientPlace(mesh, member);
  if (at === undefined) return;
  report(
    'old',
    { at, cluster: member.name, severity: 'warning' },
    { cluster: member.name, version: `1.${minors.high}` },
  );
};

const ambientPlace = (mesh: Mesh, member: Member): Place | undefined =>
  ambientWorkloads(mesh, member)[0]?.resource.place;

const reportSwitches = (
  mesh: Mesh,
  member: Member,
  networks: readonly string[],
  report: Report<typeof messages>,
): void => {
  const speaks = speaksFor(mesh.versionOf(member).minors, '1.25+', 'error');
  if (speaks === undefined) return;
  const where = (at: Place, also: readonly Related[] = []) => ({
    at,
    cluster: member.name,
    severity: speaks.severity,
    also,
  });
  const ambient = enablesAmbient(mesh, member);
  if (ambient.state === 'no' && ambient.place !== undefined) {
    const count = ambientWorkloads(mesh, member).length;
    if (count > 0) {
      report('no-ambient', where(ambient.place), {
        cluster: member.name,
        reason: 'no profile ambient and no PILOT_ENABLE_AMBIENT',
        workloads: count === 1 ? 'one workload runs' : `${count} workloads run`,
        suffix: speaks.suffix,
      });
      return;
    }
  }
  const multi = istiodSwitch(member.cluster, MULTI_NETWORK);
  if (multi.state !== 'no' || multi.place === undefined) return;
  const peers = mesh.members.flatMap((other): readonly Related[] => {
    const theirs = istiodSwitch(other.cluster, MULTI_NETWORK);
    return other !== member && theirs.state === 'yes' && theirs.place !== undefined
      ? [{ place: theirs.place, cluster: other.name, message: `${MULTI_NETWORK} of ${other.name}` }]
      : [];
  });
  report('off', where(multi.place, peers), {
    cluster: member.name,
    networks: inWords(networks),
    switch: MULTI_NETWORK,
    written: multi.written === undefined ? '' : `; instead it has ${multi.written}`,
    peer: peers.length === 0 ? '' : ` (as it is in ${inWords(peers.map(({ cluster }) => cluster ?? ''))})`,
    suffix: speaks.suffix,
  });
};

const reportRemote = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  const primaries = mesh.primariesOf(member).filter((primary) => primary !== member);
  const at = member.controlPlaneRole.sightings[0]?.place ?? ambientPlace(mesh, member);
  const speaks = speaksFor(mesh.versionOf(member).minors, '1.25+', 'warning');
  if (at === undefined || primaries.length === 0 || speaks === undefined) return;
  report(
    'remote',
    { at, cluster: member.name, severity: speaks.severity },
    { cluster: member.name, primary: inWords(primaries.map((primary) => primary.name)), suffix: speaks.suffix },
  );
};

/** Only of a Namespace that is loaded: tools create namespaces too. */
const reportLabel = (mesh: Mesh, member: Member, members: readonly Member[], report: Report<typeof messages>): void => {
  const namespace = istioNamespaceOf(member);
  const [object] = namespacesNamed(member.cluster, namespace);
  if (object === undefined || namespacesNamed(member.cluster, namespace).some((one) => NETWORK_LABEL in one.labels))
    return;
  const labelled = members.flatMap((other): readonly Related[] => {
    const theirs = namespacesNamed(other.cluster, istioNamespaceOf(other)).find((one) => NETWORK_LABEL in one.labels);
    return other === member || theirs === undefined
      ? []
      : [
          {
            place: placeIn(theirs, 'metadata', 'labels', NETWORK_LABEL),
            cluster: other.name,
            message: `network ${theirs.labels[NETWORK_LABEL]}`,
          },
        ];
  });
  const speaks = speaksFor(mesh.versionOf(member).minors, '1.25+', 'error');
  if (speaks === undefined) return;
  const own = valueOf(member.network.fact);
  report(
    'label',
    {
      at: placeIn(object, 'metadata', 'name'),
      cluster: member.name,
      severity: speaks.severity,
      resource: object,
      also: labelled,
    },
    {
      namespace,
      cluster: member.name,
      others:
        labelled.length > 0
          ? `${inWords(labelled.map(({ cluster, message }) => `${cluster} says ${message}`))}`
          : `other files call it ${own ?? 'otherwise'}`,
      suffix: speaks.suffix,
    },
  );
};
