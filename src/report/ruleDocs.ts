import type { Rule } from '../rule/define.ts';
import { optionsOf, typeOf, versionsOf } from './ruleText.ts';

const GENERATED = '<!-- Written by `npm test -- -u` from the rule. Do not edit. -->';

/** The page of a rule, in Markdown. */
export const rulePage = (rule: Rule, example: string | undefined): string =>
  [
    GENERATED,
    `# ${rule.id}`,
    rule.summary,
    `Severity: ${rule.severity}. Istio: ${versionsOf(rule)}. Reads: ${rule.reads.join(', ')}.${aliases(rule)}`,
    `## Why\n\n${rule.why}`,
    `## Fix\n\n${rule.fix}`,
    ...(optionsOf(rule).length === 0 ? [] : [`## Options\n\n${options(rule)}`]),
    ...(example === undefined ? [] : [`## Example\n\n\`\`\`text\n${example.trimEnd()}\n\`\`\``]),
    `## Silence\n\n\`\`\`yaml\n# mesh-lint-disable-next-line ${rule.id} -- reason\n\`\`\`\n\nor \`rules: { ${rule.id}: off }\` in mesh-lint.yaml.`,
  ].join('\n\n') + '\n';

const aliases = ({ aliases: names = [] }: Rule): string =>
  names.length === 0 ? '' : ` Also known as ${names.join(', ')}.`;

const options = (rule: Rule): string =>
  [
    '| option | value | meaning |',
    '| --- | --- | --- |',
    ...optionsOf(rule).map(
      ([name, option]) =>
        `| \`${name}\` | ${typeOf(option).replaceAll('|', '\\|')} | ${option.description.replaceAll('|', '\\|')} |`,
    ),
  ].join('\n');

/** The list of all rules, by family. */
export const rulesPage = (rules: readonly Rule[]): string => {
  const families = [...new Set(rules.map(({ id }) => id.split('/')[0] ?? ''))];
  return (
    [
      GENERATED,
      '# Rules',
      ...families.map((family) =>
        [
          `## ${family}`,
          '',
          '| rule | severity | Istio | what must hold |',
          '| --- | --- | --- | --- |',
          ...rules
            .filter(({ id }) => id.startsWith(`${family}/`))
            .map(
              (rule) =>
                `| [${rule.id}](${rule.id}.md) | ${rule.severity} | ${versionsOf(rule)} | ${rule.summary.replaceAll('|', '\\|')} |`,
            ),
        ].join('\n'),
      ),
    ].join('\n\n') + '\n'
  );
};
