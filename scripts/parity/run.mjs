// Lays the files of a case out as clusters, and lints them as all there is.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** The cases hold whole clusters, so what is not there is missing. Kinds stand for their roles. */
const COMPLETE = [
  'AuthorizationPolicy',
  'ClusterRole',
  'ConfigMap',
  'CustomResourceDefinition',
  'Deployment',
  'DestinationRule',
  'Gateway',
  'GatewayClass',
  'HTTPRoute',
  'Namespace',
  'Node',
  'PeerAuthentication',
  'Pod',
  'ReferenceGrant',
  'RequestAuthentication',
  'Secret',
  'Service',
  'ServiceAccount',
  'ServiceEntry',
  'Sidecar',
  'Telemetry',
  'VirtualService',
  'WorkloadEntry',
  'WorkloadGroup',
];

/**
 * Lints clusters (name → { files, texts }) and gives the report. `files` are paths, `texts` are further files by name.
 */
export const lintClusters = async (lint, clusters, settings = {}) => {
  const directory = mkdtempSync(join(tmpdir(), 'mesh-lint-parity-'));
  try {
    for (const [name, { files = [], texts = {} }] of Object.entries(clusters)) {
      mkdirSync(join(directory, name), { recursive: true });
      files.forEach((file, index) =>
        cpSync(file, join(directory, name, `${String(index).padStart(3, '0')}-${basename(file)}`)),
      );
      for (const [path, text] of Object.entries(texts)) {
        mkdirSync(dirname(join(directory, name, path)), { recursive: true });
        writeFileSync(join(directory, name, path), text);
      }
    }
    // JSON is YAML.
    writeFileSync(
      join(directory, 'mesh-lint.yaml'),
      JSON.stringify({
        preset: 'strict',
        complete: COMPLETE,
        clusters: Object.fromEntries(
          Object.keys(clusters).map((name) => [name, { paths: [`${name}/**`], istioVersion: '1.30' }]),
        ),
        ...settings,
      }),
    );
    return await lint({ cwd: directory, paths: Object.keys(clusters), config: 'mesh-lint.yaml' });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** Items of the first multiset that the second has not. */
export const without = (items, others) => {
  const left = [...others];
  return items.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};
