/** Where jobs are pushed to and asked for. */
export interface Target {
	/** Of its servers; any of them does. */
	readonly urls: readonly string[];
	readonly topic: string;
}
