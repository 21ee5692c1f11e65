/* A disk that fails: loaded before the C library, it answers EIO where the database's files are
 * concerned. While the file that FAILING_DISK names is there, writing fails; with FAILING_READS set,
 * reading too. With FAILING_FROM set to a number, writing fails from that write on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_database(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return strstr(path, "feedfold.db") != NULL;
}

static int fails(int file, int writes) {
    static atomic_long written;
    const char *flag = getenv("FAILING_DISK"), *from = getenv("FAILING_FROM");
    if (!writes && !getenv("FAILING_READS"))
        return 0;
    int present = flag && access(flag, F_OK) == 0;
    if (!(present || from) || !is_database(file))
        return 0;
    if (!present && (!writes || atomic_fetch_add(&written, 1) < atol(from)))
        return 0;
    errno = EIO;
    return 1;
}

#define FAILING(result, name, writes, parameters, arguments)                  \
    result name parameters {                                                   \
        static result(*real) parameters;                                       \
        if (!real)                                                             \
            real = (result(*) parameters)dlsym(RTLD_NEXT, #name);              \
        return fails(file, writes) ? -1 : real arguments;                      \
    }

FAILING(ssize_t, write, 1, (int file, const void *bytes, size_t length), (file, bytes, length))
FAILING(ssize_t, pwrite, 1, (int file, const void *bytes, size_t length, off_t at), (file, bytes, length, at))
FAILING(ssize_t, pwrite64, 1, (int file, const void *bytes, size_t length, off64_t at), (file, bytes, length, at))
FAILING(int, fsync, 1, (int file), (file))
FAILING(int, fdatasync, 1, (int file), (file))
FAILING(int, ftruncate, 1, (int file, off_t length), (file, length))
FAILING(int, ftruncate64, 1, (int file, off64_t length), (file, length))
FAILING(ssize_t, read, 0, (int file, void *bytes, size_t length), (file, bytes, length))
FAILING(ssize_t, pread, 0, (int file, void *bytes, size_t length, off_t at), (file, bytes, length, at))
FAILING(ssize_t, pread64, 0, (int file, void *bytes, size_t length, off64_t at), (file, bytes, length, at))
