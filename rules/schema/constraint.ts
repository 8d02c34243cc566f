import { describe, placeKey } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { refusalsOf } from '../../src/rule/schema/constraints.ts';
import { aliasesFor } from '../../src/rule/schema/problems.ts';
import { ownerOf } from '../../src/schema/neighbours.ts';
import { unreadableDocuments } from '../../src/rule/schema/unreadable.ts';
import { pathInWords } from '../../src/schema/violation.ts';

export default defineRule({
  id: 'schema/constraint',
  severity: 'error',
  istio: 'all',
  summary: 'The values of Istio objects and mesh configs are such as the API server and istiod take.',
  why: 'The whole object is refused when it is applied: the cluster goes on with the last version of it, or without it, while the files say otherwise. istiod drops a whole mesh config, or all of meshNetworks, for one value in the same way.',
  fix: 'Change the value as the message says; `istioctl validate -f` of the version in use tells the same.',
  reads: ['Istio kinds', 'Gateway API kinds', 'meshConfig', 'meshNetworks', 'istioVersion'],
  aliases: ['IST0106'],
  messages: {
    refused: '{cluster}: {object} is refused: {key} {problem}{suffix}',
    unreadable: '{cluster}: istiod cannot read {key} of {object}: {problem}',
    document: '{cluster}: istiod refuses {object} as a whole: {key} {problem}{suffix}',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const member of mesh.members)
      for (const { resource, key, at, problem } of unreadableDocuments(member)) {
        if (told.has(placeKey(at))) continue;
        told.add(placeKey(at));
        report(
          'unreadable',
          { at, cluster: member.name, resource, aliases: [], fix: FIX_OF_DOCUMENT },
          { cluster: member.name, object: describe(resource), key, problem },
        );
      }
    for (const { member, resource, what, isDocument, at, path, problem, severity, suffix, refuses } of refusalsOf(mesh))
      report(
        isDocument ? 'document' : 'refused',
        {
          at,
          cluster: member.name,
          resource,
          severity,
          refuses,
          aliases: isDocument ? [] : aliasesFor(resource),
          fix: isDocument
            ? FIX_OF_DOCUMENT
            : resource === undefined || ownerOf(resource.group) === undefined
              ? undefined
              : FIX_BESIDE,
        },
        { cluster: member.name, object: what, key: pathInWords(path), problem, suffix },
      );
  },
});

const FIX_OF_DOCUMENT = 'Change the value as the message says; the log of istiod tells the same where it reads it.';
const FIX_BESIDE = 'Change the value as the message says; `kubectl apply --dry-run=server -f` tells the same.';
