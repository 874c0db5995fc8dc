#include "supervisor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// One record a line: `<time> <mark> <text>`. The mark is `o` or `e` for a whole line of standard output or standard
// error, `O` or `E` for a piece without its newline, `s` for the supervisor that took the pod, `x` for the exit record.
// The runner's are `l` for the launch, `r` for a report with outputs and `d` once that is acknowledged.

static int log_fd = -1;
static char batch[96 * 1024];
static size_t batched;

void log_begin(int fd) {
    log_fd = fd;
    batched = 0;
}

// Lets go of the log and, in the supervisor itself, of its lock. In a forked process the lock is left to the supervisor.
void log_release(void) {
    if (log_fd >= 0) close(log_fd);
    log_fd = -1;
}

static void flush(void) {
    // A full disk loses log lines and not the pod: the command goes on.
    if (batched > 0) write_all(log_fd, batch, batched);
    batched = 0;
}

static void append(const char *stamp, char mark, const char *text, size_t length) {
    if (batched + length + 64 > sizeof batch) flush();
    batched += (size_t)snprintf(batch + batched, 64, "%s %c ", stamp, mark);
    memcpy(batch + batched, text, length);
    batched += length;
    batch[batched++] = '\n';
}

// Logs a word of the supervisor's own. Answers whether it is on disk.
bool log_word(char mark, const char *text, size_t length) {
    struct timespec now;
    char stamp[40];
    clock_gettime(CLOCK_REALTIME, &now);
    timestamp_format(&now, stamp);
    append(stamp, mark, text, length);
    size_t size = batched;
    batched = 0;
    return write_all(log_fd, batch, size);
}

static void append_partial(struct log_stream *stream, const char *stamp) {
    if (stream->held == 0) return;
    append(stamp, (char)(stream->mark - 'a' + 'A'), stream->line, stream->held);
    stream->held = 0;
}

// Reads what there is of a stream and logs its whole lines. Answers false at the stream's end.
bool log_read(struct log_stream *stream) {
    size_t room = sizeof stream->line - stream->held;
    ssize_t got = read(stream->fd, stream->line + stream->held, room);
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    struct timespec now;
    char stamp[40];
    clock_gettime(CLOCK_REALTIME, &now);
    timestamp_format(&now, stamp);
    if (got == 0) {
        append_partial(stream, stamp);
        flush();
        return false;
    }
    size_t length = stream->held + (size_t)got;
    char *start = stream->line;
    char *end = stream->line + length;
    for (char *newline; (newline = memchr(start, '\n', (size_t)(end - start))); start = newline + 1) {
        append(stamp, stream->mark, start, (size_t)(newline - start));
    }
    stream->held = (size_t)(end - start);
    if (start != stream->line) memmove(stream->line, start, stream->held);
    if (stream->held == sizeof stream->line) append_partial(stream, stamp);
    flush();
    return true;
}

// Takes what a closed-down pod left in the pipe, without waiting for writers that are not ours.
void log_drain(struct log_stream *stream) {
    int waiting = 0;
    while (ioctl(stream->fd, FIONREAD, &waiting) == 0 && waiting > 0) {
        if (!log_read(stream)) return;
    }
    struct timespec now;
    char stamp[40];
    clock_gettime(CLOCK_REALTIME, &now);
    timestamp_format(&now, stamp);
    append_partial(stream, stamp);
    flush();
}
