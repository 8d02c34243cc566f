import type { Mesh } from '../../src/facts/mesh.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isRefusedUntilSpelt } from '../../src/rule/schema/constraints.ts';
import { fieldHint } from '../../src/rule/schema/hints.ts';
import type { Found } from '../../src/rule/schema/problems.ts';
import { apiOf, problemsOf, whereOf } from '../../src/rule/schema/problems.ts';

export default defineRule({
  id: 'schema/unknown-field',
  severity: 'warning',
  istio: 'all',
  summary: 'Objects, mesh configs and values of Istio have no fields that no release knows.',
  why: 'kubectl 1.25 and newer refuses an object with a field that its kind does not have; other clients have the field dropped without a word, and the object then does something else: a policy covers a whole namespace, or denies all. A chart reads no value by another name. A slip in a known word, or a word of the API in the wrong place, is an error where the object is refused for it, or where a cluster loses its name or network by it; all other rules then read the key as it was meant.',
  fix: 'Write the field as the API has it, in the place where it belongs, or remove it.',
  reads: [
    'Istio kinds',
    'Gateway API kinds',
    'Sail operator kinds',
    'meshConfig',
    'meshNetworks',
    'IstioOperator',
    'values',
    'istioVersion',
  ],
  aliases: ['IST0106'],
  messages: {
    unknown: '{cluster}: {object} has the field {field}, which {api} does not know there{hint}',
    needed: '{cluster}: {object} has the field {field}, which {api} does not know there{hint} Without that, {refused}',
  },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'unknown-field')) {
      const hint = fieldHint(found);
      const slots = {
        cluster: found.member.name,
        object: found.what,
        field: found.problem.name,
        api: apiOf(found),
        hint,
      };
      if (hint !== '' && isNeeded(mesh, found))
        report('needed', whereOf(found, 'error'), {
          ...slots,
          hint: hint.endsWith('?') ? hint : `${hint}.`,
          refused: found.isOfMesh === true ? 'istiod refuses the whole of it' : 'the object is refused',
        });
      // What a newer release may know, or nobody refuses, may be meant so.
      else {
        const severity = hint !== '' && found.isRefused === true ? 'error' : 'warning';
        // istioctl says nothing of fields that it does not know.
        report('unknown', { ...whereOf(found, severity), aliases: [] }, slots);
      }
    }
  },
});

const isNeeded = (mesh: Mesh, found: Found): boolean => found.isNeeded === true || isRefusedUntilSpelt(mesh, found);
