// Who signs the certificates of a cluster's workloads.
import { cacertsOf } from '../facts/cacerts.ts';
import { isCertificate } from '../facts/issuers.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { caNamespace } from '../facts/roots.ts';
import { externalSigner } from '../facts/signers.ts';
import { hidesKind, hidesValues, valueSightings } from '../facts/sources.ts';
import type { Place, Resource } from '../model/index.ts';
import { filled, get, isTemplate, placeIn, sameNamespace } from '../model/index.ts';
import { installOf } from './controlPlane/install.ts';
import { runsControlPlane } from './controlPlane/roles.ts';

/** A reference to an issuer of cert-manager. */
export interface IssuerReference {
  readonly kind: string;
  readonly name: string;
  /** Undefined for issuers of all namespaces, or where it is not stated. */
  readonly namespace: string | undefined;
  readonly place: Place;
  readonly resource: Resource | undefined;
}

/** Who signs, as far as it can be compared between clusters. */
export interface Provider {
  readonly member: Member;
  /** Equal for equal providers. */
  readonly key: string;
  /** `asks cert-manager-istio-csr.cert-manager.svc:443 for certificates`, `signs itself` */
  readonly words: string;
  readonly place: Place;
  readonly resource: Resource | undefined;
}

const CSR = /istio-csr/;

/** Undefined for clusters that do not sign, and where it is not to be told from the files. */
export const providerOf = (mesh: Mesh, member: Member): Provider | undefined => {
  if (!runsControlPlane(mesh, member)) return undefined;
  const signer = externalSigner(member.cluster);
  const install = installOf(member);
  const [issuer] = issuersOf(member);
  if (signer !== undefined) {
    // Who signs instead is said elsewhere.
    if (isTemplate(signer.value) || signer.value === 'ENABLE_CA_SERVER=false') return undefined;
    const isCsr = CSR.test(signer.value);
    const address = signer.value.replace(/^https?:\/\//, '');
    const suffix = isCsr && issuer !== undefined ? ` ${wordOf(member, issuer)}` : '';
    return {
      member,
      key: isCsr ? `istio-csr${suffix}` : address,
      words: `asks ${address} for certificates${suffix === '' ? '' : ` of ${issuer?.kind} ${issuer?.name}`}`,
      place: signer.place,
      resource: member.resources.all.find(({ place }) => isIn(place, signer.place)),
    };
  }
  if (install === undefined || hidesValues(member.cluster)) return undefined;
  if (hidesKind(member.cluster, ['IstioOperator', 'HelmRelease', 'ConfigMap'])) return undefined;
  if (issuer !== undefined)
    return {
      member,
      key: `istiod ${wordOf(member, issuer)}`,
      words: `signs with a CA of ${issuer.kind} ${issuer.name}`,
      place: issuer.place,
      resource: issuer.resource,
    };
  return { member, key: 'istiod', words: 'signs itself', place: install.at, resource: install.resource };
};

/** Whether two providers are alike as far as both tell: an issuer that only one names is no difference. */
export const isAlike = (a: Provider, b: Provider): boolean => {
  const [one, other] = [a.key.split(' '), b.key.split(' ')];
  return one[0] === other[0] && (one[1] === undefined || other[1] === undefined || one[1] === other[1]);
};

/** Issuers that sign the CA of the cluster: of Certificate cacerts, and of istio-csr. */
export const issuersOf = (member: Member): readonly IssuerReference[] => [
  ...cacertsOf(member.cluster).flatMap(({ resource, namespace }) => {
    if (resource === undefined || !isCertificate(resource) || !sameNamespace(namespace, caNamespace(member))) return [];
    const place = placeIn(resource, 'spec', 'issuerRef');
    return reference(get(resource.value, 'spec', 'issuerRef'), resource.namespace, place, resource);
  }),
  ...valueSightings(member.cluster, ['istio-csr'], ['app', 'certmanager', 'issuer']).flatMap(({ value, place }) => {
    const namespace = valueSightings(member.cluster, ['istio-csr'], ['app', 'certmanager', 'namespace'])[0]?.value;
    return reference(value, filled(namespace) ?? caNamespace(member), place, undefined);
  }),
];

const reference = (
  written: unknown,
  namespace: string | undefined,
  place: Place,
  resource: Resource | undefined,
): readonly IssuerReference[] => {
  const name = filled(get(written, 'name'));
  const kind = filled(get(written, 'kind')) ?? 'Issuer';
  const group = filled(get(written, 'group')) ?? 'cert-manager.io';
  // Issuers of other groups are brought by controllers of their own.
  if (name === undefined || isTemplate(name) || isTemplate(kind) || group !== 'cert-manager.io') return [];
  return [{ kind, name, namespace: kind === 'ClusterIssuer' ? undefined : namespace, place, resource }];
};

/** An issuer that is called after its cluster is the same one in the words of another cluster. */
const wordOf = (member: Member, { kind, name }: IssuerReference): string =>
  `${kind}/${name.replaceAll(new RegExp(`(?<![a-z0-9])${member.name.replaceAll(/\W/g, String.raw`\$&`)}(?![a-z0-9])`, 'g'), '<cluster>')}`;

const isIn = (outer: Place, inner: Place): boolean =>
  outer.file === inner.file &&
  outer.document === inner.document &&
  outer.path.every((step, index) => step === inner.path[index]);
