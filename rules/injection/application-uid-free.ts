import type { Workload } from '../../src/facts/workloads.ts';
import type { Place } from '../../src/model/index.ts';
import { below, filled, get, integer, list } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';

/** The user that the proxy runs as; its traffic is not redirected. */
const PROXY_UID = 1337;

export default defineRule({
  id: 'injection/application-uid-free',
  severity: 'warning',
  istio: 'all',
  summary: 'No application runs as user 1337, which belongs to the proxy.',
  why: 'The redirection rules of a pod leave out what user 1337 sends, as that is the proxy. An application that runs as this user talks past the mesh: without mTLS, policies and routes, also to other clusters.',
  fix: 'Give the container another runAsUser.',
  reads: ['workloads'],
  aliases: ['IST0144'],
  messages: {
    uid: '{kind} {name} of {cluster} runs {what} as user 1337, whose traffic the mesh does not see',
  },
  check(mesh, report) {
    for (const member of mesh.members)
      for (const workload of member.workloads) {
        if (workload.gateway || workload.injected === 'no' || isControlPlane(workload)) continue;
        const found = reservedUser(workload);
        if (found === undefined) continue;
        report(
          'uid',
          { at: found.place, cluster: member.name, resource: workload.resource },
          { kind: workload.resource.kind, name: workload.name, cluster: member.name, what: found.what },
        );
      }
  },
});

/** The proxy itself may run as it. */
const PROXIES = new Set(['istio-proxy', 'istio-validation', 'istio-operator']);

/** Istio's own pods: old charts run istiod as this user. */
const isControlPlane = ({ resource, labels }: Workload): boolean =>
  [resource.labels, labels].some((held) => held['istio'] !== undefined || held['release'] === 'istio');

/** Init containers are left out: those that must talk before the proxy is there run as this user on purpose. */
const reservedUser = ({ spec, specPlace }: Workload): { readonly place: Place; readonly what: string } | undefined => {
  const containers = list(spec['containers']);
  const users = containers.map((container) => integer(get(container, 'securityContext', 'runAsUser')));
  const isApplication = containers.map((container) => !PROXIES.has(filled(get(container, 'name')) ?? ''));
  const index = users.findIndex((user, at) => user === PROXY_UID && isApplication[at] === true);
  if (index >= 0)
    return {
      place: below(specPlace, 'containers', index, 'securityContext', 'runAsUser'),
      what: `container ${filled(get(containers[index], 'name')) ?? index}`,
    };
  const isInherited = containers.length === 0 || users.some((user, at) => user === undefined && isApplication[at]);
  return isInherited && integer(get(spec, 'securityContext', 'runAsUser')) === PROXY_UID
    ? { place: below(specPlace, 'securityContext', 'runAsUser'), what: 'its pods' }
    : undefined;
};
