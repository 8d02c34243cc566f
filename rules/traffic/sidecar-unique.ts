import { defineRule } from '../../src/rule/define.ts';
import { reportShared, uniqueMessages } from '../../src/rule/uniqueSelections.ts';

export default defineRule({
  id: 'traffic/sidecar-unique',
  severity: 'error',
  istio: 'all',
  summary: 'A workload is chosen by one Sidecar with a selector, and a namespace has one without.',
  why: 'istiod gives a proxy one Sidecar resource. Where several fit, the oldest is taken, which no manifest tells: what the workload may call changes when objects are made anew.',
  fix: 'Give the Sidecar resources selectors that do not overlap, and keep one without a selector for the namespace.',
  reads: ['Sidecar', 'workloads'],
  aliases: ['IST0110', 'IST0111', 'KIA0002', 'KIA0003'],
  messages: uniqueMessages,
  check(mesh, report) {
    reportShared(mesh, 'Sidecar', { overlap: ['IST0110', 'KIA0003'], default: ['IST0111', 'KIA0002'] }, report);
  },
});
