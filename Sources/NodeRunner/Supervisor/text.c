#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void timestamp_format(const struct timespec *time, char out[40]) {
    struct tm parts;
    gmtime_r(&time->tv_sec, &parts);
    snprintf(out, 40, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", (parts.tm_year + 1900) % 10000, parts.tm_mon + 1,
             parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, time->tv_nsec);
}

bool write_all(int fd, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t written = write(fd, next, length);
        if (written < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        next += written;
        length -= (size_t)written;
    }
    return true;
}

// Makes the folder and those above it. An existing one is no error.
int make_folders(const char *path, mode_t mode) {
    char copy[APUS_PATH_BYTES];
    size_t length = strlen(path);
    if (length >= sizeof copy) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(copy, path, length + 1);
    for (char *slash = copy + 1; *slash; slash++) {
        if (*slash != '/') continue;
        *slash = 0;
        if (mkdir(copy, mode) < 0 && errno != EEXIST) return -1;
        *slash = '/';
    }
    if (mkdir(copy, mode) < 0 && errno != EEXIST) return -1;
    return 0;
}

int write_text_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    bool written = write_all(fd, text, strlen(text));
    int cause = errno;
    close(fd);
    errno = cause;
    return written ? 0 : -1;
}

// What goes into the exit record holds neither its end nor the end of a field.
static void flatten(char *text) {
    for (; *text; text++) {
        if (*text == '\n' || *text == '\037') *text = ' ';
    }
}

void fail(char *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, APUS_MESSAGE_BYTES, format, arguments);
    va_end(arguments);
    flatten(error);
}

// Adds a field to the exit record. One that no longer fits is left out.
void note(struct outcome *outcome, const char *format, ...) {
    char line[APUS_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    flatten(line);
    size_t used = strlen(outcome->notes);
    size_t length = strlen(line);
    if (used + length + 2 > sizeof outcome->notes) return;
    memcpy(outcome->notes + used, line, length);
    memcpy(outcome->notes + used + length, "\037", 2);
}

double seconds_since_boot(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// A number for a pod's name; `apus_process_stop` of the runner has the same.
uint32_t text_tag(const char *text) {
    uint32_t tag = 2166136261u;
    for (; *text; text++) tag = (tag ^ (unsigned char)*text) * 16777619u;
    return tag;
}
