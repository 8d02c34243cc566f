import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, numberOf, shown, written } from '../violation.ts';
import { checkDuration, checkPercent } from './common.ts';

const GRPC_STATUS = new Set([
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
]);

export const checkFault = (fault: Field, refuse: Refuse): void => {
  if (!isRecord(fault.value)) return;
  const [abort, delay] = [at(fault, 'abort'), at(fault, 'delay')];
  if (!has(abort) && !has(delay))
    refuse(fault, 'has neither abort nor delay, but needs one of them', { isMissing: true });
  if (isRecord(abort.value)) checkAbort(abort, refuse);
  if (isRecord(delay.value)) checkDelay(delay, refuse);
};

const checkAbort = (abort: Field, refuse: Refuse): void => {
  checkShareOfCalls(at(abort, 'percentage'), refuse);
  checkPercent(at(abort, 'percent'), refuse);
  const grpc = written(at(abort, 'grpcStatus'));
  if (grpc !== undefined && !GRPC_STATUS.has(grpc))
    refuse(at(abort, 'grpcStatus'), `is ${shown(grpc)}, which is no status of gRPC like UNAVAILABLE`);
  checkStatus(at(abort, 'httpStatus'), refuse);
  if (has(at(abort, 'http2Error')))
    refuse(at(abort, 'http2Error'), 'is set, but Istio cannot inject errors of HTTP/2: use httpStatus or grpcStatus');
  if (!['grpcStatus', 'httpStatus', 'http2Error'].some((key) => has(at(abort, key))))
    refuse(abort, 'names no error, but needs httpStatus or grpcStatus', { isMissing: true });
};

/** A status of HTTP. */
export const checkStatus = (field: Field, refuse: Refuse): void => {
  const status = numberOf(field);
  if (status !== undefined && (status < 200 || status > 600))
    refuse(field, `is ${status}, but a status lies between 200 and 599`);
};

const checkDelay = (delay: Field, refuse: Refuse): void => {
  checkPercent(at(delay, 'percent'), refuse);
  checkShareOfCalls(at(delay, 'percentage'), refuse);
  checkDuration(at(delay, 'fixedDelay'), refuse);
  if (has(at(delay, 'exponentialDelay')))
    refuse(at(delay, 'exponentialDelay'), 'is set, but Istio knows fixedDelay only');
};

/** A share of calls, with the least one that counts. */
const checkShareOfCalls = (percentage: Field, refuse: Refuse): void => {
  const field = at(percentage, 'value');
  const value = numberOf(field);
  if (value === undefined) return;
  if (value < 0 || value > 100) refuse(field, `is ${value}, but a share lies between 0 and 100`);
  else if (value > 0 && value < 0.0001) refuse(field, `is ${value}, but the least share is 0.0001`);
};
