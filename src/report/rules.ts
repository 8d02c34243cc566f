import type { Severity } from '../model/index.ts';
import type { Rule } from '../rule/define.ts';
import type { Paint } from './paint.ts';
import { plain } from './paint.ts';
import { optionsOf, versionsOf } from './ruleText.ts';
import { counted } from './text.ts';

export interface RuleState {
  readonly rule: Rule;
  readonly isOn: boolean;
  /** Set by the user for all findings; undefined where the rule decides. */
  readonly severity: Severity | undefined;
}

/** All rules, for people. */
export const rulesText = (states: readonly RuleState[], paint: Paint = plain): string => {
  const width = Math.max(...states.map(({ rule }) => rule.id.length));
  const versions = Math.max(...states.map(({ rule }) => versionsOf(rule).length));
  const lines = states.map(({ rule, isOn, severity }) => {
    const level = isOn ? (severity ?? rule.severity) : 'off';
    const shown = level === 'off' ? paint.quiet(level.padEnd(7)) : paint.severity(level, level.padEnd(7));
    return `${rule.id.padEnd(width)}  ${shown}  ${versionsOf(rule).padEnd(versions)}  ${rule.summary}`;
  });
  const off = states.filter(({ isOn }) => !isOn).length;
  return [
    ...lines,
    '',
    `${counted(states.length, 'rule')}${off === 0 ? '' : `, ${off} off`}; mesh-lint explain <rule> tells more`,
    '',
  ].join('\n');
};

/** All rules as data. */
export const rulesJson = (states: readonly RuleState[], ruleUrl: (id: string) => string | undefined): string =>
  `${JSON.stringify({ version: 1, rules: states.map((state) => ruleJson(state, ruleUrl(state.rule.id))) }, undefined, 2)}\n`;

const ruleJson = ({ rule, isOn, severity }: RuleState, url: string | undefined): Readonly<Record<string, unknown>> => ({
  id: rule.id,
  severity: severity ?? rule.severity,
  defaultSeverity: rule.severity,
  on: isOn,
  istio: rule.istio,
  summary: rule.summary,
  why: rule.why,
  fix: rule.fix,
  reads: rule.reads,
  aliases: rule.aliases ?? [],
  options: Object.fromEntries(
    optionsOf(rule).map(([name, { description, schema }]) => [name, { description, schema }]),
  ),
  url,
});
