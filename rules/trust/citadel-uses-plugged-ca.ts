import { cacertsOf } from '../../src/facts/cacerts.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { caNamespace } from '../../src/facts/roots.ts';
import { CONTROL_PLANE, controlPlaneWorkloads, valueSightings } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Resource, Severity } from '../../src/model/index.ts';
import { below, flag, get, isTemplate, list, placeIn, sameNamespace, scalar } from '../../src/model/index.ts';
import { mountedCacerts } from '../../src/rule/caForms.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'trust/citadel-uses-plugged-ca',
  severity: 'error',
  istio: '1.1-1.4',
  summary: 'Citadel signs with the CA of cacerts, not with one of its own.',
  why: 'Citadel signs with a root that it made itself unless it is told to read cacerts. The Secret is there, every cluster has another root all the same, and calls between clusters fail.',
  fix: 'Set security.selfSigned=false, or give citadel --self-signed-ca=false, --signing-cert, --signing-key, --root-cert and --cert-chain with the Secret cacerts mounted.',
  reads: ['Deployment istio-citadel', 'Secret cacerts', 'values.security.selfSigned', 'istioVersion'],
  models: ['shared-control-plane', 'replicated-control-planes'],
  messages: {
    selfSigned:
      '{cluster}: citadel still self-signs (--self-signed-ca={value}) beside the Secret cacerts{peers}{suffix}',
    noArgument: '{cluster}: citadel has no {missing}, so it does not read the Secret cacerts{peers}{suffix}',
    noVolume: '{cluster}: citadel does not mount the Secret cacerts, where {argument} looks for it{peers}{suffix}',
    values: '{cluster}: security.selfSigned is {value}, so citadel self-signs; {holders} {has} cacerts{suffix}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const citadels = citadelsOf(member);
      const fault = citadels.map((citadel) => faultOf(citadel)).find((found) => found !== undefined);
      const holdsCa = mountedCacerts(member).length > 0;
      if (citadels.length > 0) {
        // A Deployment of citadel is older than 1.5, whatever else is known.
        const speaks = mesh.versionOf(member).assumed
          ? AS_IT_IS
          : speaksFor(mesh.versionOf(member).minors, '1.1-1.4', 'error');
        if (fault === undefined || !holdsCa || speaks === undefined) continue;
        const also = [...pluggedPlaces(mesh, member), ...secretsOf(member)];
        report(
          fault.why,
          { at: fault.at, cluster: member.name, resource: fault.resource, severity: speaks.severity, also },
          {
            cluster: member.name,
            value: fault.word,
            missing: fault.word,
            argument: fault.word,
            peers: peersInWords(mesh, member),
            suffix: speaks.suffix,
          },
        );
        continue;
      }
      const told = selfSignedValue(mesh, member);
      const holders = mesh.members.filter((peer) => mountedCacerts(peer).length > 0);
      if (told === undefined || holders.length === 0) continue;
      report(
        'values',
        {
          at: told.at,
          cluster: member.name,
          resource: told.resource,
          severity: told.severity,
          also: holders.flatMap(secretsOf),
        },
        {
          cluster: member.name,
          value: told.value,
          holders: inWords(holders.map(({ name }) => name)),
          has: holders.length === 1 ? 'has' : 'have',
          suffix: told.suffix,
        },
      );
    }
  },
});

const AS_IT_IS = { severity: 'error', suffix: '' } as const;

/** Deployments of citadel, not those of its node agents. */
const citadelsOf = (member: Member): readonly Resource[] =>
  controlPlaneWorkloads(member.cluster, true).filter(
    ({ name, labels }) => /^istio-citadel(-\d|$)/.test(name) || labels['istio'] === 'citadel',
  );

interface Fault {
  readonly why: 'selfSigned' | 'noArgument' | 'noVolume';
  readonly word: string;
  readonly at: Place;
  readonly resource: Resource;
}

interface Argument {
  readonly value: string;
  readonly place: Place;
}

const POD = ['spec', 'template', 'spec'] as const;

const faultOf = (citadel: Resource): Fault | undefined => {
  const [container] = containersOf(citadel);
  if (container === undefined) return undefined;
  const { words } = container;
  // Without arguments the document is a patch, or the image decides.
  if (words.length === 0 || words.some(({ value }) => isTemplate(value))) return undefined;
  const own = argumentOf(words, '--self-signed-ca');
  if (own !== undefined && flag(own.value) === true)
    return { why: 'selfSigned', word: 'true', at: own.place, resource: citadel };
  const signing = argumentOf(words, '--signing-cert');
  const root = argumentOf(words, '--root-cert');
  const missing = [signing === undefined ? '--signing-cert' : '', root === undefined ? '--root-cert' : ''].filter(
    (word) => word !== '',
  );
  if (signing === undefined || root === undefined)
    return { why: 'noArgument', word: missing.join(' and '), at: container.argumentsPlace, resource: citadel };
  if (mountsCacerts(citadel, container.value)) return undefined;
  return { why: 'noVolume', word: `--signing-cert=${signing.value}`, at: signing.place, resource: citadel };
};

const containersOf = (
  citadel: Resource,
): readonly { readonly value: unknown; readonly words: readonly Argument[]; readonly argumentsPlace: Place }[] =>
  list(get(citadel.value, ...POD, 'containers'))
    .map((value, index) => {
      const place = placeIn(citadel, ...POD, 'containers', index);
      const words = ['command', 'args'].flatMap((key) =>
        list(get(value, key)).map((word, at) => ({ value: scalar(word) ?? '', place: below(place, key, at) })),
      );
      return { value, words, argumentsPlace: below(place, 'args') };
    })
    .filter(({ value }) => scalar(get(value, 'name')) !== 'istio-proxy');

const argumentOf = (words: readonly Argument[], name: string): Argument | undefined => {
  const index = words.findIndex(({ value }) => value === name || value.startsWith(`${name}=`));
  const found = words[index];
  if (found === undefined) return undefined;
  if (found.value !== name) return { value: found.value.slice(name.length + 1), place: found.place };
  const next = words[index + 1];
  // A flag alone is a yes.
  return next === undefined || next.value.startsWith('-') ? { value: 'true', place: found.place } : next;
};

const mountsCacerts = (citadel: Resource, container: unknown): boolean => {
  const volumes = list(get(citadel.value, ...POD, 'volumes'))
    .filter((volume) => get(volume, 'secret', 'secretName') === 'cacerts' || get(volume, 'csi') !== undefined)
    .map((volume) => get(volume, 'name'));
  return list(get(container, 'volumeMounts')).some((mount) => volumes.includes(get(mount, 'name')));
};

const secretsOf = (member: Member): readonly { place: Place; cluster: string; message: string }[] =>
  cacertsOf(member.cluster)
    .filter(({ namespace }) => sameNamespace(namespace, caNamespace(member)))
    .slice(0, 1)
    .map(({ place, origin }) => ({ place, cluster: member.name, message: `${origin} cacerts` }));

const plugged = (mesh: Mesh, member: Member): readonly Member[] =>
  mesh.members.filter(
    (peer) =>
      peer !== member &&
      citadelsOf(peer).length > 0 &&
      citadelsOf(peer).every((citadel) => faultOf(citadel) === undefined),
  );

const peersInWords = (mesh: Mesh, member: Member): string => {
  const names = plugged(mesh, member).map(({ name }) => name);
  return names.length === 0 ? '' : `; ${inWords(names)} ${names.length === 1 ? 'uses' : 'use'} it`;
};

const pluggedPlaces = (mesh: Mesh, member: Member): readonly { place: Place; cluster: string; message: string }[] =>
  plugged(mesh, member).flatMap((peer) =>
    citadelsOf(peer).map((citadel) => ({
      place: placeIn(citadel, 'metadata', 'name'),
      cluster: peer.name,
      message: 'citadel with cacerts',
    })),
  );

/** The charts of 1.1 to 1.4 self-sign unless they are told otherwise. */
const selfSignedValue = (
  mesh: Mesh,
  member: Member,
): { at: Place; resource: Resource | undefined; value: string; severity: Severity; suffix: string } | undefined => {
  const { cluster } = member;
  const { minors, assumed } = mesh.versionOf(member);
  const said = valueSightings(cluster, CONTROL_PLANE, ['security', 'selfSigned']);
  const source = cluster.values.find(({ chart }) => ['operator', 'istiod', 'istiod-remote'].includes(chart));
  if (valueSightings(cluster, CONTROL_PLANE, ['security', 'enabled']).some(({ value }) => flag(value) === false))
    return undefined;
  const [first] = said;
  if (first !== undefined) {
    const speaks = assumed ? AS_IT_IS : speaksFor(minors, '1.1-1.4', 'error');
    if (flag(first.value) !== true || speaks === undefined) return undefined;
    return { at: first.place, resource: source?.object, value: 'true', ...speaks };
  }
  const speaks = assumed ? undefined : speaksFor(minors, '1.1-1.4', 'error');
  if (source === undefined || speaks === undefined) return undefined;
  return { at: source.place, resource: source.object, value: 'unset (true by default)', ...speaks };
};
