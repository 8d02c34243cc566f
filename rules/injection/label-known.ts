import { placeKey } from '../../src/model/index.ts';
import { carrierInWords, statedLabels } from '../../src/rule/annotations/carriers.ts';
import type { Stated } from '../../src/rule/annotations/carriers.ts';
import { defineRule } from '../../src/rule/define.ts';
import { didYouMean } from '../../src/rule/nearest.ts';
import { isOneSlipAway } from '../../src/rule/slips.ts';

export default defineRule({
  id: 'injection/label-known',
  severity: 'error',
  istio: 'all',
  summary: 'The labels that decide whether pods belong to the mesh are written as Istio reads them.',
  why: 'Istio compares these labels letter by letter. With another word, or another name of the label, the pods stay outside of the mesh: they send plaintext, have no identity, and are refused by servers that are STRICT.',
  fix: 'Write the label as Istio has it.',
  reads: ['Namespace', 'Pod', 'Deployment'],
  messages: {
    value: '{cluster}: {object} has label {label}: {value}, which Istio reads as no decision{meant}',
    off: '{cluster}: {object} has label {label}: {value}, which Istio does not read as {words}: {effect}',
    name: '{cluster}: {object} has label {label}, which Istio does not read{meant}',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const member of mesh.members)
      for (const stated of statedLabels(member, isNear)) {
        const { name, value, at, resource, kind } = stated;
        if (told.has(placeKey(at))) continue;
        const where = { at, cluster: member.name, resource };
        const slots = { cluster: member.name, object: carrierInWords(stated), label: name };
        const label = LABELS.get(name);
        if (label === undefined) {
          const meant = meantBy(stated);
          if (meant === undefined) continue;
          told.add(placeKey(at));
          report('name', where, { ...slots, meant: `, did you mean ${meant}?` });
        } else if (label.on.includes(kind) && isUnknown(label, value)) {
          told.add(placeKey(at));
          const shown = { ...slots, value };
          if (label.otherwise !== undefined && !isNearTo(value, label.off))
            report('off', where, { ...shown, words: label.words[0]!, effect: label.otherwise });
          else {
            const severity = isNearTo(value, label.off) ? 'warning' : 'error';
            report('value', { ...where, severity }, { ...shown, meant: didYouMean(value, label.words) });
          }
        }
      }
  },
});

interface Label {
  /** Kinds on which Istio reads it. */
  readonly on: readonly string[];
  readonly words: readonly string[];
  /** The word of `words` that keeps pods out. */
  readonly off: string;
  /** What any other word does, where it is not the same as no label. */
  readonly otherwise?: string;
}

const LABELS: ReadonlyMap<string, Label> = new Map([
  ['istio-injection', { on: ['Namespace'], words: ['enabled', 'disabled'], off: 'disabled' }],
  ['istio.io/dataplane-mode', { on: ['Namespace', 'Pod'], words: ['ambient', 'none'], off: 'none' }],
  [
    'sidecar.istio.io/inject',
    { on: ['Pod'], words: ['true', 'false'], off: 'false', otherwise: 'the pod gets no sidecar' },
  ],
]);

/** Words of YAML 1.1 that the injector reads as true, and those that people write for false. */
const SWITCHES = new Set(['y', 'yes', 'true', 'on', 'n', 'no', 'false', 'off']);

/** An empty label says nothing, and nobody means more by it. */
const isUnknown = ({ words }: Label, value: string | undefined): value is string =>
  value !== undefined &&
  value !== '' &&
  !words.includes(value) &&
  !(words.includes('true') && SWITCHES.has(value.toLowerCase()));

const isNearTo = (value: string, word: string): boolean => isOneSlipAway(value.toLowerCase(), word);

/** Labels that people misspell; the last decides which control plane takes the pods. */
const NAMES = [...LABELS.keys(), 'istio.io/rev'];

const isNear = (name: string): boolean => LABELS.has(name) || NAMES.some((known) => isSlip(name, known));

const isSlip = (written: string, known: string): boolean =>
  written !== known && isOneSlipAway(written.toLowerCase(), known);

/** What was meant where the object does not carry that label besides. */
const meantBy = ({ name, labels }: Stated): string | undefined =>
  NAMES.find((known) => isSlip(name, known) && labels[known] === undefined);
