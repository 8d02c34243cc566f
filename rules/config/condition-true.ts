import type { Path, Resource } from '../../src/model/index.ts';
import { describe, filled, get, list, placeIn, placeKey } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'config/condition-true',
  severity: 'warning',
  istio: 'all',
  summary: 'An object that was read from a cluster was accepted and programmed there.',
  why: 'Controllers write into the status of an object what became of it. A condition that is False says that the object, or a part of it, is not in force.',
  fix: 'Mend what the reason of the condition names, and read the object again.',
  reads: ['status of objects of Istio, of the Gateway API and of Services'],
  aliases: ['IST0171'],
  messages: {
    negative: '{cluster}: {object} has condition {type} False{reason}',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const member of mesh.members)
      for (const resource of member.resources.all) {
        if (resource.value['status'] === undefined || !isOfMesh(resource)) continue;
        for (const { path, condition } of conditionsOf(resource)) {
          const type = filled(get(condition, 'type'));
          const at = placeIn(resource, ...path, 'status');
          if (type === undefined || FINE_IF_FALSE.has(type) || told.has(placeKey(at))) continue;
          if (get(condition, 'status') !== 'False' && get(condition, 'status') !== false) continue;
          told.add(placeKey(at));
          const words = [get(condition, 'reason'), get(condition, 'message')].flatMap((word) => filled(word) ?? []);
          report(
            'negative',
            { at, cluster: member.name, resource },
            {
              cluster: member.name,
              object: describe(resource),
              type,
              reason: words.length === 0 ? '' : `: ${words.join(', ')}`,
            },
          );
        }
      }
  },
});

/** Conditions that speak of a trouble by being True. */
const FINE_IF_FALSE = new Set([
  'Conflicted',
  'Detached',
  'OverlappingTLSConfig',
  'PartiallyInvalid',
  'InsecureFrontendValidationMode',
  'Stalled',
  'ReconcileError',
]);

const isOfMesh = ({ group, kind }: Resource): boolean =>
  /^(?:networking|security|telemetry|extensions)\.istio\.io$/.test(group) ||
  group === 'gateway.networking.k8s.io' ||
  (group === '' && kind === 'Service');

interface Stated {
  readonly path: Path;
  readonly condition: unknown;
}

/** Those of the object, and in the Gateway API those of each parent, listener and ancestor. */
const conditionsOf = ({ value }: Resource): readonly Stated[] => [
  ...below(value, ['status', 'conditions']),
  ...['parents', 'ancestors', 'listeners'].flatMap((key) =>
    list(get(value, 'status', key)).flatMap((_, index) => below(value, ['status', key, index, 'conditions'])),
  ),
];

const below = (value: unknown, path: Path): readonly Stated[] =>
  list(get(value, ...path)).map((condition, index) => ({ path: [...path, index], condition }));
