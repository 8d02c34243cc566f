// Where the certificates that istiod signs with are said: Secret `cacerts` and all that makes such a Secret.
import type { Cluster, PemFile, Place, Resource } from '../model/index.ts';
import { filled, get, isRecord, isTemplate, list, placeIn, record, text } from '../model/index.ts';
import { containersOf, hidesKind } from './sources.ts';

/** Name of the Secret that istiod mounts. */
const CACERTS = 'cacerts';

/** Text of a file of cacerts, or why it is not known. */
export type CaText = { readonly text: string } | { readonly unknown: string };

/** One place that says what cacerts holds. */
export interface CaStatement {
  /** `Secret` (also what kustomize generates), or what brings a Secret whose content is not in the files. */
  readonly origin: string;
  readonly resource: Resource | undefined;
  readonly namespace: string | undefined;
  /** Names of the files in it; undefined where the object does not list them. */
  readonly keys: ReadonlySet<string> | undefined;
  /** Where a missing file belongs. */
  readonly place: Place;
  readonly shared: boolean;
  /** Content of a file that `keys` lists. Private keys are read here and held nowhere. */
  readonly read: (key: string) => CaText;
  readonly placeOf: (key: string) => Place;
}

const statements = new WeakMap<Cluster, readonly CaStatement[]>();

/** All statements of cacerts in any namespace, in the order of the files. */
export const cacertsOf = (cluster: Cluster): readonly CaStatement[] => {
  let found = statements.get(cluster);
  if (found === undefined) {
    found = [
      ...cluster.resources.find('Secret', undefined, CACERTS, '').map(ofSecret),
      ...cluster.resources.all.filter(makesCacerts).map(ofMaker),
      ...mounted(cluster),
    ];
    statements.set(cluster, found);
  }
  return found;
};

/** Whether a statement is the Secret itself, whose content can be read. */
export const isPlain = (statement: CaStatement): boolean => statement.origin === 'Secret';

/** Whether documents that could not be read may hold cacerts. */
export const hidesCacerts = (cluster: Cluster): boolean =>
  hidesKind(cluster, ['Secret', 'SealedSecret', 'ExternalSecret', 'Certificate', 'SecretProviderClass']);

/**
 * Statements of one Secret as one: a base and its patches add up, own files go before shared ones. Where own
 * files differ, the content is not known. Undefined for an empty list.
 */
export const mergedStatement = (all: readonly CaStatement[]): CaStatement | undefined => {
  const ranked = [...all.filter((statement) => !statement.shared), ...all.filter((statement) => statement.shared)];
  const first = ranked[0];
  if (first === undefined || ranked.length === 1) return first;
  const holders = (key: string): readonly CaStatement[] => {
    const found = ranked.filter((statement) => statement.keys?.has(key) === true);
    return found.filter((statement) => statement.shared === found[0]?.shared);
  };
  const open = ranked.some((statement) => statement.keys === undefined);
  return {
    ...first,
    keys: open ? undefined : new Set(ranked.flatMap((statement) => [...(statement.keys ?? [])])),
    placeOf: (key) => (holders(key)[0] ?? first).placeOf(key),
    read: (key) => {
      const texts = holders(key).map((statement) => statement.read(key));
      const found = texts[0] ?? { unknown: `no ${key}` };
      const same = texts.every((other) => 'text' in other && 'text' in found && other.text === found.text);
      return same || texts.length < 2 ? found : { unknown: `several Secrets ${CACERTS} with differing ${key}` };
    },
  };
};

/** A directory of PEM files with a signing certificate and a root. */
export const caDirectories = (cluster: Cluster): readonly CaStatement[] => {
  const directories = new Map<string, PemFile[]>();
  for (const file of cluster.pemFiles) {
    const held = directories.get(file.directory);
    if (held === undefined) directories.set(file.directory, [file]);
    else held.push(file);
  }
  return [...directories.values()]
    .map((files) => new Map(files.map((file) => [file.name, file])))
    .filter((files) => files.has('ca-cert.pem') && files.has('root-cert.pem'))
    .map(ofFiles);
};

const ofFiles = (files: ReadonlyMap<string, PemFile>): CaStatement => {
  const signing = files.get('ca-cert.pem')!;
  const placeOf = (key: string): Place => ({ file: (files.get(key) ?? signing).file, document: 0, path: [] });
  return {
    origin: 'PEM files',
    resource: undefined,
    namespace: undefined,
    keys: new Set(files.keys()),
    place: placeOf('ca-cert.pem'),
    shared: signing.shared,
    read: (key) => pemText(files.get(key), key),
    placeOf,
  };
};

const pemText = (file: PemFile | undefined, name: string): CaText =>
  file === undefined ? { unknown: `${name} is not among the files` } : { text: file.text };

const ofSecret = (secret: Resource): CaStatement => {
  const plain = record(secret.value['stringData']);
  const encoded = record(secret.value['data']);
  const keys = new Set([...Object.keys(encoded), ...Object.keys(plain)]);
  const holder = (key: string): string => (Object.hasOwn(plain, key) ? 'stringData' : 'data');
  return {
    origin: 'Secret',
    resource: secret,
    namespace: secret.namespace,
    // Tools that copy or fill Secrets begin with an empty one.
    keys: keys.size === 0 ? undefined : keys,
    place: placeIn(secret, Object.keys(encoded).length === 0 ? 'stringData' : 'data'),
    shared: secret.shared,
    read: (key) => (Object.hasOwn(plain, key) ? readPlain(plain[key], key) : readEncoded(encoded[key], key)),
    placeOf: (key) => placeIn(secret, holder(key), key),
  };
};

/** The text of a value below `stringData` of a Secret, or why it cannot be told. */
export const readPlain = (value: unknown, key: string): CaText => {
  const found = text(value);
  if (found === undefined) return { unknown: `${key} is empty` };
  if (found.startsWith('ENC[')) return { unknown: `${key} is encrypted` };
  return !found.includes('-----BEGIN') && isTemplate(found) ? { unknown: `${key} is a template` } : { text: found };
};

/** The text of a value below `data` of a Secret, or why it cannot be told. */
export const readEncoded = (value: unknown, key: string): CaText => {
  const found = readPlain(value, key);
  if ('unknown' in found || found.text.includes('-----BEGIN')) return found;
  const packed = found.text.replaceAll(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) return { unknown: `${key} is not base64` };
  return readPlain(Buffer.from(packed, 'base64').toString('utf8'), key);
};

/** Paths at which the objects of secret stores name the Secret that they make. */
const TARGETS: readonly (readonly string[])[] = [
  ['spec', 'secretName'],
  ['spec', 'target', 'name'],
  ['spec', 'destination', 'name'],
  ['spec', 'template', 'metadata', 'name'],
  ['spec', 'output', 'secret', 'name'],
  ['spec', 'managedSecretReference', 'secretName'],
  ['spec', 'externalSecretSpec', 'target', 'name'],
];

const makesCacerts = (resource: Resource): boolean => secretsMadeBy(resource).includes(CACERTS);

/** Names of the Secrets that an object (SealedSecret, ExternalSecret, Certificate …) makes. */
export const secretsMadeBy = (resource: Resource): readonly string[] => {
  if (resource.kind === 'Secret' || !/secret|^certificate$|^onepassworditem$/i.test(resource.kind)) return [];
  const named = TARGETS.map((path) => filled(get(resource.value, ...path))).filter((name) => name !== undefined);
  const listed = [
    ...list(get(resource.value, 'spec', 'secretObjects')).map((item) => get(item, 'secretName')),
    ...list(get(resource.value, 'spec', 'secretTemplates')).map((item) => get(item, 'name')),
  ];
  const made = [...named, ...listed.flatMap((name) => filled(name) ?? [])];
  return named.length === 0 ? [...made, resource.name] : made;
};

const ofMaker = (resource: Resource): CaStatement => ({
  origin: resource.kind,
  resource,
  namespace: resource.kind.startsWith('Cluster') ? undefined : resource.namespace,
  keys: keysOfMaker(resource),
  place: resource.kind === 'SealedSecret' ? placeIn(resource, 'spec', 'encryptedData') : placeIn(resource, 'spec'),
  shared: resource.shared,
  read: () => ({ unknown: `${resource.kind} ${resource.name} does not show its content` }),
  placeOf: (key) =>
    resource.kind === 'SealedSecret' ? placeIn(resource, 'spec', 'encryptedData', key) : placeIn(resource, 'spec'),
});

/** The file names that an opaque form lists; undefined where some may come from the store. */
const keysOfMaker = (resource: Resource): ReadonlySet<string> | undefined => {
  const spec = resource.value['spec'];
  if (resource.kind === 'SealedSecret')
    return filledSet([
      ...Object.keys(record(get(spec, 'encryptedData'))),
      ...Object.keys(record(get(spec, 'template', 'data'))),
    ]);
  if (resource.kind !== 'ExternalSecret') return undefined;
  const template = get(spec, 'target', 'template', 'data');
  if (isRecord(template))
    return get(spec, 'target', 'template', 'mergePolicy') === 'Merge' ? undefined : filledSet(Object.keys(template));
  if (list(get(spec, 'dataFrom')).length > 0 || isRecord(get(spec, 'target', 'template'))) return undefined;
  return filledSet(list(get(spec, 'data')).map((item) => filled(get(item, 'secretKey')) ?? ''));
};

/** Undefined for an empty list, and where a name is missing. */
const filledSet = (keys: readonly string[]): ReadonlySet<string> | undefined =>
  keys.length === 0 || keys.includes('') ? undefined : new Set(keys);

/** Volumes `cacerts` of istiod that are no Secret of that name: a CSI driver, another Secret. */
const mounted = (cluster: Cluster): readonly CaStatement[] => [
  ...[...new Set(containersOf(cluster, 'istiod').map((container) => container.resource))].flatMap((workload) =>
    list(get(workload.value, 'spec', 'template', 'spec', 'volumes')).flatMap((volume, index) =>
      get(volume, 'name') === CACERTS && isElsewhere(volume)
        ? [ofVolume(workload, placeIn(workload, 'spec', 'template', 'spec', 'volumes', index))]
        : [],
    ),
  ),
  ...cluster.resources
    .ofKind('IstioOperator')
    .flatMap((operator) =>
      list(get(operator.value, 'spec', 'components', 'pilot', 'k8s', 'overlays')).flatMap((overlay, index) =>
        list(get(overlay, 'patches')).some(
          (patch) => get(patch, 'value', 'name') === CACERTS && isElsewhere(get(patch, 'value')),
        )
          ? [ofVolume(operator, placeIn(operator, 'spec', 'components', 'pilot', 'k8s', 'overlays', index))]
          : [],
      ),
    ),
];

const isElsewhere = (volume: unknown): boolean =>
  isRecord(volume) && Object.keys(volume).length > 1 && get(volume, 'secret', 'secretName') !== CACERTS;

const ofVolume = (resource: Resource, place: Place): CaStatement => ({
  origin: 'volume cacerts',
  resource,
  namespace: undefined,
  keys: undefined,
  place,
  shared: resource.shared,
  read: () => ({ unknown: 'istiod mounts another volume as cacerts' }),
  placeOf: () => place,
});
