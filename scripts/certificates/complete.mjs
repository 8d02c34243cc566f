// Cases of trust/cacerts-complete.
import { revocationsOf } from './authority.mjs';
import { fourFiles, operator, secret, tlsFiles } from './manifests.mjs';

const RULE = 'trust/cacerts-complete';

const without = (files, ...keys) => Object.fromEntries(Object.entries(files).filter(([key]) => !keys.includes(key)));

const sealed = (keys, mark = '') => `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: cacerts
  namespace: istio-system
spec:
  encryptedData:${mark}
${keys.map((key) => `    ${key}: AgBx`).join('\n')}
`;

const external = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: cacerts
  namespace: istio-system
spec:
  dataFrom:
    - extract:
        key: mesh/west
`;

const issued = (isCa) => `apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: istiod-ca
  namespace: istio-system
spec:${isCa ? '' : ` # expect: ${RULE}`}
  secretName: cacerts
  commonName: istiod
${isCa ? '  isCA: true\n' : ''}  issuerRef:
    kind: ClusterIssuer
    name: mesh-ca
`;

const empty = `apiVersion: v1
kind: Secret
metadata:
  name: cacerts
  namespace: istio-system
  annotations:
    reflector.v1.k8s.emberstack.com/reflects: vault/cacerts
`;

const generator = (files, mark = '') => `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: istio-system
secretGenerator:
  - name: cacerts${mark}
    files:
${files.map((file) => `      - ${file}`).join('\n')}
`;

export const completeCases = async ({ a, b, east, west, odd }) => {
  const four = fourFiles({ signing: west.pem, root: a.pem });
  const tls = tlsFiles({ signing: west.pem, root: a.pem });
  const whole = { 'east/cacerts.yaml': secret(fourFiles({ signing: east.pem, root: a.pem })) };
  const spoken = { expect: { data: RULE } };
  return {
    'no-cert-chain': { ...whole, 'west/cacerts.yaml': secret(without(four, 'cert-chain.pem'), spoken) },
    'no-key-in-1-20': {
      ...whole,
      'west/istio.yaml': operator({ tag: '1.20.3' }),
      'west/cacerts.yaml': secret(without(four, 'ca-key.pem'), spoken),
    },
    'no-key-in-1-28': {
      ...whole,
      'west/istio.yaml': operator({ tag: '1.28.0' }),
      'west/cacerts.yaml': secret(without(four, 'ca-key.pem'), spoken),
    },
    'no-key-in-any-version': { ...whole, 'west/cacerts.yaml': secret(without(four, 'ca-key.pem'), spoken) },
    'root-alone': { 'west/cacerts.yaml': secret({ 'root-cert.pem': a.pem }, spoken) },
    'tls-without-ca': { ...whole, 'west/cacerts.yaml': secret(without(tls, 'ca.crt'), spoken) },
    'tls-before-1-14': {
      'west/istio.yaml': operator({ tag: '1.12.9' }),
      'west/cacerts.yaml': secret(tls, { expect: { 'tls.crt': RULE } }),
    },
    'tls-and-root-cert-of-other-root': {
      ...whole,
      'west/cacerts.yaml': secret(
        { ...tls, ...fourFiles({ signing: odd.pem, root: b.pem }) },
        { expect: { 'root-cert.pem': `${RULE} warning` } },
      ),
    },
    'two-forms-one-root': { ...whole, 'west/cacerts.yaml': secret({ ...tls, ...four }) },
    'both-forms-before-1-14': {
      'west/istio.yaml': operator({ tag: '1.12.9' }),
      'west/cacerts.yaml': secret({ ...tls, ...four }),
    },
    'in-another-namespace': {
      ...whole,
      'west/istio.yaml': operator(),
      'west/cacerts.yaml': secret(four, { namespace: 'istio-ca', expect: { namespace: RULE } }),
    },
    'copied-from-another-namespace': {
      'west/istio.yaml': operator(),
      'west/cacerts.yaml': secret(four, { namespace: 'vault' }).replace(
        '  namespace: vault',
        '  namespace: vault\n  annotations:\n    reflector.v1.k8s.emberstack.com/reflection-allowed: "true"',
      ),
    },
    'in-the-namespace-of-istiod': {
      'west/istio.yaml': operator({ lines: ['values:', '  global:', '    istioNamespace: mesh-system'] }).replace(
        'namespace: istio-system',
        'namespace: mesh-system',
      ),
      'west/cacerts.yaml': secret(four, { namespace: 'mesh-system' }),
    },
    'certificate-without-is-ca': { ...whole, 'west/certificate.yaml': issued(false) },
    'certificate-with-is-ca': { ...whole, 'west/certificate.yaml': issued(true) },
    'sealed-secret-without-root': {
      ...whole,
      'west/cacerts.yaml': sealed(['ca-cert.pem', 'ca-key.pem', 'cert-chain.pem'], ` # expect: ${RULE}`),
    },
    'sealed-secret-whole': { 'west/cacerts.yaml': sealed(Object.keys(four)) },
    'external-secret-without-list': { ...whole, 'west/cacerts.yaml': external },
    'filled-by-a-tool': { ...whole, 'west/cacerts.yaml': empty },
    'not-read-by-external-ca': {
      'west/istio.yaml': operator({
        lines: ['values:', '  global:', '    caAddress: cert-manager-istio-csr.cert-manager.svc:443'],
      }),
      'west/cacerts.yaml': secret({ 'root-cert.pem': a.pem }),
    },
    'four-files': { ...whole, 'west/cacerts.yaml': secret(four) },
    'four-files-and-revocations': { 'west/cacerts.yaml': secret({ ...four, 'ca-crl.pem': await revocationsOf(a) }) },
    'without-namespace': { 'west/cacerts.yaml': secret(four, { namespace: undefined }) },
    'other-name': { 'west/cacerts.yaml': secret(without(four, 'root-cert.pem'), { name: 'old-cacerts' }) },
    'base-and-patch': {
      'cacerts.yaml': secret(without(four, 'root-cert.pem')),
      'west/cacerts.yaml': secret({ 'root-cert.pem': a.pem }),
    },
    'generated-without-chain': {
      'west/kustomization.yaml': generator(
        ['certs/ca-cert.pem', 'certs/ca-key.pem', 'root-cert.pem=certs/root.pem'],
        ` # expect: ${RULE}`,
      ),
      'west/certs/ca-cert.pem': west.pem,
      'west/certs/root.pem': a.pem,
    },
    'generated-whole': {
      'west/kustomization.yaml': generator([
        'certs/ca-cert.pem',
        'certs/ca-key.pem',
        'certs/cert-chain.pem',
        'root-cert.pem=certs/root.pem',
      ]),
      'west/certs/ca-cert.pem': west.pem,
      'west/certs/cert-chain.pem': `${west.pem}${a.pem}`,
      'west/certs/root.pem': a.pem,
    },
  };
};
