// Cases of `istioctl analyze`: the (code, resource) pairs of the analyzer under test, as multisets.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { lintClusters, without } from './run.mjs';

const analyzers = JSON.parse(readFileSync(new URL('analyzers.json', import.meta.url), 'utf8'));

/** Several analyzers say IST0101, each of another reference: the end of the path tells which. It explains extras and hides none. */
const REFERENCES = {
  'gateway.IngressGatewayPortAnalyzer': /^\/spec\/selector$/,
  'gateway.SecretAnalyzer': /^\/spec\/selector$|\/credentialName$/,
  'virtualservice.DestinationHostAnalyzer': /\/(host|port|number)$/,
  'virtualservice.DestinationRuleAnalyzer': /\/subset$/,
  'virtualservice.GatewayAnalyzer': /^\/spec\/gateways\//,
};
/** The kind of which an analyzer speaks, where it speaks of one only. */
const KINDS = {
  auth: 'AuthorizationPolicy',
  sidecar: 'Sidecar',
  telemetry: 'Telemetry',
  gateway: 'Gateway',
  virtualservice: 'VirtualService',
};

const speaksOf = (analyzer, code, finding) => {
  if (code !== 'IST0101') return true;
  const kind = KINDS[analyzer.split('.')[0]];
  return (kind === undefined || finding.resource?.kind === kind) && (REFERENCES[analyzer]?.test(finding.path) ?? true);
};

/** Both are there in every installation by default, and so are not in the files of the cases. */
const INGRESS = `apiVersion: v1
kind: Pod
metadata: { name: istio-ingressgateway, namespace: istio-system, labels: { istio: ingressgateway } }
spec: { containers: [{ name: istio-proxy, image: proxyv2, args: [proxy, router] }] }
---
apiVersion: v1
kind: Service
metadata: { name: istio-ingressgateway, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  ports: [${[80, 443, 31400, 15443].map((port) => `{ name: tcp-${port}, port: ${port}, targetPort: ${port} }`).join(', ')}]
`;

export const istioctl = async (cases, directory, lint) => {
  let [found, wanted, extras, foreign] = [0, 0, 0, 0];
  const rows = [];
  for (const one of cases) {
    const expected = one.expected.map(({ code, resource }) => `${code} ${resource}`);
    const pairs = await pairsOf(one, directory, lint);
    const seen = pairs.map(({ pair }) => pair);
    const missing = without(expected, seen);
    const extra = without(seen, expected);
    const own = pairs.flatMap(({ pair, isOwn }) => (isOwn ? [pair] : []));
    foreign += extra.length - without(own, expected).length;
    wanted += expected.length;
    found += expected.length - missing.length;
    extras += extra.length;
    rows.push({ id: one.id, name: one.name, analyzer: one.analyzer, missing, extra });
  }
  const notes =
    foreign === 0
      ? []
      : [
          `${foreign} of the extra pairs are IST0101 of a reference that another analyzer than the one under test looks at`,
        ];
  return { rows, notes, total: `${found} of ${wanted} pairs, ${extras} extra` };
};

const pairsOf = async (one, directory, lint) => {
  const pathOf = (file) => join(directory, file);
  const texts = meshTexts(one, pathOf);
  const clusters =
    one.perCluster === undefined
      ? { cluster: { files: one.inputFiles.map(pathOf), texts } }
      : Object.fromEntries(
          Object.entries(one.perCluster).map(([name, files]) => [name, { files: files.map(pathOf), texts: {} }]),
        );
  const report = await lintClusters(lint, clusters);
  const codes = analyzers[one.analyzer] ?? analyzers[one.analyzer.replace(/[^.]*$/, '*')] ?? [];
  const said = new Set();
  return report.findings.flatMap((finding) =>
    finding.aliases
      .filter((code) => codes.includes(code))
      .flatMap((code) => {
        // Equal messages at one line count once.
        const key = `${code} ${finding.file}:${finding.line} ${finding.message} ${nameOf(finding)}`;
        if (said.has(key)) return [];
        said.add(key);
        return [{ pair: `${code} ${nameOf(finding)}`, isOwn: speaksOf(one.analyzer, code, finding) }];
      }),
  );
};

const meshTexts = ({ meshConfigFile, meshNetworksFile }, pathOf) => {
  const config = meshConfigFile === undefined ? undefined : readFileSync(pathOf(meshConfigFile), 'utf8');
  const networks = meshNetworksFile === undefined ? undefined : readFileSync(pathOf(meshNetworksFile), 'utf8');
  const ingressOff = config !== undefined && load(config)?.ingressControllerMode === 'OFF';
  const data = {
    ...(config === undefined ? {} : { mesh: config }),
    ...(networks === undefined ? {} : { meshNetworks: networks }),
  };
  return {
    ...(ingressOff ? {} : { 'ingress.yaml': INGRESS }),
    ...(Object.keys(data).length === 0
      ? {}
      : {
          'mesh.yaml': JSON.stringify({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'istio', namespace: 'istio-system' },
            data,
          }),
        }),
  };
};

/** `Kind namespace/name`, or `Kind name`. */
const nameOf = ({ resource, path }) => {
  if (path.includes('/data/meshNetworks')) return 'MeshNetworks istio-system/meshnetworks';
  if (resource === undefined) return '?';
  return resource.namespace === undefined
    ? `${resource.kind} ${resource.name}`
    : `${resource.kind} ${resource.namespace}/${resource.name}`;
};
