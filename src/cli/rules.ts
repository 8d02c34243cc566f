import examples from '../../rules/examples.json' with { type: 'json' };
import { rules as allRules } from '../../rules/index.ts';
import { ruleUrl } from '../about.ts';
import { findConfig, readConfig } from '../config.ts';
import { didYouMean } from '../engine/nearest.ts';
import { selectRules } from '../engine/select.ts';
import { UsageError } from '../engine/usageError.ts';
import { severitiesOf } from '../lint.ts';
import { explain } from '../report/explain.ts';
import type { Paint } from '../report/paint.ts';
import { coloured, plain } from '../report/paint.ts';
import { rulesJson, rulesText } from '../report/rules.ts';
import type { Rule } from '../rule/define.ts';
import type { Given } from './arguments.ts';
import type { Io } from './io.ts';
import { formatOf, isSet, last, ruleOptions, wantsColour } from './options.ts';

/** `mesh-lint rules`: every rule, as the configuration and the options leave it. */
export const rulesCommand = async (options: Given, io: Io): Promise<number> => {
  const { preset, rules, only = [], skip = [] } = ruleOptions(options);
  const path = isSet(options, 'no-config') ? undefined : (last(options, 'config') ?? findConfig([], io.cwd));
  const config = path === undefined ? undefined : await readConfig(path, io.cwd, allRules);
  const selected = selectRules(allRules, {
    preset: preset ?? config?.config.preset,
    severities: severitiesOf(rules, config),
    only,
    skip,
  });
  const states = allRules.map((rule) => ({
    rule,
    isOn: selected.rules.includes(rule),
    severity: selected.severities.get(rule.id),
  }));
  const isJson = formatOf(options, ['text', 'json']) === 'json';
  await io.stdout(
    isJson ? rulesJson(states, ruleUrl) : rulesText(states, wantsColour(options, io) ? coloured() : plain),
  );
  return 0;
};

/** `mesh-lint explain <rule>`; codes of other tools (IST0101) find our rules, and families (`network`) a list of theirs. */
export const explainCommand = async (options: Given, io: Io): Promise<number> => {
  const name = last(options, 'rule') ?? '';
  const paint = wantsColour(options, io) ? coloured() : plain;
  const family = allRules.filter(({ id }) => id.split('/')[0] === name.replace(/\/\*?$/, ''));
  if (family.length > 0) {
    await io.stdout(listOf(family, paint));
    return 0;
  }
  const code = name.toUpperCase();
  const found = allRules.filter(({ id, aliases = [] }) => id === name || aliases.includes(code));
  if (found.length === 0)
    throw new UsageError(
      `no rule is named ${name}${didYouMean(
        name,
        allRules.map(({ id }) => id),
      )}`,
    );
  const texts = found.map((rule) => explain(rule, { paint, example: exampleOf(rule.id), url: ruleUrl(rule.id) }));
  await io.stdout([...(found.length > 1 ? [`${code}\n${listOf(found, paint)}`] : []), ...texts].join('\n'));
  return 0;
};

const listOf = (rules: readonly Rule[], paint: Paint): string => {
  const width = Math.max(...rules.map(({ id }) => id.length));
  return rules.map(({ id, summary }) => `${paint.strong(id)}${' '.repeat(width - id.length)}  ${summary}\n`).join('');
};

/** The report on a fixture of the rule. */
const exampleOf = (id: string): string | undefined =>
  Object.hasOwn(examples, id) ? (examples as Readonly<Record<string, string>>)[id] : undefined;
