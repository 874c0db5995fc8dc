#define _GNU_SOURCE
#include "../supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// A sandboxed pod has a first process of its own: process 1 of its pid namespace. It builds the view, starts the
// command, and when that has ended kills the rest, collects the outputs and ends with the command's status.

// Every id that we have is mapped to itself: the pod's user is ours, with no rights outside its namespaces.
static bool write_id_map(pid_t child, const char *map) {
    char own[64], path[64], text[4096] = "";
    snprintf(own, sizeof own, "/proc/self/%s", map);
    FILE *mapped = fopen(own, "re");
    if (!mapped) return false;
    unsigned long inside, outside, count;
    size_t used = 0;
    bool is_privileged = geteuid() == 0;
    while (is_privileged && fscanf(mapped, "%lu %lu %lu", &inside, &outside, &count) == 3 && used < sizeof text - 64) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%lu %lu %lu\n", inside, inside, count);
    }
    fclose(mapped);
    unsigned id = strcmp(map, "uid_map") == 0 ? geteuid() : getegid();
    if (!is_privileged) snprintf(text, sizeof text, "%u %u 1\n", id, id);
    snprintf(path, sizeof path, "/proc/%d/%s", child, map);
    return write_text_file(path, text) == 0;
}

static bool map_ids(pid_t child, char *error) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/setgroups", child);
    if (geteuid() != 0) (void)write_text_file(path, "deny");
    if (write_id_map(child, "uid_map") && write_id_map(child, "gid_map")) return true;
    fail(error, "the sandbox's users cannot be mapped: %s", strerror(errno));
    return false;
}

// Waits for the command and passes SIGTERM on to it.
static int attend(pid_t command) {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    for (;;) {
        int status;
        for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
            if (ended == command) return status;
        }
        siginfo_t info;
        if (sigwaitinfo(&watched, &info) == SIGTERM) kill(-command, SIGTERM);
    }
}

static void finish_everything(void) {
    for (;;) {
        kill(-1, SIGKILL);
        if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD) return;
    }
}

static void ignore_signal(int number) { (void)number; }

static void run_first_process(
    const struct request *request, int out, int err, int outputs, int go, int ready, struct outcome *outcome
) {
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The supervisor maps the users first; if it dies before, the pipe says so.
    if (read(go, &byte, 1) != 1) _exit(APUS_EXIT_NOT_STARTED);
    // A pid namespace's first process gets only the signals that it handles.
    signal(SIGTERM, ignore_signal);
    if (request->hostname) (void)sethostname(request->hostname, strnlen(request->hostname, 64));
    pid_t command = -1;
    if (!join_cgroups(request)) {
        fail_limits(outcome, request->cgroups.items[0], errno);
    } else if (view_enter(request, outcome->error)) {
        if (request->cwd) (void)make_folders(request->cwd, 0755);
        command = command_start(request, out, err, outcome);
    } else {
        outcome->setup_failed = true;
    }
    (void)write_all(ready, "1", 1);
    close(ready);
    close(out);
    close(err);
    if (command < 0) _exit(APUS_EXIT_NOT_STARTED);
    outcome->status = attend(command);
    clock_gettime(CLOCK_REALTIME, &outcome->finished);
    finish_everything();
    if (outputs >= 0) collect_outputs(request, outputs, outcome);
    _exit(0);
}

// Starts the pod's first process in namespaces of its own and waits until it has started the command or failed.
// Answers its pid in either case that there is a process to wait for.
pid_t sandbox_start(const struct request *request, int out, int err, int outputs, struct outcome *outcome) {
    int go[2], ready[2];
    char byte;
    if (pipe2(go, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0) _exit(1);
    // What the first process inherits of ours it closes: the lock on the log must end with us.
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;
    outcome->setup_failed = false;
    pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0);
    if (child < 0) {
        outcome->setup_failed = true;
        fail(outcome->error, "no namespaces could be made for the pod: %s", strerror(errno));
        return -1;
    }
    if (child == 0) {
        log_release();
        close(go[1]);
        close(ready[0]);
        run_first_process(request, out, err, outputs, go[0], ready[1], outcome);
    }
    close(go[0]);
    close(ready[1]);
    bool may_go = map_ids(child, outcome->error);
    if (!may_go) outcome->setup_failed = true;
    if (may_go) (void)write_all(go[1], "1", 1);
    close(go[1]);
    while (read(ready[0], &byte, 1) < 0 && errno == EINTR) {}
    close(ready[0]);
    return child;
}
