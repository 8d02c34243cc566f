import { describe, expect, test } from 'vitest';
import type { Selection } from '../../src/engine/select.ts';
import { selectRules } from '../../src/engine/select.ts';
import type { Rule } from '../../src/rule/define.ts';

const rule = (id: string, preset?: 'strict'): Rule => ({
  id,
  severity: 'warning',
  istio: 'all',
  summary: '',
  why: '',
  fix: '',
  reads: [],
  messages: {},
  ...(preset === undefined ? {} : { preset }),
});
const all = [rule('services/named'), rule('services/hinted', 'strict'), rule('trust/shared')];
const chosen = (selection: Partial<Selection>): readonly string[] =>
  selectRules(all, { severities: [], only: [], skip: [], ...selection }).rules.map(({ id }) => id);
const level = (rules: string, to: 'off' | 'info') => ({ rules, level: to, said: 'mesh-lint.yaml:1:1' });

describe('presets', () => {
  test.each<[string, Partial<Selection>, readonly string[]]>([
    ['recommended is the default', {}, ['services/named', 'trust/shared']],
    ['strict has all', { preset: 'strict' }, ['services/named', 'services/hinted', 'trust/shared']],
    [
      'who names a rule has it',
      { severities: [level('services/hinted', 'info')] },
      ['services/named', 'services/hinted', 'trust/shared'],
    ],
    [
      'a family only changes what is on',
      { severities: [level('services/*', 'info')] },
      ['services/named', 'trust/shared'],
    ],
    ['--only is the last word', { only: ['services/*'] }, ['services/named', 'services/hinted']],
    ['off stays off', { preset: 'strict', severities: [level('services/*', 'off')] }, ['trust/shared']],
  ])('%s', (_title, selection, expected) => expect(chosen(selection)).toEqual(expected));
});
