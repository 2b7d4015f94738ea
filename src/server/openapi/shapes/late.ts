import { OneOf } from '../../../core/options.ts';

/** What is said of an outcome or an extension that changed nothing. */
export const lateStatus = OneOf(['stale', 'cancelled', 'missing'], { component: 'LateStatus' });
