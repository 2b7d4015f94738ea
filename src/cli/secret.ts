import type { DestinationStream } from 'pino';

/** The server's key stands in nothing that is logged. This is for what nobody foresaw, such as a caller that puts it into a URL. */
export function without(secret: string | undefined, out: DestinationStream): DestinationStream {
	if (!secret) return out;
	return { write: (line) => out.write(line.replaceAll(secret, '***')) };
}
