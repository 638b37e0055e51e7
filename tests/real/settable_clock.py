"""A wall clock for a process that can be set while it runs: a library preloaded before C's."""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile const long long *ahead_s;

__attribute__((constructor)) static void open_offset(void) {
  int file = open(getenv("CLOCK_AHEAD"), O_RDONLY);
  void *found = file < 0 ? MAP_FAILED : mmap(0, sizeof *ahead_s, PROT_READ, MAP_SHARED, file, 0);
  if (found == MAP_FAILED) abort();
  ahead_s = found;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(id, at);
  if (!failed && id == CLOCK_REALTIME && ahead_s) at->tv_sec += *ahead_s;
  return failed;
}

/* Whoever waits until a time of this clock would wait for ever, or not at all. Times since the
   machine's start are smaller. */
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *held, const struct timespec *at) {
  static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
  if (!real) *(void **)&real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  struct timespec until = *at;
  if (ahead_s && until.tv_sec > 500000000) until.tv_sec -= *ahead_s;
  return real(cond, held, &until);
}

int gettimeofday(struct timeval *at, void *zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
"""


def compiler() -> str | None:
    """A C compiler, if there is one."""
    return shutil.which("cc")


class Clock:
    """The wall clock of the processes that have its `environment`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ahead"
        self.set_ahead(timedelta(0))
        source, self._library = folder / "clock.c", folder / "clock.so"
        source.write_text(_SOURCE)
        command = [
            compiler() or "cc",
            "-shared",
            "-fPIC",
            "-O2",
            "-o",
            str(self._library),
            str(source),
            "-ldl",
        ]
        subprocess.run(command, check=True)

    @property
    def environment(self) -> Mapping[str, str]:
        """What lets a process live by this clock."""
        return {"LD_PRELOAD": str(self._library), "CLOCK_AHEAD": str(self._file)}

    def set_ahead(self, ahead: timedelta) -> None:
        """Let it be ahead of the real one, or behind, from this moment on."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("q", int(ahead.total_seconds())))
