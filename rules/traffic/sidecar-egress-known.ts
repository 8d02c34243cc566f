import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { isComplete } from '../../src/facts/mesh/tracks.ts';
import { describe, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { covers, expandHost, isWildcard, isWithin, serviceOf, splitHost, UNSTATED } from '../../src/rule/hosts.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import type { Resolution } from '../../src/rule/resolve.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { clusterDomainOf, noneInWords, realmsOf } from '../../src/rule/scope.ts';
import { hostOfService, serviceTable } from '../../src/rule/services.ts';
import {
  hintOf,
  meantInWords,
  meantNamespace,
  misnomerOf,
  nearestService,
  relatedTo,
} from '../../src/rule/traffic/meantHosts.ts';

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
    unknown: '{sidecar} in {cluster} imports {host}, which {none} has{near}',
    amiss: '{sidecar} in {cluster} imports {host}, which is the name of no Service: {fault}{near}',
    nobody: '{sidecar} in {cluster} imports {host}: no file has a namespace {namespace}, did you mean {near}?',
    namespace: '{sidecar} in {cluster} imports {host}: that Service is of namespace {owner}, not of {namespace}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource } of statementsOf(config.resources.ofKind('Sidecar', 'networking.istio.io')))
        for (const [index, listener] of list(get(resource.value, 'spec', 'egress')).entries())
          for (const [at, written] of texts(get(listener, 'hosts')).entries()) {
            const { namespace, host: named } = splitHost(written);
            if (named === '' || isTemplate(written) || namespace === '~') continue;
            const mistaken = namespace === undefined ? undefined : meantNamespace(mesh, namespace);
            if (namespace !== undefined && mistaken !== undefined && !['.', '*'].includes(namespace)) {
              report(
                'nobody',
                { at: placeIn(resource, 'spec', 'egress', index, 'hosts', at), cluster: config.name, resource },
                { sidecar: describe(resource), cluster: config.name, host: written, namespace, near: mistaken },
              );
              continue;
            }
            if (named === '*') continue;
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
            const misnomer =
              isPattern || found.state !== 'untold'
                ? undefined
                : misnomerOf(mesh, config, host, ownerNamespace(namespace, resource.namespace));
            if (misnomer !== undefined) {
              const { fault, meant } = misnomer;
              report(
                'amiss',
                { ...where, also: relatedTo(config, meant) },
                { ...slots, fault, near: meantInWords(config, misnomer) },
              );
              continue;
            }
            if (found.state === 'nowhere' || (found.state === 'untold' && seesAll(mesh))) {
              const near = hintOf(
                config,
                found.state === 'nowhere' ? nearestService(mesh, found.namespace, found.name) : undefined,
              );
              report('unknown', { ...where, also: near.also }, { ...slots, none: noneInWords(mesh), near: near.words });
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

/** The namespace that an entry of the list is about: the Service that was meant lies there. */
const ownerNamespace = (written: string | undefined, own: string | undefined): string =>
  (written === '.' || written === undefined || written === '*' ? own : written) ?? UNSTATED;

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
