// Cases of trust/multi-root-enabled.
import { fourFiles, operator, secret } from './manifests.mjs';

const RULE = 'trust/multi-root-enabled';

const entry = (pem, expect) => [
  '  caCertificates:',
  ...(expect === undefined ? [] : [`    # expect: ${RULE} ${expect}`]),
  '    - pem: |',
  ...pem
    .trimEnd()
    .split('\n')
    .map((line) => `        ${line}`),
];

/** Mesh config and environment of istiod. */
const install = ({ tag = '1.24.3', roots = [], flag, agent, extra = [], mark = '' }) =>
  operator({
    tag,
    lines: [
      `meshConfig:${mark}`,
      '  accessLogFile: /dev/stdout',
      ...roots,
      ...extra,
      ...(agent ? ['  defaultConfig:', '    proxyMetadata:', '      PROXY_CONFIG_XDS_AGENT: "true"'] : []),
      'components:',
      '  pilot:',
      '    k8s:',
      '      env:',
      '        - name: PILOT_ENABLE_STATUS',
      '          value: "false"',
      ...(flag === undefined ? [] : ['        - name: ISTIO_MULTIROOT_MESH', `          value: "${flag}"`]),
    ],
  });

export const multiRootCases = async ({ a, b, east, west }) => {
  const files = {
    'east/cacerts.yaml': secret(fourFiles({ signing: east.pem, root: a.pem })),
    'west/cacerts.yaml': secret(fourFiles({ signing: west.pem, root: a.pem })),
  };
  const whole = { roots: entry(b.pem), flag: true, agent: true };
  return {
    'flag-in-one': {
      ...files,
      'east/istio.yaml': install({ roots: entry(b.pem, 'error'), agent: true }),
      'west/istio.yaml': install(whole),
    },
    'flag-in-none': {
      ...files,
      'east/istio.yaml': install({ roots: entry(b.pem, 'error'), agent: true }),
      'west/istio.yaml': install({ roots: entry(b.pem, 'error'), flag: false, agent: true }),
    },
    'flag-without-agent': {
      ...files,
      'east/istio.yaml': install({ roots: entry(b.pem, 'warning'), flag: true }),
      'west/istio.yaml': install(whole),
    },
    'entry-in-one': {
      ...files,
      'east/istio.yaml': install({ mark: ` # expect: ${RULE} warning` }),
      'west/istio.yaml': install(whole),
    },
    'flag-from-1-10': {
      ...files,
      'east/istio.yaml': install({ tag: '1.10.6', roots: entry(b.pem, 'error'), agent: true }),
      'west/istio.yaml': install({ tag: '1.10.6', ...whole }),
    },
    'before-1-10': {
      ...files,
      'east/istio.yaml': install({ tag: '1.9.9', roots: entry(b.pem), agent: true }),
      'west/istio.yaml': install({ tag: '1.9.9', roots: entry(b.pem), agent: true }),
    },
    'both-flags': { ...files, 'east/istio.yaml': install(whole), 'west/istio.yaml': install(whole) },
    'spiffe-bundle-url-only': {
      ...files,
      'east/istio.yaml': install({
        extra: ['  caCertificates:', '    - spiffeBundleUrl: https://spire.shop.example/bundle'],
        agent: true,
      }),
      'west/istio.yaml': install({
        extra: ['  caCertificates:', '    - spiffeBundleUrl: https://spire.shop.example/bundle'],
        agent: true,
      }),
    },
    'extra-root-is-the-root': {
      ...files,
      'east/istio.yaml': install({ roots: entry(a.pem) }),
      'west/istio.yaml': install({ roots: entry(a.pem) }),
    },
    'environment-not-loaded': {
      ...files,
      'east/mesh.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: istio
  namespace: istio-system
data:
  mesh: |
    caCertificates:
      - pem: |
${b.pem
  .trimEnd()
  .split('\n')
  .map((line) => `          ${line}`)
  .join('\n')}
`,
      'west/istio.yaml': install(whole),
    },
  };
};
