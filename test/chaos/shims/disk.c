/*
 * LD_PRELOAD: a disk that is slow, that fails, and that loses what was not synced.
 *
 * DISK_FILE is mapped and may be written at any time. It holds three int64:
 *   [0] delay of each fsync and fdatasync, in µs
 *   [1] errno that they fail with; 0 for none
 *   [2] what a failure does to the bytes that it should have written: 0 they stay dirty, 1 the kernel takes them for
 *       written, 2 it also forgets them, so that a reader sees what the disk has
 * SHADOW_DIR has what the disk has: after each sync that succeeds, the bytes written since the last one are copied to
 * the file DEVICE-INODE in it. After a kill -9 they are put back (shims.ts), and that was a power cut.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES = 512, RANGES = 256, FDS = 65536 };
enum { KEEP, CLEAN, DROP };

struct range { off_t from, to; };

/* A file that this process has written. */
struct file {
	dev_t dev;
	ino_t ino;
	off_t copied; /* its size at the last sync: what is beyond has come since */
	int count;
	struct range dirty[RANGES];
	unsigned failures;
};

static struct file files[FILES];
static int file_count;
/* How many failures of its file each descriptor has told of, plus one: every descriptor tells of each once, as Linux has it. */
static unsigned told[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *shadows;
static long long none[3];
static volatile long long *orders = none;

static void enter(void) { pthread_mutex_lock(&lock); }
static void leave(void) { pthread_mutex_unlock(&lock); }

__attribute__((constructor)) static void start(void) {
	/* A copy: redis-server writes its title over its environment. */
	const char *dir = getenv("SHADOW_DIR");
	shadows = dir ? strdup(dir) : NULL;
	/* A child that is forked must not inherit a lock that some thread holds. */
	pthread_atfork(enter, leave, leave);
	const char *path = getenv("DISK_FILE");
	int fd = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
	if (fd < 0) return;
	if (ftruncate(fd, sizeof none) == 0) {
		void *map = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED) orders = map;
	}
	close(fd);
}

static void shadow_path(char *path, size_t size, dev_t dev, ino_t ino) {
	snprintf(path, size, "%s/%lu-%lu", shadows, (unsigned long)dev, (unsigned long)ino);
}

static void mark(struct file *file, off_t from, off_t to) {
	struct range *last = file->count > 0 ? &file->dirty[file->count - 1] : NULL;
	if (last && from <= last->to && to >= last->from) {
		if (from < last->from) last->from = from;
		if (to > last->to) last->to = to;
		return;
	}
	if (file->count == RANGES) {
		/* Too many to tell apart: one that spans them all. */
		for (int i = 1; i < RANGES; i++) {
			if (file->dirty[i].from < file->dirty[0].from) file->dirty[0].from = file->dirty[i].from;
			if (file->dirty[i].to > file->dirty[0].to) file->dirty[0].to = file->dirty[i].to;
		}
		file->count = 1;
	}
	file->dirty[file->count++] = (struct range){from, to};
}

/* The file behind a descriptor; NULL for what is no regular file. One that is new here is dirty as a whole. */
static struct file *file_of(int fd, struct stat *s) {
	if (!shadows || fstat(fd, s) != 0 || !S_ISREG(s->st_mode)) return NULL;
	for (int i = 0; i < file_count; i++) {
		if (files[i].ino == s->st_ino && files[i].dev == s->st_dev) return &files[i];
	}
	if (file_count == FILES) {
		fputs("disk.so: too many files\n", stderr);
		abort();
	}
	struct file *file = &files[file_count++];
	memset(file, 0, sizeof *file);
	file->dev = s->st_dev;
	file->ino = s->st_ino;
	return file;
}

/* Only after the bytes are written, so that a sync beside it cannot take them for synced. */
static void wrote(int fd, off_t from, ssize_t length) {
	if (length <= 0 || !shadows) return;
	struct stat s;
	enter();
	struct file *file = file_of(fd, &s);
	/* Without an offset of its own the write ended where the descriptor stands now. */
	off_t end = from < 0 ? lseek(fd, 0, SEEK_CUR) : from + length;
	if (file && end >= length) mark(file, end - length, end);
	leave();
}

static void copy(int from, int to, off_t at, off_t end) {
	char buffer[65536];
	while (at < end) {
		size_t want = (size_t)(end - at) < sizeof buffer ? (size_t)(end - at) : sizeof buffer;
		ssize_t got = syscall(SYS_pread64, from, buffer, want, at);
		if (got <= 0) {
			/* Beyond the end of a shadow the disk has zeros. */
			memset(buffer, 0, want);
			got = (ssize_t)want;
		}
		if (syscall(SYS_pwrite64, to, buffer, (size_t)got, at) != got) abort();
		at += got;
	}
}

/* Copies what is dirty to the shadow, or back. */
static void exchange(struct file *file, const struct stat *s, int fd, int back) {
	char path[4200], self[64];
	shadow_path(path, sizeof path, file->dev, file->ino);
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	int disk = open(path, O_RDWR | O_CREAT, 0600);
	int real = open(self, back ? O_RDWR : O_RDONLY);
	if (disk < 0 || real < 0) {
		perror("disk.so: no shadow");
		abort();
	}
	for (int i = 0; i < file->count; i++) {
		off_t end = file->dirty[i].to < s->st_size ? file->dirty[i].to : s->st_size;
		copy(back ? disk : real, back ? real : disk, file->dirty[i].from, end);
	}
	if (!back && syscall(SYS_ftruncate, disk, s->st_size) != 0) abort();
	syscall(SYS_close, disk);
	syscall(SYS_close, real);
}

static int sync_file(int fd, long call) {
	long long delay = orders[0], error = orders[1], loss = orders[2];
	if (delay > 0) usleep((useconds_t)delay);
	int failed = error != 0 || syscall(call, fd) != 0;
	if (failed && error == 0) return -1;
	struct stat s;
	enter();
	struct file *file = file_of(fd, &s);
	if (file) {
		if (told[fd % FDS] == 0) told[fd % FDS] = file->failures + 1;
		if (s.st_size > file->copied) mark(file, file->copied, s.st_size);
		if (!failed || loss == DROP) exchange(file, &s, fd, failed);
		if (!failed || loss != KEEP) {
			file->count = 0;
			file->copied = s.st_size;
		}
		if (failed && loss != KEEP) file->failures++;
		if (told[fd % FDS] < file->failures + 1) {
			told[fd % FDS] = file->failures + 1;
			if (!failed) {
				failed = 1;
				error = EIO;
			}
		}
	}
	leave();
	if (failed) errno = (int)error;
	return failed ? -1 : 0;
}

int fsync(int fd) { return sync_file(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_file(fd, SYS_fdatasync); }

ssize_t write(int fd, const void *bytes, size_t count) {
	ssize_t done = syscall(SYS_write, fd, bytes, count);
	wrote(fd, -1, done);
	return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
	ssize_t done = syscall(SYS_writev, fd, parts, count);
	wrote(fd, -1, done);
	return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) {
	ssize_t done = syscall(SYS_pwrite64, fd, bytes, count, at);
	wrote(fd, at, done);
	return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return pwrite64(fd, bytes, count, at); }

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) {
	ssize_t done = syscall(SYS_pwritev, fd, parts, count, (long)at, 0L);
	wrote(fd, at, done);
	return done;
}

int close(int fd) {
	if (fd >= 0) told[fd % FDS] = 0;
	return (int)syscall(SYS_close, fd);
}

/* Names are on the disk at once. A number that is given to a new file must not bring the bytes of the old one. */
static void forget(const char *path) {
	struct stat s;
	if (!shadows || lstat(path, &s) != 0 || !S_ISREG(s.st_mode) || s.st_nlink > 1) return;
	char shadow[4200];
	shadow_path(shadow, sizeof shadow, s.st_dev, s.st_ino);
	enter();
	syscall(SYS_unlink, shadow);
	for (int i = 0; i < file_count; i++) {
		if (files[i].ino == s.st_ino && files[i].dev == s.st_dev) {
			files[i] = files[--file_count];
			break;
		}
	}
	leave();
}

int unlink(const char *path) {
	forget(path);
	return (int)syscall(SYS_unlink, path);
}

int rename(const char *from, const char *to) {
	forget(to);
	return (int)syscall(SYS_rename, from, to);
}
