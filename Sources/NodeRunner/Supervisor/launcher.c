#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The living supervisors, so that the runner can be told of one that died before it wrote its exit record.
static struct {
    pid_t process;
    char *id;
} *living;
static size_t living_count, living_room;

static void remember(pid_t process, const char *id) {
    if (living_count == living_room) {
        size_t room = living_room ? living_room * 2 : 64;
        void *grown = realloc(living, room * sizeof *living);
        if (!grown) return;
        living = grown;
        living_room = room;
    }
    living[living_count].process = process;
    living[living_count].id = strdup(id);
    living_count++;
}

static void noted_child_ended(int signal_number) { (void)signal_number; }

static void reap_supervisors(int socket_fd) {
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
        for (size_t index = 0; index < living_count; index++) {
            if (living[index].process != ended) continue;
            if (status != 0 && living[index].id) {
                char message[APUS_PATH_BYTES];
                int size = snprintf(message, sizeof message, "died\n%s\n", living[index].id);
                send(socket_fd, message, (size_t)size, MSG_NOSIGNAL);
            }
            free(living[index].id);
            living[index] = living[--living_count];
            break;
        }
    }
}

static char *read_file(const char *path, size_t *length) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    struct stat info;
    char *text = NULL;
    if (fstat(fd, &info) == 0 && info.st_size > 0 && info.st_size <= APUS_REQUEST_BYTES) {
        text = malloc((size_t)info.st_size);
        *length = (size_t)info.st_size;
        size_t have = 0;
        while (text && have < *length) {
            ssize_t got = read(fd, text + have, *length - have);
            if (got <= 0) {
                free(text);
                text = NULL;
                break;
            }
            have += (size_t)got;
        }
    }
    close(fd);
    return text;
}

// A packet that is too small for its request names a file instead.
static char *unfold(char *packet, size_t *length) {
    if (packet[0] != '@') return packet;
    char *text = read_file(packet + 1, length);
    unlink(packet + 1);
    return text;
}

static void launch(int socket_fd, char *packet, size_t length) {
    struct request request;
    char *text = unfold(packet, &length);
    if (text && request_parse(text, length, &request)) {
        pid_t child = fork();
        if (child == 0) {
            pod_run(&request, socket_fd);
            _exit(0);
        }
        if (child > 0) {
            remember(child, request.id);
        } else {
            char message[APUS_PATH_BYTES];
            int size = snprintf(
                message, sizeof message, "refused\n%s\nno process could be made: %s", request.id, strerror(errno));
            send(socket_fd, message, (size_t)size, MSG_NOSIGNAL);
        }
        free(request.args.items);
        free(request.env.items);
        free(request.masks.items);
        free(request.place_from.items);
        free(request.place_to.items);
        free(request.parameters.items);
        free(request.artifacts.items);
        free(request.archive.items);
        free(request.cgroups.items);
        free(request.cgroup_files.items);
        free(request.cgroup_values.items);
    }
    if (text != packet) free(text);
}

int launcher_run(int socket_fd) {
    static char packet[APUS_PACKET_BYTES + 1];
    struct sigaction noted = {.sa_handler = noted_child_ended, .sa_flags = SA_NOCLDSTOP};
    sigset_t blocked, open_mask;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &open_mask);
    sigdelset(&open_mask, SIGCHLD);
    sigaddset(&open_mask, SIGTERM);
    sigaction(SIGCHLD, &noted, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    setsid();
    umask(022);
    // Reads the time zone's file, which every supervisor would read again.
    tzset();
    for (;;) {
        struct pollfd runner = {.fd = socket_fd, .events = POLLIN};
        int ready = ppoll(&runner, 1, NULL, &open_mask);
        reap_supervisors(socket_fd);
        if (ready <= 0) continue;
        ssize_t length = recv(socket_fd, packet, APUS_PACKET_BYTES, 0);
        if (length < 0 && errno == EINTR) continue;
        // The runner has gone. Its pods stay.
        if (length <= 0) return 0;
        packet[length] = 0;
        launch(socket_fd, packet, (size_t)length);
    }
}
