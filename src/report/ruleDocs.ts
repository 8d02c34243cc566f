import { compareText } from '../model/index.ts';
import type { Rule } from '../rule/define.ts';
import type { DeploymentModel } from '../rule/models.ts';
import { DEPLOYMENT_MODELS, MODELS } from '../rule/models.ts';
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
      byReads(rules),
    ].join('\n\n') + '\n'
  );
};

/** For whoever looks for the rules that speak of an object or a fact. */
const byReads = (rules: readonly Rule[]): string => {
  const read = new Map<string, string[]>();
  for (const { id, reads } of rules)
    for (const what of new Set(reads)) read.set(what, [...(read.get(what) ?? []), `[${id}](${id}.md)`]);
  return [
    '## By what they read',
    '',
    '| kind, fact or setting | rules |',
    '| --- | --- |',
    ...[...read]
      .toSorted(([a], [b]) => compareText(a.toLowerCase(), b.toLowerCase()) || compareText(a, b))
      .map(([what, ids]) => `| ${what} | ${ids.join(', ')} |`),
  ].join('\n');
};

/** How many rules of each family can speak in each deployment model. */
export const coverageTable = (rules: readonly Rule[]): string => {
  const families = [...new Set(rules.map(familyOf))];
  const cells = (model: DeploymentModel): readonly (string | number)[] => {
    const counts = families.map(
      (family) => rules.filter((rule) => familyOf(rule) === family && canSpeakIn(rule, model)).length,
    );
    return [...counts.map((count) => (count === 0 ? '' : count)), counts.reduce((sum, count) => sum + count, 0)];
  };
  return [
    `| deployment model | ${families.join(' | ')} | all |`,
    `| --- |${' ---: |'.repeat(families.length + 1)}`,
    ...DEPLOYMENT_MODELS.map(
      (model) => `| [${MODELS[model].title}](fixtures/fleets/${model}) | ${cells(model).join(' | ')} |`,
    ),
    '',
    '| family | what must hold |',
    '| --- | --- |',
    ...families.map(
      (family) =>
        `| [${family}](docs/rules/README.md#${family}) | ${rules
          .filter((rule) => familyOf(rule) === family)
          .map(({ id }) => `[${id.slice(family.length + 1)}](docs/rules/${id}.md)`)
          .join(', ')} |`,
    ),
  ].join('\n');
};

const familyOf = ({ id }: Rule): string => id.split('/')[0] ?? '';

const canSpeakIn = ({ models, istio }: Rule, model: DeploymentModel): boolean => {
  if (models !== undefined && !models.includes(model)) return false;
  const [wanted] = minorsIn(MODELS[model].istio);
  const spans = minorsIn(istio);
  return spans.length === 0 || spans.some(([low, high]) => low <= wanted![1] && high >= wanted![0]);
};

/** The spans of minor versions that a text such as `1.8+; 1.1-1.7 with meshNetworks` names; none for `all`. */
const minorsIn = (text: string): readonly (readonly [number, number])[] =>
  [...text.matchAll(/1\.(\d+)(\+|-1\.(\d+))?/g)].map(([, low, more, high]) => [
    Number(low),
    more === '+' ? Number.POSITIVE_INFINITY : Number(high ?? low),
  ]);
