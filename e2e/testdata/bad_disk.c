/* A disk that goes bad: preloaded into the server, it makes calls on the bank's database fail while the file that
 * CAUDAL_BAD_DISK names exists. Its first letter says how: "s" fails every sync with EIO after the data has been written,
 * as a dying disk does; "f" fails every write that would make a file longer with ENOSPC, as a full one does.
 * Only SQLite goes through the C library here; Go's own files do not. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char fault(int fd) {
	const char *name = getenv("CAUDAL_BAD_DISK");
	char link[64], path[4096], how = 0;
	if (!name)
		return 0;
	int trigger = open(name, O_RDONLY);
	if (trigger < 0)
		return 0;
	if (read(trigger, &how, 1) != 1)
		how = 0;
	close(trigger);
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n < 0)
		return 0;
	path[n] = 0;
	return strstr(path, "caudal.db") ? how : 0;
}

int fsync(int fd) {
	if (fault(fd) == 's') {
		errno = EIO;
		return -1;
	}
	return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd) {
	if (fault(fd) == 's') {
		errno = EIO;
		return -1;
	}
	return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}

static int full(int fd, off64_t end) {
	struct stat st;
	return fault(fd) == 'f' && fstat(fd, &st) == 0 && end > st.st_size;
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at) {
	if (full(fd, at + (off64_t)n)) {
		errno = ENOSPC;
		return -1;
	}
	return ((ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(fd, buf, n, at);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at) {
	if (full(fd, at + (off_t)n)) {
		errno = ENOSPC;
		return -1;
	}
	return ((ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite"))(fd, buf, n, at);
}

ssize_t write(int fd, const void *buf, size_t n) {
	if (fault(fd) == 'f') {
		errno = ENOSPC;
		return -1;
	}
	return ((ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, buf, n);
}
