import { gatewayClass } from '../../src/facts/gateways.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { isComplete } from '../../src/facts/mesh/tracks.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Related, Resource } from '../../src/model/index.ts';
import { describe, isTemplate, placeIn } from '../../src/model/index.ts';
import { isOfWrongClass } from '../../src/rule/ambient/dataPlane.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords } from '../../src/rule/scope.ts';
import { isMistyped } from '../../src/rule/slips.ts';

const GATEWAY_API = 'gateway.networking.k8s.io';

/** istiod makes these itself. */
const OF_ISTIO: readonly string[] = [
  'istio',
  'istio-waypoint',
  'istio-remote',
  'istio-east-west',
  'istio-agentgateway',
  'istio-agentgateway-waypoint',
];

export default defineRule({
  id: 'gatewayapi/class-known',
  severity: 'error',
  istio: '1.16+',
  summary: 'The class of a Gateway is one of Istio, or a GatewayClass of its cluster.',
  why: 'No controller takes up a Gateway whose class is not there: it never gets an address, its routes attach to nothing, and Kubernetes accepts it without a word.',
  fix: 'Write the name of a GatewayClass of that cluster into gatewayClassName: istio for a gateway, istio-waypoint for a waypoint.',
  reads: ['Gateway', 'GatewayClass'],
  models: ['hybrid-cloud', 'ambient-networks'],
  aliases: ['KIA1504'],
  messages: {
    mistyped: '{gateway} in {cluster} has class {class}, did you mean {meant}?',
    elsewhere: '{gateway} in {cluster} has class {class}, a GatewayClass of {peers}; {cluster} has {known}',
    unknown: '{gateway} in {cluster} has class {class}, which is none of Istio and no GatewayClass of {cluster}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const gateways = member.resources.ofKind('Gateway', GATEWAY_API);
      const own = gateways.length === 0 ? [] : classesOf(member);
      const known = [...OF_ISTIO, ...own.map(({ name }) => name)];
      for (const { resource, ambiguous } of statementsOf(gateways)) {
        const name = gatewayClass(resource);
        if (ambiguous || name === undefined || name === '' || isTemplate(name) || known.includes(name)) continue;
        // ambient/gateway-shape tells of those.
        if (isOfWrongClass(resource)) continue;
        const where = {
          at: placeIn(resource, 'spec', 'gatewayClassName'),
          cluster: member.name,
          resource,
        };
        const slots = { gateway: describe(resource), cluster: member.name, class: name };
        const peers = mesh.members.flatMap((peer) =>
          peer === member
            ? []
            : classesOf(peer)
                .filter((found) => found.name === name)
                .map((found) => ({ peer, found })),
        );
        const meant = known.find((other) => isMistyped(name, other) || other === `istio-${name}`);
        if (peers.length === 0 && meant !== undefined) report('mistyped', where, { ...slots, meant });
        else if (hidesKind(member.cluster, ['GatewayClass'])) continue;
        else if (peers.length > 0 && own.length > 0)
          report(
            'elsewhere',
            {
              ...where,
              severity: 'warning',
              also: peers.map(({ peer, found }): Related => ({
                place: placeIn(found, 'metadata', 'name'),
                cluster: peer.name,
                message: describe(found),
              })),
            },
            {
              ...slots,
              peers: inWords(peers.map(({ peer }) => peer.name)),
              known: inWords(own.map((found) => found.name)),
            },
          );
        else if (isAllThere(mesh)) report('unknown', where, slots);
      }
    }
  },
});

const classesOf = (member: Member): readonly Resource[] => member.resources.ofKind('GatewayClass', GATEWAY_API);

const isAllThere = (mesh: Mesh): boolean => isComplete(mesh.settings.complete, 'config:GatewayClass');
