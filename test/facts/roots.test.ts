import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cacertsOf } from '../../src/facts/cacerts.ts';
import type { Member } from '../../src/facts/mesh.ts';
import { externalSigner } from '../../src/facts/signers.ts';
import type { Fact } from '../../src/model/index.ts';
import { sightingsOf, valueOf } from '../../src/model/index.ts';
import type { Tree } from '../support/fleet.ts';
import { membersOf } from '../support/fleet.ts';

const fixture = (path: string): string => readFileSync(join('fixtures/trust', path), 'utf8');
const of = (tree: Tree): Member =>
  membersOf(Object.fromEntries(Object.entries(tree).map(([path, text]) => [`east/${path}`, text])))['east']!;

const cacerts = fixture('shared-root-ca/two-roots/east/cacerts.yaml');
const otherCacerts = fixture('shared-root-ca/two-roots/west/cacerts.yaml');
const rootA = fixture('shared-root-ca/pem-files-two-roots/east/certs/root-cert.pem');
const signingA = fixture('shared-root-ca/pem-files-two-roots/east/certs/ca-cert.pem');
const rootB = fixture('shared-root-ca/pem-files-two-roots/west/certs/root-cert.pem');
const copyA = fixture('shared-root-ca/root-config-map-only/west/root.yaml');
const copyB = fixture('shared-root-ca/root-config-map-of-other/west/root.yaml');

const subjects = (member: Member): readonly (string | undefined)[] =>
  (valueOf(member.roots.fact) ?? []).map((root) => root.subject);
const ids = (member: Member): readonly string[] => (valueOf(member.roots.fact) ?? []).map((root) => root.id);
const reasonOf = (fact: Fact<unknown>): string => (fact.state === 'unknown' ? fact.reason : fact.state);

const operator = (spec: string): string =>
  `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata:\n  name: istio\n  namespace: istio-system\nspec:\n${spec}`;
const values = (key: string, value: string): string => operator(`  values:\n    global:\n      ${key}: ${value}\n`);

const manifest = (head: string, spec: string): string => {
  const [apiVersion, kind, name] = head.split(' ');
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: istio-system\nspec:\n${spec}`;
};

describe('where the root is said', () => {
  test('the Secret goes before a copy, a copy before files', () => {
    const files = { 'certs/ca-cert.pem': signingA, 'certs/root-cert.pem': rootB };
    const all = of({ 'cacerts.yaml': cacerts, 'copy.yaml': copyB, ...files });
    expect([all.roots.origin, subjects(all)]).toEqual(['cacerts', ['CN=Root A']]);
    expect(all.roots.copies.map((copy) => copy.source)).toEqual([
      'ConfigMap istio-ca-root-cert of shop',
      'file root-cert.pem',
    ]);
    const copied = of({ 'copy.yaml': copyA, ...files });
    expect([copied.roots.origin, subjects(copied)]).toEqual(['copy', ['CN=Root A']]);
    const loose = of(files);
    expect([loose.roots.origin, subjects(loose)]).toEqual(['files', ['CN=Root B']]);
  });

  test('places point at the key', () => {
    const [sighting] = sightingsOf(of({ 'cacerts.yaml': cacerts }).roots.fact);
    expect(sighting?.place.path).toEqual(['data', 'root-cert.pem']);
    expect(sighting?.source).toBe('Secret cacerts root-cert.pem');
  });

  test('copies that differ, and directories that differ, tell nothing', () => {
    const namespaced = copyB.replace('namespace: shop', 'namespace: cart');
    expect(reasonOf(of({ 'a.yaml': copyA, 'b.yaml': namespaced }).roots.fact)).toBe(
      'copies of istio-ca-root-cert differ',
    );
    const two = of({
      'a/ca-cert.pem': signingA,
      'a/root-cert.pem': rootA,
      'b/ca-cert.pem': signingA,
      'b/root-cert.pem': rootB,
    });
    expect(reasonOf(two.roots.fact)).toBe('directories of PEM files with differing roots');
  });

  test('two Secrets that differ tell nothing', () => {
    expect(reasonOf(of({ 'a.yaml': cacerts, 'b.yaml': otherCacerts }).roots.fact)).toBe(
      'several Secrets cacerts with differing root-cert.pem',
    );
  });

  test('a root without a signing certificate beside it is no CA directory', () => {
    expect(of({ 'certs/root-cert.pem': rootA }).roots.fact.state).toBe('absent');
  });

  test('nothing said is absent, unless a document that may say it was not read', () => {
    expect(of({ 'istio.yaml': operator('  profile: default\n') }).roots.fact.state).toBe('absent');
  });
});

describe('content that the files do not show', () => {
  const secret = (value: string): string =>
    `apiVersion: v1\nkind: Secret\nmetadata:\n  name: cacerts\n  namespace: istio-system\ndata:\n  root-cert.pem: ${value}\n`;

  test.each([
    ['SOPS', secret('ENC[AES256_GCM,data:b25l,type:str]'), 'root-cert.pem is encrypted'],
    ['a variable', secret('${ROOT}'), 'root-cert.pem is a template'],
    ['a placeholder', secret('<root>'), 'root-cert.pem is a template'],
    ['no base64', secret('"#%"'), 'root-cert.pem is not base64'],
    ['a list', secret('[]'), 'root-cert.pem is empty'],
    ['other text', secret('UkVEQUNURUQ='), 'root-cert.pem of cacerts holds no certificate that can be read'],
    ['no root', secret('').replace('root-cert.pem', 'ca-cert.pem'), 'cacerts lacks root-cert.pem'],
    [
      'no data',
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: cacerts\n  namespace: istio-system\n',
      'cacerts is filled elsewhere',
    ],
    [
      'SealedSecret',
      manifest('bitnami.com/v1alpha1 SealedSecret cacerts', '  encryptedData: {}\n'),
      'SealedSecret does not show the content of cacerts',
    ],
    [
      'ExternalSecret',
      manifest('external-secrets.io/v1 ExternalSecret ca', '  target:\n    name: cacerts\n'),
      'ExternalSecret does not show the content of cacerts',
    ],
    [
      'SecretProviderClass',
      manifest('secrets-store.csi.x-k8s.io/v1 SecretProviderClass ca', '  secretObjects:\n    - secretName: cacerts\n'),
      'SecretProviderClass does not show the content of cacerts',
    ],
    [
      'VaultStaticSecret',
      manifest('secrets.hashicorp.com/v1beta1 VaultStaticSecret ca', '  destination:\n    name: cacerts\n'),
      'VaultStaticSecret does not show the content of cacerts',
    ],
  ])('%s', (_, text, reason) => {
    expect(reasonOf(of({ 'cacerts.yaml': text }).roots.fact)).toBe(reason);
  });

  test('a store that fills another Secret is none of these', () => {
    const other = manifest('external-secrets.io/v1 ExternalSecret cacerts', '  target:\n    name: database\n');
    expect(cacertsOf(of({ 'a.yaml': other }).cluster)).toEqual([]);
  });

  test('an own Secret goes before a shared one, and a patch adds to it', () => {
    const members = membersOf({
      'base.yaml': otherCacerts,
      'east/cacerts.yaml': cacerts,
      'west/istio.yaml': operator('  profile: default\n'),
    });
    expect([subjects(members['east']!), subjects(members['west']!)]).toEqual([['CN=Root A'], ['CN=Root B']]);
  });
});

describe('other CAs', () => {
  const certificate = manifest(
    'cert-manager.io/v1 Certificate ca',
    '  secretName: cacerts\n  isCA: true\n  issuerRef:\n    kind: ClusterIssuer\n    name: mesh-ca\n',
  );
  const issuer = (spec: string): string =>
    `apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata:\n  name: mesh-ca\nspec:\n${spec}`;

  test('an issuer that is not loaded is a symbol of this cluster', () => {
    expect(ids(of({ 'ca.yaml': certificate }))).toEqual(['issuer:ClusterIssuer/mesh-ca']);
    expect(ids(of({ 'ca.yaml': certificate, 'issuer.yaml': issuer('  selfSigned: {}\n') }))).toEqual([
      'issuer:ClusterIssuer/mesh-ca',
    ]);
  });

  test('an issuer with a loaded CA is its root', () => {
    const member = of({
      'ca.yaml': fixture('shared-root-ca/issuer-with-one-ca/east/certificate.yaml'),
      'root.yaml': fixture('shared-root-ca/issuer-with-one-ca/east/root.yaml'),
    });
    expect([member.roots.origin, subjects(member)]).toEqual(['issuer', ['CN=Root A']]);
  });

  test('Vault and ACME are one CA for all clusters', () => {
    expect(
      ids(
        of({
          'ca.yaml': certificate,
          'issuer.yaml': issuer('  vault:\n    server: https://vault.example.com\n    path: pki/sign/mesh\n'),
        }),
      ),
    ).toEqual(['ca:https://vault.example.com/pki/sign/mesh']);
    expect(
      ids(of({ 'ca.yaml': certificate, 'issuer.yaml': issuer('  acme:\n    server: https://acme.example.com\n') })),
    ).toEqual(['ca:https://acme.example.com']);
  });

  test('the issuer that Open Cluster Management hands to a set', () => {
    const mesh = manifest(
      'mesh.open-cluster-management.io/v1alpha1 MultiClusterMesh shop',
      '  security:\n    trust:\n      certManager:\n        issuerRef:\n          kind: ClusterIssuer\n          name: fleet-ca\n',
    );
    expect(ids(of({ 'mesh.yaml': mesh }))).toEqual(['issuer:ClusterIssuer/fleet-ca']);
  });

  test.each([
    [
      'istio-csr',
      values('caAddress', 'cert-manager-istio-csr.cert-manager.svc:443'),
      'cert-manager-istio-csr.cert-manager.svc:443',
    ],
    ['a CA by name', values('caName', 'GkeWorkloadCertificate'), 'GkeWorkloadCertificate'],
    ['istiod of the cluster', values('caAddress', 'istiod.istio-system.svc:15012'), undefined],
    ['istiod of the primary', values('caAddress', '192.0.2.10:15012'), undefined],
    ['Citadel by name', values('caName', 'Citadel'), undefined],
    [
      'Kubernetes signs',
      operator(
        '  components:\n    pilot:\n      k8s:\n        env:\n          - name: EXTERNAL_CA\n            value: ISTIOD_RA_KUBERNETES_API\n',
      ),
      'ISTIOD_RA_KUBERNETES_API',
    ],
    [
      'istiod does not sign',
      operator(
        '  components:\n    pilot:\n      k8s:\n        env:\n          - name: ENABLE_CA_SERVER\n            value: "false"\n',
      ),
      'ENABLE_CA_SERVER=false',
    ],
    [
      'an istio-csr Deployment',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: cert-manager-istio-csr\n  namespace: cert-manager\nspec: {}\n',
      'istio-csr',
    ],
    [
      'istio-csr of an ApplicationSet',
      'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata:\n  name: signer\n  namespace: argocd\nspec:\n  template:\n    spec:\n      source:\n        chart: cert-manager-istio-csr\n',
      'istio-csr',
    ],
    [
      'SPIRE',
      'apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: spire-server\n  namespace: spire\nspec: {}\n',
      'SPIRE',
    ],
  ])('%s', (_, text, expected) => {
    expect(externalSigner(of({ 'a.yaml': text }).cluster)?.value).toBe(expected);
  });

  test('who signs elsewhere has no use for cacerts', () => {
    const member = of({ 'cacerts.yaml': cacerts, 'istio.yaml': values('caAddress', 'ca.example.com:443') });
    expect([member.roots.origin, ids(member), member.caChain]).toEqual(['signer', ['ca:ca.example.com:443'], []]);
  });
});

describe('extra roots', () => {
  const counting = fixture('shared-root-ca/extra-roots-count/east/istio.yaml');

  test('count with the flag, not without it', () => {
    const known = of({ 'istio.yaml': counting }).roots.extra;
    expect((valueOf(known) ?? []).map((root) => root.subject)).toEqual(['CN=Root B']);
    expect(
      of({ 'istio.yaml': fixture('shared-root-ca/extra-roots-without-flag/east/istio.yaml') }).roots.extra.state,
    ).toBe('absent');
  });

  test('bundles behind an URL are unknown', () => {
    const extra = of({ 'istio.yaml': fixture('shared-root-ca/extra-roots-by-url/east/istio.yaml') }).roots.extra;
    expect([extra.state, sightingsOf(extra)]).toEqual(['unknown', []]);
  });

  test('before 1.10 there are none', () => {
    expect(of({ 'istio.yaml': counting.replace('spec:\n', 'spec:\n  tag: 1.9.5\n') }).roots.extra.state).toBe('absent');
  });
});

describe('chains', () => {
  test('the Secret, and each directory of files', () => {
    const chains = of({ 'cacerts.yaml': cacerts, 'certs/ca-cert.pem': signingA, 'certs/root-cert.pem': rootA }).caChain;
    expect(chains.map(({ form, loose }) => [form, loose])).toEqual([
      ['pem', false],
      ['pem', true],
    ]);
    expect(chains[0]?.places['ca-key.pem']?.path).toEqual(['data', 'ca-key.pem']);
  });

  test('a key is compared and not kept', () => {
    const right = of({ 'cacerts.yaml': fixture('ca-usable/right-key/west/cacerts.yaml') });
    const wrong = of({ 'cacerts.yaml': fixture('ca-usable/wrong-key/west/cacerts.yaml') });
    const redacted = of({ 'cacerts.yaml': cacerts });
    expect([right, wrong, redacted].map((member) => member.caChain[0]?.keyMatches)).toEqual([true, false, undefined]);
    const { resource: _, ...chain } = right.caChain[0]!;
    expect(JSON.stringify([chain, right.roots])).not.toContain('PRIVATE KEY');
  });

  test('tls.crt wins from 1.14 on', () => {
    const both = fixture('cacerts-complete/two-forms-one-root/west/cacerts.yaml');
    const old = operator('  tag: 1.12.9\n');
    expect(of({ 'cacerts.yaml': both }).caChain[0]?.form).toBe('tls');
    expect(of({ 'cacerts.yaml': both, 'istio.yaml': old }).caChain[0]?.form).toBe('pem');
  });
});
