import { isComplete } from '../../src/facts/mesh/tracks.ts';
import type { Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Path, Resource } from '../../src/model/index.ts';
import { compareText, describe, get, isTemplate, list, placeIn, text } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { mayMakeObjectsIn } from '../../src/rule/installers.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { isNameSlip } from '../../src/rule/slips.ts';

export default defineRule({
  id: 'policy/target-known',
  severity: 'error',
  istio: '1.22+',
  summary: 'What a policy names in targetRefs is there, in the namespace of the policy.',
  why: 'A policy acts on what it names in its own namespace. Where that is not there it acts on nothing, and nobody is kept out.',
  fix: 'Write the name of the Gateway or Service as it is, and put the policy into its namespace.',
  reads: [
    'AuthorizationPolicy',
    'RequestAuthentication',
    'Telemetry',
    'WasmPlugin',
    'Gateway',
    'Service',
    'ServiceEntry',
  ],
  messages: {
    slip: '{policy} in {cluster} is for {target}, which {namespace} does not have, did you mean {meant}?',
    elsewhere:
      '{policy} in {cluster} is for {target}, which {namespace} does not have; {there} is in another namespace',
    absent: '{policy} in {cluster} is for {target}, which {namespace} does not have',
  },
  check(mesh, report) {
    for (const realm of realmsOf(mesh)) {
      const { config } = realm;
      // Before, there is no targetRefs.
      if (mesh.versionOf(config).minors.high < 22) continue;
      for (const [kind, group] of KINDS)
        for (const { resource } of statementsOf(config.resources.ofKind(kind, group)))
          for (const target of targetsOf(resource)) {
            const namespace = resource.namespace;
            if (namespace === undefined || isTemplate(namespace) || isTemplate(target.name)) continue;
            const all = realm.members.flatMap((member) => member.resources.ofKind(target.kind, target.group));
            const near = all.filter((object) => object.namespace === namespace);
            if (near.some(({ name }) => name === target.name)) continue;
            if (realm.members.some((member) => hidesKind(member.cluster, [target.kind]))) continue;
            const where = { at: placeIn(resource, ...target.path), cluster: config.name, resource };
            const slots = {
              policy: describe(resource),
              cluster: config.name,
              target: `${target.kind} ${target.name}`,
              namespace,
            };
            const meant = namesOf(near).find((name) => isNameSlip(target.name, name));
            const there = realm.members.flatMap((member) =>
              member.resources
                .ofKind(target.kind, target.group)
                .filter((object) => object.name === target.name && object.namespace !== undefined)
                .map((object) => ({ object, cluster: member.name })),
            )[0];
            if (meant !== undefined) report('slip', where, { ...slots, meant });
            else if (isAllThere(mesh, target)) report('absent', where, slots);
            // It may lie in both namespaces, of which the files show one.
            else if (mayBeMade(mesh, realm, namespace)) continue;
            else if (there !== undefined)
              report(
                'elsewhere',
                {
                  ...where,
                  severity: 'warning',
                  also: [{ place: there.object.place, cluster: there.cluster, message: describe(there.object) }],
                },
                { ...slots, there: describe(there.object) },
              );
            else if (near.length > 0) report('absent', { ...where, severity: 'warning' }, slots);
          }
    }
  },
});

const KINDS = [
  ['AuthorizationPolicy', 'security.istio.io'],
  ['RequestAuthentication', 'security.istio.io'],
  ['Telemetry', 'telemetry.istio.io'],
  ['WasmPlugin', 'extensions.istio.io'],
] as const;

/** Groups of the kinds that a policy may name; a GatewayClass has no namespace. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ['Gateway', 'gateway.networking.k8s.io'],
  ['Service', ''],
  ['ServiceEntry', 'networking.istio.io'],
]);

interface Target {
  readonly kind: string;
  readonly group: string;
  readonly name: string;
  readonly path: Path;
}

const targetsOf = ({ value }: Resource): readonly Target[] => {
  const single: readonly (readonly [unknown, Path])[] = [[get(value, 'spec', 'targetRef'), ['spec', 'targetRef']]];
  const several = list(get(value, 'spec', 'targetRefs')).map(
    (reference, index) => [reference, ['spec', 'targetRefs', index]] as const,
  );
  return [...single, ...several].flatMap(([reference, path]): readonly Target[] => {
    const [kind, name] = [text(get(reference, 'kind')), text(get(reference, 'name'))];
    const group = kind === undefined ? undefined : GROUPS.get(kind);
    const stated = text(get(reference, 'group')) ?? '';
    if (kind === undefined || name === undefined || group === undefined) return [];
    // Another group is a matter of the schema, and another namespace is refused.
    if ((stated === 'core' ? '' : stated) !== group || get(reference, 'namespace') !== undefined) return [];
    return [{ kind, group, name, path: [...path, 'name'] }];
  });
};

const namesOf = (objects: readonly Resource[]): readonly string[] =>
  [...new Set(objects.map(({ name }) => name))].toSorted(compareText);

const isAllThere = ({ settings }: Mesh, { kind }: Target): boolean =>
  kind === 'Service' ? isComplete(settings.complete, 'service:') : isComplete(settings.complete, `config:${kind}`);

const mayBeMade = (mesh: Mesh, { members }: Realm, namespace: string): boolean =>
  members.some((member) => mayMakeObjectsIn(mesh, member, namespace));
