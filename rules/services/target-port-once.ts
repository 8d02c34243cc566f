import type { Related } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';
import type { LeadingPort } from '../../src/rule/servicesOfWorkload.ts';
import { isMade, leadingPorts, servicesOfWorkload } from '../../src/rule/servicesOfWorkload.ts';

export default defineRule({
  id: 'services/target-port-once',
  severity: 'info',
  preset: 'strict',
  istio: 'all',
  summary: 'Services that lead to one port of a workload have the same port themselves.',
  why: 'The sidecar of the server sees the port of the pods only. Policies, telemetry and routes that name the port of a Service then hold for calls through one of the Services and not for the other.',
  fix: 'Use one port number for the target port in all Services of the workload.',
  reads: ['Service', 'workloads'],
  aliases: ['IST0137'],
  messages: {
    ports: 'Services of {workload} in {cluster} lead from different ports to {target}: {ports}',
  },
  check(mesh, report) {
    for (const member of mesh.members)
      for (const workload of member.workloads) {
        if (workload.injected !== 'yes' || isMade(workload)) continue;
        const services = servicesOfWorkload(mesh, member, workload);
        if (services.length < 2) continue;
        for (const [target, ports] of byTarget(services.flatMap(leadingPorts))) {
          const numbers = new Map(ports.map((held) => [held.number, held]));
          if (numbers.size < 2 || new Set(ports.map((held) => held.service)).size < 2) continue;
          const shown = [...numbers].toSorted(([a], [b]) => a - b);
          report(
            'ports',
            {
              at: workload.resource.place,
              cluster: member.name,
              resource: workload.resource,
              also: shown.map(([number, { service, place }]): Related => ({
                place,
                cluster: member.name,
                message: `port ${number} of Service ${service.name}`,
              })),
            },
            {
              workload: `${workload.resource.kind} ${workload.name}`,
              cluster: member.name,
              target,
              ports: inWords(shown.map(([number, { service }]) => `${number} (${service.name})`)),
            },
          );
        }
      }
  },
});

const byTarget = (ports: readonly LeadingPort[]): ReadonlyMap<string, readonly LeadingPort[]> => {
  const groups = new Map<string, LeadingPort[]>();
  for (const port of ports) {
    const key = String(port.targetPort);
    const held = groups.get(key);
    if (held === undefined) groups.set(key, [port]);
    else held.push(port);
  }
  return groups;
};
