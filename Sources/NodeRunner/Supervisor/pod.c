#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// How long after a kill the leftovers are looked for again.
#define APUS_KILL_AGAIN_SECONDS 0.05
// How long the runner is not told that the command runs: of one that ends sooner it hears the end alone, which says when
// it began. To be told twice costs more than many a command.
#define APUS_STARTED_DELAY_SECONDS 0.05
// How often an exit record is tried again, once a second, while the disk is full.
#define APUS_RECORD_ATTEMPTS 3600

struct watch {
    const struct request *request;
    struct outcome *outcome;
    int socket_fd;
    struct log_stream streams[2];
    int signals;
    pid_t child;           // the command, or the sandbox's first process
    bool child_ended;
    bool nothing_left;     // no process below us
    double kill_at;        // when SIGTERM turns into SIGKILL, or 0
    double again_at;       // when to look for leftovers again, or 0
    double deadline_at;    // on the boot clock, or 0
    double tell_at;        // when to tell the runner that the command runs, or 0
};

// Takes the pod: whoever first adds to its log runs the command, and nobody else ever does. The lock says that we live;
// it is a lock of the process, so that no child holds it on.
static int claim(const struct request *request) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat info;
    int fd = open(request->log, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0) return -1;
    log_begin(fd);
    if (fcntl(fd, F_SETLK, &lock) < 0 || fstat(fd, &info) < 0) return -1;
    if (info.st_size != request->log_start) {
        errno = EEXIST;
        return -1;
    }
    char word[64];
    int length = snprintf(word, sizeof word, "supervisor %d", getpid());
    return log_word('s', word, (size_t)length) ? fd : -1;
}

static void send_message(int socket_fd, const char *text, size_t length) {
    while (send(socket_fd, text, length, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
}

static void report_started(const struct request *request, const struct outcome *outcome, int socket_fd) {
    char message[APUS_PATH_BYTES], stamp[40];
    timestamp_format(&outcome->started, stamp);
    int length = snprintf(message, sizeof message, "started\n%s\npid=%d\nstarted=%s\n", request->id, getpid(), stamp);
    if (length > 0 && (size_t)length < sizeof message) send_message(socket_fd, message, (size_t)length);
}

static void stop(struct watch *watch, long grace) {
    double kill_at = seconds_since_boot() + (double)(grace < 0 ? 0 : grace);
    if (watch->kill_at == 0) {
        // The command leads a process group of its own; in a sandbox the first process passes the signal on.
        if (!watch->child_ended) kill(watch->request->sandbox ? watch->child : -watch->child, SIGTERM);
        watch->kill_at = kill_at;
    } else if (kill_at < watch->kill_at) {
        watch->kill_at = kill_at;
    }
}

static void kill_everything(struct watch *watch) {
    if (watch->request->sandbox && !watch->child_ended) kill(watch->child, SIGKILL);
    else kill_descendants(SIGKILL);
    watch->again_at = seconds_since_boot() + APUS_KILL_AGAIN_SECONDS;
}

static void add_time(struct timeval *sum, const struct timeval *time) {
    sum->tv_sec += time->tv_sec + (sum->tv_usec + time->tv_usec) / 1000000;
    sum->tv_usec = (sum->tv_usec + time->tv_usec) % 1000000;
}

static void add_usage(struct rusage *sum, const struct rusage *usage) {
    add_time(&sum->ru_utime, &usage->ru_utime);
    add_time(&sum->ru_stime, &usage->ru_stime);
    if (usage->ru_maxrss > sum->ru_maxrss) sum->ru_maxrss = usage->ru_maxrss;
}

static void reap(struct watch *watch) {
    int status;
    struct rusage usage;
    for (;;) {
        pid_t ended = wait4(-1, &status, WNOHANG, &usage);
        if (ended == 0) break;
        if (ended < 0) {
            watch->nothing_left = errno == ECHILD;
            break;
        }
        add_usage(&watch->outcome->usage, &usage);
        if (ended != watch->child) continue;
        watch->child_ended = true;
        // A sandbox's first process has noted how the command ended, unless it was killed before.
        if (watch->request->sandbox && watch->outcome->finished.tv_sec != 0) continue;
        watch->outcome->status = status;
        clock_gettime(CLOCK_REALTIME, &watch->outcome->finished);
    }
    // What a command leaves behind ends with it, as in a container.
    if (watch->child_ended && !watch->nothing_left) kill_everything(watch);
}

static void take_signals(struct watch *watch) {
    struct signalfd_siginfo info;
    while (read(watch->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGTERM) continue;
        bool is_runners = info.ssi_code == SI_QUEUE;
        // The runner sends with the signal which pod it means, for that may have ended, and its grace period.
        if (is_runners && info.ssi_ptr >> 32 != text_tag(watch->request->id)) continue;
        watch->outcome->was_stopped = true;
        stop(watch, is_runners ? (int32_t)info.ssi_ptr : watch->request->grace);
    }
    reap(watch);
}

static int milliseconds_until_next(const struct watch *watch) {
    double next = 0;
    double candidates[] = {watch->kill_at, watch->again_at, watch->deadline_at, watch->tell_at};
    for (size_t index = 0; index < sizeof candidates / sizeof *candidates; index++) {
        if (candidates[index] != 0 && (next == 0 || candidates[index] < next)) next = candidates[index];
    }
    if (next == 0) return -1;
    double wait = (next - seconds_since_boot()) * 1000;
    if (wait <= 0) return 0;
    return wait > 3600000 ? 3600000 : (int)wait + 1;
}

static void act_on_time(struct watch *watch) {
    if (watch->kill_at == 0 && watch->again_at == 0 && watch->deadline_at == 0 && watch->tell_at == 0) return;
    double now = seconds_since_boot();
    if (watch->tell_at != 0 && now >= watch->tell_at) {
        watch->tell_at = 0;
        report_started(watch->request, watch->outcome, watch->socket_fd);
    }
    if (watch->deadline_at != 0 && now >= watch->deadline_at) {
        watch->deadline_at = 0;
        watch->outcome->deadline_hit = true;
        stop(watch, watch->request->grace);
    }
    if (watch->kill_at != 0 && now >= watch->kill_at) {
        watch->kill_at = 0;
        kill_everything(watch);
    }
    if (watch->again_at != 0 && now >= watch->again_at) {
        watch->again_at = 0;
        reap(watch);
        if (!watch->nothing_left) kill_everything(watch);
    }
}

// Watches until the command has ended and nothing of it is left.
static void watch_until_end(struct watch *watch) {
    struct pollfd polled[3];
    while (!watch->nothing_left || !watch->child_ended) {
        nfds_t count = 0;
        polled[count++] = (struct pollfd){.fd = watch->signals, .events = POLLIN};
        struct log_stream *readers[3] = {NULL};
        for (int index = 0; index < 2; index++) {
            if (watch->streams[index].fd < 0) continue;
            readers[count] = &watch->streams[index];
            polled[count++] = (struct pollfd){.fd = watch->streams[index].fd, .events = POLLIN};
        }
        if (poll(polled, count, milliseconds_until_next(watch)) < 0 && errno != EINTR) break;
        for (nfds_t index = 1; index < count; index++) {
            if (!(polled[index].revents & (POLLIN | POLLHUP | POLLERR))) continue;
            if (log_read(readers[index])) continue;
            close(readers[index]->fd);
            readers[index]->fd = -1;
        }
        if (polled[0].revents & POLLIN) take_signals(watch);
        act_on_time(watch);
    }
    for (int index = 0; index < 2; index++) {
        if (watch->streams[index].fd >= 0) log_drain(&watch->streams[index]);
    }
}

static bool has_run_out_of_memory(const char *path) {
    if (!path) return false;
    char text[1024] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return false;
    text[length] = 0;
    const char *count = strstr(text, "oom_kill ");
    return count && atol(count + strlen("oom_kill ")) > 0;
}

// The exit record: `key=value` fields, each ended by a unit separator.
static char *describe(const struct request *request, const struct outcome *outcome, size_t *header, size_t *length) {
    char *message = NULL;
    FILE *text = open_memstream(&message, length);
    if (!text) _exit(1);
    char started[40], finished[40];
    timestamp_format(&outcome->started, started);
    timestamp_format(&outcome->finished, finished);
    fprintf(text, "exited\n%s\n", request->id);
    fflush(text);
    *header = *length;
    int signal_number = WIFSIGNALED(outcome->status) ? WTERMSIG(outcome->status) : 0;
    fprintf(text, "started=%s\037finished=%s\037", started, finished);
    fprintf(text, "code=%d\037signal=%d\037",
            outcome->was_started ? wait_exit_code(outcome->status) : APUS_EXIT_NOT_STARTED, signal_number);
    if (!outcome->was_started) fprintf(text, "not-started=%s\037", outcome->error);
    if (outcome->setup_failed) fprintf(text, "setup-failed=1\037");
    if (outcome->deadline_hit) fprintf(text, "deadline=1\037");
    if (outcome->was_stopped) fprintf(text, "stopped=1\037");
    if (outcome->ran_out_of_memory) fprintf(text, "oom=1\037");
    fprintf(text, "user-us=%ld\037system-us=%ld\037maxrss-kb=%ld\037",
            outcome->usage.ru_utime.tv_sec * 1000000L + outcome->usage.ru_utime.tv_usec,
            outcome->usage.ru_stime.tv_sec * 1000000L + outcome->usage.ru_stime.tv_usec, outcome->usage.ru_maxrss);
    fputs(outcome->notes, text);
    fclose(text);
    return message;
}

// Logs the exit record and sends it to the runner, if one still listens. A full disk is waited for: until the record is
// written the lock is held, and every runner takes the pod for running.
static void record_exit(const struct request *request, const struct outcome *outcome, int socket_fd) {
    size_t header = 0, length = 0;
    char *message = describe(request, outcome, &header, &length);
    bool is_written = log_word('x', message + header, length - header);
    for (int attempt = 0; !is_written && attempt < APUS_RECORD_ATTEMPTS; attempt++) {
        sleep(1);
        // A line that was cut off is ended first.
        is_written = log_word('s', "", 0) && log_word('x', message + header, length - header);
    }
    // Whoever hears of the end finds the log free: we may be kept for another pod.
    log_release();
    send_message(socket_fd, message, length < APUS_WORD_BYTES ? length : header);
    free(message);
}

static double boot_time_of(long unix_seconds) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    double left = (double)unix_seconds - ((double)now.tv_sec + (double)now.tv_nsec / 1e9);
    return seconds_since_boot() + (left < 0 ? 0 : left);
}

static int open_outputs(const struct request *request) {
    char path[APUS_PATH_BYTES];
    snprintf(path, sizeof path, "%s/outputs", request->folder);
    if (mkdir(path, 0700) < 0 && errno != EEXIST) return -1;
    return open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
}

// Without a view of its own a pod finds what is placed for it through symbolic links, taken away afterwards.
static bool place_links(const struct request *request, struct outcome *outcome) {
    for (size_t index = 0; index < request->place_to.count; index++) {
        const char *to = request->place_to.items[index];
        char parent[APUS_PATH_BYTES];
        snprintf(parent, sizeof parent, "%s", to);
        char *slash = strrchr(parent, '/');
        if (slash && slash != parent) {
            *slash = 0;
            (void)make_folders(parent, 0755);
        }
        if (symlink(request->place_from.items[index], to) == 0) continue;
        fail(outcome->error, "%s cannot be placed: %s; isolation \"none\" shows pods this machine's own files: "
             "use isolation \"sandbox\" or another path", to, strerror(errno));
        outcome->setup_failed = true;
        return false;
    }
    return true;
}

static void remove_links(const struct request *request) {
    for (size_t index = 0; index < request->place_to.count; index++) {
        char target[APUS_PATH_BYTES];
        ssize_t length = readlink(request->place_to.items[index], target, sizeof target - 1);
        if (length <= 0) continue;
        target[length] = 0;
        if (strcmp(target, request->place_from.items[index]) == 0) unlink(request->place_to.items[index]);
    }
}

static bool prepare_cgroups(const struct request *request, struct outcome *outcome) {
    for (size_t index = 0; index < request->cgroups.count; index++) {
        const char *folder = request->cgroups.items[index];
        if (make_folders(folder, 0755) < 0) return fail_limits(outcome, folder, errno), false;
    }
    for (size_t index = 0; index < request->cgroup_files.count; index++) {
        const char *file = request->cgroup_files.items[index];
        if (write_text_file(file, request->cgroup_values.items[index]) < 0) {
            return fail_limits(outcome, file, errno), false;
        }
    }
    return true;
}

static void run_claimed(const struct request *request, int socket_fd) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    bool wants_outputs = request->parameters.count + request->artifacts.count > 0;
    // Shared with the sandbox's first process, which starts the command.
    struct outcome *outcome = request->sandbox
        ? mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        : calloc(1, sizeof *outcome);
    int outputs = wants_outputs ? open_outputs(request) : -1;
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    int out[2], err[2];
    int signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (!outcome || outcome == MAP_FAILED || signals < 0) _exit(1);
    if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) _exit(1);
    // Field by field: the buffers' pages cost nothing until they are touched.
    static struct watch watch;
    watch.child_ended = watch.nothing_left = false;
    watch.kill_at = watch.again_at = watch.deadline_at = watch.tell_at = 0;
    watch.streams[0].held = watch.streams[1].held = 0;
    watch.request = request;
    watch.outcome = outcome;
    watch.socket_fd = socket_fd;
    watch.signals = signals;
    watch.child = -1;
    watch.streams[0].fd = out[0];
    watch.streams[0].mark = 'o';
    watch.streams[1].fd = err[0];
    watch.streams[1].mark = 'e';
    if (!prepare_cgroups(request, outcome)) watch.child = -1;
    else if (request->sandbox) watch.child = sandbox_start(request, out[1], err[1], outputs, outcome);
    else if (place_links(request, outcome)) watch.child = command_start(request, out[1], err[1], outcome);
    close(out[1]);
    close(err[1]);
    if (watch.child > 0) {
        if (outcome->was_started) watch.tell_at = seconds_since_boot() + APUS_STARTED_DELAY_SECONDS;
        if (request->deadline > 0) watch.deadline_at = boot_time_of(request->deadline);
        watch_until_end(&watch);
    }
    if (outcome->finished.tv_sec == 0) clock_gettime(CLOCK_REALTIME, &outcome->finished);
    if (outcome->started.tv_sec == 0) outcome->started = outcome->finished;
    if (!request->sandbox) {
        if (wants_outputs && outcome->was_started && !outcome->deadline_hit) collect_outputs(request, outputs, outcome);
        remove_links(request);
    }
    outcome->ran_out_of_memory = has_run_out_of_memory(request->oom_file);
    for (size_t index = 0; index < request->cgroups.count; index++) rmdir(request->cgroups.items[index]);
    record_exit(request, outcome, socket_fd);
    close(signals);
    if (outputs >= 0) close(outputs);
    if (!request->sandbox) free(outcome);
}

// Supervises one pod from claim to exit record. Runs in a process of its own and returns when all is done.
void pod_run(const struct request *request, int socket_fd) {
    if (claim(request) >= 0) {
        run_claimed(request, socket_fd);
    } else if (errno != EEXIST && errno != EAGAIN && errno != EACCES) {
        char message[APUS_PATH_BYTES];
        int length = snprintf(
            message, sizeof message, "refused\n%s\n%s: %s", request->id, request->log, strerror(errno));
        send_message(socket_fd, message, (size_t)length);
    }
    // Otherwise somebody else runs it, or ran it: that is what at most one launch means.
    log_release();
}
