import type { Related } from '../../src/model/index.ts';
import { compareText } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';
import type { LeadingPort } from '../../src/rule/servicesOfWorkload.ts';
import { leadingPorts, servicesOfWorkload } from '../../src/rule/servicesOfWorkload.ts';

export default defineRule({
  id: 'services/workload-protocols-agree',
  severity: 'warning',
  istio: 'all',
  summary: 'Services that lead to the same workload give each port one protocol.',
  why: 'A sidecar has one listener for a port. Where two Services call the port by different protocols, one of them decides, and calls through the other are handled by the wrong protocol.',
  fix: 'Give the port the same protocol (name or appProtocol) in all Services of the workload.',
  reads: ['Service', 'workloads'],
  aliases: ['IST0116'],
  messages: {
    differ: 'Services of {workload} in {cluster} give port {port} different protocols: {protocols}',
  },
  check(mesh, report) {
    for (const member of mesh.members)
      for (const workload of member.workloads) {
        if (workload.injected !== 'yes') continue;
        const services = servicesOfWorkload(mesh, member, workload);
        if (services.length < 2) continue;
        for (const [port, ports] of byNumber(services.flatMap(leadingPorts))) {
          const protocols = new Map(ports.map((held) => [held.meshProtocol, held]));
          if (protocols.size < 2) continue;
          const shown = [...protocols].toSorted(([a], [b]) => compareText(a, b));
          report(
            'differ',
            {
              at: workload.resource.place,
              cluster: member.name,
              resource: workload.resource,
              also: shown.map(([protocol, { service, place }]): Related => ({
                place,
                cluster: member.name,
                message: `${protocol} in Service ${service.name}`,
              })),
            },
            {
              workload: `${workload.resource.kind} ${workload.name}`,
              cluster: member.name,
              port,
              protocols: inWords(shown.map(([protocol, { service }]) => `${protocol} (${service.name})`)),
            },
          );
        }
      }
  },
});

const byNumber = (ports: readonly LeadingPort[]): ReadonlyMap<number, readonly LeadingPort[]> => {
  const groups = new Map<number, LeadingPort[]>();
  for (const port of ports) {
    const held = groups.get(port.number);
    if (held === undefined) groups.set(port.number, [port]);
    else held.push(port);
  }
  return groups;
};
