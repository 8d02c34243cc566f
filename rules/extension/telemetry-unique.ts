import { defineRule } from '../../src/rule/define.ts';
import { reportShared, uniqueMessages } from '../../src/rule/uniqueSelections.ts';

export default defineRule({
  id: 'extension/telemetry-unique',
  severity: 'error',
  istio: 'all',
  summary: 'A workload is chosen by one Telemetry with a selector, and a namespace has one without.',
  why: 'istiod gives a workload one Telemetry of its own and one of its namespace. Where several fit, the oldest is taken, which no manifest tells: metrics, traces or logs go missing.',
  fix: 'Give the Telemetry resources selectors that do not overlap, and keep one without a selector for the namespace.',
  reads: ['Telemetry', 'workloads'],
  aliases: ['IST0159', 'IST0160'],
  messages: uniqueMessages,
  check(mesh, report) {
    reportShared(mesh, 'Telemetry', { overlap: ['IST0159'], default: ['IST0160'] }, report);
  },
});
