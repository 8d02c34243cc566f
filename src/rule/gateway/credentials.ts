// The Secrets that servers of Gateways name: where they are, and whether a gateway can use them.
import { readEncoded, readPlain, secretsMadeBy } from '../../facts/cacerts.ts';
import type { Certificate } from '../../facts/certificates.ts';
import { certificatesIn, keyBelongsTo, validityOf } from '../../facts/certificates.ts';
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Place, Resource } from '../../model/index.ts';
import { below, filled, get, isTemplate, list, placeIn, record } from '../../model/index.ts';
import type { GatewayServer } from '../gateways.ts';
import { oncePerMember } from '../scope.ts';
import { isCopiedInto } from './replicas.ts';
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

/** Whether a Secret lies in a namespace, or is copied there. */
export const liesIn = (source: SecretSource, namespace: string | undefined): boolean =>
  source.namespace === namespace || (namespace !== undefined && isCopiedInto(source.resource, namespace));

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
    if (!USES_CREDENTIAL.includes(server.mode)) return [];
    const tls = get(serverValue(server), 'tls');
    const place = below(server.place, 'tls');
    const written: readonly (readonly [value: unknown, place: Place])[] = [
      [get(tls, 'credentialName'), below(place, 'credentialName')],
      ...list(get(tls, 'credentialNames')).map(
        (value, index) => [value, below(place, 'credentialNames', index)] as const,
      ),
    ];
    return written.flatMap(([value, at]) => {
      const name = filled(value)?.replace(/^kubernetes:\/\//, '');
      return name === undefined || name.includes('://') || isTemplate(name) ? [] : [{ of, server, name, place: at }];
    });
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
    (secretSources(mesh, member).get(name) ?? []).filter((source) => liesIn(source, home.namespace)),
  );

/** What keeps a gateway from using a Secret; undefined where nothing does, or where its content cannot be told. */
export interface CredentialFault {
  readonly problem: string;
  readonly place: Place;
}

/** With `isAll` a Secret is held to be what the gateway gets; else something may fill it in later. */
export const faultOfSecret = (secret: Resource, now: Date, isAll = false): CredentialFault | undefined => {
  if (secret.kind !== 'Secret') return undefined;
  const content = contentOf(secret, isAll);
  // Tools that copy or fill Secrets begin with an empty one.
  if (content.keys.length === 0)
    return isAll && Object.keys(secret.annotations).length === 0
      ? { problem: 'is empty', place: secret.place }
      : undefined;
  const pair = PAIRS.find((keys) => keys.every((key) => content.keys.includes(key)));
  if (pair === undefined)
    return {
      problem: `holds ${content.keys.join(', ')}, where a gateway looks for tls.crt and tls.key`,
      place: content.place,
    };
  const chain = content.read(pair[0]);
  if (chain === undefined) return undefined;
  const { certificates } = certificatesIn(chain);
  const [leaf] = certificates;
  if (leaf === undefined) return { problem: `has no certificate in ${pair[0]}`, place: content.placeOf(pair[0]) };
  const dated = faultOfDates(leaf, now);
  if (dated !== undefined) return { problem: dated, place: content.placeOf(pair[0]) };
  const key = content.read(pair[1]);
  if (key === undefined) return undefined;
  if (!key.includes('-----BEGIN') && (key === '' || !isMasked(key)))
    return { problem: `has no private key in ${pair[1]}`, place: content.placeOf(pair[1]) };
  return keyBelongsTo(key, leaf) === false
    ? {
        problem: `has a key in ${pair[1]} that does not belong to the certificate (${leaf.subject})`,
        place: content.placeOf(pair[1]),
      }
    : undefined;
};

/** Keys under which a gateway looks for the certificates that it checks its clients with. */
const CLIENT_CAS = ['cacert', 'ca.crt'];

/** What keeps a gateway from checking its clients with a Secret of a server with mode MUTUAL. */
export const faultOfClientCa = (secret: Resource): CredentialFault | undefined => {
  if (secret.kind !== 'Secret') return undefined;
  const { keys, place } = contentOf(secret, false);
  return keys.length === 0 || keys.some((key) => CLIENT_CAS.includes(key))
    ? undefined
    : { problem: `holds ${keys.join(', ')} and no ca.crt`, place };
};

interface SecretContent {
  /** In the order of their names. */
  readonly keys: readonly string[];
  readonly place: Place;
  /** Undefined where the text cannot be told, or stands for another one. */
  readonly read: (key: string) => string | undefined;
  readonly placeOf: (key: string) => Place;
}

const contentOf = (secret: Resource, isAll: boolean): SecretContent => {
  const plain = record(secret.value['stringData']);
  const encoded = record(secret.value['data']);
  const holder = (key: string): string => (Object.hasOwn(plain, key) ? 'stringData' : 'data');
  return {
    keys: [...new Set([...Object.keys(encoded), ...Object.keys(plain)])].toSorted(),
    place: placeIn(secret, Object.keys(encoded).length > 0 ? 'data' : 'stringData'),
    read: (key) => {
      if (isAll && (plain[key] ?? encoded[key] ?? null) === null) return '';
      const found = Object.hasOwn(plain, key) ? readPlain(plain[key], key) : readEncoded(encoded[key], key);
      return 'text' in found && (!isPlaceholder(found.text) || (isAll && found.text === '')) ? found.text : undefined;
    },
    placeOf: (key) => placeIn(secret, holder(key), key),
  };
};

/** In the order in which istiod looks for them. */
const PAIRS = [
  ['cert', 'key'],
  ['tls.crt', 'tls.key'],
] as const;

const isPlaceholder = (text: string): boolean =>
  text.trim() === '' ||
  (!text.includes('-----BEGIN') && /redacted|placeholder|change.?me|replace|dummy|todo|fill/i.test(text));

/** `xxxx`, `****`, `...`: shown so that nobody reads the key. */
const isMasked = (text: string): boolean => /^[xX*.\s-]*$/.test(text);

const faultOfDates = (certificate: Certificate, now: Date): string | undefined => {
  const { from, to } = validityOf(certificate);
  if (now.getTime() > to) return `has a certificate (${certificate.subject}) that ended on ${dayOf(to)}`;
  return now.getTime() < from ? `has a certificate (${certificate.subject}) that begins on ${dayOf(from)}` : undefined;
};

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
