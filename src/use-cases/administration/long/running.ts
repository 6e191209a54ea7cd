import type { JobHandlers } from '../../../capabilities/jobs/index.ts';
import type { Asked } from '../../../capabilities/long-operations/index.ts';
import type { AnyOperation, Perform, Places, TargetKind } from '../operation.ts';
import { allOperations } from '../operations.ts';
import type { AdministrationParts } from '../parts.ts';
import { type Asker, actorNow } from './asker.ts';

/** What `start` keeps of a request. */
export interface KeptRequest {
  at: Places[TargetKind];
  input: unknown;
  actor: Asker;
}

function declarationOf(name: string): AnyOperation {
  const found = allOperations.find((operation) => operation.name === name);
  if (!found) throw new Error(`there is no operation ${name}`);
  return found;
}

/** What the queue calls for an operation that was started: it is performed as the one who asked, with what they hold then. */
export function createLongRuns(
  parts: Pick<AdministrationParts, 'accounts' | 'tenants' | 'applications' | 'isUsable' | 'longOperations'>,
  perform: Perform,
): JobHandlers {
  return parts.longOperations.jobs(async ({ operation, request, askedAt }: Asked, progress) => {
    const { at, input, actor } = request as KeptRequest;
    return perform(declarationOf(operation), {
      at: at as never,
      input: input as never,
      actor: await actorNow(parts, actor),
      progress,
      askedAt,
    });
  });
}
