import type { Rule } from '../rule/define.ts';
import type { Paint } from './paint.ts';
import { plain } from './paint.ts';
import { optionsOf, typeOf, versionsOf } from './ruleText.ts';

export interface ExplainOptions {
  readonly paint?: Paint | undefined;
  /** What the rule says about a small fleet. */
  readonly example?: string | undefined;
  readonly url?: string | undefined;
}

/** A rule for a person: what must hold, why, how to repair it, options, an example. */
export const explain = (rule: Rule, { paint = plain, example, url }: ExplainOptions = {}): string => {
  const options = optionsOf(rule);
  const sections = [
    [
      `${paint.strong(rule.id)}  ${paint.severity(rule.severity, rule.severity)}  Istio: ${versionsOf(rule)}`,
      rule.summary,
    ],
    [paint.strong('Why'), ...wrapped(rule.why)],
    [paint.strong('Fix'), ...wrapped(rule.fix)],
    [paint.strong('Reads'), ...wrapped(rule.reads.join(', '))],
    ...((rule.aliases ?? []).length > 0
      ? [[paint.strong('Also known as'), `  ${(rule.aliases ?? []).join(', ')}`]]
      : []),
    ...(options.length > 0
      ? [
          [
            paint.strong(`Options (mesh-lint.yaml, options: ${rule.id}:)`),
            ...options.flatMap(([name, option]) => [
              `  ${name}: ${typeOf(option)}`,
              ...wrapped(option.description, '    '),
            ]),
          ],
        ]
      : []),
    ...(example === undefined
      ? []
      : [
          [
            paint.strong('Example'),
            ...example
              .trimEnd()
              .split('\n')
              .map((line) => `  ${line}`.trimEnd()),
          ],
        ]),
    [paint.strong('Silence one finding'), `  # mesh-lint-disable-next-line ${rule.id} -- reason`],
    ...(url === undefined ? [] : [[url]]),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
};

const WIDTH = 96;

const wrapped = (text: string, indent = '  '): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
};
