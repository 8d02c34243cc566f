import { placeKey } from '../../src/model/index.ts';
import { carrierInWords, statedAnnotations } from '../../src/rule/annotations/carriers.ts';
import { annotationCalled, annotationNames, isGone, labelCalled } from '../../src/rule/annotations/registry.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isOneSlipAway } from '../../src/rule/slips.ts';

export default defineRule({
  id: 'config/annotation-known',
  severity: 'warning',
  istio: 'all',
  summary: 'The annotations under istio.io are those that Istio reads.',
  why: 'An annotation that nobody reads changes nothing: ports that were to be left out are captured, a Service that was to be private is not.',
  fix: 'Write the name as Istio has it, or take the annotation away.',
  reads: ['Namespace', 'Service', 'Pod', 'Deployment', 'istioVersion'],
  aliases: ['IST0108'],
  messages: {
    slip: '{cluster}: {object} has annotation {annotation}, which Istio does not know; it reads {meant}',
    label: '{cluster}: {object} has {annotation} as an annotation; Istio reads it as a label',
    gone: '{cluster}: {object} has annotation {annotation}, which Istio reads up to 1.{until} only',
    unknown: '{cluster}: {object} has annotation {annotation}, which Istio does not know',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const member of mesh.members) {
      const { minors } = mesh.versionOf(member);
      for (const stated of statedAnnotations(member)) {
        const { name, resource, at, inTemplate } = stated;
        const known = annotationCalled(name);
        if ((known !== undefined && !isGone(known, minors)) || told.has(placeKey(at))) continue;
        told.add(placeKey(at));
        const where = { at, cluster: member.name, resource, ...(inTemplate ? { aliases: [] } : {}) };
        const slots = {
          cluster: member.name,
          object: carrierInWords(stated),
          annotation: name,
        };
        const meant = annotationNames(minors).find((candidate) => isSlipOf(name, candidate));
        if (known?.until !== undefined)
          report('gone', { ...where, severity: 'info' }, { ...slots, until: known.until });
        else if (labelCalled(name) !== undefined)
          report('label', { ...where, fix: 'Move it to metadata.labels.' }, slots);
        else if (meant !== undefined) report('slip', where, { ...slots, meant });
        // Parts of Istio write annotations of their own that no registry lists.
        else report('unknown', { ...where, severity: 'info' }, slots);
      }
    }
  },
});

const LONG = 6;

/** The same name under another domain, or a name that is one slip away, or differs in the case of letters. */
const isSlipOf = (written: string, known: string): boolean => {
  if (isOneSlipAway(written.toLowerCase(), known.toLowerCase())) return true;
  const [name, meant] = [written, known].map((text) => text.slice(text.indexOf('/') + 1).toLowerCase());
  return name === meant && (name?.length ?? 0) > LONG;
};
