import type { Workload } from '../../src/facts/workloads.ts';
import { describe, get, integer, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';
import { isPlatformService, nameOfService, portsOf, serviceTable, workloadsOf } from '../../src/rule/services.ts';

export default defineRule({
  id: 'services/target-port-declared',
  severity: 'info',
  preset: 'strict',
  istio: 'all',
  summary: 'The port to which a Service leads is a container port that the pods declare.',
  why: 'Container ports are for information only, and a pod may listen on others. Where it declares some, another number in the Service is often a slip.',
  fix: 'Write the container port into targetPort, or declare the port in the container.',
  reads: ['Service', 'workloads'],
  aliases: ['KIA0701'],
  messages: {
    other:
      'port {port} of Service {service} in {cluster} leads to port {target} of the pods; {workload} declares {ports}',
  },
  check(mesh, report) {
    for (const service of serviceTable(mesh).all) {
      if (isPlatformService(mesh, service)) continue;
      for (const { member, resource } of service.statements) {
        const workloads = workloadsOf(mesh, member, resource);
        portsOf(resource).forEach((port, index) => {
          const target = port.targetPort;
          const declared = workloads.map((workload) => portNumbers(workload));
          const first = declared.findIndex((numbers) => numbers.length > 0);
          if (typeof target !== 'number' || first < 0 || declared.some((numbers) => numbers.includes(target))) return;
          const entry = ['spec', 'ports', index] as const;
          const key = get(resource.value, ...entry, 'targetPort') === undefined ? 'port' : 'targetPort';
          report(
            'other',
            { at: placeIn(resource, ...entry, key), cluster: member.name, resource },
            {
              port: port.number,
              service: nameOfService(service),
              cluster: member.name,
              target,
              workload: describe(workloads[first]!.resource),
              ports: inWords(declared[first]!.map(String)),
            },
          );
        });
      }
    }
  },
});

const portNumbers = ({ spec }: Workload): readonly number[] => [
  ...new Set(
    ['containers', 'initContainers']
      .flatMap((key) => list(spec[key]))
      .flatMap((container) => list(get(container, 'ports')))
      .flatMap((port) => integer(get(port, 'containerPort')) ?? []),
  ),
];
