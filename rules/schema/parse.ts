import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'schema/parse',
  severity: 'error',
  istio: 'all',
  summary: 'Every manifest is YAML or JSON that can be read.',
  why: 'What cannot be read is not applied, and nothing in it was checked.',
  fix: 'Repair the syntax at the place named.',
  reads: ['files'],
  messages: { broken: '{file} {problem}' },
  checkFleet(fleet, report) {
    for (const problem of fleet.problems)
      if (problem.rule === 'schema/parse')
        report('broken', { at: problem.place }, { file: problem.place.file.path, problem: problem.message });
  },
});
