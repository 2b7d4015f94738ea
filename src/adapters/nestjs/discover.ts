import type { DiscoveryService } from '@nestjs/core';
import { MillraceError } from '../../core/errors.ts';
import { type Handler, handle, type Registration } from '../../worker/registration.ts';
import { handledBy } from './handle.ts';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * The handlers of all providers and controllers of an app.
 * @throws INVALID for two methods of one topic, and for a handler whose provider is made anew for each request
 */
export function discoverHandlers(discovery: DiscoveryService): Registration[] {
	const found = new Map<string, { where: string; registration: Registration }>();
	const seen = new Set<object>();
	for (const wrapper of [...discovery.getProviders(), ...discovery.getControllers()]) {
		const instance: unknown = wrapper.instance;
		// A provider under two tokens is one provider.
		if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
		seen.add(instance);
		for (const [name, registration] of registrationsOf(instance, wrapper)) {
			const where = `${wrapper.name}.${name}`;
			const { topic } = registration;
			const other = found.get(topic);
			if (other !== undefined) throw refused(`${other.where} and ${where} both handle topic ${topic}; keep one`);
			found.set(topic, { where, registration });
		}
	}
	return [...found.values()].map(({ registration }) => registration);
}

function registrationsOf(instance: object, wrapper: Wrapper): [string, Registration][] {
	return methodsOf(instance).flatMap(([name, method]): [string, Registration][] => {
		const handled = handledBy(method);
		if (handled === undefined) return [];
		if (!wrapper.isDependencyTreeStatic()) {
			throw refused(`${wrapper.name}.${name} handles jobs, so ${wrapper.name} cannot be made anew for each request`);
		}
		const handler: Handler<unknown, unknown> = (job, context) => Reflect.apply(method, instance, [job, context]);
		return [[name, handle(handled.topic, handler, handled.options)]];
	});
}

type Method = (...args: unknown[]) => unknown;

/** Methods by name, those of base classes as well. Accessors are not called. */
function methodsOf(instance: object): [string, Method][] {
	const methods = new Map<string, Method>();
	let proto: object | null = Object.getPrototypeOf(instance);
	while (proto !== null && proto !== Object.prototype) {
		for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
			if (typeof value === 'function' && name !== 'constructor' && !methods.has(name)) methods.set(name, value);
		}
		proto = Object.getPrototypeOf(proto);
	}
	return [...methods];
}

function refused(message: string): MillraceError {
	return new MillraceError('INVALID', message, { invalid: { field: '@Handle', value: undefined } });
}
