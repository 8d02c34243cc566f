// The Secrets that servers of Gateways name: where they are, and whether a gateway can use them.
import { readEncoded, readPlain, secretsMadeBy } from '../../facts/cacerts.ts';
import type { Certificate } from '../../facts/certificates.ts';
import { certificatesIn, keyBelongsTo, validityOf } from '../../facts/certificates.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Place, Resource } from '../../model/index.ts';
import { below, filled, get, isTemplate, placeIn, record } from '../../model/index.ts';
import type { GatewayServer } from '../gateways.ts';
import { oncePerMember } from '../scope.ts';
import type { SelectedGateway } from './selected.ts';
import { serverValue } from './selected.ts';

/** A Secret, or an object that makes one. */
export interface SecretSource {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly resource: Resource;
}

/** All Secrets of a cluster by name, opaque forms among them. */
export const secretSources = oncePerMember((_mesh, member): ReadonlyMap<string, readonly SecretSource[]> => {
  const found = new Map<string, SecretSource[]>();
  const add = (name: string, namespace: string | undefined, resource: Resource): void => {
    const held = found.get(name);
    if (held === undefined) found.set(name, [{ name, namespace, resource }]);
    else held.push({ name, namespace, resource });
  };
  for (const resource of member.resources.all)
    if (resource.kind === 'Secret' && resource.group === '') add(resource.name, resource.namespace, resource);
    else
      for (const name of secretsMadeBy(resource))
        add(name, resource.kind.startsWith('Cluster') ? undefined : resource.namespace, resource);
  return found;
});

/** A server that takes its certificate from a Secret. */
export interface Credential {
  readonly of: SelectedGateway;
  readonly server: GatewayServer;
  readonly name: string;
  readonly place: Place;
}

const USES_CREDENTIAL = ['', 'SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL'];

/** Credentials of a Gateway; other stores (`sds://`, `configmap://` …) are left out. */
export const credentialsOf = (of: SelectedGateway): readonly Credential[] =>
  of.servers.flatMap((server) => {
    const written = filled(get(serverValue(server), 'tls', 'credentialName'));
    const name = written?.replace(/^kubernetes:\/\//, '');
    if (name === undefined || name.includes('://') || isTemplate(name) || !USES_CREDENTIAL.includes(server.mode))
      return [];
    return [{ of, server, name, place: below(server.place, 'tls', 'credentialName') }];
  });

/** Where the pods of a Gateway run: cluster and namespace, each once. */
export const homesOf = (
  of: SelectedGateway,
): readonly { readonly member: Member; readonly namespace: string | undefined }[] => {
  const homes = new Map<string, { readonly member: Member; readonly namespace: string | undefined }>();
  for (const { member, namespace } of of.pods) homes.set(`${member.name}\0${namespace ?? ''}`, { member, namespace });
  return [...homes.values()];
};

/** Where a Secret is that gateway pods look for: in their own cluster, then in the config cluster. */
export const secretsNamed = (
  mesh: Mesh,
  of: SelectedGateway,
  home: { readonly member: Member; readonly namespace: string | undefined },
  name: string,
): readonly SecretSource[] =>
  [...new Set([home.member, of.realm.config])].flatMap((member) =>
    (secretSources(mesh, member).get(name) ?? []).filter(({ namespace }) => namespace === home.namespace),
  );

/** What keeps a gateway from using a Secret; undefined where nothing does, or where its content cannot be told. */
export interface CredentialFault {
  readonly problem: string;
  readonly place: Place;
}

export const faultOfSecret = (secret: Resource, now: Date): CredentialFault | undefined => {
  if (secret.kind !== 'Secret') return undefined;
  const plain = record(secret.value['stringData']);
  const encoded = record(secret.value['data']);
  const keys = new Set([...Object.keys(encoded), ...Object.keys(plain)]);
  // Tools that copy or fill Secrets begin with an empty one.
  if (keys.size === 0) return undefined;
  const read = (key: string): string | undefined => {
    const found = Object.hasOwn(plain, key) ? readPlain(plain[key], key) : readEncoded(encoded[key], key);
    return 'text' in found && !isPlaceholder(found.text) ? found.text : undefined;
  };
  const placeOf = (key: string): Place => placeIn(secret, Object.hasOwn(plain, key) ? 'stringData' : 'data', key);
  const pair = PAIRS.find(([certificate, key]) => keys.has(certificate) && keys.has(key));
  if (pair === undefined) {
    const names = [...keys].toSorted().join(', ');
    return {
      problem: `holds ${names}, where a gateway looks for tls.crt and tls.key`,
      place: placeIn(secret, Object.keys(encoded).length > 0 ? 'data' : 'stringData'),
    };
  }
  const chain = read(pair[0]);
  if (chain === undefined) return undefined;
  const { certificates } = certificatesIn(chain);
  const [leaf] = certificates;
  if (leaf === undefined) return { problem: `has no certificate in ${pair[0]}`, place: placeOf(pair[0]) };
  const dated = faultOfDates(leaf, now);
  if (dated !== undefined) return { problem: dated, place: placeOf(pair[0]) };
  const key = read(pair[1]);
  return key !== undefined && keyBelongsTo(key, leaf) === false
    ? {
        problem: `has a key in ${pair[1]} that does not belong to the certificate (${leaf.subject})`,
        place: placeOf(pair[1]),
      }
    : undefined;
};

const PAIRS = [
  ['tls.crt', 'tls.key'],
  ['cert', 'key'],
] as const;

const isPlaceholder = (text: string): boolean =>
  text.trim() === '' ||
  (!text.includes('-----BEGIN') && /redacted|placeholder|change.?me|replace|dummy|todo|fill/i.test(text));

const faultOfDates = (certificate: Certificate, now: Date): string | undefined => {
  const { from, to } = validityOf(certificate);
  if (now.getTime() > to) return `has a certificate (${certificate.subject}) that ended on ${dayOf(to)}`;
  return now.getTime() < from ? `has a certificate (${certificate.subject}) that begins on ${dayOf(from)}` : undefined;
};

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
