// apus-supervisor: the process that watches over one pod, and the launcher that forks one per pod.
//
// The launcher is started once by the runner with a SOCK_SEQPACKET socket as descriptor 0. Each packet is one request:
// NUL-terminated `key=value` strings (request.c). For each the launcher forks a supervisor, which claims the pod's
// folder, starts the command, keeps its log, enforces its deadline and writes its exit record. A few supervisors of pods
// without sandbox and outputs are kept for the next pod. Supervisors with a pod outlive the launcher and the runner; everything a later runner needs to know lies in the pod's log, one record a line (log.c).
// The runner makes the file with the launch as its first line. A supervisor claims the pod by locking the file (the
// lock says that it lives, and by whose pid) and adding a line; it adds the exit record as its last.
//
// The pod's folder is there only where it is needed:
//
//   outputs  what was collected: p<N> for parameters, a<N> for artifacts
//   view     the sandbox's own files
#ifndef APUS_SUPERVISOR_H
#define APUS_SUPERVISOR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

#define APUS_PATH_BYTES 4096
#define APUS_MESSAGE_BYTES 1024
// A request larger than a packet travels as a file whose path the packet names.
#define APUS_REQUEST_BYTES (64 * 1024 * 1024)
#define APUS_PACKET_BYTES (192 * 1024)
// A longer exit record is not sent but only written.
#define APUS_WORD_BYTES (32 * 1024)
#define APUS_PARAMETER_BYTES (4 * 1024 * 1024)
#define APUS_EXIT_NOT_STARTED 64

// A growing list of borrowed strings.
struct strings {
    char **items;
    size_t count;
    size_t room;
};

struct request {
    const char *id, *folder, *log, *cwd, *hostname, *oom_file;
    long log_start;  // the length of the log that nobody has claimed
    bool sandbox;
    bool trial;     // only to learn whether a sandbox can be had
    long user, group;  // of the command; -1: ours
    long deadline;  // seconds since 1970, or 0
    long grace;     // seconds between SIGTERM and SIGKILL
    struct strings args, env, masks, place_from, place_to, read_only, parameters, artifacts, archive;
    struct strings cgroups, cgroup_files, cgroup_values;
};

// How a command came to its end.
struct outcome {
    struct timespec started, finished;
    int status;          // of waitpid
    bool was_started;
    bool deadline_hit, was_stopped, ran_out_of_memory;
    struct rusage usage;
    char error[APUS_MESSAGE_BYTES];        // why the command was not started
    bool setup_failed;                     // the fault is ours or the request's and not the command's
    char notes[16 * 1024];                 // further lines of the exit record
};

// request.c
bool request_parse(char *text, size_t length, struct request *request);
void request_release(struct request *request);
void strings_add(struct strings *list, char *item);
void strings_terminate(struct strings *list);

// text.c
void timestamp_format(const struct timespec *time, char out[40]);
bool write_all(int fd, const void *bytes, size_t length);
int make_folders(const char *path, mode_t mode);
int write_text_file(const char *path, const char *text);
void note(struct outcome *outcome, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fail(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
double seconds_since_boot(void);
uint32_t text_tag(const char *text);

// launcher.c
int launcher_run(int socket_fd);

// pod.c
void pod_run(const struct request *request, int socket_fd);

// command.c
pid_t command_start(const struct request *request, int out, int err, struct outcome *outcome);
int wait_exit_code(int status);
bool join_cgroups(const struct request *request);
void fail_limits(struct outcome *outcome, const char *path, int cause);

// log.c
struct log_stream {
    int fd;
    char mark;
    size_t held;
    char line[16 * 1024];
};
void log_begin(int log_fd);
bool log_word(char mark, const char *text, size_t length);
void log_release(void);
bool log_read(struct log_stream *stream);
void log_drain(struct log_stream *stream);

// tree.c
int kill_descendants(int signal_number);

// sandbox.c
pid_t sandbox_start(const struct request *request, int out, int err, int outputs, struct outcome *outcome);

// view.c
bool view_enter(const struct request *request, char *error);

// collect.c
void collect_outputs(const struct request *request, int outputs_fd, struct outcome *outcome);

// probe.c
int probe_run(const char *folder);

#endif
