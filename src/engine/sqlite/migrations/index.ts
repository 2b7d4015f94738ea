import { initial } from './0001-initial.ts';
import { progress } from './0002-progress.ts';
import { flowControl } from './0003-flow-control.ts';
import { documents } from './0004-documents.ts';
import { accessKeys } from './0005-access-keys.ts';

/** In order; a file's schema version is how many of them it has had. One that was released never changes. */
export const MIGRATIONS: readonly string[] = [initial, progress, flowControl, documents, accessKeys];
