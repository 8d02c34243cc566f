import type { Resource } from '../../model/index.ts';
import { isRecord, isTemplate } from '../../model/index.ts';

/** Whether a tool still has to fill in some part of a resource. */
export const hidesTemplates = (resource: Resource): boolean => holdsTemplate(resource.value);

const holdsTemplate = (value: unknown): boolean => {
  if (typeof value === 'string') return isTemplate(value);
  if (Array.isArray(value)) return value.some(holdsTemplate);
  return isRecord(value) && Object.values(value).some(holdsTemplate);
};
