/**
 * Runs `work` in the next turn of the event loop, after what this turn's I/O has brought. Where there is no setImmediate (edge
 * runtimes) a timer of 0 ms does nearly the same.
 */
export const nextTurn: (work: () => void) => void =
	typeof setImmediate === 'function' ? (work) => void setImmediate(work) : (work) => void setTimeout(work, 0);
