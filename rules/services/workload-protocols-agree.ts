import type { Related } from '../../src/model/index.ts';
import { compareText } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';
import type { LeadingPort } from '../../src/rule/servicesOfWorkload.ts';
import { isMade, leadingPorts, servicesOfWorkload } from '../../src/rule/servicesOfWorkload.ts';

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
    target: 'Services of {workload} in {cluster} lead to its port {port} by different protocols: {protocols}',
  },
  check(mesh, report) {
    for (const member of mesh.members)
      for (const workload of member.workloads) {
        if (workload.injected !== 'yes' || isMade(workload)) continue;
        const services = servicesOfWorkload(mesh, member, workload);
        if (services.length < 2) continue;
        const ports = services.flatMap(leadingPorts);
        const clashes = [
          ...clashesBy(ports, (port) => port.number).map((clash) => ({ ...clash, message: 'differ' as const })),
          ...clashesBy(ports, (port) => port.targetPort).map((clash) => ({ ...clash, message: 'target' as const })),
        ];
        clashes.forEach(({ message, key, held }, index) => {
          // One pair of ports may have both numbers in common.
          if (clashes.slice(0, index).some((other) => held.every((port) => other.held.includes(port)))) return;
          report(
            message,
            {
              at: workload.resource.place,
              cluster: member.name,
              resource: workload.resource,
              aliases: message === 'differ' ? ['IST0116'] : [],
              also: held.map((port): Related => ({
                place: port.place,
                cluster: member.name,
                message: `${wordFor(port)} in Service ${port.service.name}`,
              })),
            },
            {
              workload: `${workload.resource.kind} ${workload.name}`,
              cluster: member.name,
              port: key,
              protocols: inWords(held.map((port) => `${wordFor(port)} (${port.service.name})`)),
            },
          );
        });
      }
  },
});

interface Clash {
  readonly key: number | string;
  /** One port for each protocol. */
  readonly held: readonly LeadingPort[];
}

/** Ports of several Services with one number that are not of one protocol, as far as they tell it. */
const clashesBy = (ports: readonly LeadingPort[], keyOf: (port: LeadingPort) => number | string): readonly Clash[] => {
  const groups = new Map<number | string, LeadingPort[]>();
  for (const port of ports) {
    const held = groups.get(keyOf(port));
    if (held === undefined) groups.set(keyOf(port), [port]);
    else held.push(port);
  }
  return [...groups].flatMap(([key, group]): readonly Clash[] => {
    const told = group.filter((port) => port.meshProtocol !== undefined);
    const carried = new Set(group.map((port) => port.protocol)).size > 1;
    const held = [...new Map((carried ? group : told).map((port) => [wordFor(port), port])).values()];
    const isOfSeveral = new Set(held.map((port) => port.service)).size > 1;
    return isOfSeveral ? [{ key, held: held.toSorted((a, b) => compareText(wordFor(a), wordFor(b))) }] : [];
  });
};

const wordFor = (port: LeadingPort): string => port.meshProtocol ?? port.protocol.toLowerCase();
