// Cases of trust/shared-root-ca.
import { certificate } from './authority.mjs';
import { block, fourFiles, operator, plainSecret, rootCopy, secret, tlsFiles } from './manifests.mjs';

const RULE = 'trust/shared-root-ca';

const cacerts = (signing, root, options) => secret(fourFiles({ signing: signing.pem, root: root.pem }), options);
const spoken = { expect: { 'root-cert.pem': RULE } };

const meshConfig = (pem, multiRoot) => [
  'meshConfig:',
  '  caCertificates:',
  `    - ${block(6, 'pem', pem).trimStart()}`,
  ...(multiRoot
    ? [
        'components:',
        '  pilot:',
        '    k8s:',
        '      env:',
        '        - name: ISTIO_MULTIROOT_MESH',
        '          value: "true"',
      ]
    : []),
];

const pod = (name, label) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: shop
spec:
  template:
    metadata:
      labels:
        app: ${name}
        sidecar.istio.io/inject: "true"${label ? '\n        security.istio.io/tlsMode: disabled' : ''}
    spec:
      containers:
        - name: ${name}
          image: example.com/${name}:1
`;

const network = (name) => `apiVersion: v1
kind: Namespace
metadata:
  name: istio-system
  labels:
    topology.istio.io/network: ${name}
`;

const externalSecret = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: istio-ca
  namespace: istio-system
spec:
  secretStoreRef:
    name: vault
    kind: ClusterSecretStore
  target:
    name: cacerts
  dataFrom:
    - extract:
        key: mesh/west
`;

const sealed = `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: cacerts
  namespace: istio-system
spec:
  encryptedData:
    ca-cert.pem: AgBx
    ca-key.pem: AgBy
    cert-chain.pem: AgBz
    root-cert.pem: AgCa
  template:
    metadata:
      name: cacerts
`;

const providerClass = `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: mesh-ca
  namespace: istio-system
spec:
  provider: vault
  secretObjects:
    - secretName: cacerts
      type: Opaque
      data:
        - objectName: root
          key: root-cert.pem
`;

const sops = `apiVersion: v1
kind: Secret
metadata:
  name: cacerts
  namespace: istio-system
data:
  ca-cert.pem: ENC[AES256_GCM,data:b25l,iv:dHdv,tag:dGhyZWU=,type:str]
  ca-key.pem: ENC[AES256_GCM,data:b25l,iv:dHdv,tag:dGhyZWU=,type:str]
  cert-chain.pem: ENC[AES256_GCM,data:b25l,iv:dHdv,tag:dGhyZWU=,type:str]
  root-cert.pem: ENC[AES256_GCM,data:b25l,iv:dHdv,tag:dGhyZWU=,type:str]
sops:
  mac: ENC[AES256_GCM,data:Zm91cg==,iv:Zml2ZQ==,tag:c2l4,type:str]
  version: 3.9.0
`;

const templated = `apiVersion: v1
kind: Secret
metadata:
  name: cacerts
  namespace: istio-system
data:
  ca-cert.pem: \${CA_CERT}
  ca-key.pem: \${CA_KEY}
  cert-chain.pem: \${CERT_CHAIN}
  root-cert.pem: \${ROOT_CERT}
`;

const issued = (mark = '') => `apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata:
  name: mesh-ca
spec:
  ca:
    secretName: mesh-root
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: cacerts
  namespace: istio-system
spec:
  secretName: cacerts
  isCA: true
  commonName: istiod
  issuerRef:${mark}
    kind: ClusterIssuer
    name: mesh-ca
`;

const selfSignedIssuer = `apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: cacerts
  namespace: istio-system
spec:
  secretName: cacerts
  isCA: true
  commonName: istiod
  issuerRef:
    kind: ClusterIssuer
    name: mesh-ca
`;

const pilot = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: istio-pilot
  namespace: istio-system
spec:
  template:
    spec:
      containers:
        - name: discovery
          image: docker.io/istio/pilot:1.1.11
`;

const remotePilot = `apiVersion: v1
kind: Service
metadata:
  name: istio-pilot
  namespace: istio-system
spec:
  clusterIP: None
  ports:
    - name: http-legacy-discovery
      port: 15010
`;

const citadel = (mark) => `apiVersion: apps/v1${mark}
kind: Deployment
metadata:
  name: istio-citadel
  namespace: istio-system
spec:
  template:
    spec:
      containers:
        - name: citadel
          image: docker.io/istio/citadel:1.1.11
`;

const remoteMesh = `apiVersion: v1
kind: ConfigMap
metadata:
  name: istio
  namespace: istio-system
data:
  mesh: |
    defaultConfig:
      discoveryAddress: istio-pilot.istio-system:15010
`;

const mountedFromStore = operator({
  lines: [
    'components:',
    '  pilot:',
    '    k8s:',
    '      overlays:',
    '        - kind: Deployment',
    '          name: istiod',
    '          patches:',
    '            - path: spec.template.spec.volumes[name:cacerts]',
    '              value:',
    '                name: cacerts',
    '                csi:',
    '                  driver: secrets-store.csi.k8s.io',
    '                  readOnly: true',
  ],
});

export const sharedRootCases = async ({ a, b, east, west, north, odd }) => {
  const renewed = await certificate('Root A', { keys: a.keys, from: '2026-01-01' });
  const withText = (pem) => `Root of the mesh\n# kept by the platform team\n${pem.replaceAll('\n', '\r\n')}`;
  const eastFiles = { 'east/cacerts.yaml': cacerts(east, a) };
  const eastInstall = { ...eastFiles, 'east/istio.yaml': operator() };
  const caOfIssuer = (root, namespace = 'cert-manager') =>
    secret({ 'ca.crt': root.pem, 'tls.crt': root.pem, 'tls.key': 'REDACTED\n' }, { name: 'mesh-root', namespace });
  return {
    'two-roots': { 'east/cacerts.yaml': cacerts(east, a, spoken), 'west/cacerts.yaml': cacerts(odd, b) },
    'one-odd-of-three': {
      ...eastFiles,
      'north/cacerts.yaml': cacerts(north, a),
      'west/cacerts.yaml': cacerts(odd, b, spoken),
    },
    'two-against-two': {
      'east/cacerts.yaml': cacerts(east, a, spoken),
      'north/cacerts.yaml': cacerts(north, a),
      'south/cacerts.yaml': cacerts(odd, b),
      'west/cacerts.yaml': cacerts(odd, b),
    },
    'cacerts-only-in-one': { ...eastInstall, 'west/istio.yaml': operator({ expect: RULE }) },
    'cacerts-in-none': { 'east/istio.yaml': operator(), 'west/istio.yaml': operator() },
    'cacerts-in-none-but-complete': {
      'mesh-lint.yaml': 'complete: [ca]\n',
      'east/istio.yaml': operator({ expect: RULE }),
      'west/istio.yaml': operator(),
    },
    'key-missing-in-1-20': {
      ...eastFiles,
      'east/istio.yaml': operator({ tag: '1.20.3' }),
      'west/istio.yaml': operator({ tag: '1.20.3' }),
      'west/cacerts.yaml': secret(
        Object.fromEntries(
          Object.entries(fourFiles({ signing: west.pem, root: a.pem })).filter(([key]) => key !== 'ca-key.pem'),
        ),
        { expect: { data: RULE } },
      ),
    },
    'made-by-istiod': {
      ...eastInstall,
      'west/istio.yaml': operator({
        lines: [
          'components:',
          '  pilot:',
          '    k8s:',
          '      env:',
          '        - name: USE_CACERTS_FOR_SELF_SIGNED_CA',
          '          value: "true"',
        ],
      }),
      'west/cacerts.yaml': secret(
        { ...fourFiles({ signing: odd.pem, root: b.pem }), 'istio-generated': '' },
        { expect: { data: RULE } },
      ),
    },
    'same-root-other-text': {
      'east/cacerts.yaml': secret(fourFiles({ signing: east.pem, root: withText(`${a.pem}${b.pem}`) })),
      'west/cacerts.yaml': secret(fourFiles({ signing: west.pem, root: `${b.pem}\n\n${a.pem}` })),
    },
    'two-intermediates': { ...eastFiles, 'west/cacerts.yaml': cacerts(west, a) },
    'tls-form-in-one': { ...eastFiles, 'west/cacerts.yaml': secret(tlsFiles({ signing: west.pem, root: a.pem })) },
    'tls-form-other-root': {
      'east/cacerts.yaml': secret(tlsFiles({ signing: east.pem, root: a.pem }), { expect: { 'ca.crt': RULE } }),
      'west/cacerts.yaml': secret(tlsFiles({ signing: odd.pem, root: b.pem })),
    },
    'string-data': {
      'east/cacerts.yaml': plainSecret(fourFiles({ signing: east.pem, root: a.pem })),
      'west/cacerts.yaml': cacerts(west, a),
    },
    'renewed-root-same-key': { ...eastFiles, 'west/cacerts.yaml': cacerts(west, renewed) },
    'rotation-under-way': {
      ...eastFiles,
      'west/cacerts.yaml': secret(fourFiles({ signing: odd.pem, root: `${a.pem}${b.pem}` })),
    },
    'external-secret-in-west': { ...eastInstall, 'west/istio.yaml': operator(), 'west/cacerts.yaml': externalSecret },
    'sealed-secret-in-west': { ...eastInstall, 'west/istio.yaml': operator(), 'west/cacerts.yaml': sealed },
    'sops-in-west': { ...eastInstall, 'west/istio.yaml': operator(), 'west/cacerts.yaml': sops },
    'provider-class-in-west': { ...eastInstall, 'west/istio.yaml': operator(), 'west/cacerts.yaml': providerClass },
    'volume-from-store-in-west': { ...eastInstall, 'west/istio.yaml': mountedFromStore },
    'template-in-west': { ...eastInstall, 'west/istio.yaml': operator(), 'west/cacerts.yaml': templated },
    'external-secret-only-in-one': {
      'east/istio.yaml': operator(),
      'east/cacerts.yaml': externalSecret,
      'west/istio.yaml': operator({ expect: RULE }),
    },
    'istio-csr-in-west': {
      ...eastInstall,
      'west/istio.yaml': operator({
        lines: ['values:', '  global:', '    caAddress: cert-manager-istio-csr.cert-manager.svc:443'],
      }),
    },
    'istio-csr-in-all': {
      'east/istio.yaml': operator({
        lines: ['values:', '  global:', '    caAddress: cert-manager-istio-csr.cert-manager.svc:443'],
      }),
      'west/istio.yaml': operator({
        lines: ['values:', '  global:', '    caAddress: cert-manager-istio-csr.istio-system.svc:443'],
      }),
    },
    'spire-in-west': {
      ...eastInstall,
      'west/istio.yaml': operator({
        lines: [
          'values:',
          '  sidecarInjectorWebhook:',
          '    templates:',
          '      spire: |',
          '        spec:',
          '          volumes:',
          '            - name: workload-socket',
          '              csi:',
          '                driver: csi.spiffe.io',
        ],
      }),
    },
    'remote-without-cacerts': {
      ...eastInstall,
      'west/istio.yaml': operator({
        lines: ['values:', '  global:', '    remotePilotAddress: 192.0.2.10', '    caAddress: 192.0.2.10:15012'],
      }).replace('profile: default', 'profile: remote'),
    },
    'remote-with-other-cacerts': {
      ...eastFiles,
      'east/istio.yaml': operator(),
      'east/cacerts.yaml': cacerts(east, a, spoken),
      'west/istio.yaml': operator({ lines: ['values:', '  global:', '    remotePilotAddress: 192.0.2.10'] }).replace(
        'profile: default',
        'profile: remote',
      ),
      'west/cacerts.yaml': cacerts(odd, b),
    },
    'first-generation-equal': {
      ...eastFiles,
      'east/pilot.yaml': pilot,
      'west/pilot.yaml': remotePilot,
      'west/cacerts.yaml': cacerts(west, a),
    },
    'first-generation-citadel-without-cacerts': {
      ...eastFiles,
      'east/pilot.yaml': pilot,
      'west/pilot.yaml': remotePilot,
      'west/mesh.yaml': remoteMesh,
      'west/citadel.yaml': citadel(` # expect: ${RULE}`),
    },
    'issuer-with-one-ca': {
      'east/certificate.yaml': issued(),
      'east/root.yaml': caOfIssuer(a),
      'west/certificate.yaml': issued(),
      'west/root.yaml': caOfIssuer(a),
    },
    'issuer-with-shared-ca': {
      'root.yaml': caOfIssuer(a),
      'east/certificate.yaml': issued(),
      'west/certificate.yaml': issued(),
    },
    'issuer-with-two-cas': {
      'east/certificate.yaml': issued(` # expect: ${RULE}`),
      'east/root.yaml': caOfIssuer(a),
      'west/certificate.yaml': issued(),
      'west/root.yaml': caOfIssuer(b),
    },
    'issuer-not-loaded': { ...eastInstall, 'west/istio.yaml': operator(), 'west/certificate.yaml': selfSignedIssuer },
    'extra-roots-count': {
      ...eastFiles,
      'east/istio.yaml': operator({ lines: meshConfig(b.pem, true) }),
      'west/cacerts.yaml': cacerts(odd, b),
      'west/istio.yaml': operator({ lines: meshConfig(a.pem, true) }),
    },
    'extra-roots-without-flag': {
      'east/cacerts.yaml': cacerts(east, a, spoken),
      'east/istio.yaml': operator({ lines: meshConfig(b.pem, false) }),
      'west/cacerts.yaml': cacerts(odd, b),
      'west/istio.yaml': operator({ lines: meshConfig(a.pem, false) }),
    },
    'extra-roots-by-url': {
      ...eastFiles,
      'east/istio.yaml': operator({
        lines: [
          'meshConfig:',
          '  caCertificates:',
          '    - spiffeBundleUrl: https://spire.west.example.com/bundle',
          'components:',
          '  pilot:',
          '    k8s:',
          '      env:',
          '        - name: ISTIO_MULTIROOT_MESH',
          '          value: "true"',
        ],
      }),
      'west/cacerts.yaml': cacerts(odd, b),
      'west/istio.yaml': operator({ lines: meshConfig(a.pem, true) }),
    },
    'plain-workloads-on-one-network': {
      'east/cacerts.yaml': cacerts(east, a, { expect: { 'root-cert.pem': `${RULE} info` } }),
      'east/istio.yaml': network('flat'),
      'east/cart.yaml': pod('cart', true),
      'west/cacerts.yaml': cacerts(odd, b),
      'west/istio.yaml': network('flat'),
      'west/shop.yaml': pod('shop', false),
    },
    'self-signed-secret-ignored': {
      ...eastInstall,
      'west/cacerts.yaml': cacerts(west, a),
      'west/istio-ca-secret.yaml': secret(
        { 'ca-cert.pem': odd.pem, 'root-cert.pem': b.pem },
        { name: 'istio-ca-secret' },
      ),
    },
    'other-namespace-of-app': {
      ...eastInstall,
      'west/cacerts.yaml': cacerts(west, a),
      'west/app.yaml': secret({ 'root-cert.pem': b.pem }, { name: 'cacerts', namespace: 'shop' }),
    },
    'pem-files-two-roots': {
      'east/istio.yaml': operator(),
      'east/certs/ca-cert.pem': east.pem,
      'east/certs/root-cert.pem': `throw-away root # expect: ${RULE}\n${a.pem}`,
      'west/istio.yaml': operator(),
      'west/certs/ca-cert.pem': odd.pem,
      'west/certs/root-cert.pem': b.pem,
    },
    'pem-files-beside-all': {
      ...eastFiles,
      'ca-cert.pem': odd.pem,
      'root-cert.pem': b.pem,
      'west/istio.yaml': operator(),
    },
    'pem-files-in-one': {
      'east/istio.yaml': operator(),
      'east/certs/ca-cert.pem': east.pem,
      'east/certs/root-cert.pem': a.pem,
      'west/istio.yaml': operator(),
    },
    'root-config-map-only': {
      ...eastFiles,
      'west/istio.yaml': operator(),
      'west/root.yaml': rootCopy(a.pem),
    },
    'root-config-map-of-other': {
      'east/cacerts.yaml': cacerts(east, a, spoken),
      'west/istio.yaml': operator(),
      'west/root.yaml': rootCopy(b.pem),
    },
    placeholders: {
      ...eastFiles,
      'west/cacerts.yaml': plainSecret({
        'ca-cert.pem': '-----BEGIN CERTIFICATE-----\nMII...\n-----END CERTIFICATE-----\n',
        'ca-key.pem': 'REDACTED',
        'cert-chain.pem': '-----BEGIN CERTIFICATE-----\nMII...\n-----END CERTIFICATE-----\n',
        'root-cert.pem': '-----BEGIN CERTIFICATE-----\nMII...\n-----END CERTIFICATE-----\n',
      }),
    },
  };
};
