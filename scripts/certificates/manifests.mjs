// The YAML around certificates, with the marks of the fixtures.

const HEADER = '# Written by scripts/make-certificates.mjs. Do not edit.\n';

const marked = (line, rule) => (rule === undefined ? line : `${line} # expect: ${rule}`);

const encoded = (text) => Buffer.from(text).toString('base64');

/** Stands where a private key would: nothing in it is a key. */
export const NO_KEY = 'REDACTED: the fixture needs no key\n';

const secretBody = ({ name, namespace, expect, labels }) => [
  'apiVersion: v1',
  'kind: Secret',
  'metadata:',
  `  name: ${name}`,
  ...(namespace === undefined ? [] : [marked(`  namespace: ${namespace}`, expect.namespace)]),
  ...(labels === undefined
    ? []
    : ['  labels:', ...Object.entries(labels).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`)]),
];

/** A Secret as Kubernetes holds it. `expect` marks the line of a key, of `data` or of `namespace`. */
export const secret = (files, { name = 'cacerts', namespace = 'istio-system', expect = {}, labels } = {}) =>
  [
    `${HEADER}${secretBody({ name, namespace, expect, labels }).join('\n')}`,
    marked('data:', expect.data),
    ...Object.entries(files).map(([key, text]) => marked(`  ${key}: ${encoded(text)}`, expect[key])),
    '',
  ].join('\n');

/** A Secret with `stringData`; the mark of a block scalar stands on its own line. */
export const plainSecret = (files, { name = 'cacerts', namespace = 'istio-system', expect = {} } = {}) =>
  [
    `${HEADER}${secretBody({ name, namespace, expect }).join('\n')}`,
    'stringData:',
    ...Object.entries(files).flatMap(([key, text]) => [
      ...(expect[key] === undefined ? [] : [`  # expect: ${expect[key]}`]),
      block(2, key, text),
    ]),
    '',
  ].join('\n');

/** `key: |` and the text, indented. */
export const block = (depth, key, text) => {
  const pad = ' '.repeat(depth);
  return `${pad}${key}: |\n${text
    .trimEnd()
    .split('\n')
    .map((line) => `${pad}  ${line}`)
    .join('\n')}`;
};

/** ConfigMap istio-ca-root-cert, as istiod writes it into every namespace. */
export const rootCopy = (pem, { name = 'istio-ca-root-cert', namespace = 'shop', expect } = {}) =>
  [
    `${HEADER}apiVersion: v1`,
    'kind: ConfigMap',
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${namespace}`,
    'data:',
    ...(expect === undefined ? [] : [`  # expect: ${expect}`]),
    block(2, 'root-cert.pem', pem),
    '',
  ].join('\n');

/** The four files of the usual form. */
export const fourFiles = ({ signing, chain, root, key = NO_KEY }) => ({
  'ca-cert.pem': signing,
  'ca-key.pem': key,
  'cert-chain.pem': chain ?? `${signing}${root}`,
  'root-cert.pem': root,
});

/** The files as cert-manager and other tools name them. */
export const tlsFiles = ({ signing, root, key = NO_KEY }) => ({ 'tls.crt': signing, 'tls.key': key, 'ca.crt': root });

/** An IstioOperator: a cluster that runs istiod. `lines` follow below `spec`. */
export const operator = ({ tag, lines = [], expect } = {}) =>
  [
    marked('apiVersion: install.istio.io/v1alpha1', expect),
    'kind: IstioOperator',
    'metadata:',
    '  name: istio',
    '  namespace: istio-system',
    'spec:',
    ...(tag === undefined ? [] : [`  tag: ${tag}`]),
    '  profile: default',
    ...lines.flatMap((line) => line.split('\n')).map((line) => `  ${line}`),
    '',
  ].join('\n');

/** A PEM file with a first line of text, which PEM readers pass over. */
export const pemFile = (pem, { title, expect } = {}) =>
  title === undefined && expect === undefined ? pem : `${marked(title ?? 'throw-away', expect)}\n${pem}`;
