import { defineRule } from '../../src/rule/define.ts';
import { idleSettingsOf } from '../../src/rule/schema/constraints.ts';
import { pathInWords } from '../../src/schema/violation.ts';

export default defineRule({
  id: 'schema/without-effect',
  severity: 'warning',
  istio: 'all',
  summary: 'What Istio objects set has an effect.',
  why: 'istiod takes such a setting with a warning that nobody sees in a pipeline, and then leaves it aside: what was meant does not happen.',
  fix: 'Remove the setting, or say what is meant in the way that the message names.',
  reads: ['Gateway', 'Sidecar', 'EnvoyFilter', 'ServiceEntry', 'Telemetry', 'selectors'],
  aliases: ['IST0133'],
  messages: { idle: '{cluster}: in {object} {key} {problem}' },
  check(mesh, report) {
    for (const { member, resource, what, isDocument, at, path, problem, severity } of idleSettingsOf(mesh))
      report(
        'idle',
        { at, cluster: member.name, resource, severity, ...(isDocument ? { aliases: [] } : {}) },
        { cluster: member.name, object: what, key: pathInWords(path), problem },
      );
  },
});
