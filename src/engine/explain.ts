export type { Blocking, Explanation } from '../core/explanation.ts';
