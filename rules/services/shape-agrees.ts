import type { Place, Related, Severity } from '../../src/model/index.ts';
import { get, placeIn, text } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { deviations } from '../../src/rule/peers.ts';
import { hiddenServices } from '../../src/rule/hiddenServices.ts';
import { inWords } from '../../src/rule/scope.ts';
import type { ServiceStatement } from '../../src/rule/services.ts';
import { nameOfService } from '../../src/rule/services.ts';
import type { Shape } from '../../src/rule/twins.ts';
import { clusterOf, shapeOf, strangersOf, twinServices } from '../../src/rule/twins.ts';

export default defineRule({
  id: 'services/shape-agrees',
  severity: 'warning',
  istio: 'all',
  summary: 'A Service is headless, an alias or an ordinary one in all clusters alike.',
  why: 'The mesh joins Services of one name. Clients of a headless Service call single pods, those of an ordinary one a virtual address, and an ExternalName is another host: joined, each cluster takes the kind of its own and calls end differently.',
  fix: 'Give the Service the same type and clusterIP in every cluster, or another name where it is another thing.',
  reads: ['Service', 'workloads'],
  aliases: ['IST0170'],
  messages: {
    shape: '{service} is {found} in {cluster}, {expected} in {peers}',
    setting: '{cluster} has {key} {found} on {service}, {peers} {expected}: {effect}',
  },
  check(mesh, report) {
    const hidden = new Set(hiddenServices(mesh).map(({ resource }) => resource));
    for (const twin of twinServices(mesh)) {
      const service = nameOfService(twin.service);
      const found = deviations(twin.statements, ({ resource }) => kindOf(shapeOf(resource)));
      // services/name-means-same speaks: these are two applications.
      if (found.length > 0 && strangersOf(mesh, twin).length > 0) continue;
      const shapes = found.length > 0 ? found : deviations(twin.statements, ({ resource }) => shapeOf(resource));
      const severity: Severity = found.length > 0 ? 'warning' : 'info';
      for (const { odd, peers } of shapes)
        report(
          'shape',
          {
            at: shapePlace(odd),
            cluster: odd.member.name,
            resource: odd.resource,
            severity,
            also: peers.map((peer) => related(peer, shapePlace(peer), shapeInWords(shapeOf(peer.resource)))),
          },
          {
            service,
            found: shapeInWords(shapeOf(odd.resource)),
            cluster: odd.member.name,
            expected: shapeInWords(shapeOf(peers[0]!.resource)),
            peers: inWords(peers.map(clusterOf)),
          },
        );
      for (const setting of SETTINGS) {
        // services/visible-to-gateway says which calls end there.
        const isHidden = twin.statements.some(({ resource }) => hidden.has(resource));
        if (setting.key === EXPORT_TO && isHidden) continue;
        for (const { odd, peers } of deviations(twin.statements, (statement) => setting.read(statement) ?? ''))
          report(
            'setting',
            {
              at: setting.place(odd),
              cluster: odd.member.name,
              resource: odd.resource,
              severity: 'info',
              fix: `Give the Service the same ${setting.key} in every cluster, or leave it out in all of them.`,
              also: peers.map((peer) =>
                related(peer, setting.place(peer), `${setting.key} ${setting.read(peer) ?? 'unset'}`),
              ),
            },
            {
              cluster: odd.member.name,
              key: setting.key,
              found: setting.read(odd) ?? 'unset',
              service,
              peers: inWords(peers.map(clusterOf)),
              expected: setting.read(peers[0]!) ?? 'unset',
              effect: setting.effect,
            },
          );
      }
    }
  },
});

/** Whether a Service is called by one address, by its pods' or is another host; NodePort and LoadBalancer only add ways in. */
const kindOf = (shape: Shape): string => (shape === 'headless' || shape === 'ExternalName' ? shape : 'ordinary');

const shapeInWords = (shape: Shape): string =>
  shape === 'headless' ? 'headless' : shape === 'ExternalName' ? 'an ExternalName' : `of type ${shape}`;

const shapePlace = ({ resource }: ServiceStatement): Place =>
  shapeOf(resource) === 'headless' ? placeIn(resource, 'spec', 'clusterIP') : placeIn(resource, 'spec', 'type');

interface Setting {
  readonly key: string;
  readonly effect: string;
  read(statement: ServiceStatement): string | undefined;
  place(statement: ServiceStatement): Place;
}

const annotation = (key: string, unset: string, effect: string): Setting => ({
  key,
  effect,
  read: ({ resource }) => {
    const value = resource.annotations[key];
    return value === undefined || value === unset ? undefined : `"${value}"`;
  },
  place: ({ resource }) => placeIn(resource, 'metadata', 'annotations', key),
});

const EXPORT_TO = 'networking.istio.io/exportTo';
const SPREAD = 'calls from the clusters are spread differently';

const SETTINGS: readonly Setting[] = [
  annotation(EXPORT_TO, '*', 'it is visible to other namespaces in some clusters only'),
  annotation('networking.istio.io/traffic-distribution', '', SPREAD),
  {
    key: 'trafficDistribution',
    effect: SPREAD,
    read: ({ resource }) => text(get(resource.value, 'spec', 'trafficDistribution')),
    place: ({ resource }) => placeIn(resource, 'spec', 'trafficDistribution'),
  },
];

const related = ({ member }: ServiceStatement, place: Place, message: string): Related => ({
  place,
  cluster: member.name,
  message,
});
