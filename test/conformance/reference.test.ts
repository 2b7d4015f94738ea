import { ReferenceEngine } from '../model/reference-engine.ts';
import { exerciseEngine } from './suite.ts';

// The suite is itself on trial here: the model that judges the engines must agree with it.
exerciseEngine('the reference model', { newStore: () => ({ engine: (clock) => new ReferenceEngine(clock) }) });
