#define _GNU_SOURCE
#include "supervisor.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Outputs are read where the pod's view of the file system is whole, after the command and all it left behind have
// ended: `p<N>` holds the content of the N-th output parameter's file, `a<N>` the archive of the N-th artifact's path.
// A path that does not exist leaves no file; any other trouble is a field of the exit record.

// How long a full disk is waited for in all, and how long between two tries at first and at most.
#define APUS_DISK_PATIENCE_SECONDS 300.0
#define APUS_DISK_FIRST_DELAY_SECONDS 0.1
#define APUS_DISK_LONGEST_DELAY_SECONDS 10.0

struct patience {
    double delay, until;  // `until` is 0 while nothing has been waited for
};

static bool is_for_want_of_space(int cause) { return cause == ENOSPC || cause == EDQUOT; }

// Whether nothing can be added to a file: programs do not say why they could not write.
static bool is_disk_full(int fd) {
    static const char block[64 * 1024];
    ssize_t written = write(fd, block, sizeof block);
    return written < 0 ? is_for_want_of_space(errno) : (size_t)written < sizeof block;
}

// Waits until it is worth trying again. Answers false where the patience is at its end, or the pod is to stop.
static bool wait_for_space(struct patience *patience) {
    double now = seconds_since_boot();
    if (patience->until == 0) {
        patience->delay = APUS_DISK_FIRST_DELAY_SECONDS;
        patience->until = now + APUS_DISK_PATIENCE_SECONDS;
    }
    if (now >= patience->until) return false;
    time_t whole = (time_t)patience->delay;
    struct timespec delay = {whole, (long)((patience->delay - (double)whole) * 1e9)};
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    if (sigtimedwait(&stop, NULL, &delay) == SIGTERM) return false;
    patience->delay *= 2;
    if (patience->delay > APUS_DISK_LONGEST_DELAY_SECONDS) patience->delay = APUS_DISK_LONGEST_DELAY_SECONDS;
    return true;
}

static void note_full_disk(struct outcome *outcome, const char *kind, size_t index, const char *folder) {
    note(outcome, "%s-error=%zu no space left on device: the disk of the data folder is full: free space for %s", kind,
         index, folder);
}

static void note_failure(struct outcome *outcome, const char *kind, size_t index, const char *what, int cause) {
    char reason[128];
    snprintf(reason, sizeof reason, "%s", strerror(cause));
    reason[0] = (char)tolower(reason[0]);
    note(outcome, "%s-error=%zu %s: %s", kind, index, what, reason);
}

static bool copy_bytes(int from, int to, size_t limit) {
    char buffer[64 * 1024];
    size_t total = 0;
    for (;;) {
        ssize_t got = read(from, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0;
        total += (size_t)got;
        if (total > limit) {
            errno = EFBIG;
            return false;
        }
        if (!write_all(to, buffer, (size_t)got)) return false;
    }
}

// Answers false where the disk is full.
static bool collect_parameter(const char *path, size_t index, int outputs_fd, struct outcome *outcome) {
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (from < 0) {
        if (errno != ENOENT && errno != ENOTDIR) note_failure(outcome, "parameter", index, path, errno);
        return true;
    }
    char name[32];
    snprintf(name, sizeof name, "p%zu", index);
    int to = openat(outputs_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int cause = to < 0 || !copy_bytes(from, to, APUS_PARAMETER_BYTES) ? errno : 0;
    close(from);
    if (to >= 0) close(to);
    if (cause != 0) unlinkat(outputs_fd, name, 0);
    if (is_for_want_of_space(cause)) return false;
    if (cause != 0) note_failure(outcome, "parameter", index, path, cause);
    return true;
}

// Runs the system's `tar` on the path, its output going to `to`.
static int run_tar(const char *folder, const char *base, const char *archive, int to) {
    pid_t child = fork();
    if (child != 0) {
        int status = 0;
        if (child < 0) return -1;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
        return wait_exit_code(status);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    dup2(to, STDOUT_FILENO);
    char compressor[64];
    snprintf(compressor, sizeof compressor, "gzip -n -%s", archive);
    char *plain[] = {"tar", "-c", "-f", "-", "-C", (char *)folder, "--", (char *)base, NULL};
    char *packed[] = {"tar", "-c", "-I", compressor, "-f", "-", "-C", (char *)folder, "--", (char *)base, NULL};
    char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", NULL};
    execvpe("tar", strcmp(archive, "none") == 0 ? plain : packed, environment);
    _exit(127);
}

// `archive` is `none` for a plain tar file, or the level of gzip's compression. Answers false where the disk is full.
static bool collect_artifact(
    const char *path, const char *archive, size_t index, int outputs_fd, struct outcome *outcome
) {
    // Argo follows a symbolic link at the path itself and keeps those below it.
    char real[PATH_MAX];
    if (!realpath(path, real)) {
        if (errno != ENOENT && errno != ENOTDIR) note_failure(outcome, "artifact", index, path, errno);
        return true;
    }
    char *slash = strrchr(real, '/');
    const char *base = slash[1] ? slash + 1 : ".";
    *slash = 0;
    char name[32];
    snprintf(name, sizeof name, "a%zu", index);
    int to = openat(outputs_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0) {
        if (is_for_want_of_space(errno)) return false;
        note_failure(outcome, "artifact", index, path, errno);
        return true;
    }
    int code = run_tar(real[0] ? real : "/", base, archive, to);
    bool is_full = code != 0 && code != 1 && is_disk_full(to);
    close(to);
    // 1 says that a file changed while it was read: nothing of the pod runs any more, so it is of no concern to it.
    if (code == 0 || code == 1) return true;
    unlinkat(outputs_fd, name, 0);
    if (is_full) return false;
    if (code == 127) note(outcome, "artifact-error=%zu %s: no tar on PATH: install it", index, path);
    else note(outcome, "artifact-error=%zu %s: tar ended with exit code %d", index, path, code);
    return true;
}

void collect_outputs(const struct request *request, int outputs_fd, struct outcome *outcome) {
    if (outputs_fd < 0) {
        note(outcome, "parameter-error=0 the folder for outputs cannot be made");
        return;
    }
    struct patience patience = {0, 0};
    for (size_t index = 0; index < request->parameters.count; index++) {
        while (!collect_parameter(request->parameters.items[index], index, outputs_fd, outcome)) {
            if (wait_for_space(&patience)) continue;
            note_full_disk(outcome, "parameter", index, request->folder);
            break;
        }
    }
    for (size_t index = 0; index < request->artifacts.count; index++) {
        const char *archive = request->archive.items[index];
        while (!collect_artifact(request->artifacts.items[index], archive, index, outputs_fd, outcome)) {
            if (wait_for_space(&patience)) continue;
            note_full_disk(outcome, "artifact", index, request->folder);
            break;
        }
    }
}
