// Secrets of the example fleets: the CA of each cluster, and what istiod reads other clusters with.
import { certificate, keyOf } from './authority.mjs';
import { block, fourFiles, secret } from './manifests.mjs';

const HEADER = '# Written by scripts/make-certificates.mjs. Do not edit.\n';

const urlSafe = (text) => Buffer.from(text).toString('base64url');

/** A token of the form that Kubernetes gives a service account. No key signed it. */
const token = (cluster, account) =>
  [
    JSON.stringify({ alg: 'RS256', kid: 'throw-away' }),
    JSON.stringify({
      iss: 'kubernetes/serviceaccount',
      'kubernetes.io/serviceaccount/namespace': 'istio-system',
      'kubernetes.io/serviceaccount/secret.name': `reader-token-of-${cluster}`,
      'kubernetes.io/serviceaccount/service-account.name': account,
      sub: `system:serviceaccount:istio-system:${account}`,
    }),
    `throw-away token of ${cluster}`,
  ]
    .map(urlSafe)
    .join('.');

const kubeconfig = ({ cluster, server, authority, account }) => `apiVersion: v1
kind: Config
clusters:
  - name: ${cluster}
    cluster:
      certificate-authority-data: ${Buffer.from(authority.pem).toString('base64')}
      server: ${server}
contexts:
  - name: ${cluster}
    context:
      cluster: ${cluster}
      user: ${cluster}
current-context: ${cluster}
preferences: {}
users:
  - name: ${cluster}
    user:
      token: ${token(cluster, account)}
`;

/** What a control plane reads `cluster` with; `name` as people called it where istioctl did not. */
const remoteSecret = async ({
  cluster,
  server,
  name = `istio-remote-secret-${cluster}`,
  account = 'istio-reader-service-account',
}) => {
  const authority = await certificate(`throw-away kubernetes ${cluster}`);
  return [
    `${HEADER}apiVersion: v1`,
    'kind: Secret',
    'metadata:',
    `  name: ${name}`,
    '  namespace: istio-system',
    ...(name.startsWith('istio-') ? ['  annotations:', `    networking.istio.io/cluster: ${cluster}`] : []),
    '  labels:',
    '    istio/multiCluster: "true"',
    'stringData:',
    block(2, cluster, kubeconfig({ cluster, server, authority, account })),
    '',
  ].join('\n');
};

/** One root, and below it a signing certificate for each cluster. */
const authorities = async (mesh, clusters) => {
  const root = await certificate(`throw-away Root of ${mesh}`);
  const made = clusters.map(async (cluster) => {
    const signing = await certificate(`throw-away istiod.${cluster}`, { by: root });
    const key = await keyOf(signing);
    return [`${cluster}/istio/cacerts.yaml`, secret(fourFiles({ signing: signing.pem, root: root.pem, key }))];
  });
  return Object.fromEntries(await Promise.all(made));
};

const apiServer = (cluster) => `https://api.${cluster}.shop.example:6443`;

const readsOf = async (links) =>
  Object.fromEntries(
    await Promise.all(
      links.map(async ({ from, to, ...rest }) => [
        `${from}/istio/remote-secret-${to}.yaml`,
        await remoteSecret({ cluster: to, server: apiServer(to), ...rest }),
      ]),
    ),
  );

const bothWays = [
  { from: 'east', to: 'west' },
  { from: 'west', to: 'east' },
];

/** Files of each fleet by path below it. */
export const fleets = {
  'multi-primary-networks': async () => ({
    ...(await authorities('the shop', ['east', 'west'])),
    ...(await readsOf(bothWays)),
  }),
  'shared-control-plane': async () => ({
    ...(await authorities('the harbour', ['harbour', 'island'])),
    ...(await readsOf([{ from: 'harbour', to: 'island', name: 'island-reader', account: 'istio-multi' }])),
  }),
  'primary-remote-networks': async () => ({
    ...(await authorities('the shop', ['east', 'west'])),
    ...(await readsOf([{ from: 'east', to: 'west' }])),
  }),
  'primary-remote-one-network': async () => ({
    ...(await authorities('the newsroom', ['east', 'south', 'west'])),
    ...(await readsOf([
      { from: 'east', to: 'south' },
      { from: 'east', to: 'west' },
    ])),
  }),
  'multi-primary-one-network': async () => ({
    ...(await authorities('the bakery', ['east', 'west'])),
    ...(await readsOf(bothWays)),
  }),
  'locality-three-clusters': () => authorities('the backbone', ['berlin', 'dublin', 'virginia']),
  'ambient-networks': () => authorities('the ambient shop', ['east', 'west']),
  'replicated-control-planes': () => authorities('the two cities', ['osaka', 'tokyo']),
};
