import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'schema/duplicate-key',
  severity: 'error',
  istio: 'all',
  summary: 'No map of a manifest has a key twice.',
  why: 'Readers of YAML disagree: some refuse the file, others keep the last value without a word. What is applied is not what a reader of the file sees.',
  fix: 'Keep one of the two keys, with the value that is meant.',
  reads: ['files'],
  messages: { repeated: '{file} {problem}' },
  checkFleet(fleet, report) {
    for (const problem of fleet.problems)
      if (problem.rule === 'schema/duplicate-key')
        report('repeated', { at: problem.place }, { file: problem.place.file.path, problem: problem.message });
  },
});
