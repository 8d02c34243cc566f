import { isRecord } from '../../model/index.ts';
import { faultOfCel } from '../forms/cel.ts';
import { faultOfDuration } from '../forms/durations.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, isFilled, itemsOf, shown, written } from '../violation.ts';
import type { Check } from './common.ts';
import { checkPercent } from './common.ts';
import { checkCustomTags } from './customTags.ts';
import { checkTargets } from './targets.ts';

export const checkTelemetry: Check = ({ spec }, refuse) => {
  checkTargets(spec, refuse);
  for (const metric of itemsOf(at(spec, 'metrics'))) {
    checkProviders(metric, refuse);
    checkInterval(at(metric, 'reportingInterval'), refuse);
    for (const override of itemsOf(at(metric, 'overrides'))) checkOverride(override, refuse);
  }
  for (const tracing of itemsOf(at(spec, 'tracing'))) checkTracing(tracing, refuse);
  for (const logging of itemsOf(at(spec, 'accessLogging'))) {
    checkProviders(logging, refuse);
    checkFilter(at(logging, 'filter', 'expression'), refuse);
  }
};

const checkInterval = (field: Field, refuse: Refuse): void => {
  const interval = written(field);
  const fault = interval === undefined ? undefined : faultOfDuration(interval);
  if (fault !== undefined) refuse(field, `is ${shown(interval)}, ${fault}`);
};

const checkFilter = (field: Field, refuse: Refuse): void => {
  const expression = written(field);
  if (expression === '') return refuse(field, 'is empty, but a filter has an expression');
  const fault = expression === undefined ? undefined : faultOfCel(expression);
  if (fault !== undefined) refuse(field, `is ${shown(expression)}, which is no expression of CEL: it ${fault}`);
};

const checkProviders = (part: Field, refuse: Refuse): void => {
  for (const provider of itemsOf(at(part, 'providers')))
    if (isRecord(provider.value) && !isFilled(at(provider, 'name')))
      refuse(at(provider, 'name'), 'is missing, but a provider is named', { isMissing: true });
};

const checkOverride = (override: Field, refuse: Refuse): void => {
  const custom = at(override, 'match', 'customMetric');
  if (custom.value === '') refuse(custom, 'is empty, but a metric has a name');
  for (const [, tag] of entriesOf(at(override, 'tagOverrides'))) {
    if (!isRecord(tag.value)) continue;
    const [operation, value] = [at(tag, 'operation'), at(tag, 'value')];
    if ((!has(operation) || operation.value === 'UPSERT') && !isFilled(value))
      refuse(value, 'is missing, but operation UPSERT needs a value', { isMissing: true });
    if (operation.value === 'REMOVE' && isFilled(value)) refuse(value, 'is set, but operation REMOVE takes no value');
  }
};

const checkTracing = (tracing: Field, refuse: Refuse): void => {
  checkProviders(tracing, refuse);
  checkPercent(at(tracing, 'randomSamplingPercentage'), refuse);
  checkCustomTags(at(tracing, 'customTags'), refuse);
};
