#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int apus_process_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

static int send_signal(int process_fd, int number, siginfo_t *info) {
    return (int)syscall(SYS_pidfd_send_signal, process_fd, number, info, 0);
}

int apus_process_stop(int process_fd, int grace_seconds, const char *pod) {
    siginfo_t info;
    // `text_tag` of the supervisor.
    uint32_t tag = 2166136261u;
    for (; *pod; pod++) tag = (tag ^ (unsigned char)*pod) * 16777619u;
    memset(&info, 0, sizeof info);
    info.si_signo = SIGTERM;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = (void *)((uintptr_t)tag << 32 | (uint32_t)grace_seconds);
    return send_signal(process_fd, SIGTERM, &info);
}

int apus_process_kill(int process_fd) { return send_signal(process_fd, SIGKILL, NULL); }

pid_t apus_lock_holder(int file) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(file, F_GETLK, &lock) < 0) return -1;
    return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

int apus_lock_file(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

void apus_unlock_file(int fd) { (void)flock(fd, LOCK_UN); }

int apus_watch_file(const char *path) {
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) return -1;
    if (inotify_add_watch(fd, path, IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_DELETE) >= 0) return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

void apus_drain(int fd) {
    char events[4096];
    while (read(fd, events, sizeof events) > 0) {}
}

void apus_spread_folders(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), flags = 0;
    if (fd < 0) return;
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && !(flags & FS_TOPDIR_FL)) {
        flags |= FS_TOPDIR_FL;
        (void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
    }
    close(fd);
}

long apus_idle_memory(void) {
    long size = 0, resident = 0, shared = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    int count = fscanf(file, "%ld %ld %ld", &size, &resident, &shared);
    fclose(file);
    if (count != 3) return 0;
    struct mallinfo2 info = mallinfo2();
    return (resident - shared) * sysconf(_SC_PAGESIZE) - (long)(info.uordblks + info.hblkhd);
}

void apus_release_idle_memory(void) { malloc_trim(0); }
