// cert-manager: which CA stands behind a Certificate that makes cacerts.
import type { Cluster, Resource } from '../model/index.ts';
import { filled, get, isTemplate, record, sameNamespace } from '../model/index.ts';
import type { Certificate } from './certificates.ts';
import { certificatesIn, isSelfSigned } from './certificates.ts';

/** The CA of an issuer: its certificates where a loaded Secret shows them, else a symbol for it. */
export type IssuingCa = { readonly certificates: readonly Certificate[] } | { readonly symbol: string };

export const isCertificate = (resource: Resource): boolean =>
  resource.kind === 'Certificate' && (resource.group === 'cert-manager.io' || resource.group === 'certmanager.k8s.io');

/**
 * The CA behind `spec.issuerRef`. A CA that is one and the same from every cluster (Vault, ACME) is
 * `ca:<address>`; `issuer:<kind>/<name>` means something in its own cluster only.
 */
export const issuingCa = (cluster: Cluster, certificate: Resource): IssuingCa => {
  const reference = get(certificate.value, 'spec', 'issuerRef');
  const kind = filled(get(reference, 'kind')) ?? 'Issuer';
  const name = filled(get(reference, 'name')) ?? '';
  const namespace = kind === 'Issuer' ? certificate.namespace : undefined;
  const issuers = cluster.resources.find(kind, namespace, name);
  const issuer = issuers.length === 1 ? issuers[0] : undefined;
  const here = { symbol: `issuer:${kind}/${name}` };
  if (issuer === undefined) return here;
  return secretOfIssuer(cluster, issuer) ?? addressOfIssuer(issuer) ?? here;
};

/** `Issuer.spec.ca`: the Secret that it signs with. */
const secretOfIssuer = (cluster: Cluster, issuer: Resource): IssuingCa | undefined => {
  const name = filled(get(issuer.value, 'spec', 'ca', 'secretName'));
  if (name === undefined) return undefined;
  const namespace = issuer.kind === 'Issuer' ? issuer.namespace : undefined;
  const secrets = cluster.resources
    .ofKind('Secret', '')
    .filter((secret) => secret.name === name && sameNamespace(secret.namespace, namespace));
  const secret = secrets.length === 1 ? secrets[0] : undefined;
  if (secret === undefined) return undefined;
  const declared = certificatesAt(secret, 'ca.crt');
  if (declared.length > 0) return { certificates: declared };
  // The certificate itself is the root only if nobody else signed it.
  const roots = certificatesAt(secret, 'tls.crt').filter(isSelfSigned);
  return roots.length > 0 ? { certificates: roots } : undefined;
};

const certificatesAt = (secret: Resource, key: string): readonly Certificate[] => {
  const plain = filled(record(secret.value['stringData'])[key]);
  const encoded = filled(record(secret.value['data'])[key]);
  const found = certificatesIn(plain ?? Buffer.from(encoded ?? '', 'base64').toString('utf8'));
  return found.broken === 0 ? found.certificates : [];
};

const addressOfIssuer = (issuer: Resource): IssuingCa | undefined => {
  const vault = filled(get(issuer.value, 'spec', 'vault', 'server'));
  const acme = filled(get(issuer.value, 'spec', 'acme', 'server'));
  const address = vault === undefined ? acme : `${vault}/${filled(get(issuer.value, 'spec', 'vault', 'path')) ?? ''}`;
  return address === undefined || isTemplate(address) ? undefined : { symbol: `ca:${address}` };
};
