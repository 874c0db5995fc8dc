#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int wait_exit_code(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static const char *environment_value(const struct request *request, const char *name) {
    size_t length = strlen(name);
    for (size_t index = request->env.count; index-- > 0;) {
        const char *entry = request->env.items[index];
        if (strncmp(entry, name, length) == 0 && entry[length] == '=') return entry + length + 1;
    }
    return NULL;
}

static bool is_executable(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

// Finds the program as Argo's executor does, with its words where it is not there.
static bool find_program(const struct request *request, char found[APUS_PATH_BYTES], char *error) {
    const char *name = request->args.items[0];
    struct stat info;
    if (strchr(name, '/')) {
        snprintf(found, APUS_PATH_BYTES, "%s", name);
        if (is_executable(name)) return true;
        if (stat(name, &info) < 0) {
            fail(error, "failed to find name in PATH: exec: \"%s\": stat %s: no such file or directory", name, name);
        } else {
            fail(error, "failed to find name in PATH: exec: \"%s\": permission denied", name);
        }
        return false;
    }
    const char *path = environment_value(request, "PATH");
    while (path && *path) {
        size_t length = strcspn(path, ":");
        snprintf(found, APUS_PATH_BYTES, "%.*s/%s", (int)length, path, name);
        if (length > 0 && is_executable(found)) return true;
        path += length + (path[length] == ':');
    }
    fail(error, "failed to find name in PATH: exec: \"%s\": executable file not found in $PATH", name);
    return false;
}

bool join_cgroups(const struct request *request) {
    for (size_t index = 0; index < request->cgroups.count; index++) {
        char path[APUS_PATH_BYTES];
        snprintf(path, sizeof path, "%s/cgroup.procs", request->cgroups.items[index]);
        if (write_text_file(path, "0") < 0) return false;
    }
    return true;
}

// The command may not run without the limits that it was given.
void fail_limits(struct outcome *outcome, const char *path, int cause) {
    outcome->setup_failed = true;
    fail(outcome->error, "its resource limits cannot be set: control group %s: %s", path, strerror(cause));
}

// What root may do in a sandbox: what container engines leave it. Above all it may not unmount what hides the host.
static void drop_capabilities(void) {
    static const int kept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID, CAP_SETUID,
                               CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_SYS_CHROOT, CAP_AUDIT_WRITE,
                               CAP_SETFCAP};
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
        bool is_kept = false;
        for (size_t index = 0; index < sizeof kept / sizeof *kept; index++) is_kept |= kept[index] == capability;
        if (!is_kept) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
}

// Streams stay the command's to open again, as `/dev/stdout`.
static bool become_user(const struct request *request, int out, int err) {
    uid_t user = request->user < 0 ? geteuid() : (uid_t)request->user;
    if (fchown(out, user, (gid_t)-1) < 0 || fchown(err, user, (gid_t)-1) < 0) return false;
    if (syscall(SYS_setgroups, 0, NULL) < 0) return false;
    if (request->group >= 0 && syscall(SYS_setgid, (gid_t)request->group) < 0) return false;
    return syscall(SYS_setuid, user) == 0;
}

// Why a child did not become the command.
struct obstacle {
    enum { NO_OBSTACLE, NO_GROUP, NO_FOLDER, NO_PROGRAM } what;
    int cause;
};

static void give_up(volatile struct obstacle *obstacle, int what) {
    obstacle->what = what;
    obstacle->cause = errno;
    _exit(APUS_EXIT_NOT_STARTED);
}

// In the child, whose memory is the parent's until exec: only system calls from here on.
static void become_command(
    const struct request *request, const char *program, int out, int err, volatile struct obstacle *obstacle
) {
    sigset_t none;
    // A group and not a session: the launcher has left the terminal for all of us, and a session costs more.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // A sandbox's first process has joined for all that it starts: from the view, control groups can only be read.
    if (request->sandbox) drop_capabilities();
    else if (!join_cgroups(request)) give_up(obstacle, NO_GROUP);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0 && nothing != STDIN_FILENO) dup2(nothing, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    for (int number = 1; number < NSIG; number++) {
        if (number == SIGPIPE || number == SIGHUP || number == SIGINT || number == SIGCHLD) signal(number, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if ((request->user >= 0 || request->group >= 0) && !become_user(request, STDOUT_FILENO, STDERR_FILENO)) {
        give_up(obstacle, NO_PROGRAM);
    }
    if (request->cwd && chdir(request->cwd) < 0) give_up(obstacle, NO_FOLDER);
    execve(program, request->args.items, request->env.items);
    give_up(obstacle, NO_PROGRAM);
}

// Starts the pod's command with its streams joined to the pipes. Answers its pid, or -1 with the reason in `error`.
pid_t command_start(const struct request *request, int out, int err, struct outcome *outcome) {
    char program[APUS_PATH_BYTES];
    // `cwd` counts where a relative name is looked up.
    if (!find_program(request, program, outcome->error)) return -1;
    volatile struct obstacle obstacle = {NO_OBSTACLE, 0};
    fflush(NULL);
    clock_gettime(CLOCK_REALTIME, &outcome->started);
    pid_t child = vfork();
    if (child == 0) become_command(request, program, out, err, &obstacle);
    if (child < 0) {
        outcome->setup_failed = true;
        fail(outcome->error, "no process could be made: %s", strerror(errno));
        return -1;
    }
    if (obstacle.what != NO_OBSTACLE) {
        waitpid(child, NULL, 0);
        if (obstacle.what == NO_GROUP) {
            fail_limits(outcome, request->cgroups.items[0], obstacle.cause);
        } else if (obstacle.what == NO_FOLDER) {
            fail(outcome->error, "working directory \"%s\": %s", request->cwd, strerror(obstacle.cause));
        } else if (obstacle.cause == E2BIG) {
            fail(outcome->error, "failed to start command: fork/exec %s: argument list too long", program);
        } else if (obstacle.cause == ENOEXEC) {
            fail(outcome->error, "failed to start command: fork/exec %s: exec format error", program);
        } else {
            fail(outcome->error, "failed to start command: fork/exec %s: %s", program, strerror(obstacle.cause));
        }
        return -1;
    }
    outcome->was_started = true;
    return child;
}
