/** The format of SQLite's write-ahead log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

/**
 * How many bytes of a write-ahead log hold whole transactions, by its checksums. A checkpoint believes what stands in
 * the log without a look at them; only a recovery looks.
 */
export function soundLength(wal: Buffer): number {
	if (wal.length < HEADER_BYTES) return 0;
	const isBigEndian = wal.readUInt32BE(0) === MAGIC + 1;
	if (!isBigEndian && wal.readUInt32BE(0) !== MAGIC) return 0;
	const sums = new Checksum(wal, isBigEndian);
	sums.add(0, HEADER_BYTES - 8);
	if (!sums.stand(HEADER_BYTES - 8)) return 0;
	const pageBytes = wal.readUInt32BE(8);
	const frameBytes = FRAME_HEADER_BYTES + pageBytes;
	let sound = 0;
	for (let at = HEADER_BYTES; at + frameBytes <= wal.length; at += frameBytes) {
		// Frames of an earlier round of the log have other salts.
		if (wal.compare(wal, 16, 24, at + 8, at + 16) !== 0) break;
		sums.add(at, at + 8);
		sums.add(at + FRAME_HEADER_BYTES, at + frameBytes);
		if (!sums.stand(at + 16)) break;
		const endsTransaction = wal.readUInt32BE(at + 4) !== 0;
		if (endsTransaction) sound = at + frameBytes;
	}
	return sound;
}

/** Runs on from frame to frame. */
class Checksum {
	readonly #wal: Buffer;
	readonly #read: (at: number) => number;
	#first = 0;
	#second = 0;

	constructor(wal: Buffer, isBigEndian: boolean) {
		this.#wal = wal;
		this.#read = isBigEndian ? (at) => wal.readUInt32BE(at) : (at) => wal.readUInt32LE(at);
	}

	add(from: number, to: number): void {
		for (let at = from; at < to; at += 8) {
			this.#first = (this.#first + this.#read(at) + this.#second) >>> 0;
			this.#second = (this.#second + this.#read(at + 4) + this.#first) >>> 0;
		}
	}

	/** Whether this is the sum that is written there. */
	stand(at: number): boolean {
		return this.#wal.readUInt32BE(at) === this.#first && this.#wal.readUInt32BE(at + 4) === this.#second;
	}
}
