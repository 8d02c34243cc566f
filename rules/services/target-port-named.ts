import type { Workload } from '../../src/facts/workloads.ts';
import { compareText, describe, get, isTemplate, list, placeIn, text } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';
import { isPlatformService, nameOfService, portsOf, serviceTable, workloadsOf } from '../../src/rule/services.ts';

export default defineRule({
  id: 'services/target-port-named',
  severity: 'error',
  istio: 'all',
  summary: 'A targetPort that is a name is the name of a container port of the pods.',
  why: 'Kubernetes looks the name up in the pod. Pods without such a port are no endpoints of the Service for that port: calls get 503 in this cluster, or all go to the others.',
  fix: 'Write the name of the container port, or its number.',
  reads: ['Service', 'workloads'],
  aliases: ['KIA0701'],
  messages: {
    none: 'port {port} of Service {service} in {cluster} leads to port {target} of the pods; {workload} has {ports}',
  },
  check(mesh, report) {
    for (const service of serviceTable(mesh).all) {
      if (isPlatformService(mesh, service)) continue;
      for (const { member, resource } of service.statements) {
        const workloads = workloadsOf(mesh, member, resource);
        portsOf(resource).forEach((port, index) => {
          const target = port.targetPort;
          if (typeof target !== 'string' || isTemplate(target) || workloads.length === 0) return;
          const names = workloads.map((workload) => portNames(workload));
          if (names.some((held) => held.includes(target) || held.some(isTemplate))) return;
          const workload = workloads[0]!;
          const held = names[0]!;
          report(
            'none',
            {
              at: placeIn(resource, 'spec', 'ports', index, 'targetPort'),
              cluster: member.name,
              resource,
              also: [{ place: workload.specPlace, cluster: member.name, message: describe(workload.resource) }],
            },
            {
              port: port.number,
              service: nameOfService(service),
              cluster: member.name,
              target,
              workload: describe(workload.resource),
              ports: held.length === 0 ? 'no named port' : `${inWords(held)} only`,
            },
          );
        });
      }
    }
  },
});

/** Names of the ports of all containers; a proxy that is injected adds others than those of applications. */
const portNames = ({ spec }: Workload): readonly string[] =>
  ['containers', 'initContainers']
    .flatMap((key) => list(spec[key]))
    .flatMap((container) => list(get(container, 'ports')))
    .flatMap((port) => text(get(port, 'name')) ?? [])
    .toSorted(compareText);
