/** As an `expect` that costs nothing: it is asked of every job after every step. `seen` says what was found instead. */
export function insist(holds: boolean, what: string, ...seen: unknown[]): void {
	if (!holds) throw new Error([what, ...seen.map((value) => JSON.stringify(value))].join('; '));
}
