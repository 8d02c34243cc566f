// What a config cluster calls itself, its network, its trust domain and its hosts.
import type { Member, Mesh } from '../../facts/mesh.ts';
import { valueOf } from '../../model/index.ts';
import { expandHost, splitHost } from '../hosts.ts';
import { translatedDomains } from '../principals.ts';
import { clusterDomainOf, networkOf, oncePerMember, realmsOf } from '../scope.ts';
import type { Naming } from './canonical.ts';

/** Words that say little: a cluster of that name is no reason to take them for its name. */
const COMMON: ReadonlySet<string> = new Set([
  'mesh',
  'istio',
  'default',
  'http',
  'https',
  'tcp',
  'grpc',
  'svc',
  'local',
]);

/** Names of a config cluster as seen in objects of a namespace. */
export const namingOf = (mesh: Mesh, config: Member, namespace: string | undefined): Naming => {
  const held = namings(mesh, config);
  let found = held.get(namespace);
  if (found === undefined) held.set(namespace, (found = makeNaming(mesh, config, namespace)));
  return found;
};

const namings = oncePerMember(() => new Map<string | undefined, Naming>());

const makeNaming = (mesh: Mesh, config: Member, namespace: string | undefined): Naming => {
  const domain = clusterDomainOf(config);
  const own = ownNames(mesh, config).pattern;
  const trust = translatedDomains(config);
  return {
    expand: (text) => {
      const { namespace: from, host } = splitHost(text);
      const full = expandHost(host, from === undefined || from === '.' ? namespace : from, domain);
      // A name written for the usual domain is another matter than what the objects say of it.
      const written = [domain, 'cluster.local'].find((ending) => full.endsWith(`.svc.${ending}`));
      const shared = written === undefined ? full : `${full.slice(0, -written.length)}<domain>`;
      return from === undefined ? shared : `${from}/${shared}`;
    },
    mask: (text) => maskOwn(maskPrincipal(text, trust), own),
  };
};

const ownNames = oncePerMember((mesh, config): { readonly pattern: RegExp | undefined } => {
  const names = new Set([config.name, valueOf(mesh.idOf(config)), networkOf(config)]);
  // A cluster that several config clusters share a name with (one network for all) is masked alike in all of them.
  for (const realm of realmsOf(mesh))
    if (realm.config === config) for (const member of realm.members) names.add(member.name);
  const words = [...names]
    .filter((name) => name !== undefined && name.length > 1 && !COMMON.has(name))
    .map((name) => name!.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`))
    .toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(`(?<![A-Za-z0-9])(?:${words.join('|')})(?![A-Za-z0-9])`, 'g');
  return { pattern: words.length === 0 ? undefined : pattern };
});

const maskOwn = (text: string, own: RegExp | undefined): string =>
  own === undefined ? text : text.replaceAll(own, '<own>');

const maskPrincipal = (text: string, trust: ReadonlySet<string>): string => {
  const steps = text.split('/');
  return steps.length === 5 && steps[1] === 'ns' && steps[3] === 'sa' && trust.has(steps[0]!)
    ? ['<trust domain>', ...steps.slice(1)].join('/')
    : text;
};
