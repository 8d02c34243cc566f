// Which messages rules have said, and whether they left slots open.
import type { Report, Rule } from '../../src/rule/define.ts';

type Said = Readonly<Record<string, string>>;

export interface Listener {
  /** The rule, overheard. */
  readonly rule: (rule: Rule) => Rule;
  /** `<rule> <message>`, once each. */
  readonly said: ReadonlySet<string>;
  /** `<rule> <message> {slot}` where nothing, or no text, was given for a slot. */
  readonly open: ReadonlySet<string>;
}

/** Overhears what rules report, by the names of their messages. */
export const listen = (): Listener => {
  const [said, open] = [new Set<string>(), new Set<string>()];
  const overheard =
    (rule: Rule, report: Report<Said>): Report<Said> =>
    (message, where, slots?: Readonly<Record<string, string | number>>) => {
      said.add(`${rule.id} ${message}`);
      for (const slot of slotsOf(rule.messages[message] ?? ''))
        if (/^(?:undefined|NaN)?$/.test(String(slots?.[slot])) && slots?.[slot] !== '')
          open.add(`${rule.id} ${message} {${slot}}`);
      report(message, where, ...((slots === undefined ? [] : [slots]) as []));
    };
  return {
    said,
    open,
    rule: (rule) => ({
      ...rule,
      ...(rule.check && { check: (mesh, report) => rule.check?.(mesh, overheard(rule, report)) }),
      ...(rule.checkFleet && { checkFleet: (fleet, report) => rule.checkFleet?.(fleet, overheard(rule, report)) }),
    }),
  };
};

/** The names in `{…}` of a text. */
export const slotsOf = (text: string): readonly string[] =>
  [...text.matchAll(/\{([^{}]*)\}/g)].map((found) => found[1] ?? '');
