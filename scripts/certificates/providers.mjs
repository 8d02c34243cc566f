// Cases of trust/ca-provider-agrees.
import { fourFiles, operator, rootCopy, secret } from './manifests.mjs';

const RULE = 'trust/ca-provider-agrees';
const CSR = 'cert-manager-istio-csr.cert-manager.svc:443';

const mark = (speaks) => (speaks ? ` # expect: ${RULE}` : '');

const asks = (address, speaks, tag = '1.24.3') =>
  operator({ tag, lines: ['values:', '  global:', `    caAddress: ${address}${mark(speaks)}`] });

const issued = ({ kind = 'ClusterIssuer', name = 'mesh-ca', speaks } = {}) => `apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: istiod-ca
  namespace: istio-system
spec:
  secretName: cacerts
  commonName: istiod
  isCA: true
  issuerRef:${mark(speaks)}
    kind: ${kind}
    name: ${name}
`;

const issuer = (name, kind = 'ClusterIssuer') => `apiVersion: cert-manager.io/v1
kind: ${kind}
metadata:
  name: ${name}
${kind === 'Issuer' ? '  namespace: istio-system\n' : ''}spec:
  ca:
    secretName: ${name}
`;

export const providerCases = async ({ a, east, west }) => {
  const signed = (signing) => secret(fourFiles({ signing: signing.pem, root: a.pem }));
  return {
    'csr-in-one': {
      'east/istio.yaml': asks(CSR, true),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/cacerts.yaml': signed(west),
    },
    'csr-in-two-of-three': {
      'east/istio.yaml': asks(CSR),
      'north/istio.yaml': asks(CSR),
      'west/istio.yaml': operator({ tag: '1.24.3', expect: RULE }),
      'west/cacerts.yaml': signed(west),
    },
    'two-addresses': {
      'east/istio.yaml': asks('ca.shop.example:443', true),
      'west/istio.yaml': asks('ca.bank.example:443'),
    },
    'kubernetes-signer-in-one': {
      'east/istio.yaml': operator({
        tag: '1.24.3',
        lines: [
          'components:',
          '  pilot:',
          '    k8s:',
          '      env:',
          '        - name: EXTERNAL_CA',
          `          value: ISTIOD_RA_KUBERNETES_API${mark(true)}`,
        ],
      }),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/cacerts.yaml': signed(west),
    },
    'two-issuers': {
      'east/istio.yaml': operator({ tag: '1.24.3' }),
      'east/certificate.yaml': issued({ name: 'shop-ca', speaks: true }),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/certificate.yaml': issued({ name: 'bank-ca' }),
    },
    'dangling-issuer': {
      'east/istio.yaml': operator({ tag: '1.24.3' }),
      'east/certificate.yaml': issued(),
      'east/issuer.yaml': issuer('mesh-ca'),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/certificate.yaml': issued({ speaks: true }),
    },
    'issuer-of-another-kind': {
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/certificate.yaml': issued({ kind: 'Issuer', speaks: true }),
      'west/issuer.yaml': issuer('mesh-ca'),
    },
    'same-csr': { 'east/istio.yaml': asks(CSR), 'west/istio.yaml': asks(CSR) },
    'same-issuer': {
      'east/istio.yaml': operator({ tag: '1.24.3' }),
      'east/certificate.yaml': issued(),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/certificate.yaml': issued(),
    },
    'issuer-of-each-cluster': {
      'east/istio.yaml': operator({ tag: '1.24.3' }),
      'east/certificate.yaml': issued({ name: 'mesh-ca-east' }),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/certificate.yaml': issued({ name: 'mesh-ca-west' }),
    },
    'certificate-in-one-secret-in-other': {
      'east/istio.yaml': operator({ tag: '1.24.3' }),
      'east/certificate.yaml': issued(),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/cacerts.yaml': signed(west),
    },
    'roots-proven-equal': {
      'mesh-lint.yaml': 'clusters:\n  east: { paths: [east], rootCA: root.pem }\n  west: { paths: [west] }\n',
      'root.pem': a.pem,
      'east/istio.yaml': asks(CSR),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/cacerts.yaml': signed(west),
    },
    'roots-equal-in-copies': {
      'east/istio.yaml': operator({ tag: '1.24.3' }),
      'east/certificate.yaml': issued({ name: 'shop-ca' }),
      'east/root.yaml': rootCopy(a.pem),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/certificate.yaml': issued({ name: 'bank-ca' }),
      'west/root.yaml': rootCopy(a.pem),
    },
    'remote-asks-its-primary': {
      'east/istio.yaml': operator({ tag: '1.24.3' }),
      'east/cacerts.yaml': signed(east),
      'west/istio.yaml': operator({
        tag: '1.24.3',
        lines: ['values:', '  global:', '    remotePilotAddress: 192.0.2.10', '    caAddress: 192.0.2.10:15012'],
      }).replace('profile: default', 'profile: remote'),
    },
    'issuers-kept-elsewhere': {
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/certificate.yaml': issued(),
    },
    'template-in-one': {
      'east/istio.yaml': asks('"${CA_ADDRESS}"'),
      'west/istio.yaml': operator({ tag: '1.24.3' }),
      'west/cacerts.yaml': signed(west),
    },
  };
};
