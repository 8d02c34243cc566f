import { isRecord } from '../../model/index.ts';
import { isModuleUrl } from '../forms/urls.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isFilled, itemsOf, shown, written } from '../violation.ts';
import type { Check } from './common.ts';
import { checkPort } from './common.ts';
import { checkTargets } from './targets.ts';

export const checkWasmPlugin: Check = ({ spec }, refuse) => {
  checkTargets(spec, refuse);
  checkModule(spec, refuse);
  checkTrafficMatch(at(spec, 'match'), refuse);
};

export const checkTrafficExtension: Check = ({ spec }, refuse) => {
  checkTargets(spec, refuse);
  if (isRecord(at(spec, 'wasm').value)) checkModule(at(spec, 'wasm'), refuse);
  checkTrafficMatch(at(spec, 'match'), refuse);
};

/** A Wasm module and what it runs with. */
const checkModule = (module: Field, refuse: Refuse): void => {
  const url = at(module, 'url');
  const known = written(url);
  if (!isFilled(url)) refuse(url, 'is missing, but a module comes from a URL', { isMissing: true });
  else if (known !== undefined && !isModuleUrl(known))
    refuse(url, `is ${shown(known)}, but a module comes from an oci://, https://, http:// or file:// URL`);
  const sum = written(at(module, 'sha256'));
  if (sum !== undefined && sum !== '' && !/^[0-9a-f]{64}$/.test(sum))
    refuse(at(module, 'sha256'), `is ${shown(sum)}, but a SHA-256 sum has 64 digits of 0-9 and a-f`);
  const names = new Set<string>();
  for (const variable of itemsOf(at(module, 'vmConfig', 'env'))) {
    if (!isRecord(variable.value)) continue;
    const name = at(variable, 'name');
    if (!isFilled(name)) refuse(name, 'is missing, but a variable has a name', { isMissing: true });
    else if (names.has(String(name.value))) refuse(name, `is ${shown(name.value)}, as of a variable before`);
    names.add(String(name.value));
    if (at(variable, 'valueFrom').value === 'HOST' && isFilled(at(variable, 'value')))
      refuse(at(variable, 'value'), 'is set beside valueFrom HOST, but may be set for valueFrom INLINE only');
  }
};

const checkTrafficMatch = (match: Field, refuse: Refuse): void => {
  for (const item of itemsOf(match))
    for (const port of itemsOf(at(item, 'ports'))) {
      const number = at(port, 'number');
      if (isRecord(port.value) && !has(number))
        refuse(number, 'is missing, but a port has a number', { isMissing: true });
      checkPort(number, refuse);
    }
};
