import { groupMeshes } from '../../src/facts/mesh.ts';
import type { Mesh } from '../../src/facts/mesh.ts';
import { fleetOf } from '../support/fleet.ts';

/** The mesh of a tree; every cluster gets a control plane of that version unless the tree has one. */
export const meshOf = (tree: Readonly<Record<string, string>>, version = '1.20.3', meshConfig = ''): Mesh => {
  const names = [
    ...new Set(Object.keys(tree).flatMap((path) => (path.includes('/') ? [path.slice(0, path.indexOf('/'))] : []))),
  ];
  const planes = Object.fromEntries(
    names.map((name) => [`${name}/control-plane.yaml`, controlPlane(version, meshConfig)]),
  );
  const meshes = groupMeshes(fleetOf({ ...planes, ...tree }), {
    complete: [],
    now: new Date('2026-01-01'),
    uses: {},
    options: {},
    meshes: undefined,
    istioVersion: undefined,
  });
  if (meshes.length !== 1) throw new Error(`${meshes.length} meshes`);
  return meshes[0]!;
};

const controlPlane = (version: string, meshConfig: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: istiod, namespace: istio-system, labels: { istio: pilot } }
spec:
  template:
    metadata: { labels: { istio: pilot } }
    spec:
      containers:
        - { name: discovery, image: 'docker.io/istio/pilot:${version}' }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    accessLogFile: /dev/stdout
${meshConfig.replaceAll(/^(?=.)/gm, '    ')}
`;

/** Documents of one file. */
export const documents = (...all: readonly string[]): string => all.join('\n---\n');
