import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place } from '../../src/model/index.ts';
import { below, describe, flag, get, list, placeIn, sameNamespace, textMap } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { SelectedGateway, SelectedPods } from '../../src/rule/gateway/selected.ts';
import { holdsAll, isBetweenClusters, selectedGateways, selectorInWords } from '../../src/rule/gateway/selected.ts';
import { inWords } from '../../src/rule/scope.ts';
import { selects } from '../../src/rule/selectors.ts';
import { containerPort, portsOf } from '../../src/rule/services.ts';

export default defineRule({
  id: 'gateway/port-on-service',
  severity: 'warning',
  istio: 'all',
  summary: 'The port of a Gateway server is one that a Service in front of the gateway pods opens.',
  why: 'The server listens in the pod, and no Service leads there: calls of the port never arrive.',
  fix: 'Add the port to the Service of the gateway (in the values of its chart or IstioOperator), or use one that it has.',
  reads: ['Gateway', 'Service', 'workloads'],
  aliases: ['IST0162'],
  messages: {
    closed: '{gateway} opens port {port} on the pods with {selector}; in {clusters}, {services} {lead} to {ports}',
    none: '{gateway} opens port {port} on the pods with {selector}; no Service of {clusters} leads to them',
  },
  check(mesh, report) {
    for (const of of selectedGateways(mesh)) {
      const fronts = frontsOf(mesh, of);
      const [first] = fronts ?? [];
      if (fronts === undefined || first === undefined) continue;
      for (const server of of.servers) {
        const { port } = server;
        // A Gateway of a control plane may be meant for the gateway pods of one of its clusters only.
        if (port === undefined || isBetweenClusters(server) || fronts.some((front) => front.ports.has(port))) continue;
        const services = fronts.flatMap((front) => front.services);
        report(
          services.length === 0 ? 'none' : 'closed',
          {
            at: below(server.place, 'port', 'number'),
            cluster: of.realm.config.name,
            resource: of.gateway,
            also: fronts.flatMap((front) =>
              front.services.map((service) => ({
                place: service.place,
                cluster: front.member.name,
                message: service.title,
              })),
            ),
          },
          {
            gateway: describe(of.gateway),
            clusters: inWords(fronts.map((front) => front.member.name)),
            port,
            selector: selectorInWords(of.selector) || 'any labels',
            services: inWords([...new Set(services.map(({ title }) => title))]),
            lead: services.length === 1 ? 'leads' : 'lead',
            ports: portsInWords(fronts),
          },
        );
      }
    }
  },
});

/** What stands before the pods of each cluster; undefined where some of it may not be among the files. */
const frontsOf = (mesh: Mesh, of: SelectedGateway): readonly Front[] | undefined => {
  const fronts: Front[] = [];
  for (const member of of.realm.members) {
    const pods = of.pods.filter((pod) => pod.member === member);
    if (pods.length === 0) {
      if (!holdsAll(mesh, 'Pod')) return undefined;
      continue;
    }
    const front = frontOf(mesh, member, pods);
    if (front === undefined) return undefined;
    fronts.push(front);
  }
  return fronts;
};

const portsInWords = (fronts: readonly Front[]): string => {
  const ports = [...new Set(fronts.flatMap((front) => front.shown))].toSorted((a, b) => a - b);
  if (ports.length === 0) return 'no port for TCP';
  return `${ports.length === 1 ? 'port' : 'ports'} ${inWords(ports.map(String))} only`;
};

interface Opening {
  readonly title: string;
  readonly place: Place;
}

interface Front {
  readonly member: Member;
  /** Services, and gateways whose chart or IstioOperator makes one. */
  readonly services: readonly Opening[];
  /** Ports of the Services and those of the pods that they lead to: a server may name either. */
  readonly ports: ReadonlySet<number>;
  readonly shown: readonly number[];
}

const frontOf = (mesh: Mesh, member: Member, pods: readonly SelectedPods[]): Front | undefined => {
  const services = new Map<string, Opening>();
  const ports = new Set<number>();
  const shown = new Set<number>();
  let isOpen = false;
  for (const pod of pods) {
    // Pods that can be called without a Service, and charts that do not say which ports theirs has.
    if (isOnHost(pod) || (pod.workload === undefined && pod.ports === undefined)) return undefined;
    if (pod.workload === undefined) {
      services.set(pod.title, { title: pod.title, place: pod.place });
      for (const { port, targetPort } of pod.ports ?? []) {
        shown.add(port);
        ports.add(port);
        if (typeof targetPort === 'number') ports.add(targetPort);
      }
      continue;
    }
    for (const service of member.resources.ofKind('Service', '')) {
      const selector = textMap(get(service.value, 'spec', 'selector'));
      if (Object.keys(selector).length === 0 || !sameNamespace(service.namespace, pod.namespace)) continue;
      const state = selects(selector, pod.labels);
      if (state === 'unknown') return undefined;
      if (state === 'no') continue;
      services.set(describe(service), { title: describe(service), place: placeIn(service, 'spec', 'ports') });
      const opened = portsOf(service);
      // Something fills them in later.
      isOpen ||= opened.length === 0;
      for (const port of opened) {
        if (port.protocol.toUpperCase() !== 'TCP') continue;
        const target = containerPort(port, pod.workload);
        shown.add(port.number);
        ports.add(port.number);
        if (target !== undefined) ports.add(target);
      }
    }
  }
  if (services.size === 0 && !holdsAll(mesh, 'Service')) return undefined;
  if (isOpen && shown.size === 0) return undefined;
  return { member, services: [...services.values()], ports, shown: [...shown].toSorted((a, b) => a - b) };
};

const isOnHost = ({ workload }: SelectedPods): boolean =>
  workload !== undefined &&
  (flag(workload.spec['hostNetwork']) === true ||
    list(workload.spec['containers']).some((container) =>
      list(get(container, 'ports')).some((port) => get(port, 'hostPort') !== undefined),
    ));
