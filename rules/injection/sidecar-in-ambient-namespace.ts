import { describe, flag, placeIn } from '../../src/model/index.ts';
import { ambientNamespaces } from '../../src/rule/ambient/scopes.ts';
import { defineRule } from '../../src/rule/define.ts';

const INJECT = 'sidecar.istio.io/inject';
const MODE = 'istio.io/dataplane-mode';

export default defineRule({
  id: 'injection/sidecar-in-ambient-namespace',
  severity: 'info',
  istio: '1.15+',
  preset: 'strict',
  summary: 'Pods of an ambient namespace have no sidecars.',
  why: 'A pod with a sidecar leaves ambient mode: it calls past the waypoints of others, and policies for the waypoint of its namespace do not act on what it sends.',
  fix: 'Take sidecar.istio.io/inject out, or say that the pod is meant to stay outside by istio.io/dataplane-mode: none.',
  reads: ['Namespace', 'workloads'],
  models: ['ambient-networks'],
  aliases: ['KIA1316'],
  messages: {
    sidecar: 'the pods of {workload} in {cluster} run a sidecar ({label}) in ambient namespace {namespace}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const ambient = ambientNamespaces(mesh, member);
      if (ambient.size === 0) continue;
      for (const { resource, labels, namespace, injected, gateway, specPlace } of member.workloads) {
        if (injected !== 'yes' || gateway || namespace === undefined || labels[MODE] !== undefined) continue;
        const label = [INJECT, 'istio.io/rev'].find((key) => labels[key] !== undefined);
        if (label === undefined || (label === INJECT && flag(labels[INJECT]) !== true)) continue;
        if (!ambient.has(namespace)) continue;
        const path = specPlace.path.slice(resource.place.path.length, -1);
        report(
          'sidecar',
          { at: placeIn(resource, ...path, 'metadata', 'labels', label), cluster: member.name, resource },
          { workload: describe(resource), cluster: member.name, namespace, label: `${label}: ${labels[label]}` },
        );
      }
    }
  },
});
