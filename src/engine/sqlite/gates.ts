import type { Start } from '../../core/rate.ts';
import type { SqlValue } from './driver.ts';

/** What pauses, parks and rates keep of a topic or of a group. */
export interface Gate {
	paused: boolean;
	/** When the pause ends by itself. */
	pausedUntil: number | null;
	parkedUntil: number | null;
	/** The starts that its rate may count. */
	starts: Start[];
}

interface GateRow {
	paused: number;
	paused_until: number | null;
	parked_until: number | null;
	starts: string | null;
}

export const GATE_COLUMNS = ['paused', 'paused_until', 'parked_until', 'starts'];

/** In the order of GATE_COLUMNS. */
export function writeGate({ paused, pausedUntil, parkedUntil, starts }: Gate): SqlValue[] {
	return [Number(paused), pausedUntil, parkedUntil, starts.length === 0 ? null : JSON.stringify(starts)];
}

export function readGate(row: GateRow): Gate {
	return {
		paused: row.paused === 1,
		pausedUntil: row.paused_until,
		parkedUntil: row.parked_until,
		starts: row.starts === null ? [] : JSON.parse(row.starts),
	};
}

export function isPaused({ paused, pausedUntil }: Gate, now: number): boolean {
	return paused && (pausedUntil === null || pausedUntil > now);
}

/** When the pause that holds now ends by itself; null for one without end, and for none. */
export function pauseEnd(gate: Gate, now: number): number | null {
	return isPaused(gate, now) ? gate.pausedUntil : null;
}

export function isParked({ parkedUntil }: Gate, now: number): boolean {
	return parkedUntil !== null && parkedUntil > now;
}

/** The later of two parks holds. */
export function park(gate: Gate, until: number): void {
	gate.parkedUntil = Math.max(gate.parkedUntil ?? 0, until);
}

/** Ending a pause also ends a park. */
export function pause(gate: Gate, paused: boolean, until: number | null): void {
	gate.paused = paused;
	gate.pausedUntil = paused ? until : null;
	if (!paused) gate.parkedUntil = null;
}

/** A clock that is put back by less than this finds what it had left. */
export const CLOCK_SLACK_MS = 600_000;
