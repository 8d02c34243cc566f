import type { Mesh } from '../facts/mesh.ts';
import type { Finding, Fleet, Place, Related, Resource, Severity } from '../model/index.ts';
import { quotable } from '../model/index.ts';
import type { DeploymentModel } from './models.ts';

/** `{name}` slots of a message text. */
type Slots<Text extends string> = Text extends `${string}{${infer Slot}}${infer Rest}` ? Slot | Slots<Rest> : never;

/** Where a finding stands. */
export interface Where {
  /** The key to change. */
  readonly at: Place;
  /** Name of the cluster; undefined for files that belong to none. */
  readonly cluster?: string | undefined;
  readonly resource?: Resource | undefined;
  /** Places in the other clusters. */
  readonly also?: readonly Related[] | undefined;
  /** Where this finding is milder (or graver) than the rule's own severity. */
  readonly severity?: Severity | undefined;
  /** Codes of other tools for this case, where they are not all `aliases` of the rule. */
  readonly aliases?: readonly string[] | undefined;
  /** Values that are not taken at all, where this is an error: rules of other families do not speak of them. */
  readonly refuses?: readonly Place[] | undefined;
  /** Where repairing this case differs from the rule's `fix`. */
  readonly fix?: string | undefined;
}

/** Reports a finding. Slots are typed: a wrong message id or a missing slot does not compile. */
export type Report<Messages extends Readonly<Record<string, string>>> = <Id extends keyof Messages & string>(
  message: Id,
  where: Where,
  ...slots: [Slots<Messages[Id]>] extends [never] ? [] : [Readonly<Record<Slots<Messages[Id]>, string | number>>]
) => void;

/** An option of a rule in mesh-lint.yaml. It lets something pass; it never adds a check. */
export interface RuleOption {
  /** JSON Schema of the value. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** One sentence. */
  readonly description: string;
}

export interface Rule<Messages extends Readonly<Record<string, string>> = Readonly<Record<string, string>>> {
  /** `family/name`, the same as the path of its file. */
  readonly id: string;
  readonly severity: Severity;
  /** Istio versions in which the rule can speak, for people: `all`, `1.8+`, `1.1-1.5`. */
  readonly istio: string;
  /** What must hold, one sentence. */
  readonly summary: string;
  /** What goes wrong otherwise. */
  readonly why: string;
  /** How to repair it. */
  readonly fix: string;
  /** Facts and kinds it reads. */
  readonly reads: readonly string[];
  /** Deployment models in which it can speak; left out: all of them. */
  readonly models?: readonly DeploymentModel[] | undefined;
  /** On in preset `strict` only: a hint that not every team wants. Left out: on in `recommended` too. */
  readonly preset?: 'strict' | undefined;
  /**
   * Rules that tell the cause of this one. Where one of them has an error at a place of a finding, or beside it, that
   * finding is what follows: a warning at most, and left out where it is only a hint.
   */
  readonly yieldsTo?: readonly string[] | undefined;
  /** Codes of other tools for the same check: IST0101, KIA0101. */
  readonly aliases?: readonly string[] | undefined;
  readonly options?: Readonly<Record<string, RuleOption>> | undefined;
  readonly messages: Messages;
  /** Decides for one mesh. */
  check?(mesh: Mesh, report: Report<Messages>): void;
  /** Decides for all that was loaded, for rules about files. */
  checkFleet?(fleet: Fleet, report: Report<Messages>): void;
}

/** A rule, with its messages typed. */
export const defineRule = <const Messages extends Readonly<Record<string, string>>>(rule: Rule<Messages>): Rule =>
  rule as unknown as Rule;

/** Fills the `{slots}` of a text. Values are shown as `quotable` has them; an empty one that stands alone as `""`. */
export const fillSlots = (
  text: string,
  slots: Readonly<Record<string, string | number>> = {},
  hide: (value: string) => string = (value) => value,
): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, slot: string, start: number) => {
    const value = Object.hasOwn(slots, slot) ? slots[slot] : undefined;
    if (value === undefined) return whole;
    if (value === '') return standsAlone(text, start, start + whole.length) ? '""' : '';
    const shown = quotable(hide(String(value)));
    // So that a name in braces is not taken for a gap that was never filled.
    return /^\{\w+\}$/.test(shown) ? `"${shown}"` : shown;
  });

/** Words that may be left out are written against their neighbours: `{rule}{guess}`. */
const standsAlone = (text: string, start: number, end: number): boolean =>
  /(?:^|[\s(])$/.test(text.slice(0, start)) && /^(?:$|[\s,.:;){])/.test(text.slice(end));

export type { Finding };
