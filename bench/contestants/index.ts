import type { Contestant } from '../contract.ts';
import { bareRedis } from './bare-redis.ts';
import { bareSqlite } from './bare-sqlite.ts';
import { beanstalkd } from './beanstalkd.ts';
import { beeQueue } from './bee-queue.ts';
import { bullmq } from './bullmq.ts';
import { bunqueue } from './bunqueue.ts';
import { millrace } from './millrace.ts';
import { millraceFetch } from './millrace-fetch.ts';
import { pgBoss } from './pg-boss.ts';

export const CONTESTANTS: Contestant[] = [
	...millrace,
	millraceFetch,
	bullmq,
	beeQueue,
	bareRedis,
	bareSqlite,
	pgBoss,
	bunqueue,
	beanstalkd,
];
