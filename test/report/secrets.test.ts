import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isSecretName, quotable, tellable, withoutSecretText } from '../../src/model/index.ts';
import { frame } from '../../src/report/frame.ts';
import { shownLine } from '../../src/report/secrets.ts';
import { fillSlots } from '../../src/rule/define.ts';
import { run } from '../support/cli.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const PEM = '-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----\n';

describe('names of secrets', () => {
  test.each([
    'DB_PASSWORD',
    'password',
    'clientSecret',
    'CA_TOKEN',
    'api-key',
    'apiKey',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'client-key-data',
    'ca-key.pem',
    'tls.key',
    'Authorization',
    'cookie',
    'registry-credentials',
    'JWT_SECRET',
    'TOKEN_2',
  ])('%s is one', (name) => expect(isSecretName(name)).toBe(true));

  test.each([
    'credentialName',
    'secretName',
    'secretKeyRef',
    'TOKEN_PATH',
    'tokenAudiences',
    'automountServiceAccountToken',
    'key',
    'name',
    'forwardOriginalToken',
    'existingSecret',
    'imagePullSecrets',
    'host',
    'network',
    'PILOT_JWT_PUB_KEY_REFRESH_INTERVAL',
    'keepalive',
    'SECRET_TTL',
    'httpCookie',
    'kind',
    'certificate-authority-data',
    'passthrough',
    'bypass',
    'monkey',
  ])('%s is none', (name) => expect(isSecretName(name)).toBe(false));
});

describe('text that is quoted', () => {
  test.each([
    ['a private key', PEM],
    ['a private key in base64', base64(PEM)],
    ['a token', 'eyJhbGciOiJSUzI1NiJ9.hunter2.hunter2'],
    ['a login', 'https://user:hunter2@east.example.com:6443/path'],
    ['a token before a host', 'https://hunter2@east.example.com'],
    ['a login without scheme', 'user:hunter2@east.example.com'],
    ['a query', 'https://east.example.com/?a=b&token=hunter2&c=d'],
    ['an argument', '--password=hunter2'],
    ['two arguments', '["--password", "hunter2"]'],
    ['an environment variable', 'DB_PASSWORD=hunter2'],
    ['a header', 'Bearer hunter2hunter2'],
    ['a kubeconfig', 'apiVersion: v1\nkind: Config\nclusters: []\nusers: [{user: {token: hunter2}}]'],
    ['JSON', '{"env":{"CA_TOKEN":"hunter2, hunter2"}}'],
    ['YAML in braces', '{env: [{name: DB_PASSWORD, value: hunter2}]}'],
    ['YAML', 'user: me\npassword: hunter2, hunter2'],
    ['an option in quotes', 'login required username="me" password="hunter2";'],
    ['an option in quotes with backslashes', String.raw`login required password=\"hunter2 hunter2\";`],
    ['an option of a virtual machine', '-Ddb.password=hunter2 -Dpassword=hunter2'],
    ['options in quotes', 'JAVA_OPTS="-Xmx1g -Ddb.password=hunter2"'],
    ['a setting with spaces', 'user = me; password = hunter2'],
    ['JSON in quotes', String.raw`{\"user\":\"me\",\"password\":\"hunter2\"}`],
    ['a header in quotes', 'header "X-Api-Key: hunter2" is set'],
    ['a header', 'X-Api-Key: hunter2'],
    ['a map', '{headers: {authorization: {exact: hunter2}}}'],
    ['an entry with a map', '{name: DB_PASSWORD, value: [hunter2, hunter2]}'],
    ['a user of curl', 'curl -u me:hunter2 http://cart.shop'],
    ['a user of curl in a list', '["curl", "-u", "me:hunter2"]'],
    ['a login of a registry', '{"auths":{"registry.example.com":{"auth":"hunter2="}}}'],
    ['a login of a database', 'jdbc:oracle:thin:me/hunter2@db.example.com:1521:x'],
    ['an escaped URL', 'next=https%3A%2F%2Fme%3Ahunter2%40east.example.com'],
    ['a password with an @', 'https://me:p@hunter2@east.example.com/path'],
    ['a token of a forge', `ghp_${'hunter2'.repeat(4)}`],
    ['a token of a chat', 'xoxb-1234-hunter2'],
    ['a hook of a chat', 'https://hooks.slack.com/services/T0/B0/hunter2'],
  ])('%s is left out', (_what, text) => {
    expect(withoutSecretText(text)).not.toMatch(/hunter2|aHVudGVyM|h1bnRlcj/);
    expect(withoutSecretText(text)).toContain('<hidden>');
  });

  test.each([
    'https://east.example.com:6443',
    'http://cart.shop.svc.cluster.local:8080/mail/a@b',
    'registry.example.com:5000/istio/proxyv2:1.28.1@sha256:0123456789abcdef',
    'spiffe://cluster.local/ns/shop/sa/cart',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'Secret istio-system/istio-remote-secret-west: label istio/multiCluster is "true"',
    'network net-east, token of cluster west',
    'git@github.com:shop/mesh.git',
    '{tls: {credentialName: shop-cert}, secret: {secretName: shop, items: [{key: a, path: b}]}}',
    'docker run --user 1000:1000 cart',
    'spec.token: a list, not text',
  ])('%s stays', (text) => expect(withoutSecretText(text)).toBe(text));

  test('one line, shortened', () => {
    expect(quotable('a\nb\tc\u0000')).toBe('a\\nb\\tc\\u0000');
    expect(quotable('y'.repeat(200_000))).toHaveLength(120);
    expect(quotable('y '.repeat(200_000))).toHaveLength(300);
    expect(tellable('y '.repeat(1000))).toHaveLength(600);
    expect(tellable('y '.repeat(1000))).toMatch(/…$/);
  });

  test('empty values and braces in messages', () => {
    expect(fillSlots('port {port} of {name}{suffix}', { port: '', name: 'cart', suffix: '' })).toBe('port "" of cart');
    expect(fillSlots('label is {value}', { value: '{name}' })).toBe('label is "{name}"');
    expect(fillSlots('{a} and {b}', { a: '{b}', b: '$&' })).toBe('"{b}" and $&');
  });
});

describe('lines of manifests', () => {
  const manifest = `spec:
  env:
  - name: DB_PASSWORD
    value: hunter2
  - value: hunter2
    name: API_TOKEN
  - { name: DB_PASSWORD, value: "hunter2, hunter2" }
  - name: SIGNING_KEY
    value: |
      hunter2
  - name: HOST
    value: http://cart.shop:8080
  - name: URL
    value: "http://me:hunter2@cart.shop:8080/?token=hunter2"
  args: [--token=hunter2, "--password", "hunter2"]
  pilot: {env: {CA_TOKEN: hunter2, PILOT_X: shown}}
  "apiKey": "hunter2", "host": "shown"
  credentials:
  - hunter2
  headers:
    authorization:
      exact: hunter2
  match: {headers: {authorization: {exact: hunter2}}}
  proxyMetadata: {DB_PASSWORD: {a: hunter2}, PLAIN: shown}
  env: [{name: DB_PASSWORD, value: {a: hunter2}}]
  proxyMetadata:
    DB_PASSWORD:
      a: hunter2
  value: "http://cart.shop:80 login password=\\"hunter2\\";"
  annotation: "{\\"password\\": \\"hunter2\\"}"
  config: "proxyMetadata:\\n  DB_PASSWORD: hunter2\\n  PLAIN: shown"
  tls: {credentialName: shown-cert}
  secret: {secretName: shown-secret}
  text: |
    -----BEGIN RSA PRIVATE KEY-----
    hunter2
    -----END RSA PRIVATE KEY-----`.split('\n');
  const shown = manifest.map((_line, index) => shownLine(manifest, index).text);

  test('no secret is shown', () => expect(shown.filter((line) => line.includes('hunter2'))).toEqual([]));

  test('the rest is', () => {
    for (const line of [
      '  - name: DB_PASSWORD',
      '    value: …',
      '    value: http://cart.shop:8080',
      '    value: "http://…@cart.shop:8080/?token=…"',
      '  pilot: {env: {CA_TOKEN: …, PILOT_X: shown}}',
      '  - { name: DB_PASSWORD, value: … }',
      '  tls: {credentialName: shown-cert}',
      '  secret: {secretName: shown-secret}',
      '  match: {headers: {authorization: …}}',
      '  proxyMetadata: {DB_PASSWORD: …, PLAIN: shown}',
      '  value: "http://cart.shop:80 login password=…;"',
      '  annotation: "{\\"password\\": …}"',
      '  config: "proxyMetadata:\\n  DB_PASSWORD: …\\n  PLAIN: shown"',
    ])
      expect(shown).toContain(line);
  });

  test('marks stand below what they mean', () => {
    const line = 'pilot: {env: {CA_TOKEN: hunter2, PILOT_X: shown}}';
    const at = line.indexOf('PILOT_X');
    const [source, marks] = frame([line], { line: 1, column: at + 1, endLine: 1, endColumn: at + 8 }) ?? ['', ''];
    expect(source.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe('PILOT_X');
    expect(frame(['token: hunter2'], { line: 1, column: 8, endLine: 1, endColumn: 15 })).toEqual([
      'token: …',
      '       ^',
    ]);
  });
});

describe('nothing that is printed tells a secret', { timeout: 60_000 }, () => {
  const cwd = mkdtempSync(join(tmpdir(), 'mesh-lint-secrets-'));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));
  const control = (name: string, more = ''): string => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: "${name}", namespace: istio-system }
spec:
  tag: 1.28.1
  meshConfig: { trustDomain: "https://me:hunter2@trust", defaultConfig: { meshId: "eyJhbGciOiJSUzI1NiJ9.hunter2.hunter2" } }
  values:
    pilot: { env: { CA_TOKEN: hunter2, CA_TOKEN: hunter2 } }
    global:
      meshID: "postgres://me:hunter2@db"
      caAddress: "me:hunter2@ca.example"
      multiCluster: { clusterName: "${name}" }
      network: "https://me:hunter2@net-${name}"
${more}`;
  const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: west, cluster: {server: "https://me:hunter2@west:6443"}}]
users: [{name: west, user: {token: hunter2, client-key-data: ${base64(PEM)}}}]
`;
  const indented = (text: string, by: string): string => text.trimEnd().replaceAll(/^/gm, by);
  const files = {
    'east/istio.yaml': control('east'),
    'west/istio.yaml': control('west'),
    'east/shop.yaml': `apiVersion: v1
kind: Namespace
metadata:
  name: istio-system
  labels: { topology.istio.io/network: ${base64(PEM)} }
---
apiVersion: v1
kind: Secret
metadata: { name: cacerts, namespace: "${base64(PEM)}" }
stringData: { ca-key.pem: hunter2, root-cert.pem: no certificate }
---
apiVersion: v1
kind: Secret
metadata:
  name: remote
  namespace: istio-system
  labels:
    istio/multiCluster: |
${indented(kubeconfig, '      ')}
  annotations:
    networking.istio.io/cluster: |
${indented(kubeconfig, '      ')}
stringData:
  west: |
${indented(kubeconfig, '    ')}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  template:
    metadata: { labels: { app: cart, sidecar.istio.io/inject: "true" } }
    spec:
      containers:
      - name: cart
        image: cart
        env:
        - { name: DB, value: "http://me:hunter2@ghost.shop.svc.cluster.local:8080/?token=hunter2" }
        - name: DB_PASSWORD
          value: hunter2
          value: hunter2
        - { name: API_TOKEN, value: 20240117 }
        - { value: 20240117, name: LOGIN_SECRET }
        - { name: JAAS, value: "http://ghost.shop login password=\\"hunter2\\";" }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec:
  hosts: [cart.shop.svc.cluster.local]
  http: [{ headers: { request: { set: { authorization: Basic hunter2 } } }, route: [{ destination: { host: "me:hunter2@cart" } }] }]
`,
    'west/cart.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: cart, namespace: shop }
spec:
  template:
    spec:
      containers:
      - name: cart
        env:
        - { name: API_TOKEN, value: "hunter2" }
        - { name: LOGIN_SECRET, value: 20240117 }
`,
    'west/shop.yaml': `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart, namespace: shop }
spec:
  hosts: [cart.shop.svc.cluster.local]
  http: [{ headers: { request: { set: { authorization: hunter22 } } }, route: [{ destination: { host: cart } }] }]
---
apiVersion: v1
kind: Secret
metadata: { name: broken }
stringData: { password: [hunter2
`,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }

  test.each([
    '--preset strict --verbose',
    '--preset strict --format json',
    '--preset strict --format sarif',
    '--preset strict --format github',
    'facts',
    'facts --format json',
    'topology',
    'topology --format json',
    'topology --format dot',
    'topology --format svg',
    'topology --format mermaid',
  ])('%s', async (words) => {
    const { stdout, stderr } = await run([...words.split(' '), '.'], { cwd });
    expect(stdout).toContain('east');
    for (const secret of ['20240117', 'hunter2', 'aHVudGVyM', 'h1bnRlcj', 'odW50ZXIy']) {
      expect(stdout).not.toContain(secret);
      expect(stderr).not.toContain(secret);
    }
  });

  test('init', async () => {
    const { stdout } = await run(['init', '--force', '.'], { cwd });
    expect(stdout + readFileSync(join(cwd, 'mesh-lint.yaml'), 'utf8')).not.toContain('hunter2');
    rmSync(join(cwd, 'mesh-lint.yaml'));
  });
});

test('frames show the line that is meant where carriage returns stand alone beside other line breaks', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'mesh-lint-lines-'));
  const text = 'apiVersion: v1\nkind: Service\rmetadata:\n  name: cart\n  namespace: shop\n  labels:\n    version: 1\n';
  writeFileSync(join(cwd, 'cart.yaml'), text);
  const { stdout } = await run(['cart.yaml'], { cwd });
  rmSync(cwd, { recursive: true, force: true });
  expect(stdout).toContain('cart.yaml:6:5');
  expect(stdout).toContain('6 │     version: 1');
});

test('a line is worked out once for all that is found on it', () => {
  const lines = [`{ "token": "hunter2", "port": 80 }${' '.repeat(10)}`];
  expect(shownLine(lines, 0)).toBe(shownLine(lines, 0));
  expect(shownLine([...lines], 0)).not.toBe(shownLine(lines, 0));
});
