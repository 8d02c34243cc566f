import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { isComplete } from '../../src/facts/mesh/tracks.ts';
import { describe, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { covers, expandHost, isWildcard, isWithin, serviceOf, splitHost } from '../../src/rule/hosts.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import type { Resolution } from '../../src/rule/resolve.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { clusterDomainOf, inWords, realmsOf } from '../../src/rule/scope.ts';
import { hostOfService, serviceTable } from '../../src/rule/services.ts';

export default defineRule({
  id: 'traffic/sidecar-egress-known',
  severity: 'warning',
  istio: 'all',
  summary: 'The hosts that a Sidecar lets its workloads call are there, in the namespace that it names.',
  why: 'A Sidecar with an egress list hides all other hosts. A host that is written wrongly there is hidden as well: calls to the Service that was meant end in BlackHoleCluster or go around the mesh.',
  fix: 'Write namespace/host with the namespace of the Service and its full name, such as shop/cart.shop.svc.cluster.local, or shop/*.',
  reads: ['Sidecar', 'Service', 'ServiceEntry'],
  aliases: ['KIA1004'],
  messages: {
    unknown: '{sidecar} in {cluster} imports {host}, which none of {clusters} has',
    namespace: '{sidecar} in {cluster} imports {host}: that Service is of namespace {owner}, not of {namespace}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource } of statementsOf(config.resources.ofKind('Sidecar', 'networking.istio.io')))
        for (const [index, listener] of list(get(resource.value, 'spec', 'egress')).entries())
          for (const [at, written] of texts(get(listener, 'hosts')).entries()) {
            const { namespace, host: named } = splitHost(written);
            if (named === '' || named === '*' || isTemplate(written) || namespace === '~') continue;
            const host = expandHost(named, resource.namespace, clusterDomainOf(config));
            const isPattern = isWildcard(named);
            // What the own namespace has is up to the Sidecar's owner.
            if (isPattern && host === `*.${resource.namespace ?? ''}.svc.${clusterDomainOf(config)}`) continue;
            if (isPattern && (!seesAll(mesh) || coversAny(mesh, config, host))) continue;
            const found = isPattern ? NOTHING : resolveHost(mesh, config, host);
            const where = {
              at: placeIn(resource, 'spec', 'egress', index, 'hosts', at),
              cluster: config.name,
              resource,
            };
            const slots = { sidecar: describe(resource), cluster: config.name, host: written };
            if (found.state === 'nowhere' || (found.state === 'untold' && seesAll(mesh))) {
              report('unknown', where, { ...slots, clusters: inWords(mesh.members.map((member) => member.name)) });
              continue;
            }
            const owner = serviceOf(host, clusterDomainOf(config))?.namespace;
            const meant = namespace === '.' ? resource.namespace : namespace;
            const isKnown = found.state === 'here' || found.state === 'elsewhere';
            const isElse = meant !== undefined && meant !== '*' && owner !== undefined && meant !== owner;
            if (isKnown && found.resource.kind === 'Service' && isElse)
              report('namespace', where, { ...slots, owner, namespace: meant });
          }
  },
});

const NOTHING: Resolution = { state: 'untold' };

/** Whether a wildcard stands for some Service, or for a host of a ServiceEntry. */
const coversAny = (mesh: Mesh, config: Member, pattern: string): boolean =>
  serviceTable(mesh).all.some((service) => covers(pattern, hostOfService(service, config))) ||
  mesh.members.some((member) =>
    member.resources
      .ofKind('ServiceEntry', 'networking.istio.io')
      .some((entry) =>
        texts(get(entry.value, 'spec', 'hosts')).some((host) => isWithin(host, pattern) || isWithin(pattern, host)),
      ),
  );

/** Every Service and ServiceEntry is among the files. */
const seesAll = (mesh: Mesh): boolean =>
  isComplete(mesh.settings.complete, 'service:') && isComplete(mesh.settings.complete, 'config:ServiceEntry');
