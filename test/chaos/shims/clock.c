/*
 * LD_PRELOAD: moves the wall clock of one process while it runs; the monotonic one stays.
 * CLOCK_FILE is mapped and may be written at any time: an int64, how far the clock is ahead, in ms.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long zero;
static volatile long long *ahead = &zero;

__attribute__((constructor)) static void start(void) {
	const char *path = getenv("CLOCK_FILE");
	int fd = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
	if (fd < 0) return;
	if (ftruncate(fd, sizeof zero) == 0) {
		void *map = mmap(NULL, sizeof zero, PROT_READ, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED) ahead = map;
	}
	close(fd);
}

int clock_gettime(clockid_t id, struct timespec *time) {
	int result = (int)syscall(SYS_clock_gettime, id, time);
	if (result != 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return result;
	long long ns = time->tv_nsec + *ahead % 1000 * 1000000;
	time->tv_sec += *ahead / 1000;
	if (ns < 0) {
		ns += 1000000000;
		time->tv_sec--;
	}
	time->tv_sec += ns / 1000000000;
	time->tv_nsec = ns % 1000000000;
	return 0;
}

int gettimeofday(struct timeval *time, void *zone) {
	(void)zone;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *result) {
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (result) *result = now.tv_sec;
	return now.tv_sec;
}
