// Cases of trust/rotation-bundle-complete.
import { certificate } from './authority.mjs';
import { fourFiles, operator, secret } from './manifests.mjs';

const RULE = 'trust/rotation-bundle-complete';

export const rotationCases = async ({ a, b, east, west, north, odd }) => {
  const c = await certificate('Root C');
  const westOfB = odd;
  const eastOfB = await certificate('istiod.east', { by: b });
  const expired = await certificate('Root Old', { to: '2025-03-01' });
  const renewed = await certificate('Root A', { keys: a.keys });
  const bundle = (...roots) => ({ pem: roots.map(({ pem }) => pem).join('') });
  const cacerts = (signing, root, severity) =>
    secret(
      fourFiles({ signing: signing.pem, root: root.pem, chain: signing.pem }),
      severity === undefined ? {} : { expect: { 'root-cert.pem': `${RULE} ${severity}` } },
    );
  return {
    'bundle-in-one': {
      'east/cacerts.yaml': cacerts(east, bundle(a, b)),
      'west/cacerts.yaml': cacerts(west, a, 'warning'),
    },
    'new-signer-before-the-bundle': {
      'east/cacerts.yaml': cacerts(eastOfB, bundle(a, b)),
      'west/cacerts.yaml': cacerts(west, a, 'error'),
    },
    'old-root-dropped-too-early': {
      'east/cacerts.yaml': cacerts(eastOfB, b, 'error'),
      'west/cacerts.yaml': cacerts(west, bundle(a, b)),
    },
    'one-late-of-three': {
      'east/cacerts.yaml': cacerts(eastOfB, bundle(a, b)),
      'north/cacerts.yaml': cacerts(north, a, 'error'),
      'west/cacerts.yaml': cacerts(westOfB, bundle(b, a)),
    },
    'each-with-another-second-root': {
      'east/cacerts.yaml': cacerts(east, bundle(a, b), 'warning'),
      'west/cacerts.yaml': cacerts(west, bundle(a, c), 'warning'),
    },
    'one-bundle-joins-two-roots': {
      'east/cacerts.yaml': cacerts(east, a, 'error'),
      'north/cacerts.yaml': cacerts(north, bundle(a, b)),
      'west/cacerts.yaml': cacerts(westOfB, b, 'error'),
    },
    'taken-over-without-restart': {
      'east/cacerts.yaml': cacerts(east, bundle(a, b)),
      'west/cacerts.yaml': cacerts(west, a, 'warning'),
      'west/istio.yaml': operator({
        tag: '1.24.3',
        lines: [
          'components:',
          '  pilot:',
          '    k8s:',
          '      env:',
          '        - name: ISTIO_MULTIROOT_MESH',
          '          value: "true"',
        ],
      }),
    },
    'bundle-in-all': {
      'east/cacerts.yaml': cacerts(eastOfB, bundle(a, b)),
      'west/cacerts.yaml': cacerts(west, bundle(b, a)),
    },
    'rotation-allowed': {
      'mesh-lint.yaml': `options:\n  ${RULE}:\n    rotation: true\n`,
      'east/cacerts.yaml': cacerts(east, bundle(a, b)),
      'west/cacerts.yaml': cacerts(west, a),
    },
    'rotation-allowed-but-signed': {
      'mesh-lint.yaml': `options:\n  ${RULE}:\n    rotation: true\n`,
      'east/cacerts.yaml': cacerts(eastOfB, bundle(a, b)),
      'west/cacerts.yaml': cacerts(west, a, 'error'),
    },
    'expired-root-in-one': {
      'east/cacerts.yaml': cacerts(east, bundle(expired, a)),
      'west/cacerts.yaml': cacerts(west, a),
    },
    'renewed-root-same-key': {
      'east/cacerts.yaml': cacerts(east, bundle(a, renewed)),
      'west/cacerts.yaml': cacerts(west, a),
    },
    'extra-root-counts': {
      'east/cacerts.yaml': cacerts(east, bundle(a, b)),
      'west/cacerts.yaml': cacerts(west, a),
      'west/istio.yaml': operator({ tag: '1.24.3', lines: extraRoots(b.pem) }),
    },
    'two-roots': { 'east/cacerts.yaml': cacerts(east, a), 'west/cacerts.yaml': cacerts(westOfB, b) },
  };
};

const extraRoots = (pem) => [
  'meshConfig:',
  '  caCertificates:',
  '    - pem: |',
  ...pem
    .trimEnd()
    .split('\n')
    .map((line) => `        ${line}`),
  'components:',
  '  pilot:',
  '    k8s:',
  '      env:',
  '        - name: ISTIO_MULTIROOT_MESH',
  '          value: "true"',
];
