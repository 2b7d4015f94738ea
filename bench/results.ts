/** Samples of one scenario: per contestant one set of figures a round, in the order of the rounds. */
export interface Result {
	name: string;
	title: string;
	/** The figure that is compared. */
	figure: string;
	unit: string;
	samples: Record<string, Record<string, number>[]>;
}

/** A measurement that is not one of queues side by side. */
export interface Extra {
	title: string;
	rows: { what: string; figures: number[]; unit: string }[];
	/** Ratio of two rows that a target is set for. */
	note?: string;
}

export interface Report {
	at: string;
	machine: Record<string, string>;
	versions: Record<string, string>;
	rounds: number;
	skipped: { contestant: string; why: string }[];
	results: Result[];
	extras: Extra[];
}
