import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Place, Resource } from '../../src/model/index.ts';
import { compareText, describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { certificateRefs } from '../../src/rule/gateway/certificateRefs.ts';
import type { SecretSource } from '../../src/rule/gateway/credentials.ts';
import { credentialsOf, homesOf, liesIn, secretSources, secretsNamed } from '../../src/rule/gateway/credentials.ts';
import { holdsAll, selectedGateways } from '../../src/rule/gateway/selected.ts';
import { isNameSlip } from '../../src/rule/slips.ts';

export default defineRule({
  id: 'gateway/credential-present',
  severity: 'error',
  istio: 'all',
  summary:
    'The Secret that a server or listener of a Gateway names is in the cluster and namespace where it is looked for.',
  why: 'A gateway of Istio gets Secrets of the namespace of its pods and of its own cluster (or of the config cluster) only. Without the Secret the server has no certificate, and the handshake of every call fails.',
  fix: 'Create the Secret, or what makes it, in the namespace of the gateway pods of each cluster; not in that of the Gateway.',
  reads: ['Gateway', 'Secret', 'Certificate', 'ExternalSecret', 'SealedSecret', 'workloads'],
  aliases: ['IST0101'],
  messages: {
    namespace:
      '{gateway} in {cluster} takes its certificate from Secret {secret}: it lies in {found}, and the gateway pods in {wanted}',
    listener:
      '{gateway} in {cluster} takes its certificate from Secret {secret} of namespace {wanted}: it lies in {found}',
    peer: '{gateway} takes its certificate from Secret {secret}: {peer} has it in {wanted}, {cluster} has not',
    near: '{gateway} in {cluster} takes its certificate from Secret {secret}, which no file makes: {wanted} has {found}',
    absent: '{gateway} in {cluster} takes its certificate from Secret {secret}, which is not in {wanted}',
  },
  check(mesh, report) {
    const isAll = holdsAll(mesh, 'Secret');
    for (const need of needsOf(mesh)) {
      const { gateway, name, place, namespace, member, isListener } = need;
      const fault = faultOf(mesh, need);
      if (fault === undefined) continue;
      const { message, near, cluster } = fault;
      report(
        message === 'namespace' && isListener ? 'listener' : message,
        {
          at: place,
          cluster: member.name,
          resource: gateway,
          severity: isAll ? 'error' : 'warning',
          // istioctl does not look at listeners, nor at names alike.
          ...(isListener || message === 'near' ? { aliases: [] } : {}),
          fix: fixOf(message, isListener),
          also: near === undefined ? [] : [{ place: near.resource.place, cluster, message: describe(near.resource) }],
        },
        {
          gateway: describe(gateway),
          cluster: member.name,
          secret: name,
          wanted: namespace ?? 'the namespace of the gateway pods',
          found: (message === 'near' ? near?.name : near?.namespace) ?? '',
          peer: cluster ?? '',
        },
      );
    }
  },
});

const fixOf = (message: Fault['message'], isListener: boolean): string | undefined => {
  if (message === 'near') return 'Write the name as the Secret has it, or create the Secret.';
  return isListener
    ? 'Create the Secret, or what makes it, in the namespace that the listener names (by default that of the Gateway).'
    : undefined;
};

/** A Secret that a Gateway names, and where it is looked for. */
interface Need {
  readonly gateway: Resource;
  readonly name: string;
  readonly place: Place;
  readonly member: Member;
  readonly namespace: string | undefined;
  /** Its Secrets serve gateways of other clusters too. */
  readonly config: Member;
  readonly isListener: boolean;
  /** Names of Secrets that Gateways look for in that cluster and namespace. */
  readonly used: ReadonlySet<string>;
}

/** What no cluster has where it is looked for; of each place the first cluster only that lacks it. */
function* needsOf(mesh: Mesh): Iterable<Need> {
  const selected = selectedGateways(mesh).flatMap((of) =>
    credentialsOf(of).map((credential) => ({ credential, homes: homesOf(of) })),
  );
  const listeners = certificateRefs(mesh);
  const used = new Map<string, Set<string>>();
  const usedIn = (member: Member, namespace: string | undefined): Set<string> => {
    const key = `${member.name}\0${namespace ?? ''}`;
    const held = used.get(key) ?? new Set<string>();
    used.set(key, held);
    return held;
  };
  for (const { credential, homes } of selected)
    for (const { member, namespace } of homes) usedIn(member, namespace).add(credential.name);
  for (const { config, namespace, name } of listeners) usedIn(config, namespace).add(name);

  for (const { credential, homes } of selected) {
    const { of, name, place } = credential;
    for (const home of homes) {
      if (secretsNamed(mesh, of, home, name).length > 0) continue;
      const common = { gateway: of.gateway, name, place, config: of.realm.config, isListener: false };
      const need = { ...common, ...home, used: usedIn(home.member, home.namespace) };
      if (faultOf(mesh, need) === undefined) continue;
      yield need;
      break;
    }
  }
  for (const { config, gateway, name, namespace, place } of listeners) {
    const held = secretSources(mesh, config).get(name) ?? [];
    if (held.some((source) => source.namespace === undefined || liesIn(source, namespace))) continue;
    const common = { gateway, name, place, namespace, member: config, config, isListener: true };
    yield { ...common, used: usedIn(config, namespace) };
  }
}

interface Fault {
  readonly message: 'namespace' | 'peer' | 'near' | 'absent';
  readonly near: SecretSource | undefined;
  readonly cluster: string | undefined;
}

/** Secrets are seldom in Git: only what the cluster or a peer has elsewhere, or a name alike, tells that one is missing. */
const faultOf = (mesh: Mesh, { name, config, member, namespace, used }: Need): Fault | undefined => {
  const isAll = holdsAll(mesh, 'Secret');
  if (hidesKind(member.cluster, ['Secret'])) return undefined;
  const own = secretSources(mesh, member).get(name) ?? [];
  if (!isAll && (namespace === undefined || own.some((source) => source.namespace === undefined))) return undefined;
  const other = own.find((source) => source.namespace !== undefined);
  if (other !== undefined) return { message: 'namespace', near: other, cluster: member.name };
  for (const peer of mesh.members) {
    const source = (secretSources(mesh, peer).get(name) ?? []).find((held) => held.namespace === namespace);
    if (peer !== member && peer !== config && source !== undefined)
      return { message: 'peer', near: source, cluster: peer.name };
  }
  const near = nearSecret(mesh, member, namespace, name, used);
  if (near !== undefined) return { message: 'near', near, cluster: member.name };
  return isAll ? { message: 'absent', near: undefined, cluster: undefined } : undefined;
};

/** A Secret of a name one slip away; not one that another server names, if only a letter is another: web-a beside web-b. */
const nearSecret = (
  mesh: Mesh,
  member: Member,
  namespace: string | undefined,
  name: string,
  used: ReadonlySet<string>,
): SecretSource | undefined =>
  [...secretSources(mesh, member).values()]
    .flat()
    .filter((source) => source.namespace === namespace && isNameSlip(name, source.name))
    .filter((source) => !used.has(source.name) || !isOtherLetter(name, source.name))
    .toSorted((a, b) => compareText(a.name, b.name))[0];

/** A letter stands for another one, where nothing is swapped, added or left out. */
const isOtherLetter = (one: string, other: string): boolean =>
  one.length === other.length && lettersOf(one) !== lettersOf(other);

const lettersOf = (word: string): string => [...word].toSorted(compareText).join('');
