// Cases of `istioctl analyze`: the (code, resource) pairs of the analyzer under test, as multisets.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { lintClusters, without } from './run.mjs';

/** Pods stand in the templates of Deployments too. */
const WORKLOADS = ['Deployment', 'Pod', 'WorkloadEntry'];

const analyzers = JSON.parse(readFileSync(new URL('analyzers.json', import.meta.url), 'utf8'));

/**
 * An analyzer is given the kinds that it lists as its input and no others: of other kinds its cases say nothing, and they
 * are not known to be complete. That matters to analyzers that resolve references; the others get `COMPLETE`.
 */
const INPUTS = {
  'auth.AuthorizationPoliciesAnalyzer': ['AuthorizationPolicy', 'Namespace', ...WORKLOADS],
  'gateway.ConflictingGatewayAnalyzer': ['Gateway', ...WORKLOADS],
  'gateway.IngressGatewayPortAnalyzer': ['Gateway', 'Service', ...WORKLOADS],
  'gateway.SecretAnalyzer': ['Gateway', 'Secret', ...WORKLOADS],
  'injection.ImageAutoAnalyzer': ['MutatingWebhookConfiguration', 'Namespace', ...WORKLOADS],
  'sidecar.SelectorAnalyzer': ['Sidecar', ...WORKLOADS],
  'telemetry.SelectorAnalyzer': ['Telemetry', ...WORKLOADS],
  'virtualservice.DestinationHostAnalyzer': ['Service', 'ServiceEntry', 'VirtualService'],
  'virtualservice.DestinationRuleAnalyzer': ['DestinationRule', 'VirtualService'],
  'virtualservice.GatewayAnalyzer': ['Gateway', 'VirtualService'],
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
  let [found, wanted, extras] = [0, 0, 0];
  const rows = [];
  for (const one of cases) {
    const expected = one.expected.map(({ code, resource }) => `${code} ${resource}`);
    const seen = await pairsOf(one, directory, lint);
    const missing = without(expected, seen);
    const extra = without(seen, expected);
    wanted += expected.length;
    found += expected.length - missing.length;
    extras += extra.length;
    rows.push({ id: one.id, name: one.name, analyzer: one.analyzer, missing, extra });
  }
  return { rows, notes: [], total: `${found} of ${wanted} pairs, ${extras} extra` };
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
  const complete = INPUTS[one.analyzer];
  const report = await lintClusters(lint, clusters, complete === undefined ? {} : { complete });
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
        return [`${code} ${nameOf(finding)}`];
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
