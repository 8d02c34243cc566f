import { defineRule } from '../../src/rule/define.ts';

/** Reported by the engine, which alone knows what was silenced. */
export default defineRule({
  id: 'config/unused-suppression',
  severity: 'info',
  istio: 'all',
  summary: 'Every suppression silences a finding.',
  why: 'A suppression that outlives its finding hides the next one at the same place.',
  fix: 'Remove the suppression.',
  reads: ['suppressions'],
  messages: {
    unused: 'the suppression of {rule} silences nothing',
    unknown: 'the suppression names {rule}, which is no rule{guess}',
  },
});
