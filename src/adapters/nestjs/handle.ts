import { asTopic, type Topic, type TopicLike } from '../../client/topic.ts';
import type { Handler, HandlerOptions } from '../../worker/registration.ts';

const MARK = Symbol.for('millrace.nestjs.handle');

/** What `@Handle` says about a method. */
export interface Handled {
	topic: Topic;
	options: HandlerOptions;
}

type HandlerDecorator<D, R> = <M extends Handler<D, R>>(
	target: object,
	name: string | symbol,
	descriptor: TypedPropertyDescriptor<M>,
) => void;

/**
 * Marks a provider's method as the handler of a topic's jobs; it gets `(job, ctx)` as any handler.
 *
 *     @Handle(greet, { timeout: '30s' })
 *     greet({ data }: WorkJob<{ name: string }>) { return `Hello, ${data.name}!`; }
 *
 * A method that does not fit the topic's types is a compile error. One method a topic, on providers of default scope.
 */
export function Handle<I, D, R, O>(topic: TopicLike<I, D, R, O>, options: HandlerOptions = {}): HandlerDecorator<D, R> {
	const handled = { topic: asTopic(topic), options };
	return (_target, _name, { value }) => {
		if (value !== undefined) Object.defineProperty(value, MARK, { value: handled, configurable: true });
	};
}

/** What `@Handle` has said about this method; undefined for any other value. */
export function handledBy(method: unknown): Handled | undefined {
	return typeof method === 'function' ? (Reflect.get(method, MARK) as Handled | undefined) : undefined;
}
