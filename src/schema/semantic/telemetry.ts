import { isRecord, isTemplate } from '../../model/index.ts';
import { faultOfCel } from '../forms/cel.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, isFilled, itemsOf, numberOf, shown, written } from '../violation.ts';
import type { Check } from './common.ts';
import { checkDuration, checkPercent, checkTargets } from './common.ts';

export const checkTelemetry: Check = ({ spec }, refuse) => {
  checkTargets(spec, refuse);
  for (const metric of itemsOf(at(spec, 'metrics'))) {
    checkProviders(metric, refuse);
    checkDuration(at(metric, 'reportingInterval'), refuse);
    for (const override of itemsOf(at(metric, 'overrides'))) checkOverride(override, refuse);
  }
  for (const tracing of itemsOf(at(spec, 'tracing'))) checkTracing(tracing, refuse);
  for (const logging of itemsOf(at(spec, 'accessLogging'))) {
    checkProviders(logging, refuse);
    checkFilter(at(logging, 'filter', 'expression'), refuse);
  }
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

const TAGS: Readonly<Record<string, string>> = {
  literal: 'value',
  header: 'name',
  environment: 'name',
  formatter: 'value',
};

const checkTracing = (tracing: Field, refuse: Refuse): void => {
  checkProviders(tracing, refuse);
  checkPercent(at(tracing, 'randomSamplingPercentage'), refuse);
  for (const [name, tag] of entriesOf(at(tracing, 'customTags'))) {
    if (name === '') refuse(tag, 'has an empty key, but a tag has a name');
    if (isTemplate(name)) continue;
    const kind = Object.keys(TAGS).find((key) => has(at(tag, key)));
    if (kind === undefined) {
      if (!has(tag) || (isRecord(tag.value) && Object.keys(tag.value).length === 0))
        refuse(tag, `says no value, but needs one of ${Object.keys(TAGS).join(', ')}`);
      continue;
    }
    const said = at(tag, kind, TAGS[kind]!);
    if (!isFilled(said) && numberOf(said) === undefined)
      refuse(said, `is missing, but a tag from ${kind} needs it`, { isMissing: true });
  }
};
