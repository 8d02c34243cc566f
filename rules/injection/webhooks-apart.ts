import type { Resource } from '../../src/model/index.ts';
import { compareText, describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Injector } from '../../src/rule/injectionWebhooks.ts';
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
      const overlaps = overlapsOf(injectors);
      for (const { resource, others, pods } of overlaps)
        report(
          'overlap',
          {
            at: placeIn(resource, 'metadata', 'name'),
            cluster: member.name,
            resource,
            also: others.map((other) => ({
              place: placeIn(other, 'metadata', 'name'),
              cluster: member.name,
              message: describe(other),
            })),
          },
          {
            cluster: member.name,
            webhook: describe(resource),
            others: inWords(others.map(({ name }) => name)),
            verb: others.length === 1 ? 'takes' : 'take',
            pods,
          },
        );
    }
  },
});

interface Overlap {
  readonly resource: Resource;
  /** By name. */
  readonly others: readonly Resource[];
  /** The plainest pods that all of them take. */
  readonly pods: string;
}

/** For each configuration the others that take its pods; those that only some of its pods meet are told apart. */
const overlapsOf = (injectors: readonly Injector[]): readonly Overlap[] => {
  const found = new Map<string, Overlap[]>();
  for (const pod of podsOfWebhooks(injectors)) {
    const takers = new Map(
      injectors.filter((injector) => selects(injector, pod)).map(({ resource }) => [resource.name, resource]),
    );
    if (takers.size < 2) continue;
    for (const [name, resource] of takers) {
      const others = [...takers.values()].filter((other) => other !== resource).toSorted(byName);
      const held = found.get(name) ?? [];
      if (held.some((overlap) => contains(overlap.others, others))) continue;
      found.set(name, [
        ...held.filter((overlap) => !contains(others, overlap.others)),
        { resource, others, pods: pod.inWords },
      ]);
    }
  }
  return [...found.values()].flat();
};

const byName = (a: Resource, b: Resource): number => compareText(a.name, b.name);

const contains = (all: readonly Resource[], some: readonly Resource[]): boolean =>
  some.every(({ name }) => all.some((other) => other.name === name));
