/** A promise and the way to resolve it: what a test waits for, or makes a handler wait for. */
export interface Gate<T = void> {
	opened: Promise<T>;
	open: (value: T) => void;
}

export function gate<T = void>(): Gate<T> {
	let open: (value: T) => void = () => {};
	const opened = new Promise<T>((resolve) => {
		open = resolve;
	});
	return { opened, open };
}

/** Keeps the event loop busy. */
export function spin(ms: number): void {
	const until = performance.now() + ms;
	while (performance.now() < until);
}
