import type { Resource } from '../../src/model/index.ts';
import { describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { injectorsOf, podsOfWebhooks, selects } from '../../src/rule/injectionWebhooks.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'injection/webhooks-apart',
  severity: 'error',
  istio: 'all',
  summary: 'At most one injection webhook of a cluster takes a pod.',
  why: 'Two webhooks for one pod inject it twice: which control plane the proxy ends up at depends on the order in which the API server calls them.',
  fix: 'Let the selectors of the webhooks exclude each other: give each control plane a revision, or remove the configuration that is left over.',
  reads: ['MutatingWebhookConfiguration'],
  aliases: ['IST0139'],
  messages: {
    overlap: '{cluster}: {webhook} injects pods that {others} also {verb}: those {pods}',
  },
  check(mesh, report) {
    for (const member of mesh.members) {
      const injectors = injectorsOf(member);
      if (new Set(injectors.map(({ resource }) => resource.name)).size < 2) continue;
      const overlaps = new Map<string, { resource: Resource; others: Set<string>; pods: string }>();
      for (const pod of podsOfWebhooks(injectors)) {
        const takers = injectors.filter((injector) => selects(injector, pod));
        const names = new Set(takers.map(({ resource }) => resource.name));
        if (names.size < 2) continue;
        for (const { resource } of takers) {
          const held = overlaps.get(resource.name) ?? { resource, others: new Set(), pods: pod.inWords };
          for (const name of names) if (name !== resource.name) held.others.add(name);
          overlaps.set(resource.name, held);
        }
      }
      for (const { resource, others, pods } of overlaps.values())
        report(
          'overlap',
          {
            at: placeIn(resource, 'metadata', 'name'),
            cluster: member.name,
            resource,
            also: [...overlaps.values()]
              .filter((other) => others.has(other.resource.name))
              .map((other) => ({
                place: placeIn(other.resource, 'metadata', 'name'),
                cluster: member.name,
                message: describe(other.resource),
              })),
          },
          {
            cluster: member.name,
            webhook: describe(resource),
            others: inWords([...others].toSorted()),
            verb: others.size === 1 ? 'takes' : 'take',
            pods,
          },
        );
    }
  },
});
