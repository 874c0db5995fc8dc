#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// In a child that shares our memory until exec.
static void become(const char *path, char *const arguments[], char *const environment[], int in, int out, int err) {
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    syscall(SYS_close_range, 3, ~0U, 0);
    execve(path, arguments, environment);
}

static pid_t spawn(const char *path, char *const arguments[], char *const environment[], int in, int out, int err) {
    volatile int cause = 0;
    pid_t child = vfork();
    if (child == 0) {
        become(path, arguments, environment, in, out, err);
        cause = errno;
        _exit(127);
    }
    if (child < 0 || cause == 0) return child;
    waitpid(child, NULL, 0);
    errno = cause;
    return -1;
}

pid_t apus_start_launcher(const char *path, int *socket_fd, int *process_fd) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -1;
    int room = 1 << 20;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    char *arguments[] = {(char *)path, "launcher", NULL};
    char *environment[] = {"LC_ALL=C", NULL};
    pid_t child = nothing < 0 ? -1 : spawn(path, arguments, environment, ends[1], nothing, nothing);
    int cause = errno;
    if (nothing >= 0) close(nothing);
    close(ends[1]);
    *process_fd = child < 0 ? -1 : apus_process_open(child);
    if (child < 0) close(ends[0]);
    else *socket_fd = ends[0];
    errno = cause;
    return child;
}

pid_t apus_spawn(
    const char *path, char *const arguments[], char *const environment[], int output_fd, int error_fd) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0) return -1;
    pid_t child = spawn(
        path, arguments, environment, nothing, output_fd < 0 ? nothing : output_fd, error_fd < 0 ? nothing : error_fd);
    int cause = errno;
    close(nothing);
    errno = cause;
    return child;
}

int apus_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int apus_wait(pid_t process) {
    int status;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
