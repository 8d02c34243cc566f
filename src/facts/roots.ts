import type { Cluster, Fact, Place, Resource, Sighting } from '../model/index.ts';
import { filled, get, placeIn, sameNamespace, settle, text, valueOf } from '../model/index.ts';
import type { CaStatement } from './cacerts.ts';
import { cacertsOf, caDirectories, hidesCacerts, isPlain, mergedStatement } from './cacerts.ts';
import { certificatesIn, keyBelongsTo } from './certificates.ts';
import { extraRoots } from './extraRoots.ts';
import type { Facts } from './index.ts';
import { isCertificate, issuingCa } from './issuers.ts';
import type { Root } from './rootSets.ts';
import { isSymbol, rootSet, rootsIn, sameRoots, symbol } from './rootSets.ts';
import { externalSigner } from './signers.ts';
import { CONTROL_PLANE, valueSightings } from './sources.ts';

export type { Root } from './rootSets.ts';

/** Where the roots of a cluster are known from, strongest first. */
export type RootsOrigin = 'cacerts' | 'copy' | 'issuer' | 'signer' | 'config' | 'files';

export interface RootsFact {
  /**
   * The set of roots that proxies of this cluster trust; each sighting is a copy of the whole set. `absent`
   * where no form of a CA is among the files: istiod then signs with a root of its own, if the files are complete.
   */
  readonly fact: Fact<readonly Root[]>;
  readonly origin?: RootsOrigin | undefined;
  /** Other copies of the root inside the cluster (ConfigMap istio-ca-root-cert, PEM files). */
  readonly copies: readonly Sighting<readonly Root[]>[];
  /**
   * caCertificates of the mesh config where ISTIO_MULTIROOT_MESH makes them count (Istio 1.10+). Unknown with
   * sightings: these, if they count; unknown without: any certificate may be among them.
   */
  readonly extra: Fact<readonly Root[]>;
}

/** A signing certificate with what belongs to it. */
export interface CaChain {
  readonly form: 'pem' | 'tls';
  readonly signing: string | undefined;
  readonly chain: string | undefined;
  readonly root: string | undefined;
  /** ca-crl.pem (Istio 1.27+). */
  readonly revocations?: string | undefined;
  /** Whether a private key is present; its text is never kept beyond the check that it matches. */
  readonly keyMatches: boolean | undefined;
  readonly place: Place;
  /** By file name of cacerts: `ca-cert.pem`, `tls.key`, … */
  readonly places: Readonly<Record<string, Place>>;
  /** Known from loose PEM files, not from the Secret that istiod mounts. */
  readonly loose: boolean;
  readonly shared: boolean;
  readonly resource?: Resource | undefined;
}

/** File names of the two forms of cacerts. */
export const FORMS = {
  pem: { signing: 'ca-cert.pem', key: 'ca-key.pem', root: 'root-cert.pem', chain: 'cert-chain.pem' },
  tls: { signing: 'tls.crt', key: 'tls.key', root: 'ca.crt', chain: 'tls.crt' },
} as const;
/** File with revocation lists, read by Istio 1.27+. */
export const REVOCATIONS = 'ca-crl.pem';
/** Name of the ConfigMap that brings the root to the proxies of a namespace. */
const ROOT_COPY = 'istio-ca-root-cert';

/** Namespace in which istiod looks for cacerts. */
export const caNamespace = (facts: Facts): string => valueOf(facts.istioNamespace) ?? 'istio-system';

/** The Secret `cacerts` that istiod mounts, whatever says it; undefined where no readable form does. */
export const plainCacerts = (cluster: Cluster, facts: Facts): CaStatement | undefined =>
  mergedStatement(cacertsOf(cluster).filter((statement) => isPlain(statement) && isMounted(statement, facts)));

/** The form that istiod reads: `tls.crt` wins from 1.14 on. */
export const formOf = (keys: ReadonlySet<string>, facts: Facts): 'pem' | 'tls' => {
  const version = valueOf(facts.istioVersion.fact);
  return keys.has('tls.crt') && (version === undefined || version.high >= 14) ? 'tls' : 'pem';
};

export const roots = (cluster: Cluster, facts: Facts): RootsFact => {
  const copies = [...configMapCopies(cluster), ...fileCopies(cluster)];
  const { origin, fact } = decide(cluster, facts, copies);
  return { fact, origin, copies, extra: extraRoots(cluster, facts) };
};

export const caChain = (cluster: Cluster, facts: Facts): readonly CaChain[] => {
  const secret = signerOf(cluster, facts) === undefined ? plainCacerts(cluster, facts) : undefined;
  return [
    ...(secret?.keys === undefined ? [] : [chainOf(secret, formOf(secret.keys, facts), false)]),
    ...caDirectories(cluster).map((directory) => chainOf(directory, 'pem', true)),
  ];
};

interface Decision {
  readonly origin?: RootsOrigin | undefined;
  readonly fact: Fact<readonly Root[]>;
}

const decide = (cluster: Cluster, facts: Facts, copies: readonly Sighting<readonly Root[]>[]): Decision => {
  const declared = configRoots(cluster);
  const signer = signerOf(cluster, facts);
  if (signer !== undefined) return declared ?? known('signer', { ...signer, value: [symbol(`ca:${signer.value}`)] });

  const secret = plainCacerts(cluster, facts);
  const stated = secret === undefined ? undefined : statedRoots(secret, facts);
  if (stated?.fact.state === 'known') return stated;

  const copied = copies.filter((copy) => copy.source !== FILES);
  if (copied.length > 0) return settledCopies(copied);
  const opaque = cacertsOf(cluster).filter((statement) => !isPlain(statement) && isMounted(statement, facts));
  const issued = issuedRoots(cluster, opaque);
  if (issued?.fact.state === 'known' && !issued.fact.value.some(isSymbol)) return issued;
  if (declared !== undefined) return declared;
  if (issued !== undefined) return issued;
  if (stated !== undefined) return stated;
  const first = opaque[0];
  if (first !== undefined) return unknown(`${first.origin} does not show the content of cacerts`, first.place);
  return fileRoots(copies) ?? nothing(cluster);
};

/** An external CA; a remote that asks its primary's istiod has none. */
const signerOf = (cluster: Cluster, facts: Facts): Sighting<string> | undefined =>
  ['remote', 'config'].includes(facts.controlPlaneRole.role) ? undefined : externalSigner(cluster);

const isMounted = (statement: CaStatement, facts: Facts): boolean =>
  sameNamespace(statement.namespace, caNamespace(facts));

const statedRoots = (secret: CaStatement, facts: Facts): Decision => {
  if (secret.keys === undefined) return unknown('cacerts is filled elsewhere', secret.place);
  const form = formOf(secret.keys, facts);
  const key = FORMS[form].root;
  if (!secret.keys.has(key)) return unknown(`cacerts lacks ${key}`, secret.place);
  const content = secret.read(key);
  if ('unknown' in content) return unknown(content.unknown, secret.placeOf(key));
  const value = rootsIn(content.text);
  if (value === undefined)
    return unknown(`${key} of cacerts holds no certificate that can be read`, secret.placeOf(key));
  return known('cacerts', {
    value,
    place: secret.placeOf(key),
    source: `${secret.origin} cacerts ${key}`,
    shared: secret.shared,
  });
};

const settledCopies = (copies: readonly Sighting<readonly Root[]>[]): Decision => {
  const fact = settle(copies, { state: 'absent' }, sameRoots);
  // Copies of differing age: which of them is in force is not to be told.
  if (fact.state !== 'conflict') return { origin: 'copy', fact };
  return { origin: 'copy', fact: { state: 'unknown', reason: `copies of ${ROOT_COPY} differ`, sightings: copies } };
};

const issuedRoots = (cluster: Cluster, opaque: readonly CaStatement[]): Decision | undefined => {
  const certificate = opaque.find((statement) => statement.resource !== undefined && isCertificate(statement.resource));
  if (certificate?.resource !== undefined) {
    const ca = issuingCa(cluster, certificate.resource);
    const value = 'symbol' in ca ? [symbol(ca.symbol)] : rootSet(ca.certificates);
    const place = placeIn(certificate.resource, 'spec', 'issuerRef');
    return known('issuer', { value, place, source: 'issuer of Certificate cacerts', shared: certificate.shared });
  }
  // Open Cluster Management's add-on hands one issuer to all clusters of a set.
  const path = ['spec', 'security', 'trust', 'certManager', 'issuerRef'];
  for (const mesh of cluster.resources.ofKind('MultiClusterMesh')) {
    const name = filled(get(mesh.value, ...path, 'name'));
    if (name === undefined) continue;
    const value = [symbol(`issuer:${filled(get(mesh.value, ...path, 'kind')) ?? 'Issuer'}/${name}`)];
    return known('issuer', {
      value,
      place: placeIn(mesh, ...path),
      source: 'issuer of MultiClusterMesh',
      shared: mesh.shared,
    });
  }
  return undefined;
};

const configRoots = (cluster: Cluster): Decision | undefined => {
  const file = cluster.settings.rootCA;
  const value = file === undefined ? undefined : rootsIn(file.text);
  if (file === undefined || value === undefined) return undefined;
  return known('config', {
    value,
    place: { file: file.file, document: 0, path: [] },
    source: 'rootCA of mesh-lint.yaml',
  });
};

/** Last of all: PEM files beside the manifests. Several directories that differ say nothing. */
const fileRoots = (copies: readonly Sighting<readonly Root[]>[]): Decision | undefined => {
  const files = copies.filter((copy) => copy.source === FILES);
  const fact = settle<readonly Root[]>(files, { state: 'absent' }, sameRoots);
  const agree = files.every((file) => files[0] !== undefined && sameRoots(file.value, files[0].value));
  if (fact.state === 'absent') return undefined;
  if (fact.state === 'known' && (agree || fact.sightings[0]?.shared !== true)) return { origin: 'files', fact };
  return {
    origin: 'files',
    fact: { state: 'unknown', reason: 'directories of PEM files with differing roots', sightings: files },
  };
};

const nothing = (cluster: Cluster): Decision =>
  hidesCacerts(cluster)
    ? unknown('a document that could not be read may hold cacerts', undefined)
    : { fact: { state: 'absent' } };

const known = (
  origin: RootsOrigin,
  sighting: Sighting<readonly Root[]>,
): Decision & { readonly fact: { readonly state: 'known' } } => ({
  origin,
  fact: { state: 'known', value: sighting.value, sightings: [sighting] },
});

const unknown = (reason: string, place: Place | undefined): Decision => ({ fact: { state: 'unknown', reason, place } });

const configMapCopies = (cluster: Cluster): readonly Sighting<readonly Root[]>[] => {
  const names = new Set([ROOT_COPY]);
  for (const sighting of valueSightings(cluster, CONTROL_PLANE, ['global', 'trustBundleName'])) {
    const name = filled(sighting.value);
    if (name !== undefined) names.add(name);
  }
  return cluster.resources
    .ofKind('ConfigMap', '')
    .filter((map) => names.has(map.name))
    .flatMap((map) => {
      const value = rootsIn(text(get(map.value, 'data', 'root-cert.pem')) ?? '');
      if (value === undefined) return [];
      const source = `ConfigMap ${map.name}${map.namespace === undefined ? '' : ` of ${map.namespace}`}`;
      return [{ value, place: placeIn(map, 'data', 'root-cert.pem'), source, shared: map.shared }];
    });
};

const FILES = 'file root-cert.pem';

const fileCopies = (cluster: Cluster): readonly Sighting<readonly Root[]>[] =>
  caDirectories(cluster).flatMap((directory) => {
    const content = directory.read('root-cert.pem');
    const value = 'text' in content ? rootsIn(content.text) : undefined;
    return value === undefined
      ? []
      : [{ value, place: directory.placeOf('root-cert.pem'), source: FILES, shared: directory.shared }];
  });

const chainOf = (statement: CaStatement, form: 'pem' | 'tls', loose: boolean): CaChain => {
  const names = FORMS[form];
  const textOf = (key: string): string | undefined => {
    if (statement.keys?.has(key) !== true) return undefined;
    const content = statement.read(key);
    return 'text' in content ? content.text : undefined;
  };
  const places: Record<string, Place> = {};
  for (const key of [...Object.values(names), REVOCATIONS])
    places[key] = statement.keys?.has(key) === true ? statement.placeOf(key) : statement.place;
  const signing = textOf(names.signing);
  const certificate = signing === undefined ? undefined : certificatesIn(signing).certificates[0];
  const key = certificate === undefined ? undefined : textOf(names.key);
  return {
    form,
    signing,
    chain: textOf(names.chain),
    root: textOf(names.root),
    revocations: textOf(REVOCATIONS),
    keyMatches: certificate === undefined || key === undefined ? undefined : keyBelongsTo(key, certificate),
    place: statement.place,
    places,
    loose,
    shared: statement.shared,
    resource: statement.resource,
  };
};
