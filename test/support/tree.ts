import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes files into a directory that lives as long as the test. */
export const directoryOf = (files: Readonly<Record<string, string>>): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mesh-lint-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
};

const operator = (cluster: string, network: string, podCidr: string): string => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: istio, namespace: istio-system }
spec:
  tag: 1.28.1
  values:
    global:
      meshID: shop
      network: ${network}
      multiCluster: { clusterName: ${cluster} }
---
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
networking:
  podSubnet: ${podCidr}
`;

/** Two clusters of one network whose pods overlap: one finding of network/pod-cidr-overlap, in west. */
export const overlapping: Readonly<Record<string, string>> = {
  'clusters/east/istio.yaml': operator('east', 'net-1', '10.8.0.0/16'),
  'clusters/west/istio.yaml': operator('west', 'net-1', '10.8.0.0/16'),
};

/** The same with nothing wrong. */
export const agreeing: Readonly<Record<string, string>> = {
  'clusters/east/istio.yaml': operator('east', 'net-1', '10.8.0.0/16'),
  'clusters/west/istio.yaml': operator('west', 'net-1', '10.9.0.0/16'),
};
